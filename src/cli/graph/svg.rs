//! SVG that needs nothing else: one file, its own colours for light and dark surroundings, a title and a
//! description for those who do not see it (W3C, SVG Accessibility API Mappings).

use std::fmt::Write as _;

use super::drawing::{Edge, Graph, Kind, Way};
use super::layout::{Area, LINE, Layout};
use crate::model::System;

/// Characters of a line that fit into a box.
const FITS: usize = 34;

const STYLE: &str = "
    .ground { fill: #ffffff }
    .frame { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }
    .box { fill: #f6f8fa; stroke: #57606a }
    .testworthy { fill: #fff8c5; stroke: #9a6700 }
    .azureDevOps { fill: #ddf4ff; stroke: #0969da }
    .rule { fill: #dafbe1; stroke: #1a7f37 }
    .customField { fill: #fbefff; stroke: #8250df }
    text { fill: #1f2328; font: 13px system-ui, sans-serif }
    .title { font-weight: 600 }
    .faint { fill: #57606a }
    .line { fill: none; stroke: #57606a; stroke-width: 1.5 }
    .uses { stroke-dasharray: 5 4 }
    .head { fill: #57606a }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 }
      .frame { stroke: #6e7681 }
      .box { fill: #161b22; stroke: #8b949e }
      .testworthy { fill: #3b2e00; stroke: #d29922 }
      .azureDevOps { fill: #0c2d6b; stroke: #58a6ff }
      .rule { fill: #04260f; stroke: #3fb950 }
      .customField { fill: #271052; stroke: #a371f7 }
      text { fill: #e6edf3 }
      .faint { fill: #9da7b3 }
      .line { stroke: #9da7b3 }
      .head { fill: #9da7b3 }
    }
  ";

pub(super) fn render(graph: &Graph) -> String {
    let layout = Layout::of(graph);
    let (width, height) = (layout.width, layout.height);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title desc\">\n"
    );
    let name = escape(&graph.name);
    let _ = writeln!(text, "  <title id=\"title\">{name}</title>");
    let _ = writeln!(
        text,
        "  <desc id=\"desc\">{}</desc>",
        escape(&described(graph))
    );
    let _ = writeln!(text, "  <style>{STYLE}</style>");
    text.push_str(
        "  <defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"head\" d=\"M0 0L10 5L0 10z\"/></marker></defs>\n",
    );
    let _ = writeln!(
        text,
        "  <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>"
    );
    let _ = writeln!(
        text,
        "  <text class=\"title\" x=\"24\" y=\"32\">{name}</text>"
    );
    for (area, name) in layout.frames.iter().zip(&graph.groups) {
        rectangle(&mut text, "frame", area, 8);
        let (x, y) = (area.x + 12, area.y + 16);
        let name = escape(&short(name));
        let _ = writeln!(
            text,
            "  <text class=\"faint\" x=\"{x}\" y=\"{y}\">{name}</text>"
        );
    }
    for edge in &graph.edges {
        line(&mut text, graph, &layout, *edge);
    }
    for (node, area) in graph.nodes.iter().zip(&layout.nodes) {
        text.push_str("  <g>\n");
        let whole: Vec<&str> = std::iter::once(&node.title)
            .chain(&node.lines)
            .map(String::as_str)
            .collect();
        let _ = writeln!(text, "  <title>{}</title>", escape(&whole.join(", ")));
        let radius = if node.kind == Kind::Rule { 16 } else { 4 };
        let class = format!("box {}", node.kind.key());
        rectangle(&mut text, &class, area, radius);
        for (number, words) in whole.iter().enumerate() {
            let class = if number == 0 { "title" } else { "faint" };
            let down = i32::try_from(number).unwrap_or(0);
            let (x, y) = (area.x + 14, area.y + 21 + LINE * down);
            let words = escape(&short(words));
            let _ = writeln!(
                text,
                "  <text class=\"{class}\" x=\"{x}\" y=\"{y}\">{words}</text>"
            );
        }
        text.push_str("  </g>\n");
    }
    text.push_str("</svg>\n");
    text
}

/// The numbers, then what each rule does.
fn described(graph: &Graph) -> String {
    let mut text = graph.description();
    for (index, node) in graph.nodes.iter().enumerate() {
        if node.kind != Kind::Rule {
            continue;
        }
        let uses = graph.edges.iter();
        let mapping = uses
            .filter(|edge| edge.from == index && edge.way == Way::Uses)
            .map(|edge| graph.nodes[edge.to].title.as_str())
            .next();
        let way = node.lines.first().map_or("", String::as_str);
        let _ = write!(text, " Rule {}: {way}", node.title);
        if let Some(mapping) = mapping {
            let _ = write!(text, ", with the mapping {mapping}");
        }
        text.push('.');
    }
    text
}

fn rectangle(text: &mut String, class: &str, area: &Area, radius: i32) {
    let Area {
        x,
        y,
        width,
        height,
    } = area;
    let _ = writeln!(
        text,
        "  <rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
    );
}

/// A curve between the sides that face each other.
fn line(text: &mut String, graph: &Graph, layout: &Layout, edge: Edge) {
    let (from, to) = (&layout.nodes[edge.from], &layout.nodes[edge.to]);
    let is_rightward = from.x < to.x;
    let (x1, x2) = if is_rightward {
        (from.x + from.width, to.x)
    } else {
        (from.x, to.x + to.width)
    };
    // What comes in and what goes out of a rule stand apart.
    let shift = |node: usize| match (graph.nodes[node].kind, edge.way) {
        (Kind::Rule, Way::Flows) if node == edge.to => -10,
        (Kind::Rule, Way::Flows) => 10,
        (Kind::Rule, Way::Meets) => match graph.nodes[edge.from].kind {
            Kind::System(System::TestWorthy) => -10,
            _ => 10,
        },
        _ => 0,
    };
    let (y1, y2) = (
        from.middle() + shift(edge.from),
        to.middle() + shift(edge.to),
    );
    let bend = i32::midpoint(x1, x2);
    let class = match edge.way {
        Way::Flows | Way::Meets => "line",
        Way::Uses => "line uses",
    };
    // The head turns round where it stands at the beginning.
    let tail = match edge.way {
        Way::Meets => " marker-start=\"url(#head)\"",
        Way::Flows | Way::Uses => "",
    };
    let _ = writeln!(
        text,
        "  <path class=\"{class}\" d=\"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}\"{tail} marker-end=\"url(#head)\"/>"
    );
}

fn short(text: &str) -> String {
    match text.char_indices().nth(FITS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Text for content; control characters were replaced before.
fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}'.to_string(),
            c => c.to_string(),
        })
        .collect()
}
