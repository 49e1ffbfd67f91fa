//! Rules about the rows of a mapping together: fields written twice, values that feed themselves,
//! required fields.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Usage, may_write};
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::{lint as codes, mapping as entry};
use crate::mapping::compile::CompiledMapping;
use crate::mapping::known;
use crate::mapping::resolve::finding;
use crate::mapping::row::{AzureEnd, CaseEnd, CompiledRow};
use crate::model::config::{FieldMapping, Row, RowSource, RowTarget};
use crate::model::{System, WorkItemType};

/// Findings about the rows as a whole.
pub(super) fn check(mapping: &FieldMapping, rows: &[CompiledRow], usage: &Usage) -> Vec<Finding> {
    let mut found = Vec::new();
    for &target in &usage.targets {
        let writing: Vec<&CompiledRow> = rows.iter().filter(|row| row.active(target)).collect();
        for (index, later) in writing.iter().enumerate() {
            let earlier = writing[..index]
                .iter()
                .find(|one| collide(one, later, target));
            if let Some(earlier) = earlier {
                found.push(collision(mapping, earlier, later, target));
            }
        }
    }
    // Without all rows compiled, it is not known whether one of them would write.
    let complete = rows.len() == mapping.rows.len();
    for &target in &usage.targets {
        // A row whose field cannot be written goes that way all the same: what is wrong with it is L03.
        if complete && !rows.iter().any(|row| row.goes_to(target)) {
            let message = format!(
                "mapping `{}` has no row that writes to {target}, but a rule writes there with it",
                mapping.name
            );
            let place = super::place(&mapping.origin);
            found.push(Finding::new(&entry::NOTHING_TO_WRITE, message).at(place));
        }
    }
    if usage.targets.len() > 1 {
        cycles(mapping, &mut found);
    }
    if usage.two_way {
        rings(mapping, &mut found);
    }
    found
}

/// Required fields of new items that no row fills.
pub(in crate::mapping) fn required(
    mapping: &CompiledMapping,
    metadata: Option<&WorkItemType>,
    target: System,
) -> Vec<Finding> {
    let name = &mapping.name;
    let filled = |path: &str| {
        mapping
            .active_rows(target)
            .any(|row| row.path(target) == path)
    };
    let missing = |field: &str| {
        let message = format!(
            "{target} creates nothing without `{field}`, and no row of mapping `{name}` fills it"
        );
        Finding::new(&entry::L04_REQUIRED_UNMAPPED, message)
            .with_help(format!("map a field or a constant to `{field}`"))
    };
    if target == System::TestWorthy {
        let lacking = !filled("title");
        return lacking.then(|| missing("title")).into_iter().collect();
    }
    let Some(metadata) = metadata else {
        let lacking = !filled("System.Title");
        return lacking
            .then(|| missing("System.Title"))
            .into_iter()
            .collect();
    };
    let needed = metadata.fields.iter().filter(|(name, field)| {
        field.always_required
            && field.default_value.is_null()
            && !known::is_filled_on_create(name)
            && known::is_writable(name, Some(field))
    });
    needed
        .map(|(name, _)| name)
        .filter(|name| !filled(name))
        .map(|name| missing(name))
        .collect()
}

fn collide(one: &CompiledRow, other: &CompiledRow, target: System) -> bool {
    match (target, &one.azure, &other.azure) {
        (System::AzureDevOps, AzureEnd::Tags(a), AzureEnd::Tags(b)) => a.overlaps(b),
        (System::AzureDevOps, AzureEnd::Field(a), AzureEnd::Field(b)) => {
            a.reference_name.eq_ignore_ascii_case(&b.reference_name)
        }
        (System::AzureDevOps, ..) => false,
        (System::TestWorthy, ..) => match (&one.case, &other.case) {
            (CaseEnd::Field { name: a, .. }, CaseEnd::Field { name: b, .. }) => a == b,
            _ => false,
        },
    }
}

fn collision(
    mapping: &FieldMapping,
    earlier: &CompiledRow,
    later: &CompiledRow,
    target: System,
) -> Finding {
    let (a, b) = (earlier.path(target), later.path(target));
    let what = if a == b {
        format!("it writes `{a}`")
    } else {
        format!("it writes `{b}`, which overlaps with `{a}`")
    };
    let message = format!(
        "row `{}` of mapping `{}`: {what} in {target}, and so does row `{}`",
        later.name(),
        mapping.name,
        earlier.name()
    );
    let declared = |name: &str| {
        mapping
            .rows
            .iter()
            .find(|row| row.name == name)
            .map(super::location)
    };
    let mut found = Finding::new(&entry::L12_WRITTEN_TWICE, message)
        .with_help("remove one of them, or give each a `direction` of its own");
    found.location = declared(later.name());
    if let Some(place) = declared(earlier.name()) {
        found = found.with_related(place, "the other row");
    }
    found
}

/// A field of either side in the graph of what makes what.
type Node<'a> = (System, &'a str);

/// Expressions whose result comes back into a field that they read.
fn cycles(mapping: &FieldMapping, found: &mut Vec<Finding>) {
    let mut leads_to: BTreeMap<Node<'_>, Vec<(Node<'_>, &Row)>> = BTreeMap::new();
    for row in &mapping.rows {
        let (RowSource::Field(name), RowTarget::Field(reference)) = (&row.source, &row.target)
        else {
            continue;
        };
        let ends = [
            (System::TestWorthy, name.as_str()),
            (System::AzureDevOps, reference.as_str()),
        ];
        for (from, to) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            if may_write(row, to.0) && !row.on_create {
                leads_to.entry(from).or_default().push((to, row));
            }
        }
    }
    for row in &mapping.rows {
        let (RowSource::Expression(text), RowTarget::Field(reference)) = (&row.source, &row.target)
        else {
            continue;
        };
        if row.on_create || !may_write(row, System::AzureDevOps) {
            continue;
        }
        let read = super::expression::reads(text);
        let read: BTreeSet<&str> = read.iter().map(String::as_str).collect();
        if let Some((name, by)) = comes_back(&leads_to, (System::AzureDevOps, reference), &read) {
            let what = format!(
                "it writes `{reference}`, row `{}` brings that back into `{name}`, and the expression \
                 reads `{name}`",
                by.name
            );
            found.push(
                finding(mapping, row, &codes::L13_CYCLE, what)
                    .with_related(super::location(by), "the row that brings it back"),
            );
        }
    }
}

/// Rows of a two-way rule that go one way each and carry a field back to itself: each would be the source
/// of the other, and an edit would run round for ever. A row that goes both ways knows its two sides.
fn rings(mapping: &FieldMapping, found: &mut Vec<Finding>) {
    let one_way = |row: &&Row| {
        !row.on_create && may_write(row, System::TestWorthy) != may_write(row, System::AzureDevOps)
    };
    let edges: Vec<(Node<'_>, Node<'_>, &Row)> = mapping
        .rows
        .iter()
        .filter(one_way)
        .filter_map(|row| {
            let (RowSource::Field(name), RowTarget::Field(reference)) = (&row.source, &row.target)
            else {
                return None;
            };
            let case = (System::TestWorthy, name.as_str());
            let azure = (System::AzureDevOps, reference.as_str());
            Some(if may_write(row, System::AzureDevOps) {
                (case, azure, row)
            } else {
                (azure, case, row)
            })
        })
        .collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (start, _, row) in &edges {
        // Backwards: a field has one writer (L12), else that is told already.
        let mut ring = vec![*row];
        let mut node = *start;
        let mut closes = false;
        while let Some((from, _, by)) = edges.iter().find(|(_, to, _)| *to == node) {
            closes = by.name == row.name;
            if closes || ring.len() > edges.len() {
                break;
            }
            ring.push(by);
            node = *from;
        }
        if !closes || ring.iter().any(|row| told.contains(row.name.as_str())) {
            continue;
        }
        told.extend(ring.iter().map(|row| row.name.as_str()));
        let Some(by) = ring.get(1) else { continue };
        let what = format!(
            "it carries `{}` away, row `{}` brings it back, and a rule goes both ways: an edit would run \
             round for ever",
            start.1, by.name
        );
        found.push(
            finding(mapping, row, &codes::L13_CYCLE, what)
                .with_related(super::location(by), "the row that brings it back")
                .with_help("write one row without `direction` for the two fields"),
        );
    }
}

/// The case field of `read` that rows lead to from `start`, with the row that writes it.
fn comes_back<'a>(
    leads_to: &BTreeMap<Node<'a>, Vec<(Node<'a>, &'a Row)>>,
    start: Node<'a>,
    read: &BTreeSet<&str>,
) -> Option<(&'a str, &'a Row)> {
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for (next, row) in leads_to.get(&node).into_iter().flatten() {
            if next.0 == System::TestWorthy && read.contains(next.1) {
                return Some((next.1, row));
            }
            if seen.insert(*next) {
                open.push(*next);
            }
        }
    }
    None
}
