//! Asking the server what it would make of a write, with `validateOnly=true`.
//!
//! A server that does not heed the parameter would carry the write out. No request that is harmless to
//! such a server in every case can show that a *change* is only validated: a change that would be
//! carried out leaves a revision, and one that would not be carried out looks the same on both. What
//! can be shown without harm is whether the server reads the parameter at all. So it is asked twice for
//! what nobody can carry out ([`Rehearsal::of_nothing`]: no change, a test that must fail, an item that
//! is not there), once with `validateOnly=true` and once with a value that is no boolean:
//!
//! - One that reads the parameter refuses the second for its query (400) before it looks for the item.
//! - One that does not answers both alike: the item is not there. Then nothing is sent to be validated.
//!
//! The service itself needs no such test: it documents the parameter since version 4.1, and every
//! request here asks for 7.1 in the same query, which a server before that refuses.

use async_trait::async_trait;

use super::convert::FieldCatalog;
use super::error::{ServerError, named_fields};
use super::patch;
use super::reader::Reader;
use super::reads_through::ReadsThrough;
use super::rehearsal::Rehearsal;
use super::session::{Answer, Refused, refused};
use super::wire;
use crate::http::Response;
use crate::model::{WorkItem, WorkItemId};
use crate::remote::{
    Evidence, Objection, RemoteError, RemoteErrorKind, ValidateAzureDevOps, Validation,
    WorkItemWrite, WouldBe,
};

/// What is no boolean in any spelling.
const NEITHER: &str = "neither";

/// Validates writes to the project of a [`Reader`], and reads like it. It cannot write: all that it
/// sends besides reads is a [`Rehearsal`].
#[derive(Debug)]
pub struct Validator {
    reader: Reader,
}

impl Validator {
    /// A validator for the reader's project.
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }

    async fn rehearse(&self, rehearsal: Rehearsal) -> Result<Result<Answer, Refused>, RemoteError> {
        let request = rehearsal.into_request();
        self.reader
            .session()
            .send_for_judgement("workitems", request)
            .await
    }

    /// Asks for what nobody can carry out. `Err` if even that is not refused.
    async fn refuse_nothing(&self, validate_only: &str) -> Result<Refused, RemoteError> {
        let addresses = &self.reader.session().addresses;
        let rehearsal = Rehearsal::of_nothing(addresses, validate_only);
        match self.rehearse(rehearsal).await? {
            Err(refused) => Ok(refused),
            Ok(answer) => Err(answer.protocol("workitems: it accepts what nobody can carry out")),
        }
    }
}

#[async_trait]
impl ValidateAzureDevOps for Validator {
    async fn evidence(&self) -> Result<Result<Evidence, String>, RemoteError> {
        if self.reader.session().addresses.is_hosted() {
            return Ok(Ok(Evidence::Documented));
        }
        let sound = self.refuse_nothing("true").await?;
        if !is_about_the_item(&sound) {
            return Err(sound.error);
        }
        let odd = self.refuse_nothing(NEITHER).await?;
        if same(&sound, &odd) {
            return Ok(Err(format!(
                "asked with `validateOnly={NEITHER}` it answered as with `validateOnly=true`: {}",
                sound.error.kind
            )));
        }
        if odd.response.status == 400 && !is_about_the_item(&odd) {
            return Ok(Ok(Evidence::Shown));
        }
        Err(odd.error)
    }

    async fn validate(
        &self,
        _evidence: Evidence,
        write: &WorkItemWrite,
    ) -> Result<Validation, RemoteError> {
        if let Some(reason) = patch::objection(write) {
            return Ok(Validation::Objected(Objection {
                error: refused(reason),
                fields: Vec::new(),
            }));
        }
        let catalog = self.reader.fields().await?;
        let rehearsal = Rehearsal::of(&self.reader.session().addresses, write);
        match self.rehearse(rehearsal).await? {
            Ok(answer) => {
                would_be(&answer, &catalog, write).map(|item| Validation::Accepted(Box::new(item)))
            }
            Err(refused) => refusal(refused, &catalog, write),
        }
    }
}

/// Whether a refusal looked as far as the item: it is not there, or not at that revision.
fn is_about_the_item(refused: &Refused) -> bool {
    let status = refused.response.status;
    let server = ServerError::from_response(&refused.response);
    matches!(refused.error.kind, RemoteErrorKind::NotFound { .. }) || server.is_stale(status)
}

fn same(one: &Refused, other: &Refused) -> bool {
    let read = |refused: &Refused| {
        let server = ServerError::from_response(&refused.response);
        (refused.response.status, server)
    };
    read(one) == read(other)
}

fn would_be(
    answer: &Answer,
    catalog: &FieldCatalog,
    write: &WorkItemWrite,
) -> Result<WouldBe, RemoteError> {
    const OPERATION: &str = "workitems";
    let mut told: wire::Item = answer.json(OPERATION)?;
    let id = told.id.and_then(|id| u64::try_from(id).ok());
    let stored_as = id.filter(|id| *id > 0).map(WorkItemId);
    let expected = match write {
        WorkItemWrite::Create(_) => WorkItemId(0),
        WorkItemWrite::Update { id, .. } => *id,
    };
    if let (WorkItemWrite::Update { id, .. }, Some(other)) = (write, stored_as)
        && *id != other
    {
        let reason = format!("{OPERATION}: the answer for work item {id} is about {other}");
        return Err(answer.protocol(reason));
    }
    // What there is only in thought may come without an id and a revision.
    told.id = Some(stored_as.map_or(1, |id| i64::try_from(id.0).unwrap_or(1)));
    told.rev = Some(told.rev.unwrap_or_default());
    let item = catalog
        .work_item(told)
        .map_err(|lack| answer.protocol(format!("{OPERATION}: {lack}")))?;
    Ok(WouldBe {
        item: WorkItem {
            id: expected,
            ..item
        },
        stored_as: stored_as.filter(|_| matches!(write, WorkItemWrite::Create(_))),
    })
}

fn refusal(
    refused: Refused,
    catalog: &FieldCatalog,
    write: &WorkItemWrite,
) -> Result<Validation, RemoteError> {
    let Refused { error, response } = refused;
    let is_update = matches!(write, WorkItemWrite::Update { .. });
    let server = ServerError::from_response(&response);
    if is_update && server.is_stale(response.status) {
        return Ok(Validation::Stale(error));
    }
    match error.kind {
        RemoteErrorKind::Rejected { .. } | RemoteErrorKind::NotFound { .. } => {
            let fields = objected_fields(&response, &server, write, catalog);
            Ok(Validation::Objected(Objection { error, fields }))
        }
        _ => Err(error),
    }
}

/// The reference names of the fields that a write sends.
fn sent(write: &WorkItemWrite) -> Vec<&str> {
    let (fields, tags) = match write {
        WorkItemWrite::Create(draft) => (&draft.fields, true),
        WorkItemWrite::Update { patch, .. } => (&patch.fields, patch.tags.is_some()),
    };
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.extend(tags.then_some(super::tags::TAGS));
    names
}

/// The fields that a refusal is about, by reference name: those that its properties name, else those of
/// the sent ones that its words name, by either name.
fn objected_fields(
    response: &Response,
    server: &ServerError,
    write: &WorkItemWrite,
    catalog: &FieldCatalog,
) -> Vec<String> {
    let named = named_fields(response);
    if !named.is_empty() {
        return named;
    }
    let words = server.message.as_deref().unwrap_or_default();
    let is_named = |name: &&str| {
        let display = catalog.display_name(name).unwrap_or(name);
        holds_word(words, name)
            || words.contains(&format!("'{display}'"))
            || holds_word(words, &format!("field {display}"))
    };
    let sent = sent(write).into_iter().filter(is_named);
    sent.map(str::to_owned).collect()
}

/// Whether `part` stands in `text` and is not a part of a longer name.
fn holds_word(text: &str, part: &str) -> bool {
    let of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(part).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + part.len()..].chars();
        let (next, then) = (after.next(), after.next());
        // A full stop ends a sentence, or goes on in a reference name.
        let goes_on =
            next.is_some_and(of_a_name) || (next == Some('.') && then.is_some_and(of_a_name));
        !before.is_some_and(|c| of_a_name(c) || c == '.') && !goes_on
    })
}

impl ReadsThrough for Validator {
    fn reader(&self) -> &Reader {
        &self.reader
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::{holds_word, named_fields};
    use crate::http::Response;

    #[test]
    fn the_properties_of_a_refusal_name_their_fields() {
        let named = |body: serde_json::Value| {
            named_fields(&Response {
                status: 400,
                headers: HeaderMap::new(),
                body: body.to_string().into_bytes(),
            })
        };
        // RuleValidationException, in the recorded form, with a second broken rule.
        let rules = json!({ "customProperties": {
            "FieldReferenceName": "System.Title",
            "RuleValidationErrors": [
                { "fieldReferenceName": "System.Title" },
                { "fieldReferenceName": "Custom.Team" },
            ],
        } });
        assert_eq!(named(rules), ["System.Title", "Custom.Team"]);
        // WorkItemFieldInvalidException.
        let person = json!({ "customProperties": { "ReferenceName": "System.AssignedTo" } });
        assert_eq!(named(person), ["System.AssignedTo"]);
        assert!(named(json!({ "message": "TF51535" })).is_empty());
        assert!(named(json!({ "count": 1, "value": { "Message": "no" } })).is_empty());
    }

    #[test]
    fn names_are_found_as_words() {
        for (text, part, expected) in [
            (
                "TF51535: Cannot find field Custom.Origin.",
                "Custom.Origin",
                true,
            ),
            (
                "Cannot find field Custom.OriginOfAll.",
                "Custom.Origin",
                false,
            ),
            (
                "Cannot find field Custom.Origin.Part.",
                "Custom.Origin",
                false,
            ),
            (
                "Cannot find field My.Custom.Origin.",
                "Custom.Origin",
                false,
            ),
            (
                "Rule Error for field Title. Error code: Required.",
                "field Title",
                true,
            ),
            (
                "Rule Error for field Title Long. Error",
                "field Title",
                true,
            ),
            ("Rule Error for field Titles. Error", "field Title", false),
            (
                "given for work item -1, field 'System.AreaPath'.",
                "System.AreaPath",
                true,
            ),
            ("", "System.Title", false),
        ] {
            assert_eq!(holds_word(text, part), expected, "{text} / {part}");
        }
    }
}
