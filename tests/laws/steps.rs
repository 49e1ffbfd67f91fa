//! Test steps: a write of what is there changes nothing, any write reads back, and steps keep their ids.

use accord::mapping::codec::rich_text::{self, Format};
use accord::mapping::codec::steps::{
    Flat, Pair, StepsProblem, parse_separated, parse_tcm, put_separated, put_tcm,
};
use accord::model::steps::Step;
use serde_json::{Value as Json, json};

use super::markup;

/// Any bytes as `Microsoft.VSTS.TCM.Steps`.
pub(crate) fn steps_xml(data: &[u8]) {
    let now = super::text(data);
    let Ok(steps) = parse_tcm(&now) else {
        // What cannot be read is never overwritten.
        assert!(put_tcm(&now, &[]).is_err(), "{now:?}");
        return;
    };
    canonical(&steps);
    assert_eq!(put_tcm(&now, &steps).as_deref(), Ok(&*now));
    for wanted in edits(&steps) {
        let text = match put_tcm(&now, &wanted) {
            Ok(text) => text,
            // Ids end somewhere.
            Err(StepsProblem::DoesNotFit(_)) if now.contains("1844674407370955") => continue,
            Err(problem) => panic!("{problem:?}: {now:?}"),
        };
        assert_eq!(parse_tcm(&text).as_ref(), Ok(&wanted), "{now:?}\n{text:?}");
        assert_eq!(put_tcm(&text, &wanted).as_ref(), Ok(&text));
    }
    in_testworthy(&steps);
}

/// Any bytes as the JSON of `custom_steps_separated`.
pub(crate) fn separated(data: &[u8]) {
    let Ok(now) = serde_json::from_slice::<Json>(data) else {
        return;
    };
    let Ok(steps) = parse_separated(&now) else {
        assert!(put_separated(&now, &[]).is_err(), "{now}");
        return;
    };
    canonical(&steps);
    assert_eq!(put_separated(&now, &steps).as_ref(), Ok(&now));
    for wanted in edits(&steps) {
        let written =
            put_separated(&now, &wanted).unwrap_or_else(|problem| panic!("{problem:?}: {now}"));
        assert_eq!(
            parse_separated(&written).as_ref(),
            Ok(&wanted),
            "{now}\n{written}"
        );
    }
    in_testworthy(&steps);
    let only_actions: Vec<Step> = steps
        .into_iter()
        .filter(|step| matches!(step, Step::Action { .. }))
        .collect();
    let xml = put_tcm("", &only_actions).unwrap_or_else(|problem| panic!("{problem:?}: {now}"));
    assert_eq!(parse_tcm(&xml).as_ref(), Ok(&only_actions), "{xml:?}");
    assert_eq!(
        accord_ids(&xml).len(),
        only_actions.len(),
        "every new step has an id: {xml:?}"
    );
}

/// What is compared is canonical, harmless HTML.
fn canonical(steps: &[Step]) {
    for step in steps {
        let Step::Action { action, expected } = step else {
            continue;
        };
        for page in [action, expected] {
            markup::harmless(page);
            let tree = rich_text::parse(page, Format::Html)
                .unwrap_or_else(|problem| panic!("{problem:?}: {page:?}"));
            assert_eq!(rich_text::render(&tree, Format::Html), *page);
        }
    }
}

/// What a person could make of a list of steps.
fn edits(steps: &[Step]) -> Vec<Vec<Step>> {
    let new = Step::action("<p>new &amp; &lt;b&gt;</p>", "<p><strong>seen</strong></p>");
    let mut all = vec![Vec::new(), steps.iter().rev().cloned().collect()];
    for at in [0, steps.len() / 2, steps.len()] {
        let mut more = steps.to_vec();
        more.insert(at, new.clone());
        all.push(more);
    }
    if !steps.is_empty() {
        let middle = steps.len() / 2;
        let mut less = steps.to_vec();
        less.remove(middle);
        all.push(less);
        let mut edited = steps.to_vec();
        if let Step::Action { expected, .. } = &mut edited[middle] {
            *expected = if expected.is_empty() {
                "<p>now checked</p>".to_owned()
            } else {
                String::new()
            };
        }
        all.push(edited);
        let mut moved = steps.to_vec();
        moved.rotate_left(1);
        all.push(moved);
    }
    all
}

/// Steps fit into TestWorthy and read back, or are refused by name.
fn in_testworthy(steps: &[Step]) {
    match put_separated(&json!(null), steps) {
        Ok(written) => assert_eq!(parse_separated(&written).as_deref(), Ok(steps), "{written}"),
        Err(StepsProblem::DoesNotFit(_)) => {}
        Err(problem) => panic!("{problem:?}: {steps:?}"),
    }
    match Pair::default().put(steps) {
        Ok(pair) => assert_eq!(pair.parse().as_deref(), Ok(steps)),
        Err(problem) => assert!(
            matches!(problem, StepsProblem::DoesNotFit(_)),
            "{problem:?}"
        ),
    }
    match Flat::default().put(steps) {
        Ok(flat) => assert_eq!(flat.parse().as_deref(), Ok(steps)),
        Err(problem) => assert!(
            matches!(problem, StepsProblem::DoesNotFit(_)),
            "{problem:?}"
        ),
    }
}

/// The ids of all steps of a document that the codec wrote, each once.
fn accord_ids(xml: &str) -> std::collections::BTreeSet<&str> {
    xml.split("<step id=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .collect()
}
