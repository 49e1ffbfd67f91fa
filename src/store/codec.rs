//! How the records' values are written into columns, the same for every database.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::{IntentKind, IntentOutcome, IntentRow};
use crate::model::{
    BaseField, Closing, ConflictCause, LinkState, MarkState, Name, RefusalClass, System, Take,
    Value, WorkItemId,
};

/// A column's content that is not what this version writes.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be read: {reason}")]
pub(super) struct Unreadable {
    what: &'static str,
    reason: String,
}

impl Unreadable {
    /// For columns that hold no values of items: the content is shown, cut short.
    pub(super) fn new(what: &'static str, content: impl fmt::Display) -> Self {
        let content: String = content.to_string().chars().take(80).collect();
        let reason = format!("unknown content `{content}`");
        Self { what, reason }
    }
}

/// Fixed width, so that the order of the texts is the order of the instants.
pub(super) fn time_text(at: Timestamp) -> String {
    format!("{at:.9}")
}

pub(super) fn time(text: &str) -> Result<Timestamp, Unreadable> {
    text.parse()
        .map_err(|_| Unreadable::new("a time in the state", text))
}

pub(super) fn name(text: &str) -> Result<Name, Unreadable> {
    Name::new(text).map_err(|_| Unreadable::new("a rule's name in the state", text))
}

pub(super) fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|error| {
        // Not the content: it may be a value that the project declares as sensitive.
        let reason = match error.classify() {
            Category::Data => format!("another shape at column {}", error.column()),
            _ => format!("no JSON from column {} on", error.column()),
        };
        Unreadable { what, reason }
    })
}

pub(super) fn mark_text(mark: MarkState) -> &'static str {
    match mark {
        MarkState::Missing => "missing",
        MarkState::Written => "written",
        MarkState::Refused => "refused",
    }
}

pub(super) fn mark(text: &str) -> Result<MarkState, Unreadable> {
    Ok(match text {
        "missing" => MarkState::Missing,
        "written" => MarkState::Written,
        "refused" => MarkState::Refused,
        _ => return Err(Unreadable::new("a link's mark in the state", text)),
    })
}

pub(super) fn link_state_text(state: LinkState) -> &'static str {
    match state {
        LinkState::Active => "active",
        LinkState::Ended => "ended",
        LinkState::Unlinked => "unlinked",
    }
}

pub(super) fn link_state(text: &str) -> Result<LinkState, Unreadable> {
    Ok(match text {
        "active" => LinkState::Active,
        "ended" => LinkState::Ended,
        "unlinked" => LinkState::Unlinked,
        _ => return Err(Unreadable::new("a link's state in the state", text)),
    })
}

pub(super) fn system(text: &str) -> Result<System, Unreadable> {
    [System::TestWorthy, System::AzureDevOps]
        .into_iter()
        .find(|system| system.key() == text)
        .ok_or_else(|| Unreadable::new("a side in the state", text))
}

/// Digests, with a space between two.
pub(super) fn digests_text(digests: &BTreeSet<String>) -> String {
    let digests: Vec<&str> = digests.iter().map(String::as_str).collect();
    digests.join(" ")
}

pub(super) fn digests(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The column `class`; format 2 knew one class only.
pub(super) fn refusal_class(text: Option<&str>) -> Result<RefusalClass, Unreadable> {
    let Some(text) = text else {
        return Ok(RefusalClass::Content);
    };
    RefusalClass::ALL
        .into_iter()
        .find(|class| class.key() == text)
        .ok_or_else(|| Unreadable::new("a class of quarantine in the state", text))
}

pub(super) fn cause_text(cause: ConflictCause) -> &'static str {
    match cause {
        ConflictCause::BothChanged => "bothChanged",
        ConflictCause::FirstSync => "firstSync",
        ConflictCause::MappingChanged => "mappingChanged",
    }
}

pub(super) fn cause(text: &str) -> Result<ConflictCause, Unreadable> {
    Ok(match text {
        "bothChanged" => ConflictCause::BothChanged,
        "firstSync" => ConflictCause::FirstSync,
        "mappingChanged" => ConflictCause::MappingChanged,
        _ => return Err(Unreadable::new("a conflict's cause in the state", text)),
    })
}

pub(super) fn take(text: &str) -> Result<Take, Unreadable> {
    Take::ALL
        .into_iter()
        .find(|take| take.key() == text)
        .ok_or_else(|| Unreadable::new("a decision in the state", text))
}

/// The columns `closing` and `take`.
pub(super) fn closing_texts(how: Closing) -> (&'static str, Option<&'static str>) {
    match how {
        Closing::Resolved(take) => ("resolved", Some(take.key())),
        Closing::Agreed => ("agreed", None),
        Closing::Superseded => ("superseded", None),
        Closing::Unlinked => ("unlinked", None),
        Closing::EditKept => ("editKept", None),
    }
}

/// A decision that was not carried out may stand in `taken`.
pub(super) fn closing(text: &str, taken: Option<&str>) -> Result<Closing, Unreadable> {
    Ok(match text {
        "resolved" => Closing::Resolved(take(taken.unwrap_or_default())?),
        "agreed" => Closing::Agreed,
        "superseded" => Closing::Superseded,
        "unlinked" => Closing::Unlinked,
        "editKept" => Closing::EditKept,
        _ => return Err(Unreadable::new("a conflict's end in the state", text)),
    })
}

/// The column `intent.rows`.
pub(super) fn rows_text(rows: &BTreeMap<String, IntentRow>) -> Option<String> {
    let text = || serde_json::to_string(rows).expect("values are plain JSON with text keys");
    (!rows.is_empty()).then(text)
}

pub(super) fn rows(text: Option<&str>) -> Result<BTreeMap<String, IntentRow>, Unreadable> {
    text.map_or_else(
        || Ok(BTreeMap::new()),
        |text| json("an intent's rows in the state", text),
    )
}

pub(super) fn value_text(value: &Value) -> String {
    serde_json::to_string(value).expect("values are plain JSON with text keys")
}

/// The column `watermark.dirty`.
pub(super) fn dirty_text(dirty: &BTreeSet<WorkItemId>) -> String {
    serde_json::to_string(dirty).expect("numbers are plain JSON")
}

pub(super) fn kind_text(kind: IntentKind) -> &'static str {
    match kind {
        IntentKind::CreateWorkItem => "createWorkItem",
        IntentKind::CreateCase => "createCase",
        IntentKind::UpdateWorkItem => "updateWorkItem",
        IntentKind::UpdateCase => "updateCase",
        IntentKind::RecycleWorkItem => "recycleWorkItem",
        IntentKind::RestoreWorkItem => "restoreWorkItem",
        IntentKind::CloseWorkItem => "closeWorkItem",
        IntentKind::DisableCase => "disableCase",
        IntentKind::PutIntegration => "putIntegration",
        IntentKind::PutCustomField => "putCustomField",
    }
}

pub(super) fn kind(text: &str) -> Result<IntentKind, Unreadable> {
    Ok(match text {
        "createWorkItem" => IntentKind::CreateWorkItem,
        "createCase" => IntentKind::CreateCase,
        "updateWorkItem" => IntentKind::UpdateWorkItem,
        "updateCase" => IntentKind::UpdateCase,
        "recycleWorkItem" => IntentKind::RecycleWorkItem,
        "restoreWorkItem" => IntentKind::RestoreWorkItem,
        "closeWorkItem" => IntentKind::CloseWorkItem,
        "disableCase" => IntentKind::DisableCase,
        "putIntegration" => IntentKind::PutIntegration,
        "putCustomField" => IntentKind::PutCustomField,
        _ => return Err(Unreadable::new("an intent's kind in the state", text)),
    })
}

/// The columns `outcome` and `reason`.
pub(super) fn outcome_texts(outcome: &IntentOutcome) -> (&'static str, Option<&str>) {
    match outcome {
        IntentOutcome::Applied => ("applied", None),
        IntentOutcome::Abandoned { reason } => ("abandoned", Some(reason)),
    }
}

pub(super) fn outcome(
    text: Option<&str>,
    reason: Option<&str>,
) -> Result<Option<IntentOutcome>, Unreadable> {
    Ok(match text {
        None => None,
        Some("applied") => Some(IntentOutcome::Applied),
        Some("abandoned") => Some(IntentOutcome::Abandoned {
            reason: reason.unwrap_or_default().to_owned(),
        }),
        Some(other) => return Err(Unreadable::new("an intent's outcome in the state", other)),
    })
}

/// The column `link.base`. `row_id` gives the number of a row with its digest.
///
/// One text per link, with names and digests said once for all links in `base_row`: measured with
/// 100,000 links of 10 fields, this is half the size of one table row per field and ten times as fast
/// to scan, and a third of the size of a text that repeats names and digests.
pub(super) fn base_text<E>(
    fields: &BTreeMap<String, BaseField>,
    mut row_id: impl FnMut(&str, &str) -> Result<i64, E>,
) -> Result<String, E> {
    let mut rows: Vec<(i64, &Value, &Value)> = Vec::with_capacity(fields.len());
    for (row, field) in fields {
        let id = row_id(row, &field.row_digest)?;
        rows.push((id, &field.testworthy, &field.azure_devops));
    }
    Ok(serde_json::to_string(&rows).expect("values are plain JSON with text keys"))
}

/// Names and digests of base rows by number.
pub(super) type BaseRows = HashMap<i64, (String, String)>;

/// Reads the column `link.base`.
pub(super) fn base(
    text: &str,
    known: &BaseRows,
) -> Result<BTreeMap<String, BaseField>, Unreadable> {
    let rows: Vec<(i64, Value, Value)> = json("a link's base in the state", text)?;
    let mut fields = BTreeMap::new();
    for (id, testworthy, azure_devops) in rows {
        let (row, digest) = known
            .get(&id)
            .ok_or_else(|| Unreadable::new("a link's base in the state", format!("row {id}")))?;
        fields.insert(
            row.clone(),
            BaseField {
                testworthy,
                azure_devops,
                row_digest: digest.clone(),
            },
        );
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Number;

    #[test]
    fn the_order_of_times_is_the_order_of_their_texts() {
        let mut times: Vec<Timestamp> = [0, 1, 999, 1_000, 500_000_000, 1_000_000_000]
            .map(|nanos| Timestamp::from_nanosecond(1_790_000_000_000_000_000 + nanos).unwrap())
            .to_vec();
        times.push("2026-01-01T00:00:00Z".parse().unwrap());
        times.sort();
        let texts: Vec<String> = times.iter().copied().map(time_text).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        for (text, at) in texts.iter().zip(times) {
            assert_eq!(time(text).unwrap(), at);
        }
    }

    #[test]
    fn every_mark_and_kind_and_outcome_comes_back() {
        for each in [MarkState::Missing, MarkState::Written, MarkState::Refused] {
            assert_eq!(mark(mark_text(each)).unwrap(), each);
        }
        for each in [
            IntentKind::CreateWorkItem,
            IntentKind::CreateCase,
            IntentKind::UpdateWorkItem,
            IntentKind::UpdateCase,
            IntentKind::RecycleWorkItem,
            IntentKind::RestoreWorkItem,
            IntentKind::CloseWorkItem,
            IntentKind::DisableCase,
            IntentKind::PutIntegration,
            IntentKind::PutCustomField,
        ] {
            assert_eq!(kind(kind_text(each)).unwrap(), each);
        }
        let abandoned = IntentOutcome::Abandoned {
            reason: "gone".to_owned(),
        };
        for each in [IntentOutcome::Applied, abandoned] {
            let (text, reason) = outcome_texts(&each);
            let read = outcome(Some(text), reason).unwrap();
            assert_eq!(read, Some(each));
        }
    }

    #[test]
    fn every_state_and_side_and_cause_and_end_comes_back() {
        for each in [LinkState::Active, LinkState::Ended, LinkState::Unlinked] {
            assert_eq!(link_state(link_state_text(each)).unwrap(), each);
        }
        for each in [System::TestWorthy, System::AzureDevOps] {
            assert_eq!(system(each.key()).unwrap(), each);
        }
        for each in [
            ConflictCause::BothChanged,
            ConflictCause::FirstSync,
            ConflictCause::MappingChanged,
        ] {
            assert_eq!(cause(cause_text(each)).unwrap(), each);
        }
        let others = [
            Closing::Agreed,
            Closing::Superseded,
            Closing::Unlinked,
            Closing::EditKept,
        ];
        let mut texts = BTreeSet::new();
        for each in Take::ALL.map(Closing::Resolved).into_iter().chain(others) {
            let (text, taken) = closing_texts(each);
            assert_eq!(closing(text, taken).unwrap(), each);
            assert!(texts.insert((text, taken)), "{each:?}");
        }
        // A decision that was overtaken stays in the column, and is not how it ended.
        assert_eq!(
            closing("superseded", Some("merged")).unwrap(),
            Closing::Superseded
        );
    }

    #[test]
    fn unknown_content_is_an_error_that_shows_little_of_it() {
        assert!(mark("later").is_err());
        assert!(kind("DeleteEverything").is_err());
        assert!(outcome(Some("perhaps"), None).is_err());
        assert!(link_state("paused").is_err());
        assert!(system("both").is_err());
        assert!(cause("whim").is_err());
        assert!(closing("resolved", None).is_err());
        assert!(closing("resolved", Some("both")).is_err());
        assert!(closing("forgotten", None).is_err());
        assert!(rows(Some("[]")).is_err());
        let sensitive = base(
            r#"[[1,{"text":"hunter2"},{"txet":"hunter2"}]]"#,
            &BaseRows::new(),
        );
        let message = sensitive.unwrap_err().to_string();
        assert!(!message.contains("hunter2"), "{message}");
        assert!(base(r#"[[7,"null","null"]]"#, &BaseRows::new()).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<String>().prop_map(Value::text),
            any::<i64>().prop_map(Value::integer),
            any::<f64>()
                .prop_filter_map("finite", Number::from_f64)
                .prop_map(Value::Number),
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>()
                .prop_filter_map("in range", |n| Timestamp::from_nanosecond(n.into()).ok())
                .prop_map(Value::DateTime),
            prop::collection::btree_set(any::<String>(), 0..4).prop_map(Value::set),
        ]
    }

    proptest! {
        #[test]
        fn a_base_comes_back_exactly(
            fields in prop::collection::btree_map(any::<String>(), (value(), value(), "[a-f0-9]{8}"), 0..6)
        ) {
            let fields: BTreeMap<String, BaseField> = fields
                .into_iter()
                .map(|(row, (testworthy, azure_devops, row_digest))| {
                    (row, BaseField { testworthy, azure_devops, row_digest })
                })
                .collect();
            let mut known = BaseRows::new();
            let text = base_text(&fields, |row, digest| {
                let id = i64::try_from(known.len()).unwrap();
                known.insert(id, (row.to_owned(), digest.to_owned()));
                Ok::<_, ()>(id)
            })
            .unwrap();
            prop_assert_eq!(base(&text, &known).unwrap(), fields);
        }
    }
}
