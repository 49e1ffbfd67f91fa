//! What became of a sample: both sides field by field beside the server's answer, and its objection at
//! the row that it is about. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::report::{Echo, Objector, Sample, SampleField, SampleKind, SampleObjection, Verdict};
use super::sample::{Rehearsed, Ruled, Write};
use crate::diagnostics::catalog::verify as codes;
use crate::mapping::{CompiledRow, Problem};
use crate::model::{
    Case, CaseId, Marker, Rev, System, Value, WorkItem, WorkItemId, azure_boards_mention_in,
};
use crate::plan::OriginEntry;
use crate::reconcile::secrecy::{LEFT_OUT, holds};
use crate::remote::{Objection, RemoteErrorKind, WorkItemWrite};

/// What was heard about a sample.
#[derive(Debug)]
pub(super) enum Heard {
    /// The item as it would be.
    WouldBe(Box<WorkItem>),
    /// The server's objection.
    Objection(Objection),
    /// Accord's objection, before anything is sent.
    Own(String),
    /// The item is not at its revision any more.
    Outdated,
    /// Nobody was asked.
    Nothing,
}

/// Puts a sample and what was heard about it together.
pub(super) fn judge(ruled: Ruled<'_>, sample: Rehearsed, heard: &Heard) -> Sample {
    let would_be = match heard {
        Heard::WouldBe(item) => Some(item.as_ref()),
        _ => None,
    };
    let fields = fields(ruled, &sample, would_be);
    let mut objections = sample.objections.clone();
    match heard {
        Heard::Objection(objection) => {
            objections.push(servers(ruled, &sample, objection, &fields));
        }
        Heard::Own(reason) => objections.push(SampleObjection {
            by: Objector::Accord,
            code: crate::diagnostics::catalog::mapping::VALUE_NOT_STORABLE
                .code
                .to_owned(),
            message: if repeats(ruled, &sample, reason) {
                LEFT_OUT.to_owned()
            } else {
                reason.clone()
            },
            row: None,
            origin: ruled.origin(),
            request: None,
            activity_id: None,
        }),
        _ => {}
    }
    let rewritten = fields
        .iter()
        .any(|field| field.echo == Some(Echo::Rewritten));
    let verdict = match heard {
        _ if !objections.is_empty() => Verdict::Objected,
        Heard::Outdated => Verdict::Outdated,
        Heard::WouldBe(_) if rewritten => Verdict::Rewritten,
        Heard::WouldBe(_) => Verdict::Accepted,
        _ => Verdict::NotAsked,
    };
    Sample {
        address: sample.address,
        kind: sample.kind,
        system: sample.write.system(),
        item: sample.item,
        verdict,
        fields,
        objections,
    }
}

/// Both items as they would be after the write, if it did nothing but what is sent.
fn after(sample: &Rehearsed) -> (Option<Arc<Case>>, Option<Arc<WorkItem>>) {
    let (case, item) = (sample.case.clone(), sample.work_item.clone());
    match &sample.write {
        Write::AzureDevOps(WorkItemWrite::Create(draft)) => {
            let item = WorkItem {
                id: WorkItemId(0),
                rev: Rev(0),
                work_item_type: draft.work_item_type.clone(),
                project: String::new(),
                tags: draft.tags.clone(),
                fields: draft.fields.clone(),
                markdown: BTreeSet::new(),
                relations: vec![draft.marker.to_relation()],
            };
            (case, Some(Arc::new(item)))
        }
        Write::AzureDevOps(WorkItemWrite::Update { patch, .. }) => {
            let item = item.map(|item| {
                let mut item = WorkItem::clone(&item);
                overwrite(&mut item.fields, &patch.fields);
                if let Some(tags) = &patch.tags {
                    item.tags.clone_from(tags);
                }
                let marker = patch.add_marker.as_ref().map(Marker::to_relation);
                item.relations.extend(marker);
                Arc::new(item)
            });
            (case, item)
        }
        Write::TestWorthy { fields, refs, .. } => {
            let mut new = case.as_deref().cloned().unwrap_or(Case {
                id: CaseId(0),
                suite: None,
                project: None,
                section: None,
                section_path: Vec::new(),
                refs: Vec::new(),
                fields: BTreeMap::new(),
                modified_on: None,
            });
            overwrite(&mut new.fields, fields);
            if let Some(refs) = refs {
                new.refs.clone_from(refs);
            }
            (Some(Arc::new(new)), item)
        }
        Write::Nothing(_) => (case, item),
    }
}

fn overwrite(fields: &mut BTreeMap<String, Value>, new: &BTreeMap<String, Value>) {
    for (name, value) in new {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
}

/// The names of the fields that a write sends, and whether it sends tags or references.
fn sent(write: &Write) -> (Vec<&str>, bool) {
    let (fields, list) = match write {
        Write::AzureDevOps(WorkItemWrite::Create(draft)) => (&draft.fields, true),
        Write::AzureDevOps(WorkItemWrite::Update { patch, .. }) => {
            (&patch.fields, patch.tags.is_some())
        }
        Write::TestWorthy { fields, refs, .. } => (fields, refs.is_some()),
        Write::Nothing(_) => return (Vec::new(), false),
    };
    (fields.keys().map(String::as_str).collect(), list)
}

fn fields(ruled: Ruled<'_>, sample: &Rehearsed, would_be: Option<&WorkItem>) -> Vec<SampleField> {
    let system = sample.write.system();
    let creates = matches!(
        sample.kind,
        SampleKind::Create | SampleKind::MadeUpCreate | SampleKind::Held
    );
    let view = View {
        after: after(sample),
        sent: sent(&sample.write),
        sample,
        system,
        would_be,
    };
    let mut fields = Vec::new();
    if sample.kind != SampleKind::Mark {
        let rows = ruled.observation.mapping.active_rows(system);
        let rows = rows.filter(|row| creates || !row.on_create());
        fields.extend(rows.map(|row| view.row(row)));
    }
    fields.extend(view.places(ruled, &fields));
    fields.extend(view.marks(ruled));
    fields
}

/// A sample from all sides.
struct View<'a> {
    sample: &'a Rehearsed,
    system: System,
    after: (Option<Arc<Case>>, Option<Arc<WorkItem>>),
    sent: (Vec<&'a str>, bool),
    would_be: Option<&'a WorkItem>,
}

impl View<'_> {
    fn row(&self, row: &CompiledRow) -> SampleField {
        let own = self.sample.work_item.as_deref().map(|item| item.id);
        let read = |system: System, (case, item): (Option<&Case>, Option<&WorkItem>)| match system {
            System::TestWorthy => case.map(|case| row.read_case(case, own)),
            System::AzureDevOps => item.map(|item| row.read_work_item(item)),
        };
        let now = (
            self.sample.case.as_deref(),
            self.sample.work_item.as_deref(),
        );
        let after = (self.after.0.as_deref(), self.after.1.as_deref());
        let [testworthy, azure_devops] =
            [System::TestWorthy, System::AzureDevOps].map(|system| read(system, now));
        let path = row.path(self.system);
        let before = match self.system {
            System::TestWorthy => &testworthy,
            System::AzureDevOps => &azure_devops,
        };
        let after = read(self.system, after);
        let is_list = path.starts_with("System.Tags[") || path == "refs";
        let is_written = self.sent.0.contains(&path.as_str())
            || (is_list && self.sent.1 && differs(before.as_ref(), after.as_ref()));
        let answered = self.would_be.map(|item| row.read_work_item(item));
        let echo = answered.as_ref().map(|answered| {
            let expected = after.as_ref().and_then(|after| after.as_ref().ok());
            let nothing = expected.is_none_or(Value::is_null) && !is_written;
            match (answered, expected) {
                (Ok(answered), Some(expected))
                    if row.same(System::AzureDevOps, answered, expected) =>
                {
                    Echo::Kept
                }
                (Ok(Value::Null), None) => Echo::Kept,
                _ if nothing => Echo::FilledIn,
                _ => Echo::Rewritten,
            }
        });
        let shown = |value: Option<Result<Value, Problem>>| {
            let value = value.and_then(Result::ok)?;
            (!row.sensitive()).then(|| value.to_json())
        };
        SampleField {
            row: Some(row.name().to_owned()),
            testworthy_field: Some(row.path(System::TestWorthy)),
            azure_devops_field: Some(row.path(System::AzureDevOps)),
            testworthy: shown(testworthy),
            azure_devops: shown(azure_devops),
            written: shown(after).filter(|_| is_written),
            answered: shown(answered),
            echo,
            is_written,
            sensitive: row.sensitive(),
            origin: OriginEntry {
                file: row.origin().file.clone(),
                line: row.origin().line,
            },
        }
    }

    /// What a new item has beside the rows: the places that the rule names.
    fn places(&self, ruled: Ruled<'_>, rows: &[SampleField]) -> Vec<SampleField> {
        let draft = match &self.sample.write {
            Write::AzureDevOps(WorkItemWrite::Create(draft)) => draft,
            Write::TestWorthy {
                place: Some((suite, section)),
                ..
            } => {
                let section = (!section.is_empty()).then(|| section.join("/"));
                let places = [
                    ("suite", Some(suite.to_string())),
                    ("section.path", section),
                ];
                let place = |(name, value): (&str, Option<String>)| {
                    Some(SampleField {
                        testworthy_field: Some(name.to_owned()),
                        azure_devops_field: None,
                        written: Some(value?.into()),
                        ..of_rule(ruled, name)
                    })
                };
                return places.into_iter().filter_map(place).collect();
            }
            _ => return Vec::new(),
        };
        let held = |name: &str| {
            rows.iter()
                .any(|row| row.azure_devops_field.as_deref() == Some(name))
        };
        let places = draft.fields.iter().filter(|(name, _)| !held(name));
        let place = |(name, value): (&String, &Value)| {
            let answered = self.would_be.map(|item| item.fields.get(name));
            let echo = answered.map(|answered| match answered {
                Some(Value::Text(text)) if is_same_path(text, value) => Echo::Kept,
                Some(answered) if answered == value => Echo::Kept,
                _ => Echo::Rewritten,
            });
            SampleField {
                written: Some(value.to_json()),
                answered: answered.map(|value| value.map_or(Json::Null, Value::to_json)),
                echo,
                ..of_rule(ruled, name)
            }
        };
        places.map(place).collect()
    }

    /// Accord's own marks, where the write carries any.
    fn marks(&self, ruled: Ruled<'_>) -> Vec<SampleField> {
        let mark = |name: &str, written: String, answered: Option<bool>| SampleField {
            answered: answered
                .filter(|there| *there)
                .map(|_| written.as_str().into()),
            echo: answered.map(|there| if there { Echo::Kept } else { Echo::Rewritten }),
            written: Some(written.into()),
            ..of_rule(ruled, name)
        };
        let (marker, tags) = match &self.sample.write {
            Write::AzureDevOps(WorkItemWrite::Create(draft)) => (Some(&draft.marker), true),
            Write::AzureDevOps(WorkItemWrite::Update { patch, .. }) => {
                let had = self.sample.work_item.as_deref();
                let new = patch.tags.is_some() && !had.is_some_and(WorkItem::has_accord_tag);
                (patch.add_marker.as_ref(), new)
            }
            Write::TestWorthy {
                refs: Some(refs), ..
            } if self.sample.kind == SampleKind::Mark => {
                let mention = refs
                    .iter()
                    .rev()
                    .find(|one| azure_boards_mention_in(one).is_some());
                let mention = mention.cloned().unwrap_or_default();
                return vec![SampleField {
                    testworthy_field: Some("refs".to_owned()),
                    azure_devops_field: None,
                    written: Some(mention.into()),
                    ..of_rule(ruled, "refs")
                }];
            }
            _ => (None, false),
        };
        let tag = tags.then(|| {
            let answered = self.would_be.map(WorkItem::has_accord_tag);
            mark("System.Tags", crate::model::ACCORD_TAG.to_owned(), answered)
        });
        let marker = marker.map(|marker| {
            let there = |item: &WorkItem| item.markers().iter().any(|one| one.case == marker.case);
            // Answers may leave the relations out.
            let answered = self
                .would_be
                .filter(|item| !item.relations.is_empty())
                .map(there);
            let comment = marker.to_relation().comment.unwrap_or_default();
            mark("relations", comment, answered)
        });
        tag.into_iter().chain(marker).collect()
    }
}

fn of_rule(ruled: Ruled<'_>, name: &str) -> SampleField {
    SampleField {
        row: None,
        testworthy_field: None,
        azure_devops_field: Some(name.to_owned()),
        testworthy: None,
        azure_devops: None,
        written: None,
        answered: None,
        echo: None,
        is_written: true,
        sensitive: false,
        origin: ruled.origin(),
    }
}

fn differs(
    before: Option<&Result<Value, Problem>>,
    after: Option<&Result<Value, Problem>>,
) -> bool {
    let value = |read: Option<&Result<Value, Problem>>| {
        read.and_then(|read| read.as_ref().ok())
            .cloned()
            .unwrap_or_default()
    };
    value(before) != value(after)
}

/// Paths compare without regard to case (Microsoft Learn, About area and iteration paths).
fn is_same_path(text: &str, value: &Value) -> bool {
    value
        .as_text()
        .is_some_and(|sent| sent.to_lowercase() == text.to_lowercase())
}

/// A server's objection at the row that it names; its words are left out where they may repeat a value
/// that nobody is to see.
fn servers(
    ruled: Ruled<'_>,
    sample: &Rehearsed,
    objection: &Objection,
    fields: &[SampleField],
) -> SampleObjection {
    let named = |field: &&SampleField| {
        let path = field.azure_devops_field.as_deref().unwrap_or_default();
        let path = path.split('[').next().unwrap_or_default();
        let mut names = objection.fields.iter();
        names.any(|name| name.eq_ignore_ascii_case(path))
    };
    let written = fields.iter().find(|field| field.is_written && named(field));
    let about = written.or_else(|| fields.iter().find(named));
    let words = match &objection.error.kind {
        RemoteErrorKind::Rejected { reason, .. } | RemoteErrorKind::NotFound { reason } => {
            reason.clone()
        }
        other => other.to_string(),
    };
    let hidden = about.is_some_and(|field| field.sensitive) || repeats(ruled, sample, &words);
    let message = if hidden { LEFT_OUT.to_owned() } else { words };
    let request = objection.error.request.as_ref();
    SampleObjection {
        by: if request.is_some() {
            Objector::Server
        } else {
            Objector::Accord
        },
        code: codes::SERVER_OBJECTS.code.to_owned(),
        message,
        row: about.and_then(|field| field.row.clone()),
        origin: about.map_or_else(|| ruled.origin(), |field| field.origin.clone()),
        request: request.map(|request| {
            let status = request.status.map(|status| format!(", status {status}"));
            format!(
                "{} {}{}",
                request.method,
                request.url,
                status.unwrap_or_default()
            )
        }),
        activity_id: request.and_then(|request| request.activity_id.clone()),
    }
}

/// Whether words hold a value of a sensitive row, as it is or as it would be.
fn repeats(ruled: Ruled<'_>, sample: &Rehearsed, words: &str) -> bool {
    let (case_after, item_after) = after(sample);
    let cases = [sample.case.as_ref(), case_after.as_ref()];
    let items = [sample.work_item.as_ref(), item_after.as_ref()];
    let rows = ruled.observation.mapping.rows.iter();
    rows.filter(|row| row.sensitive()).any(|row| {
        let of_cases = cases.into_iter().flatten();
        let of_cases = of_cases.map(|case| row.read_case(case, None));
        let of_items = items.into_iter().flatten();
        let of_items = of_items.map(|item| row.read_work_item(item));
        let values = of_cases.chain(of_items).filter_map(Result::ok);
        values.into_iter().any(|value| holds(words, &value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{case, compiled, field_row, work_item};
    use crate::model::config::Row;
    use crate::plan::ItemRef;
    use crate::remote::WorkItemPatch;

    /// The title of a pair: what is sent, if anything, what the work item holds, what the server answers.
    fn title(sensitive: bool, sent: Option<&str>, now: &str, answered: &str) -> SampleField {
        let row = Row {
            sensitive,
            ..field_row("title", "System.Title")
        };
        let mapping = compiled(vec![row], System::AzureDevOps);
        let item = |title: &str| work_item(&[("System.Title", Value::text(title))], &[]);
        let patch = WorkItemPatch {
            fields: sent
                .map(|sent| ("System.Title".to_owned(), Value::text(sent)))
                .into_iter()
                .collect(),
            ..WorkItemPatch::default()
        };
        let sample = Rehearsed {
            address: "SyncRule/cases/case/7".to_owned(),
            kind: SampleKind::Update,
            item: ItemRef::default(),
            case: Some(Arc::new(case(&[("title", Value::text("Pay"))], &[]))),
            work_item: Some(Arc::new(item(now))),
            write: Write::AzureDevOps(WorkItemWrite::Update {
                id: WorkItemId(5101),
                rev: Rev(1),
                patch,
            }),
            objections: Vec::new(),
        };
        let would_be = item(answered);
        let view = View {
            after: after(&sample),
            sent: super::sent(&sample.write),
            system: System::AzureDevOps,
            would_be: Some(&would_be),
            sample: &sample,
        };
        view.row(&mapping.rows[0])
    }

    #[test]
    fn the_answer_is_held_against_what_was_sent() {
        for (sent, now, answered, echo) in [
            (Some("Pay"), "Old", "Pay", Echo::Kept),
            (Some("Pay"), "Old", "Pay!", Echo::Rewritten),
            (Some("Pay"), "Old", "", Echo::Rewritten),
            (Some("Pay"), "Old", "Old", Echo::Rewritten),
            (None, "Old", "Old", Echo::Kept),
            (None, "Old", "New", Echo::Rewritten),
            (None, "", "", Echo::Kept),
            (None, "", "Default", Echo::FilledIn),
        ] {
            let field = title(false, sent, now, answered);
            let place = format!("{sent:?}, {now:?}, {answered:?}");
            assert_eq!(field.echo, Some(echo), "{place}");
            assert_eq!(field.is_written, sent.is_some(), "{place}");
            assert_eq!(field.written, sent.map(Json::from), "{place}");
            assert_eq!(field.testworthy, Some("Pay".into()), "{place}");
            assert_eq!(field.answered, Some(Value::text(answered).to_json()));
        }
    }

    #[test]
    fn a_sensitive_row_shows_what_became_of_it_and_no_value() {
        let field = title(true, Some("Pay"), "Old", "Pay!");
        assert_eq!((field.echo, field.sensitive), (Some(Echo::Rewritten), true));
        assert!(field.is_written);
        let values = [
            field.testworthy,
            field.azure_devops,
            field.written,
            field.answered,
        ];
        assert_eq!(values, [None, None, None, None]);
    }
}
