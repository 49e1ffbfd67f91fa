//! Cases of the second surface: `title`, `description`, `steps` (texts) and one `expectedResult`, as the
//! documented create body has them.
//!
//! Assumed: the answer has the same members and the id; `steps` shows the actions of the stored steps;
//! `expectedResult` is the case's own text or, without one, what its last step expects.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::listing;
use super::project::replaced;
use crate::sandbox::testworthy::body::Body;
use crate::sandbox::testworthy::{Case, CaseEdit, Edit, Refusal, Reply, Server, Step};

/// The section of cases that come through a surface which knows no sections (assumed).
const SECTION: &str = "Imported";

impl Server {
    pub(super) fn v1_cases(&self, project: u64, query: &str) -> Result<Reply, Refusal> {
        let items: Vec<Value> = self
            .cases
            .values()
            .filter(|case| {
                self.suites
                    .get(&case.suite)
                    .is_some_and(|suite| suite.project == project)
            })
            .map(|case| self.v1_show_case(case))
            .collect();
        listing::reply(&self.options.v1, query, &items)
    }

    pub(super) fn v1_add_case(
        &mut self,
        project: u64,
        body: &Body,
        stamp: (u64, Timestamp),
    ) -> Result<Reply, Refusal> {
        body.required_text("title")?;
        let suite = self.v1_suite(project)?;
        let section = self.section_at(suite, SECTION, stamp)?;
        let edit = v1_edit(None, body, false)?.section(section);
        let id = self.add_case(None, suite, &edit, stamp)?;
        Ok(self.v1_created(self.v1_reply(id)))
    }

    pub(super) fn v1_case(
        &mut self,
        method: &str,
        id: u64,
        body: &Body,
        stamp: (u64, Timestamp),
    ) -> Result<Reply, Refusal> {
        match method {
            "GET" => Ok(self.v1_reply(id)),
            "DELETE" => {
                self.delete_case(id)?;
                Ok(self.v1_deleted())
            }
            _ => {
                let edit = v1_edit(self.case(id), body, self.options.v1.put_replaces)?;
                self.update_case(id, &edit, stamp)?;
                Ok(self.v1_changed(self.v1_reply(id)))
            }
        }
    }

    /// The suite of things that come through this surface: the project's first, made if it has none.
    pub(super) fn v1_suite(&mut self, project: u64) -> Result<u64, Refusal> {
        let first = self.suites.values().find(|suite| suite.project == project);
        match first {
            Some(suite) => Ok(suite.id),
            None => self.add_suite(None, project, SECTION, None),
        }
    }

    fn v1_reply(&self, id: u64) -> Reply {
        match self.case(id) {
            Some(case) => Reply::ok(&self.v1_show_case(case)),
            None => Refusal::not_found("Test case not found.").into(),
        }
    }

    fn v1_show_case(&self, case: &Case) -> Value {
        let steps = actions(case);
        let mut shown = json!({
            "id": case.id,
            "title": case.title,
            "description": case.text("custom_desc"),
            "steps": if steps.is_empty() && self.options.nulls { Value::Null } else { json!(steps) },
            "expectedResult": expected(case),
        });
        if self.options.v1.updated_at {
            shown["updatedAt"] = json!(case.audit.modified_on.to_string());
        }
        if self.options.extra_fields {
            shown["rowState"] = json!("Unchanged");
            shown["labels"] = json!(["beta"]);
            shown["analytics"] = json!({"views": 3, "lastViewedAt": null});
        }
        shown
    }
}

fn actions(case: &Case) -> Vec<&str> {
    match &case.steps {
        Some(steps) => steps.iter().map(|step| step.content.as_str()).collect(),
        None => case.text("custom_steps").into_iter().collect(),
    }
}

fn expected(case: &Case) -> Option<&str> {
    case.text("custom_expected")
        .or_else(|| case.steps.as_ref()?.last()?.expected.as_deref())
}

/// The change that a body asks for. Steps that stay keep what they expect, which this surface cannot
/// show; what is shown as `expectedResult` stays unless the body changes it.
fn v1_edit(case: Option<&Case>, body: &Body, replaces: bool) -> Result<CaseEdit, Refusal> {
    let mut edit = CaseEdit {
        title: replaced(body.text("title")?, replaces),
        ..CaseEdit::default()
    };
    let description = replaced(body.text("description")?, replaces);
    if !description.is_keep() {
        edit.texts.insert("custom_desc", description);
    }
    let before = case.and_then(|case| case.steps.clone()).unwrap_or_default();
    let texts = replaced(body.texts("steps")?, replaces);
    let mut steps = match &texts {
        Edit::Keep => before.clone(),
        Edit::Clear => Vec::new(),
        Edit::Set(texts) => texts
            .iter()
            .enumerate()
            .map(|(at, text)| Step {
                content: text.clone(),
                expected: before
                    .get(at)
                    .filter(|step| step.content == *text)
                    .and_then(|step| step.expected.clone()),
                more: before
                    .get(at)
                    .filter(|step| step.content == *text)
                    .and_then(|step| step.more.clone()),
            })
            .collect(),
    };
    let result = match replaced(body.text("expectedResult")?, replaces) {
        Edit::Keep => case.and_then(expected).map(str::to_owned),
        Edit::Clear => None,
        Edit::Set(text) => Some(text),
    };
    let own = match (&result, steps.last_mut()) {
        (None, last) => {
            if let Some(last) = last {
                last.expected = None;
            }
            Edit::Clear
        }
        (Some(text), Some(last)) if last.expected.as_ref() == Some(text) => Edit::Clear,
        (Some(text), _) => Edit::Set(text.clone()),
    };
    edit.texts.insert("custom_expected", own);
    if steps != before || matches!(texts, Edit::Set(_)) {
        edit.steps = Edit::Set(steps);
    }
    if !texts.is_keep() {
        edit.texts.insert("custom_steps", Edit::Clear);
    }
    Ok(edit)
}
