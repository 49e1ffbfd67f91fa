//! `accord graph` as people use it, and other people's software that reads what it writes: Mermaid itself,
//! Graphviz, and an XML parser that is not ours. A judge that is not installed is told as skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use crate::project::Project;
use crate::shells::skipped;

/// A mapping with a name that every language would trip over, a field that it names, and its test.
const MORE: &str = r#"
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: odd }
spec:
  testworthy: TestCase
  azureDevOps: 'A "type" <b>#35; & \end; %%{x}%% ]] }} |`'
  fields:
    - { testworthy: title, azureDevOps: System.Title }
    - testworthy: priority
      azureDevOps: Custom.Risk
      values: { "P1 - Must Test": High, "P2 - Should Test": Low }
---
apiVersion: accord/v1
kind: CustomField
metadata: { name: risk }
spec:
  connection: web-shop
  referenceName: Custom.Risk
  name: Risk
  type: picklist
  workItemTypes: [Bug, 'A "type" <b>#35; & \end; %%{x}%% ]] }} |`']
  allowedValues: [High, Low]
---
apiVersion: accord/v1
kind: MappingTest
metadata: { name: end }
spec:
  mapping: odd
  cases:
    - { name: a, direction: toAzureDevOps, given: { title: x }, expect: { System.Title: x } }
"#;

fn project() -> Project {
    let project = Project::web_shop();
    project.write("more.yaml", MORE);
    project
}

/// The data of the picture, which every language has to tell.
fn data(project: &Project) -> Json {
    let json = project.run(&["graph", "--format", "json"]).expect(0);
    serde_json::from_str(&json.stdout).expect("JSON")
}

fn list<'j>(data: &'j Json, key: &str) -> &'j [Json] {
    data[key].as_array().expect("a list")
}

fn drawn(project: &Project, format: &str) -> PathBuf {
    let out = format!("{format}=drawn.{format}");
    let quiet = project.run(&["graph", "--out", &out]).expect(0);
    assert_eq!(quiet.stdout, "");
    project.path().join(format!("drawn.{format}"))
}

#[test]
fn the_graph_shows_what_is_declared() {
    let project = project();
    let shown = project.run(&["graph"]).expect(0).stdout;
    assert!(shown.starts_with("flowchart LR\n"), "{shown}");
    for part in [
        "c0t",
        "checkout-cases",
        "account-ideas",
        "test-case",
        "end<br/>1 example",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let file = drawn(&project, "mermaid");
    assert_eq!(fs::read_to_string(file).expect("a text"), shown);
    let data = data(&project);
    assert_eq!(data["schema"], "accord-graph/1");
    let nodes = list(&data, "nodes");
    let of = |kind: &str| {
        let mut nodes = nodes.iter();
        nodes.find(|node| node["kind"] == kind).expect(kind)
    };
    let field = of("customField");
    assert_eq!(field["title"], "risk");
    assert_eq!(field["lines"][0], "Custom.Risk");
    assert_eq!(field["lines"][1], "picklist, 2 values");
    assert_eq!(field["lines"][3], "in web-shop");
    let odd = nodes.iter().find(|node| node["title"] == "odd");
    let edge =
        json!({ "from": odd.expect("the mapping")["id"], "to": field["id"], "kind": "uses" });
    assert!(list(&data, "edges").contains(&edge), "{data:#}");
    assert_eq!(project.requests(), 0);
}

/// Runs a program; `None` if there is no such.
fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{command:?}: {error}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn graphviz_reads_the_dot() {
    let file = drawn(&project(), "dot");
    match run(Command::new("dot").arg("-Tplain").arg(&file)) {
        Some(output) => {
            let words = text(&output.stderr);
            assert!(output.status.success() && words.is_empty(), "{words}");
        }
        None => {
            skipped("Graphviz is not installed, so nothing judged the DOT (Debian: graphviz)");
        }
    }
}

/// Texts by element, as Python's expat reads them.
const READ_SVG: &str = "\
import json, sys
from xml.etree import ElementTree
root = ElementTree.parse(sys.argv[1]).getroot()
SVG = '{http://www.w3.org/2000/svg}'
ids = [e.get('id') for e in root.iter() if e.get('id')]
print(json.dumps({
    'root': root.tag == SVG + 'svg',
    'foreign': [e.tag for e in root.iter() if not e.tag.startswith(SVG)],
    'ids': ids,
    'named': root.get('aria-labelledby').split(),
    'boxes': [g.find(SVG + 'title').text for g in root.findall(SVG + 'g')],
    'lines': len(root.findall(SVG + 'path')),
}))
";

#[test]
fn another_parser_reads_the_svg() {
    let project = project();
    let file = drawn(&project, "svg");
    let Some(output) = run(Command::new("python3").args(["-c", READ_SVG]).arg(&file)) else {
        skipped("Python is not installed, so only our own parser judged the SVG (Debian: python3)");
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let data = data(&project);
    let boxes = list(&data, "nodes").iter().map(|node| {
        let lines = std::iter::once(&node["title"]).chain(list(node, "lines"));
        let lines: Vec<&str> = lines.map(|line| line.as_str().expect("a text")).collect();
        Json::from(lines.join(", "))
    });
    assert_eq!(read["boxes"], boxes.collect::<Json>());
    assert_eq!(read["lines"], list(&data, "edges").len());
    assert_eq!(
        (&read["root"], &read["foreign"]),
        (&json!(true), &json!([]))
    );
    let mut ids: Vec<&str> = list(&read, "ids").iter().filter_map(Json::as_str).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "no id twice");
    assert!(
        list(&read, "named")
            .iter()
            .all(|name| list(&read, "ids").contains(name))
    );
}

/// Mermaid below `target/judges/graph` in the versions of the lock file; `None` says why there is none.
fn mermaid() -> Result<PathBuf, String> {
    if std::env::var("ACCORD_JUDGES").is_ok_and(|value| value == "skip") {
        return Err("ACCORD_JUDGES=skip is set".to_owned());
    }
    for tool in ["node", "npm"] {
        if run(Command::new(tool).arg("--version")).is_none() {
            return Err(format!("{tool} is not installed (Debian: nodejs npm)"));
        }
    }
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/graph");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("target");
    let into = target.join("judges/graph");
    fs::create_dir_all(&into).expect("a folder");
    // Another run waits until this one has installed.
    let lock = fs::File::create(into.join("lock")).expect("a file");
    lock.lock().expect("a lock");
    let read = |path: PathBuf| fs::read(path).unwrap_or_default();
    let installed = into.join("node_modules/.package-lock.json").is_file()
        && read(into.join("installed.json")) == read(from.join("package-lock.json"));
    for file in ["package.json", "package-lock.json", "flowchart.mjs"] {
        fs::copy(from.join(file), into.join(file)).expect("a copy");
    }
    if !installed {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        let output = run(npm.current_dir(&into)).expect("npm");
        assert!(
            output.status.success(),
            "npm could not install Mermaid; ACCORD_JUDGES=skip does without\n{}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        fs::copy(from.join("package-lock.json"), into.join("installed.json")).expect("a copy");
    }
    Ok(into)
}

#[test]
fn mermaid_reads_the_flowchart() {
    let project = project();
    let file = drawn(&project, "mermaid");
    let folder = match mermaid() {
        Ok(folder) => folder,
        Err(reason) => {
            skipped(&format!("{reason}, so Mermaid did not judge the flowchart"));
            return;
        }
    };
    let judge = |file: &Path| {
        let mut node = Command::new("node");
        node.arg("flowchart.mjs").arg(file).current_dir(&folder);
        run(&mut node).expect("node")
    };
    let output = judge(&file);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(read["type"], "flowchart-v2");
    let data = data(&project);
    let expected = list(&data, "nodes").iter().map(|node| {
        let title = match node["connection"].as_str() {
            Some(connection) => {
                format!("{}: {connection}", node["title"].as_str().expect("a text")).into()
            }
            None => node["title"].clone(),
        };
        let lines: Vec<Json> = std::iter::once(title)
            .chain(list(node, "lines").to_vec())
            .collect();
        let shape = match node["kind"].as_str() {
            Some("rule") => "stadium",
            Some("mapping") => "square",
            Some("customField") => "subroutine",
            Some("test") => "hexagon",
            _ => "cylinder",
        };
        json!({ "id": node["id"], "shape": shape, "lines": lines })
    });
    assert_eq!(read["nodes"], expected.collect::<Json>());
    let expected = list(&data, "edges").iter().map(|edge| {
        let stroke = if edge["kind"] == "flows" {
            "normal"
        } else {
            "dotted"
        };
        json!({ "from": edge["from"], "to": edge["to"], "stroke": stroke })
    });
    assert_eq!(read["edges"], expected.collect::<Json>());
    // A judge that cannot fail judges nothing.
    let broken = fs::read_to_string(&file)
        .expect("a text")
        .replacen("\"]", "\"]]", 1);
    fs::write(&file, broken).expect("written");
    assert!(!judge(&file).status.success(), "Mermaid noticed nothing");
}
