//! What one write does to the rows of its side: what its intent keeps of them, what their bases are after
//! it, and what its answer teaches.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::mapping::{CompiledMapping, CompiledRow, Problem, Walk};
use crate::model::{Case, Rev, System, Value, WorkItem, WorkItemId};
use crate::plan::{Operation, Retirement, RowValues};
use crate::store::{IntentPart, IntentRow};

/// The rows that one write is about.
pub(super) struct Writing<'o> {
    /// The side that is written.
    pub(super) side: System,
    /// What the other side holds of the rows that get a base.
    source: &'o RowValues,
    /// What each row is to hold after this write.
    sent: Cow<'o, RowValues>,
    /// What each row is to hold in the end.
    pub(super) wanted: Option<&'o RowValues>,
    halves: Option<&'o BTreeSet<String>>,
    walk: Option<&'o Walk>,
    /// Whether the item is new.
    pub(super) creates: bool,
}

/// An item as a server answered it.
#[derive(Clone, Copy)]
pub(super) enum Echo<'a> {
    /// A case, and the work item that it is linked to.
    Case(&'a Case, WorkItemId),
    WorkItem(&'a WorkItem),
    /// A case that was read again because no answer came, and the work item that it is linked to. Somebody
    /// may have edited it since.
    Found(&'a Case, WorkItemId),
}

impl Echo<'_> {
    /// The row's value.
    pub(super) fn read(self, row: &CompiledRow) -> Result<Value, Problem> {
        match self {
            Self::Case(case, item) | Self::Found(case, item) => row.read_case(case, Some(item)),
            Self::WorkItem(item) => row.read_work_item(item),
        }
    }

    /// Whether this is the server's own answer to the write.
    pub(super) fn is_answer(self) -> bool {
        match self {
            Self::Case(..) | Self::WorkItem(_) => true,
            Self::Found(..) => false,
        }
    }
}

impl<'o> Writing<'o> {
    /// `None` for an operation that writes no rows.
    pub(super) fn of(operation: &'o Operation, mapping: &CompiledMapping) -> Option<Self> {
        let writing = match operation {
            Operation::CreateWorkItem {
                source,
                draft,
                walk,
                ..
            } => {
                let side = System::AzureDevOps;
                let mut sent = translated(mapping, side, source);
                first_of_walk(mapping, source, &draft.fields, walk.as_ref(), &mut sent);
                Self {
                    side,
                    source,
                    sent: Cow::Owned(sent),
                    wanted: None,
                    halves: None,
                    walk: walk.as_ref(),
                    creates: true,
                }
            }
            Operation::CreateCase { source, .. } => Self {
                side: System::TestWorthy,
                source,
                sent: Cow::Owned(translated(mapping, System::TestWorthy, source)),
                wanted: None,
                halves: None,
                walk: None,
                creates: true,
            },
            Operation::UpdateWorkItem {
                patch,
                walk,
                source,
                written,
                halves,
                ..
            } => {
                let mut sent = Cow::Borrowed(written);
                let states = mapping.rows.iter().any(CompiledRow::walks);
                if states && source.keys().any(|name| is_walked(mapping, name)) {
                    let fields = &patch.fields;
                    first_of_walk(mapping, source, fields, walk.as_ref(), sent.to_mut());
                }
                Self {
                    side: System::AzureDevOps,
                    source,
                    sent,
                    wanted: Some(written),
                    halves: Some(halves),
                    walk: walk.as_ref(),
                    creates: false,
                }
            }
            Operation::UpdateCase {
                source,
                written,
                halves,
                ..
            } => Self {
                side: System::TestWorthy,
                source,
                sent: Cow::Borrowed(written),
                wanted: Some(written),
                halves: Some(halves),
                walk: None,
                creates: false,
            },
            Operation::Mark { .. }
            | Operation::Retire { .. }
            | Operation::Restore { .. }
            | Operation::Record { .. } => return None,
        };
        Some(writing)
    }

    /// The rows, each with what the other side holds.
    pub(super) fn rows<'m>(
        &self,
        mapping: &'m CompiledMapping,
    ) -> impl Iterator<Item = (&'m CompiledRow, &'o Value)> {
        let source = self.source;
        let rows = mapping.rows.iter();
        rows.filter_map(move |row| Some((row, source.get(row.name())?)))
    }

    /// What the row is to hold after this write; `None` for one that only gets its base renewed.
    pub(super) fn sent(&self, row: &CompiledRow) -> Option<&Value> {
        self.sent.get(row.name())
    }

    /// How much of a row's work this write does.
    pub(super) fn part(&self, row: &CompiledRow) -> IntentPart {
        let walks = |walk: &Walk| walk.rows.iter().any(|name| name == row.name());
        if self.walk.is_some_and(walks) {
            IntentPart::UnderWay
        } else if self
            .halves
            .is_some_and(|halves| halves.contains(row.name()))
        {
            IntentPart::Half
        } else {
            IntentPart::Whole
        }
    }

    /// What the intent keeps of the rows.
    pub(super) fn intent_rows(&self, mapping: &CompiledMapping) -> BTreeMap<String, IntentRow> {
        let rows = self.rows(mapping).map(|(row, from)| {
            let kept = IntentRow {
                from: from.clone(),
                to: self.sent(row).cloned(),
                digest: row.digest().to_owned(),
                part: self.part(row),
            };
            (row.name().to_owned(), kept)
        });
        rows.collect()
    }
}

/// What the intent of an operation keeps: rows, or the fields of a write that ends a pair.
pub(super) fn intent_rows(
    operation: &Operation,
    mapping: &CompiledMapping,
) -> BTreeMap<String, IntentRow> {
    let field = |(name, value): (&String, &Value), part| {
        let row = IntentRow {
            from: Value::Null,
            to: Some(value.clone()),
            digest: String::new(),
            part,
        };
        (name.clone(), row)
    };
    match operation {
        Operation::Retire {
            how: Retirement::Close { patch, walk, .. },
            ..
        } => {
            let goes_on = walk.is_some();
            let part = if goes_on {
                IntentPart::UnderWay
            } else {
                IntentPart::Whole
            };
            let fields = patch.fields.iter();
            fields.map(|one| field(one, part)).collect()
        }
        Operation::Retire {
            how: Retirement::Disable { patch, .. },
            ..
        } => {
            let fields = patch.fields.iter();
            fields.map(|one| field(one, IntentPart::Whole)).collect()
        }
        other => Writing::of(other, mapping)
            .map(|writing| writing.intent_rows(mapping))
            .unwrap_or_default(),
    }
}

fn is_walked(mapping: &CompiledMapping, name: &str) -> bool {
    let row = mapping.row(name);
    row.is_some_and(|row| {
        row.walks()
            || matches!(
                row.path(System::AzureDevOps).as_str(),
                "System.State" | "System.Reason"
            )
    })
}

/// What a new item is given.
fn translated(mapping: &CompiledMapping, side: System, source: &RowValues) -> RowValues {
    let rows = source.iter().filter_map(|(name, from)| {
        let to = mapping.row(name)?.translate(side.other(), from).ok()?;
        Some((name.clone(), to))
    });
    rows.collect()
}

/// A state, and the reason that goes with it, arrive with the last write of a walk: before it the rows
/// hold what the fields of this write say, and nothing where they say nothing.
fn first_of_walk(
    mapping: &CompiledMapping,
    source: &RowValues,
    fields: &BTreeMap<String, Value>,
    walk: Option<&Walk>,
    sent: &mut RowValues,
) {
    let bare = WorkItem {
        id: WorkItemId(0),
        rev: Rev(0),
        work_item_type: mapping.work_item_type.clone(),
        project: String::new(),
        tags: Vec::new(),
        fields: fields.clone(),
        markdown: BTreeSet::new(),
        relations: Vec::new(),
    };
    for name in source.keys().filter(|name| is_walked(mapping, name)) {
        let Some(row) = mapping.row(name) else {
            continue;
        };
        let is_sent = fields.contains_key(&row.path(System::AzureDevOps));
        match row.read_work_item(&bare) {
            Ok(value) if is_sent => {
                sent.insert(name.clone(), value);
            }
            _ if walk.is_some() => {
                sent.remove(name);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{compiled, field_row, walking};
    use crate::model::CaseId;
    use crate::plan::Pair;
    use crate::remote::WorkItemPatch;

    fn mapping() -> CompiledMapping {
        let rows = vec![field_row("title", "System.Title")];
        walking(compiled(rows, System::AzureDevOps), &[])
    }

    fn update(halves: &[&str]) -> Operation {
        let mapping = mapping();
        let written = RowValues::from([
            ("title".to_owned(), Value::text("Pay")),
            ("disabled".to_owned(), Value::text("Closed")),
        ]);
        let item =
            crate::mapping::testing::work_item(&[("System.State", Value::text("Design"))], &[]);
        let mut values = mapping.patch_work_item(&item, &written, false).unwrap();
        let walk = mapping.walk(Some(&item), &mut values.fields).unwrap();
        Operation::UpdateWorkItem {
            pair: Pair {
                link: None,
                case: CaseId(1),
                testworthy_project: None,
                work_item: item.id,
            },
            rev: item.rev,
            patch: WorkItemPatch {
                fields: values.fields,
                ..WorkItemPatch::default()
            },
            walk,
            source: RowValues::from([
                ("title".to_owned(), Value::text("Pay")),
                ("disabled".to_owned(), Value::Boolean(true)),
            ]),
            written,
            halves: halves.iter().map(|&name| name.to_owned()).collect(),
            overwrites: Vec::new(),
        }
    }

    #[test]
    fn an_intent_says_what_this_write_sends_and_how_much_of_the_row_that_is() {
        let mapping = mapping();
        let rows = intent_rows(&update(&["title"]), &mapping);
        assert_eq!(rows["title"].to, Some(Value::text("Pay")));
        assert_eq!(rows["title"].part, IntentPart::Half);
        assert_eq!(rows["title"].digest, mapping.row("title").unwrap().digest());
        // The way to `Closed` goes by `Ready`, which is what the first write brings.
        assert_eq!(rows["disabled"].to, Some(Value::text("Ready")));
        assert_eq!(rows["disabled"].part, IntentPart::UnderWay);
        assert_eq!(rows["disabled"].from, Value::Boolean(true));
    }

    #[test]
    fn the_last_write_of_a_walk_brings_the_state_for_good() {
        let mapping = mapping();
        let mut item =
            crate::mapping::testing::work_item(&[("System.State", Value::text("Ready"))], &[]);
        item.rev = Rev(4);
        let link = crate::model::LinkId("l".to_owned());
        let rest = update(&[]).rest(link, &item).unwrap();
        let rows = intent_rows(&rest, &mapping);
        assert_eq!(rows.keys().collect::<Vec<_>>(), ["disabled"]);
        assert_eq!(rows["disabled"].to, Some(Value::text("Closed")));
        assert_eq!(rows["disabled"].part, IntentPart::Whole);
    }
}
