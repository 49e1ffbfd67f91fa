//! Files of runs and results (Microsoft Learn, Test, Attachments).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::Organization;
use super::super::body::{required, text};
use super::super::error::ApiError;
use super::super::instant;
use super::super::request::ApiRequest;
use super::super::route::{Answer, number, ok};
use super::super::test_plan::{invalid, not_found};
use super::super::wire::list;

/// The kinds of attachments; the names are those of their enum.
const KINDS: [&str; 3] = ["GeneralAttachment", "CodeCoverage", "ConsoleLog"];

/// A file.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    name: String,
    comment: String,
    kind: &'static str,
    created: Timestamp,
    bytes: Vec<u8>,
}

impl Organization {
    /// Attachments of a run, or of one of its results.
    pub(super) fn attachment_route(
        &mut self,
        request: &ApiRequest<'_>,
        run: u64,
        result: Option<u64>,
        path: &[&str],
    ) -> Answer {
        let holder = match result {
            Some(result) => format!("{}/Results/{result}", self.run_url(run)),
            None => self.run_url(run),
        };
        let known = self
            .runs
            .runs
            .get(&run)
            .ok_or_else(|| not_found("Test run", run))?;
        let files = match result {
            None => &known.attachments,
            Some(id) => {
                let one = known.results.get(&id);
                &one.ok_or_else(|| not_found("Test result", id))?.attachments
            }
        };
        match (request.method, path) {
            ("GET", []) => {
                let told = files.iter().map(|(id, file)| file.json(*id, &holder));
                ok(list(told.collect()))
            }
            ("GET", [id]) => {
                let id = number(id)?;
                let file = files.get(&id).ok_or_else(|| not_found("Attachment", id))?;
                request.answer_bytes(file.bytes.clone());
                ok(Value::Null)
            }
            ("POST", []) => {
                let file = Attachment::read(&request.json()?, request.now)?;
                self.runs.last_attachment += 1;
                let id = self.runs.last_attachment;
                let run = self.runs.runs.get_mut(&run);
                let files = run.and_then(|run| match result {
                    None => Some(&mut run.attachments),
                    Some(result) => run.results.get_mut(&result).map(|one| &mut one.attachments),
                });
                if let Some(files) = files {
                    files.insert(id, file);
                }
                ok(json!({"id": id, "url": format!("{holder}/Attachments/{id}")}))
            }
            _ => Err(ApiError::method_not_allowed(request.method)),
        }
    }
}

impl Attachment {
    fn read(body: &Value, now: Timestamp) -> Result<Self, ApiError> {
        let stream = required(body, "stream")?;
        let bytes = STANDARD
            .decode(stream)
            .map_err(|_| invalid("The stream of an attachment must be base64."))?;
        let name = required(body, "fileName")?;
        if name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) {
            return Err(invalid(format!(
                "The file name '{name}' holds characters that no file name has."
            )));
        }
        let kind = match text(body, "attachmentType") {
            None => KINDS[0],
            Some(kind) => KINDS
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(kind))
                .ok_or_else(|| invalid(format!("The value '{kind}' is no type of attachment.")))?,
        };
        Ok(Self {
            name: name.to_owned(),
            comment: text(body, "comment").unwrap_or_default().to_owned(),
            kind,
            created: instant::on_grid(now),
            bytes,
        })
    }

    fn json(&self, id: u64, holder: &str) -> Value {
        let mut kind = self.kind.to_owned();
        kind[..1].make_ascii_lowercase();
        json!({
            "id": id,
            "fileName": self.name,
            "comment": self.comment,
            "attachmentType": kind,
            "createdDate": self.created.to_string(),
            "size": self.bytes.len(),
            "url": format!("{holder}/Attachments/{id}"),
        })
    }
}
