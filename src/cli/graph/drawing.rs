//! The graph as data: what stands in which column, and what leads where. Names are escaped for terminals
//! and for nothing else; each language escapes for itself.

use serde_json::{Value as Json, json};

use super::super::ui::printable;
use crate::model::System;
use crate::model::config::{Config, Connection, Row, RowTarget, SyncRule, TestWorthySurface};

/// What a project declares.
pub(super) struct Graph {
    /// The project's name.
    pub(super) name: String,
    /// The names of the connections; the ends of each form a group.
    pub(super) groups: Vec<String>,
    /// In order of their columns.
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// A box.
pub(super) struct Node {
    /// Its name in the languages: letters and digits.
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) title: String,
    /// Further lines.
    pub(super) lines: Vec<String>,
    /// The connection that it is an end of.
    pub(super) group: Option<usize>,
}

/// What a box stands for. A new kind needs its column here and its colour in the renderers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An end of a connection.
    System(System),
    /// A sync rule.
    Rule,
    /// A field mapping.
    Mapping,
    /// A declared field of Azure DevOps.
    Field,
    /// A mapping test.
    Test,
}

/// A line between two boxes, by their places in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) way: Way,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Values flow from the first to the second.
    Flows,
    /// Values flow both ways.
    Meets,
    /// The first needs the second.
    Uses,
}

impl Kind {
    /// From the left. What a mapping names and what tests it stand on the same side of it.
    pub(super) fn column(self) -> usize {
        match self {
            Self::System(_) => 0,
            Self::Rule => 1,
            Self::Mapping => 2,
            Self::Field | Self::Test => 3,
        }
    }

    /// The word for it in JSON and in styles.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::System(system) => system.key(),
            Self::Rule => "rule",
            Self::Mapping => "mapping",
            Self::Field => "customField",
            Self::Test => "test",
        }
    }
}

impl Graph {
    /// Everything in order of its name, so that the same manifests give the same picture.
    pub(super) fn of(config: &Config) -> Self {
        let mut graph = Self {
            name: line(config.project.name.as_str()),
            groups: Vec::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
        };
        for connection in config.connections.values() {
            graph.ends(connection);
        }
        let mut rules: Vec<&SyncRule> = config.rules.values().collect();
        rules.sort_by(|a, b| (&a.connection, &a.name).cmp(&(&b.connection, &b.name)));
        let first_rule = graph.nodes.len();
        for (index, rule) in rules.iter().enumerate() {
            let arrow = if rule.is_two_way() { "↔" } else { "→" };
            let way = format!("{} {arrow} {}", rule.source(), rule.target());
            let lines = vec![way, creates(rule).to_owned()];
            graph.push(format!("r{index}"), Kind::Rule, rule.name.as_str(), lines);
        }
        for (index, rule) in rules.iter().enumerate() {
            let place = first_rule + index;
            for (system, is_source) in [(rule.source(), true), (rule.target(), false)] {
                if let Some(end) = graph.end(rule.connection.as_str(), system) {
                    let (from, to, way) = match (rule.is_two_way(), is_source) {
                        (true, _) => (end, place, Way::Meets),
                        (false, true) => (end, place, Way::Flows),
                        (false, false) => (place, end, Way::Flows),
                    };
                    graph.edges.push(Edge { from, to, way });
                }
            }
        }
        for (index, mapping) in config.mappings.values().enumerate() {
            let rows = count(mapping.rows.len(), "row");
            let lines = vec![line(&mapping.work_item_type), rows];
            let own = graph.push(
                format!("m{index}"),
                Kind::Mapping,
                mapping.name.as_str(),
                lines,
            );
            let users = rules.iter().enumerate();
            for (rule, _) in users.filter(|(_, rule)| rule.mapping == mapping.name) {
                graph.edges.push(Edge {
                    from: first_rule + rule,
                    to: own,
                    way: Way::Uses,
                });
            }
        }
        graph.fields(config);
        for (index, test) in config.mapping_tests.values().enumerate() {
            let lines = vec![count(test.cases.len(), "example")];
            let own = graph.push(format!("t{index}"), Kind::Test, test.name.as_str(), lines);
            let tested = graph.find(Kind::Mapping, test.mapping.as_str());
            graph.edges.extend(tested.map(|to| Edge {
                from: own,
                to,
                way: Way::Uses,
            }));
        }
        graph
    }

    fn ends(&mut self, connection: &Connection) {
        let group = self.groups.len();
        self.groups.push(line(connection.name.as_str()));
        let testworthy = &connection.testworthy;
        let mut lines = vec![line(testworthy.url.as_str())];
        if let TestWorthySurface::V1 { project_id, .. } = &testworthy.surface {
            lines.push(format!("project {project_id}"));
        }
        let azure_devops = &connection.azure_devops;
        let organization = azure_devops.organization_url.as_str();
        let project = vec![line(organization), line(&azure_devops.project)];
        for (system, lines) in [(System::TestWorthy, lines), (System::AzureDevOps, project)] {
            let letter = match system {
                System::TestWorthy => 't',
                System::AzureDevOps => 'a',
            };
            let id = format!("c{group}{letter}");
            let node = self.push(id, Kind::System(system), &system.to_string(), lines);
            self.nodes[node].group = Some(group);
        }
    }

    /// Each declared field, with the mappings that name it and may be used over its connection.
    fn fields(&mut self, config: &Config) {
        for (index, field) in config.custom_fields.values().enumerate() {
            let mut word = field.field_type.key().to_owned();
            if field.is_picklist() {
                word = format!("{word}, {}", count(field.allowed_values.len(), "value"));
            }
            let lines = vec![
                line(&field.reference_name),
                word,
                line(&field.work_item_types.join(", ")),
                format!("in {}", line(field.connection.as_str())),
            ];
            let own = self.push(format!("f{index}"), Kind::Field, field.name.as_str(), lines);
            let names =
                |row: &Row| matches!(&row.target, RowTarget::Field(name) if field.is_called(name));
            let mappings = config.mappings.values().filter(|mapping| {
                let mut rules = config
                    .rules
                    .values()
                    .filter(|rule| rule.mapping == mapping.name);
                let is_unused = rules.clone().next().is_none();
                field.is_on(&mapping.work_item_type)
                    && mapping.rows.iter().any(names)
                    && (is_unused || rules.any(|rule| rule.connection == field.connection))
            });
            for mapping in mappings {
                let user = self.find(Kind::Mapping, mapping.name.as_str());
                self.edges.extend(user.map(|from| Edge {
                    from,
                    to: own,
                    way: Way::Uses,
                }));
            }
        }
    }

    fn push(&mut self, id: String, kind: Kind, title: &str, lines: Vec<String>) -> usize {
        self.nodes.push(Node {
            id,
            kind,
            title: line(title),
            lines,
            group: None,
        });
        self.nodes.len() - 1
    }

    fn find(&self, kind: Kind, title: &str) -> Option<usize> {
        let mut nodes = self.nodes.iter();
        nodes.position(|node| node.kind == kind && node.title == title)
    }

    fn end(&self, connection: &str, system: System) -> Option<usize> {
        let group = self.groups.iter().position(|name| name == connection)?;
        let mut nodes = self.nodes.iter();
        nodes.position(|node| node.kind == Kind::System(system) && node.group == Some(group))
    }

    /// One sentence for those who do not see the picture.
    pub(super) fn description(&self) -> String {
        let number = |kind: Kind, one: &str| {
            let nodes = self.nodes.iter();
            count(nodes.filter(|node| node.kind == kind).count(), one)
        };
        format!(
            "{}, {}, {}, {} and {}.",
            count(self.groups.len(), "connection"),
            number(Kind::Rule, "sync rule"),
            number(Kind::Mapping, "field mapping"),
            number(Kind::Field, "custom field"),
            number(Kind::Test, "mapping test"),
        )
    }

    /// `accord-graph/1`.
    pub(super) fn json(&self) -> Json {
        let node = |node: &Node| {
            json!({
                "id": node.id,
                "kind": node.kind.key(),
                "title": node.title,
                "lines": node.lines,
                "connection": node.group.and_then(|group| self.groups.get(group)),
            })
        };
        let edge = |edge: &Edge| {
            json!({
                "from": self.nodes[edge.from].id,
                "to": self.nodes[edge.to].id,
                "kind": match edge.way {
                    Way::Flows => "flows",
                    Way::Meets => "flowsBothWays",
                    Way::Uses => "uses",
                },
            })
        };
        json!({
            "schema": "accord-graph/1",
            "project": self.name,
            "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(),
            "edges": self.edges.iter().map(edge).collect::<Vec<_>>(),
        })
    }
}

/// On which sides a rule makes new items.
fn creates(rule: &SyncRule) -> &'static str {
    match (rule.creates.testworthy, rule.creates.azure_devops) {
        (false, false) => "updates only",
        (true, true) => "creates and updates on both sides",
        (true, false) if rule.is_two_way() => "updates both, creates in TestWorthy",
        (false, true) if rule.is_two_way() => "updates both, creates in Azure DevOps",
        (true, false) | (false, true) => "creates and updates",
    }
}

/// Text in one line, without anything that drives a terminal or reorders what stands beside it.
fn line(text: &str) -> String {
    printable(&text.replace(['\n', '\t'], " "))
}

fn count(number: usize, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {one}s")
    }
}
