//! DOT for Graphviz (graphviz.org, The DOT Language).

use std::fmt::Write as _;

use super::drawing::{Graph, Kind, Node, Way};

pub(super) fn render(graph: &Graph) -> String {
    let mut text = "digraph accord {\n".to_owned();
    let _ = writeln!(
        text,
        "  graph [rankdir=LR, label={}];",
        quoted(&[&graph.name])
    );
    text.push_str("  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n");
    text.push_str("  edge [fontname=\"Helvetica\"];\n");
    for (group, name) in graph.groups.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{group} {{");
        let _ = writeln!(text, "    label={};", quoted(&[name]));
        for node in graph.nodes.iter().filter(|node| node.group == Some(group)) {
            let _ = writeln!(text, "    {}", statement(node));
        }
        text.push_str("  }\n");
    }
    for node in graph.nodes.iter().filter(|node| node.group.is_none()) {
        let _ = writeln!(text, "  {}", statement(node));
    }
    for edge in &graph.edges {
        let (from, to) = (&graph.nodes[edge.from], &graph.nodes[edge.to]);
        let style = match edge.way {
            Way::Flows => "",
            Way::Meets => "dir=both",
            Way::Uses => "style=dashed",
        };
        // Every edge runs from an earlier column to a later one, so that the columns stay in order.
        let _ = if from.kind.column() > to.kind.column() {
            let comma = if style.is_empty() { "" } else { ", " };
            writeln!(text, "  {} -> {} [dir=back{comma}{style}];", to.id, from.id)
        } else if style.is_empty() {
            writeln!(text, "  {} -> {};", from.id, to.id)
        } else {
            writeln!(text, "  {} -> {} [{style}];", from.id, to.id)
        };
    }
    text.push_str("}\n");
    text
}

fn statement(node: &Node) -> String {
    let shape = match node.kind {
        Kind::System(_) => ", shape=cylinder, style=\"\"",
        Kind::Rule => "",
        Kind::Mapping => ", shape=note, style=\"\"",
        Kind::Field => ", shape=tab, style=\"\"",
        Kind::Test => ", shape=hexagon, style=\"\"",
    };
    let lines: Vec<&str> = std::iter::once(&node.title)
        .chain(&node.lines)
        .map(String::as_str)
        .collect();
    format!("{} [label={}{shape}];", node.id, quoted(&lines))
}

/// Lines as one label. A backslash begins an escape there, and entities of HTML are resolved.
fn quoted(lines: &[&str]) -> String {
    let escape = |line: &&str| {
        line.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('&', "&amp;")
    };
    let escaped: Vec<String> = lines.iter().map(escape).collect();
    format!("\"{}\"", escaped.join("\\n"))
}
