//! The checks of an answer: only 200 is described, so only 200 can be judged.

use accord::sandbox::Exchange;
use serde_json::Value;

use super::operation::Operation;
use super::request::{Notes, essence};
use super::{Place, Specifications, Verdict};

/// Judges the answer to a request of this operation; of a `$batch`, the bodies of its elements too.
/// Answers under a fault say nothing about the sandbox's care, refusals have no schema.
pub(crate) fn judge(
    specifications: &Specifications,
    exchange: &Exchange,
    (operation, elements): (&Operation, &[Option<&Operation>]),
    line: &str,
    verdict: &mut Verdict,
) {
    let answer = exchange
        .answer
        .as_ref()
        .filter(|_| exchange.fault.is_none());
    let Some(answer) = answer.filter(|answer| answer.status < 400) else {
        return;
    };
    verdict.answers += 1;
    let mut notes = Notes {
        line,
        operation: operation.id.clone(),
        complaints: Vec::new(),
    };
    if answer.status != 200 {
        notes.add(
            Place::Answer,
            "",
            format!("its status is {}", answer.status),
        );
    }
    let kind = answer
        .content_type
        .as_deref()
        .map(essence)
        .unwrap_or_default();
    if !operation.produces.is_empty() && !operation.produces.contains(&kind) {
        let said = format!("{kind:?} is none of {:?}", operation.produces);
        notes.add(Place::Answer, "content-type", said);
    }
    match serde_json::from_str::<Value>(&answer.body) {
        Err(error) => notes.add(Place::Answer, "", format!("is not JSON: {error}")),
        Ok(body) => {
            judge_body(specifications, operation, &body, &mut notes);
            let parts = body["value"].as_array().into_iter().flatten();
            for (number, (element, part)) in elements.iter().zip(parts).enumerate() {
                if let Some(element) = element {
                    let line = format!("{line} [{number}]");
                    judge_element(specifications, element, part, &line, verdict);
                }
            }
        }
    }
    verdict.add(notes.complaints);
}

/// One element of a `$batch`'s answer: its body is the answer that the request alone would have had,
/// as a text.
fn judge_element(
    specifications: &Specifications,
    operation: &Operation,
    element: &Value,
    line: &str,
    verdict: &mut Verdict,
) {
    if element["code"] != 200 {
        return;
    }
    let mut notes = Notes {
        line,
        operation: operation.id.clone(),
        complaints: Vec::new(),
    };
    let text = element["body"].as_str().map(serde_json::from_str::<Value>);
    match text {
        Some(Ok(body)) => judge_body(specifications, operation, &body, &mut notes),
        _ => notes.add(Place::Answer, "", "its body is no text that holds JSON"),
    }
    verdict.answers += 1;
    verdict.add(notes.complaints);
}

fn judge_body(
    specifications: &Specifications,
    operation: &Operation,
    body: &Value,
    notes: &mut Notes<'_>,
) {
    let Some(schema) = &operation.answer else {
        return;
    };
    match specifications.misfits(operation.document, schema, body) {
        Ok(misfits) => {
            for (at, said) in misfits {
                notes.add(Place::Answer, &at, said);
            }
        }
        Err(error) => notes.add(Place::Answer, "", format!("its schema: {error}")),
    }
}
