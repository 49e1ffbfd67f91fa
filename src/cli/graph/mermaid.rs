//! Mermaid, which GitHub, GitLab and Azure DevOps draw in Markdown (mermaid.js.org, flowchart syntax).

use std::fmt::Write as _;

use super::drawing::{Graph, Kind, Node, Way};

pub(super) fn render(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for node in &graph.nodes {
        let (open, close) = match node.kind {
            Kind::System(_) => ("[(", ")]"),
            Kind::Rule => ("([", "])"),
            Kind::Mapping => ("[", "]"),
            Kind::Field => ("[[", "]]"),
            Kind::Test => ("{{", "}}"),
        };
        let label = label(graph, node);
        let _ = writeln!(text, "  {}{open}\"{label}\"{close}", node.id);
    }
    for edge in &graph.edges {
        let arrow = match edge.way {
            Way::Flows => "-->",
            Way::Meets => "<-->",
            Way::Uses => "-.->",
        };
        let (from, to) = (&graph.nodes[edge.from].id, &graph.nodes[edge.to].id);
        let _ = writeln!(text, "  {from} {arrow} {to}");
    }
    text
}

/// Title, connection and further lines.
fn label(graph: &Graph, node: &Node) -> String {
    let group = node.group.and_then(|group| graph.groups.get(group));
    let title = match group {
        Some(group) => format!("{}: {group}", node.title),
        None => node.title.clone(),
    };
    let lines = std::iter::once(&title).chain(&node.lines);
    let escaped: Vec<String> = lines.map(|line| escape(line)).collect();
    escaped.join("<br/>")
}

/// Letters, digits and marks that mean nothing inside quotes stay; everything else becomes an entity code.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ',' | ':' | '/') {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    // Without this an address would become a link of its own inside the label.
    escaped.replace("://", ":#47;#47;")
}
