//! The same project in every language; no name breaks out of any.

use proptest::prelude::*;
use quick_xml::events::Event;

use super::drawing::{Graph, Kind, Way};
use super::layout::Layout;
use super::{dot, mermaid, svg};
use crate::diagnostics::SourceFile;
use crate::manifest::{ReadOptions, read};
use crate::model::config::Config;

const MERMAID: &str = r#"flowchart LR
  c0t[("TestWorthy: one<br/>https:#47;#47;testworthy.us/")]
  c0a[("Azure DevOps: one<br/>https:#47;#47;dev.azure.com/contoso<br/>Web Shop")]
  c1t[("TestWorthy: two<br/>https:#47;#47;testworthy.us/")]
  c1a[("Azure DevOps: two<br/>https:#47;#47;dev.azure.com/contoso<br/>Web Shop")]
  r0(["from<br/>Azure DevOps #8594; TestWorthy<br/>updates only"])
  r1(["to<br/>TestWorthy #8594; Azure DevOps<br/>updates only"])
  r2(["again<br/>TestWorthy #8594; Azure DevOps<br/>updates only"])
  m0["m<br/>Test Case<br/>2 rows"]
  f0[["notes<br/>Custom.Notes<br/>html<br/>Test Case<br/>in two"]]
  f1[["risk<br/>Custom.Risk<br/>picklist, 2 values<br/>Test Case<br/>in one"]]
  t0{{"t<br/>1 example"}}
  c0a --> r0
  r0 --> c0t
  c0t --> r1
  r1 --> c0a
  c1t --> r2
  r2 --> c1a
  r0 -.-> m0
  r1 -.-> m0
  r2 -.-> m0
  m0 -.-> f1
  t0 -.-> m0
"#;

const DOT: &str = r#"digraph accord {
  graph [rankdir=LR, label="project"];
  node [shape=box, style=rounded, fontname="Helvetica"];
  edge [fontname="Helvetica"];
  subgraph cluster_0 {
    label="one";
    c0t [label="TestWorthy\nhttps://testworthy.us/", shape=cylinder, style=""];
    c0a [label="Azure DevOps\nhttps://dev.azure.com/contoso\nWeb Shop", shape=cylinder, style=""];
  }
  subgraph cluster_1 {
    label="two";
    c1t [label="TestWorthy\nhttps://testworthy.us/", shape=cylinder, style=""];
    c1a [label="Azure DevOps\nhttps://dev.azure.com/contoso\nWeb Shop", shape=cylinder, style=""];
  }
  r0 [label="from\nAzure DevOps → TestWorthy\nupdates only"];
  r1 [label="to\nTestWorthy → Azure DevOps\nupdates only"];
  r2 [label="again\nTestWorthy → Azure DevOps\nupdates only"];
  m0 [label="m\nTest Case\n2 rows", shape=note, style=""];
  f0 [label="notes\nCustom.Notes\nhtml\nTest Case\nin two", shape=tab, style=""];
  f1 [label="risk\nCustom.Risk\npicklist, 2 values\nTest Case\nin one", shape=tab, style=""];
  t0 [label="t\n1 example", shape=hexagon, style=""];
  c0a -> r0;
  c0t -> r0 [dir=back];
  c0t -> r1;
  c0a -> r1 [dir=back];
  c1t -> r2;
  c1a -> r2 [dir=back];
  r0 -> m0 [style=dashed];
  r1 -> m0 [style=dashed];
  r2 -> m0 [style=dashed];
  m0 -> f1 [style=dashed];
  m0 -> t0 [dir=back, style=dashed];
}
"#;

fn project(project: &str, work_item_type: &str) -> Option<Config> {
    understood(project_text(project, work_item_type))
}

fn understood(text: String) -> Option<Config> {
    let options = ReadOptions {
        project_name: "project".to_owned(),
        ..ReadOptions::default()
    };
    read(vec![SourceFile::new("a.yaml", text)], &options).config
}

fn project_text(project: &str, work_item_type: &str) -> String {
    let connection = |name: &str, letter: char| {
        format!(
            "apiVersion: accord/v1\nkind: Connection\nmetadata: {{ name: {name} }}\nspec:\n  testworthy:\n    \
             url: https://testworthy.us\n    userEmail: a@example.test\n    apiKey: {{ env: ACCORD_K{letter} }}\n    \
             projectKey: {{ env: ACCORD_P{letter} }}\n  azureDevOps:\n    organizationUrl: https://dev.azure.com/contoso\n    \
             project: {}\n    personalAccessToken: {{ env: ACCORD_T{letter} }}\n---\n",
            serde_json::Value::from(project)
        )
    };
    let mapping = format!(
        "apiVersion: accord/v1\nkind: FieldMapping\nmetadata: {{ name: m }}\nspec:\n  testworthy: TestCase\n  \
         azureDevOps: {}\n  fields:\n    - {{ testworthy: title, azureDevOps: System.Title }}\n    \
         - {{ testworthy: priority, azureDevOps: Custom.Risk, direction: toAzureDevOps }}\n---\n",
        serde_json::Value::from(work_item_type)
    );
    let field = |name: &str, connection: &str, reference: &str, kind: &str| {
        format!(
            "apiVersion: accord/v1\nkind: CustomField\nmetadata: {{ name: {name} }}\nspec:\n  connection: {connection}\n  \
             referenceName: Custom.{reference}\n  name: {reference}\n  workItemTypes: [{}]\n  type: {kind}\n---\n",
            serde_json::Value::from(work_item_type)
        )
    };
    let rule = |name: &str, connection: &str, way: &str, scope: &str| {
        format!(
            "apiVersion: accord/v1\nkind: SyncRule\nmetadata: {{ name: {name} }}\nspec:\n  connection: {connection}\n  \
             mapping: m\n  scope: {scope}\n  direction: {way}\n  create: none\n---\n"
        )
    };
    let test = "apiVersion: accord/v1\nkind: MappingTest\nmetadata: { name: t }\nspec:\n  mapping: m\n  cases:\n    \
                - { name: a, direction: toAzureDevOps, given: { title: x }, expect: { System.Title: x } }\n";
    [
        connection("one", 'A'),
        connection("two", 'B'),
        mapping,
        rule(
            "to",
            "one",
            "toAzureDevOps",
            "{ testworthy: { suites: [1] } }",
        ),
        rule("from", "one", "toTestWorthy", "{ azureDevOps: {} }"),
        rule(
            "again",
            "two",
            "toAzureDevOps",
            "{ testworthy: { suites: [1] } }",
        ),
        field(
            "risk",
            "one",
            "Risk",
            "picklist\n  allowedValues: [High, Low]",
        ),
        field("notes", "two", "Notes", "html"),
        test.to_owned(),
    ]
    .concat()
}

fn graph() -> Graph {
    Graph::of(&project("Web Shop", "Test Case").unwrap())
}

#[test]
fn everything_declared_is_there_once_and_tied() {
    let graph = graph();
    let names: Vec<String> = graph
        .nodes
        .iter()
        .map(|node| format!("{} {}", node.id, node.title))
        .collect();
    assert_eq!(
        names,
        [
            "c0t TestWorthy",
            "c0a Azure DevOps",
            "c1t TestWorthy",
            "c1a Azure DevOps",
            "r0 from",
            "r1 to",
            "r2 again",
            "m0 m",
            "f0 notes",
            "f1 risk",
            "t0 t"
        ]
    );
    let edges: Vec<String> = graph
        .edges
        .iter()
        .map(|edge| {
            let way = if edge.way == Way::Flows { "->" } else { "~>" };
            let (from, to) = (&graph.nodes[edge.from].id, &graph.nodes[edge.to].id);
            format!("{from}{way}{to}")
        })
        .collect();
    assert_eq!(
        edges,
        [
            "c0a->r0", "r0->c0t", "c0t->r1", "r1->c0a", "c1t->r2", "r2->c1a", "r0~>m0", "r1~>m0",
            "r2~>m0", "m0~>f1", "t0~>m0"
        ]
    );
}

#[test]
fn no_box_stands_over_another() {
    let graph = graph();
    let layout = Layout::of(&graph);
    for (index, one) in layout.nodes.iter().enumerate() {
        assert!(one.x >= 0 && one.y >= 0, "{one:?}");
        assert!(one.x + one.width <= layout.width && one.y + one.height <= layout.height);
        for other in &layout.nodes[index + 1..] {
            let apart = one.x + one.width <= other.x
                || other.x + other.width <= one.x
                || one.y + one.height <= other.y
                || other.y + other.height <= one.y;
            assert!(apart, "{one:?} {other:?}");
        }
    }
    assert!(graph.nodes.iter().all(|node| node.kind.column() < 4));
    assert_eq!(graph.nodes.last().map(|node| node.kind), Some(Kind::Test));
}

#[test]
fn mermaid_and_dot_are_as_reviewed() {
    assert_eq!(mermaid::render(&graph()), MERMAID);
    assert_eq!(dot::render(&graph()), DOT);
}

#[test]
fn a_rule_that_goes_both_ways_has_two_heads_on_each_line() {
    let text = project_text("Web Shop", "Test Case").replacen(
        "direction: toAzureDevOps\n  create: none",
        "direction: twoWay\n  create: azureDevOps",
        1,
    );
    let graph = Graph::of(&understood(text).unwrap());
    let rule = &graph.nodes[5];
    assert_eq!(rule.title, "to");
    assert_eq!(
        rule.lines,
        [
            "TestWorthy ↔ Azure DevOps",
            "updates both, creates in Azure DevOps"
        ]
    );
    let own: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .filter(|edge| edge.way == Way::Meets)
        .map(|edge| (edge.from, edge.to))
        .collect();
    assert_eq!(own, [(0, 5), (1, 5)], "from both ends to the rule");
    let drawn = mermaid::render(&graph);
    assert!(drawn.contains("  c0t <--> r1\n  c0a <--> r1\n"), "{drawn}");
    assert!(drawn.contains("TestWorthy #8596; Azure DevOps"), "{drawn}");
    let drawn = dot::render(&graph);
    assert!(drawn.contains("c0t -> r1 [dir=both];"), "{drawn}");
    assert!(drawn.contains("c0a -> r1 [dir=both];"), "{drawn}");
    let drawn = svg::render(&graph);
    assert_eq!(drawn.matches("marker-start").count(), 2);
    assert!(
        texts(&drawn)
            .concat()
            .contains("Rule to: TestWorthy ↔ Azure DevOps")
    );
    let json = graph.json();
    let edges = json["edges"].as_array().unwrap();
    let both = edges.iter().filter(|edge| edge["kind"] == "flowsBothWays");
    assert_eq!(both.count(), 2);
}

/// The texts of an SVG; panics unless it is well-formed.
fn texts(svg: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut texts = vec![String::new()];
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(_) => {
                depth += 1;
                texts.push(String::new());
            }
            Event::End(_) => depth -= 1,
            Event::Text(text) => {
                texts.last_mut().unwrap().push_str(&text.xml10_content());
            }
            Event::GeneralRef(entity) => {
                let c = match entity.xml10_content().as_ref() {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "quot" => '"',
                    other => panic!("&{other};"),
                };
                texts.last_mut().unwrap().push(c);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    texts
}

/// Statements of DOT: lines outside of quotes.
fn outside_quotes(dot: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let mut outside = String::new();
    for c in dot.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            c if !inside => outside.push(c),
            _ => {}
        }
    }
    assert!(!inside, "{dot}");
    outside
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn names_stay_inside_their_labels(name in "[ -~äß中\u{200f}]{1,30}", kind in "[ -~]{1,30}") {
        prop_assume!(!name.trim().is_empty() && !kind.is_empty() && kind.trim() == kind);
        let sober = graph();
        // Some characters are refused in manifests.
        let Some(config) = project(&name, &kind) else {
            return Ok(());
        };
        let odd = Graph::of(&config);
        let statements = |text: &str| text.lines().count();
        let (plain, strange) = (mermaid::render(&sober), mermaid::render(&odd));
        prop_assert_eq!(statements(&plain), statements(&strange));
        for line in strange.lines() {
            prop_assert!(line.matches('"').count() % 2 == 0 && line.matches('"').count() <= 2, "{}", line);
            prop_assert!(!line.replace("<br/>", "").contains(['<', '`', '\\']), "{}", line);
        }
        let strange = dot::render(&odd);
        prop_assert_eq!(outside_quotes(&strange), outside_quotes(&dot::render(&sober)));
        let found = texts(&svg::render(&odd));
        prop_assert!(found.iter().any(|text| text.contains(&odd.nodes[1].lines[1])), "{:?}", found);
    }
}
