//! An item without a counterpart: what its new counterpart holds.

use std::collections::BTreeMap;

use super::collector::{Collector, origin_entry};
use super::rows::field_change;
use crate::diagnostics::catalog::sync as codes;
use crate::mapping::RowProblem;
use crate::model::{Case, ConflictId, LinkId, Marker, System, Value, WorkItem, WorkItemId};
use crate::plan::conservation::Class;
use crate::plan::observed::ItemKey;
use crate::plan::{
    Action, Change, CreateTarget, FieldChange, Operation, Precondition, Reason, RowValues,
};
use crate::remote::WorkItemDraft;

/// What the rows give for a new item.
struct NewValues {
    /// By row; empty ones are there too, so that required fields can be missed.
    writes: BTreeMap<String, Value>,
    source: RowValues,
    fields: Vec<FieldChange>,
}

/// A counterpart that is to be made.
pub(super) struct New {
    /// The name that plans give the item or its pair.
    pub(super) source: ItemKey,
    /// The item that is there.
    pub(super) item: ItemKey,
    /// The link that the new pair takes over, where this replaces an item that was deleted.
    pub(super) renews: Option<LinkId>,
    /// The decisions that it carries out.
    pub(super) resolves: Vec<ConflictId>,
}

impl New {
    /// For an item that never had one.
    pub(super) fn of(item: ItemKey) -> Self {
        Self {
            source: item,
            item,
            renews: None,
            resolves: Vec::new(),
        }
    }
}

/// Plans the create of an item's counterpart on the other side.
pub(super) fn plan_create(collector: &mut Collector<'_>, new: New) -> Class {
    let observed = collector.input.observed;
    let source = new.source;
    let reason = if new.renews.is_some() {
        Reason::Recreated
    } else {
        Reason::MissingOnTarget
    };
    let (case, item, made) = match new.item {
        ItemKey::Case(id) => {
            let Some(case) = observed.case(id) else {
                return Class::Held;
            };
            let made = create_work_item(collector, source, case, new.renews);
            (Some(case), None, made)
        }
        ItemKey::WorkItem(id) => {
            let Some(item) = observed.work_item(id) else {
                return Class::Held;
            };
            let made = create_case(collector, source, item, new.renews);
            (None, Some(item), made)
        }
    };
    let Some((operation, fields)) = made else {
        return Class::Held;
    };
    let change = Change {
        address: collector.address(source),
        system: new.item.system().other(),
        action: Action::Create,
        reason,
        item: collector.item_ref(case, item),
        fields,
        precondition: Some(Precondition::Absent),
        origin: origin_entry(&collector.input.rule.origin),
    };
    collector.push(source, Class::Create, change, operation, new.resolves)
}

fn create_work_item(
    collector: &mut Collector<'_>,
    source: ItemKey,
    case: &Case,
    renews: Option<LinkId>,
) -> Option<(Operation, Vec<FieldChange>)> {
    // The mention of the item that is replaced was Accord's.
    let replaced = renews.as_ref().and_then(|renewed| {
        let link = collector.links.get(&source).copied();
        let link = link.or_else(|| collector.parted.get(source));
        link.filter(|link| link.id == *renewed)
            .map(|link| link.work_item)
    });
    let mut values = new_values(collector, source, Some((case, replaced)), None)?;
    let input = collector.input;
    let mut made = match input.mapping.draft_work_item(&values.writes) {
        Ok(made) => made,
        Err(problem) => return held(collector, source, &problem),
    };
    for (field, path) in [
        ("System.AreaPath", &input.rule.create_in.area_path),
        ("System.IterationPath", &input.rule.create_in.iteration_path),
    ] {
        if let Some(path) = path
            && !made.fields.contains_key(field)
        {
            made.fields
                .insert(field.to_owned(), Value::text(path.as_str()));
            values.fields.push(place(field, path));
        }
    }
    let walk = match input.mapping.walk(None, &mut made.fields) {
        Ok(walk) => walk,
        Err(problem) => return held(collector, source, &problem),
    };
    // What is written on create only needs a base too until its last write is done.
    let rows = walk.iter().flat_map(|walk| &walk.rows);
    for row in rows.filter_map(|name| input.mapping.row(name)) {
        if let (true, Ok(from)) = (row.on_create(), row.read_case(case, None)) {
            values.source.insert(row.name().to_owned(), from);
        }
    }
    let url = input.connection.testworthy.case_url(case.id);
    let draft = WorkItemDraft {
        work_item_type: input.mapping.work_item_type.clone(),
        fields: made.fields,
        tags: made.tags.unwrap_or_default(),
        marker: Marker { case: case.id, url },
    };
    let operation = Operation::CreateWorkItem {
        case: case.id,
        draft,
        walk,
        source: values.source,
        renews,
    };
    Some((operation, values.fields))
}

fn create_case(
    collector: &mut Collector<'_>,
    source: ItemKey,
    item: &WorkItem,
    renews: Option<LinkId>,
) -> Option<(Operation, Vec<FieldChange>)> {
    let mut values = new_values(collector, source, None, Some(item))?;
    let input = collector.input;
    let made = match input.mapping.draft_case(item.id, &values.writes) {
        Ok(made) => made,
        Err(problem) => return held(collector, source, &problem),
    };
    let create_in = &input.rule.create_in;
    let Some(suite) = input.rule.suite_for_new_cases() else {
        collector.finding(
            &codes::NOWHERE_TO_CREATE,
            source,
            "no suite to create the case in: give the rule a `createIn.testworthy.suite`",
        );
        return None;
    };
    if renews.is_some() && create_in.section.is_none() {
        let message = format!(
            "the case is made anew at the top of suite {suite}, and a server that wants every case in a section refuses that: give the rule a `createIn.testworthy.section`"
        );
        collector.finding(&codes::NO_SECTION, source, &message);
    }
    values.fields.push(place("suite", &suite.to_string()));
    if let Some(section) = &create_in.section {
        values.fields.push(place("section.path", section));
    }
    let names = create_in.section.iter().flat_map(|path| path.split('/'));
    let create = CreateTarget {
        suite,
        section: names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        fields: made.fields,
        refs: made.refs.unwrap_or_default(),
    };
    let operation = Operation::CreateCase {
        work_item: item.id,
        create,
        source: values.source,
        renews,
    };
    Some((operation, values.fields))
}

fn new_values(
    collector: &mut Collector<'_>,
    source: ItemKey,
    case: Option<(&Case, Option<WorkItemId>)>,
    item: Option<&WorkItem>,
) -> Option<NewValues> {
    let input = collector.input;
    let target = if case.is_some() {
        System::AzureDevOps
    } else {
        System::TestWorthy
    };
    let mut values = NewValues {
        writes: BTreeMap::new(),
        source: RowValues::new(),
        fields: Vec::new(),
    };
    for row in input.mapping.rows.iter().filter(|row| row.active(target)) {
        let mapped = match (case, item) {
            (Some((case, own)), _) => row.read_case(case, own).and_then(|from| {
                let to = row.to_azure_devops(&from)?;
                row.check_new(target, &to)?;
                let route = row.route(None, &to)?;
                Ok((to, from, route))
            }),
            (_, Some(item)) => row.read_work_item(item).and_then(|from| {
                let to = row.to_testworthy(&from)?;
                row.check_new(target, &to)?;
                Ok((to, from, Vec::new()))
            }),
            (None, None) => continue,
        };
        match mapped {
            Ok((to, from, route)) => {
                if !row.on_create() {
                    values.source.insert(row.name().to_owned(), from);
                }
                if !to.is_null() {
                    let change = field_change(row, target, &Value::Null, &to);
                    values.fields.push(change.by(&route));
                }
                values.writes.insert(row.name().to_owned(), to);
            }
            Err(problem) => {
                let message = format!("field `{}` waits: {problem}", row.name());
                let origin = row.origin().clone();
                collector.finding_at(problem.code(), source, &message, &origin);
                if problem.skips_item() {
                    return None;
                }
                // Empty, so that a field which must not be empty holds the whole create.
                values.writes.insert(row.name().to_owned(), Value::Null);
            }
        }
    }
    Some(values)
}

fn held<T>(collector: &mut Collector<'_>, source: ItemKey, problem: &RowProblem) -> Option<T> {
    collector.finding(problem.problem.code(), source, &problem.to_string());
    None
}

fn place(path: &str, value: &str) -> FieldChange {
    FieldChange {
        path: path.to_owned(),
        before: Some(serde_json::Value::Null),
        after: Some(value.into()),
        sensitive: false,
        via: Vec::new(),
    }
}
