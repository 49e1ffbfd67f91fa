//! Laws of the codec and the shapes that clients of both systems write.

use proptest::prelude::*;
use serde_json::json;

use super::super::rich_text::{Format, canonical};
use super::*;

fn tcm(xml: &str) -> Vec<Step> {
    parse_tcm(xml).expect("readable")
}

/// As Microsoft's web client writes it.
const WEB: &str = concat!(
    r#"<steps id="0" last="4"><step id="2" type="ActionStep"><parameterizedString isformatted="true">"#,
    "&lt;DIV&gt;&lt;P&gt;Open @page &amp;amp; wait&lt;BR/&gt;&lt;/P&gt;&lt;/DIV&gt;",
    r#"</parameterizedString><parameterizedString isformatted="true">&lt;DIV&gt;&lt;P&gt;&lt;BR/&gt;&lt;/P&gt;&lt;/DIV&gt;"#,
    r#"</parameterizedString><description/></step><step id="4" type="ValidateStep"><parameterizedString isformatted="true">"#,
    "&lt;P&gt;a &amp;lt; b&lt;/P&gt;",
    r#"</parameterizedString><parameterizedString isformatted="true">&lt;P&gt;&lt;B&gt;ok&lt;/B&gt;&lt;/P&gt;</parameterizedString>"#,
    r#"<description/></step></steps>"#,
);

/// As the classic test client writes shared steps: what follows them is nested.
const NESTED: &str = concat!(
    r#"<steps id="0" last="5"><step id="2" type="ActionStep"><parameterizedString isformatted="true">a</parameterizedString>"#,
    r#"<parameterizedString isformatted="true"/><description/></step><compref id="3" ref="77">"#,
    r#"<step id="4" type="ActionStep"><parameterizedString isformatted="true">b</parameterizedString><parameterizedString/><description/></step>"#,
    r#"<compref id="5" ref="78"/></compref></steps>"#,
);

#[test]
fn steps_of_the_web_client_are_read() {
    assert_eq!(
        tcm(WEB),
        [
            Step::action("<p>Open @page &amp; wait</p>", ""),
            Step::action("<p>a &lt; b</p>", "<p><strong>ok</strong></p>"),
        ]
    );
}

#[test]
fn nested_shared_steps_are_read_in_document_order() {
    assert_eq!(
        tcm(NESTED),
        [
            Step::action("<p>a</p>", ""),
            Step::Shared(WorkItemId(77)),
            Step::action("<p>b</p>", ""),
            Step::Shared(WorkItemId(78)),
        ]
    );
}

#[test]
fn older_plain_forms_are_read() {
    let xml = "<steps id='0' last='2'><step id='2' type='ActionStep'><parameterizedString><text>a &lt;b&gt;</text>\
               </parameterizedString><parameterizedString isformatted='false'>1 &lt; 2</parameterizedString></step></steps>";
    assert_eq!(
        tcm(xml),
        [Step::action("<p>a &lt;b&gt;</p>", "<p>1 &lt; 2</p>")]
    );
}

#[test]
fn an_edit_keeps_ids_shared_steps_and_unknown_parts() {
    let now = NESTED.replace(
        "<compref id=\"5\" ref=\"78\"/>",
        "<compref id=\"5\" ref=\"78\" x:y=\"1\"><note/></compref><!-- kept -->",
    );
    let steps = [
        Step::action("<p>a</p>", "<p>now checked</p>"),
        Step::Shared(WorkItemId(77)),
        Step::action("<p>b</p>", ""),
        Step::action("<p>new</p>", ""),
        Step::Shared(WorkItemId(78)),
    ];
    let text = put_tcm(&now, &steps).expect("writable");
    assert_eq!(tcm(&text), steps);
    assert_eq!(
        text,
        concat!(
            r#"<steps id="0" last="6"><step id="2" type="ValidateStep"><parameterizedString isformatted="true">a</parameterizedString>"#,
            r#"<parameterizedString isformatted="true">&lt;p&gt;now checked&lt;/p&gt;</parameterizedString><description/></step>"#,
            r#"<compref id="3" ref="77"><step id="4" type="ActionStep"><parameterizedString isformatted="true">b</parameterizedString>"#,
            r#"<parameterizedString/><description/></step>"#,
            r#"<step id="6" type="ActionStep"><parameterizedString isformatted="true">&lt;p&gt;new&lt;/p&gt;</parameterizedString>"#,
            r#"<parameterizedString isformatted="true"/><description/></step>"#,
            r#"<compref id="5" ref="78" x:y="1"><note/></compref><!-- kept --></compref></steps>"#,
        )
    );
}

#[test]
fn a_removed_step_never_gives_its_id_to_another() {
    let first = put_tcm(
        "",
        &[Step::action("<p>a</p>", ""), Step::action("<p>b</p>", "")],
    )
    .expect("writable");
    let less = put_tcm(&first, &[Step::action("<p>a</p>", "")]).expect("writable");
    let more = put_tcm(
        &less,
        &[
            Step::action("<p>a</p>", ""),
            Step::action("<p>c</p>", "<p>d</p>"),
        ],
    )
    .expect("writable");
    assert!(
        more.contains(r#"<step id="4" type="ValidateStep">"#),
        "{more}"
    );
    assert!(more.starts_with(r#"<steps id="0" last="4">"#), "{more}");
}

#[test]
fn what_is_no_list_of_steps_is_refused_and_never_overwritten() {
    for xml in [
        "<steps",
        "<steps><step></steps>",
        "<other/>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><steps>&a;</steps>",
        "<steps>&unknown;</steps>",
        "<steps/><steps/>",
        "<steps><></></steps>",
        "<steps></></steps>",
        "text",
        "<steps><compref id='1'/></steps>",
    ] {
        assert!(parse_tcm(xml).is_err(), "{xml}");
        assert!(
            put_tcm(xml, &[Step::action("<p>a</p>", "")]).is_err(),
            "{xml}"
        );
    }
    for json in [
        json!({}),
        json!([1]),
        json!([{"content": 1}]),
        json!("text"),
    ] {
        assert!(parse_separated(&json).is_err(), "{json}");
        assert!(put_separated(&json, &[]).is_err(), "{json}");
    }
}

#[test]
fn ids_end_and_nesting_does() {
    let last = r#"<steps id="0" last="18446744073709551615"></steps>"#;
    assert!(matches!(
        put_tcm(last, &[Step::action("<p>a</p>", "")]),
        Err(StepsProblem::DoesNotFit(_))
    ));
    let nested = |depth: usize| {
        let open = "<compref ref=\"1\">".repeat(depth);
        format!("<steps>{open}{}</steps>", "</compref>".repeat(depth))
    };
    // Whatever can be read has room for one step more.
    let now = nested(32);
    let mut steps = tcm(&now);
    steps.push(Step::action("<p>a</p>", ""));
    assert_eq!(tcm(&put_tcm(&now, &steps).expect("writable")), steps);
    assert!(parse_tcm(&nested(33)).is_err());
}

#[test]
fn white_space_in_unknown_parts_stays_what_it_was() {
    let now = r#"<steps id="0" last="2" note="a&#10;b&#9;c&#13;d"><step id="2" type="ActionStep"><parameterizedString isformatted="true">a</parameterizedString><parameterizedString/><note>x&#13;y</note></step></steps>"#;
    let text = put_tcm(now, &[Step::action("<p>a</p>", "<p>b</p>")]).expect("writable");
    assert!(text.contains(r#"note="a&#10;b&#9;c&#13;d""#), "{text}");
    assert!(text.contains("<note>x&#13;y</note>"), "{text}");
}

#[test]
fn a_plain_text_that_looks_like_markup_is_rewritten() {
    let now = r#"<steps id="0" last="2"><step id="2" type="ValidateStep"><parameterizedString isformatted="true">a</parameterizedString><parameterizedString isformatted="false">&lt;br&gt;</parameterizedString></step></steps>"#;
    let steps = [Step::action("<p>a</p>", "")];
    assert_eq!(tcm(&put_tcm(now, &steps).expect("writable")), steps);
}

#[test]
fn new_shared_steps_are_refused_by_name() {
    let steps = [Step::Shared(WorkItemId(9))];
    assert_eq!(
        put_tcm("", &steps),
        Err(StepsProblem::NewSharedSteps(WorkItemId(9)))
    );
}

#[test]
fn shared_steps_stand_as_a_line_in_testworthy() {
    let written = put_separated(&json!(null), &tcm(NESTED)).expect("writable");
    assert_eq!(written[1]["content"], "<p>Shared steps AB#77</p>");
    assert_eq!(parse_separated(&written).expect("readable"), tcm(NESTED));
    let fake = [Step::action("<p>Shared steps AB#77</p>", "")];
    assert!(matches!(
        put_separated(&json!(null), &fake),
        Err(StepsProblem::DoesNotFit(_))
    ));
}

#[test]
fn unknown_members_stay_with_their_step() {
    let now = json!([
        {"content": "<div>a</div>", "expected": null, "additional_info": "i1", "shared_step_id": 4},
        {"content": "b", "expected": "x", "refs": "r2"},
    ]);
    let steps = [
        Step::action("<p>zero</p>", ""),
        Step::action("<p>a</p>", ""),
        Step::action("<p>b</p>", "<p>y</p>"),
    ];
    let written = put_separated(&now, &steps).expect("writable");
    assert_eq!(
        written,
        json!([
            {"content": "<p>zero</p>", "expected": ""},
            {"content": "<div>a</div>", "expected": null, "additional_info": "i1", "shared_step_id": 4},
            {"content": "<p>b</p>", "expected": "<p>y</p>", "refs": "r2"},
        ])
    );
}

#[test]
fn one_text_holds_one_step() {
    let pair = Pair {
        steps: "do\nthis".to_owned(),
        expected: String::new(),
    };
    assert_eq!(
        pair.parse().expect("readable"),
        [Step::action("<p>do<br>this</p>", "")]
    );
    let two = [Step::action("<p>a</p>", ""), Step::action("<p>b</p>", "")];
    assert!(matches!(pair.put(&two), Err(StepsProblem::DoesNotFit(_))));
    assert_eq!(pair.put(&[]).expect("writable"), Pair::default());
}

#[test]
fn the_flat_surface_holds_plain_steps_with_one_result() {
    let flat = Flat {
        steps: vec!["Add item".into(), "Pay".into()],
        expected_result: "Error".into(),
    };
    let steps = [
        Step::action("<p>Add item</p>", ""),
        Step::action("<p>Pay</p>", "<p>Error</p>"),
    ];
    assert_eq!(flat.parse().expect("readable"), steps);
    assert_eq!(Flat::default().put(&steps).expect("writable"), flat);
    for bad in [
        vec![
            Step::action("<p>a</p>", "<p>x</p>"),
            Step::action("<p>b</p>", ""),
        ],
        vec![Step::action("<p><strong>a</strong></p>", "")],
    ] {
        assert!(
            matches!(flat.put(&bad), Err(StepsProblem::DoesNotFit(_))),
            "{bad:?}"
        );
    }
}

fn text() -> impl Strategy<Value = String> {
    let html = prop_oneof![
        2 => Just(String::new()),
        6 => "[a-z <>&@\"'0-9]{0,12}".prop_map(|text| text.replace('&', "&amp;").replace('<', "&lt;")),
        1 => "<b>[a-z]{1,4}</b> x<ul><li>[a-z]{1,3}<li>y</ul>",
        1 => "\\PC{0,6}",
    ];
    html.prop_map(|html| canonical(&html, Format::Html).expect("readable"))
}

fn action() -> impl Strategy<Value = Step> {
    (text(), text()).prop_map(|(action, expected)| Step::Action { action, expected })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(action(), 0..8)
}

/// A document with shared steps, nested or beside each other.
fn document() -> impl Strategy<Value = String> {
    let leaf = (action(), 2..90_u64).prop_map(|(step, id)| match step {
        Step::Action { action, expected } => {
            let mut page = String::new();
            for html in [action, expected] {
                let escaped = html.replace('&', "&amp;").replace('<', "&lt;");
                page.push_str("<parameterizedString isformatted=\"true\">");
                page.push_str(&escaped);
                page.push_str("</parameterizedString>");
            }
            format!("<step type=\"ActionStep\" id=\"{id}\">{page}<description/></step>")
        }
        Step::Shared(_) => String::new(),
    });
    let node = leaf.prop_recursive(3, 12, 3, |inner| {
        (1..9_u64, prop::collection::vec(inner, 0..3)).prop_map(|(shared, nested)| {
            format!(
                "<compref id=\"3\" ref=\"{shared}\">{}</compref>",
                nested.concat()
            )
        })
    });
    prop::collection::vec(node, 0..5).prop_map(|nodes| {
        format!(
            "<steps id=\"0\" last=\"{}\">{}</steps>",
            nodes.len(),
            nodes.concat()
        )
    })
}

/// Edits that a person could make: drop some steps, add others.
fn edited(now: Vec<Step>, keep: &[bool], more: Vec<Step>) -> Vec<Step> {
    let mut steps: Vec<Step> = now
        .into_iter()
        .zip(keep.iter().cycle())
        .filter_map(|(step, keep)| keep.then_some(step))
        .collect();
    for (at, step) in more.into_iter().enumerate() {
        steps.insert((at * 2).min(steps.len()), step);
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_written_reads_back(now in document(), keep in prop::collection::vec(any::<bool>(), 1..6), more in steps()) {
        let wanted = edited(tcm(&now), &keep, more);
        let text = put_tcm(&now, &wanted).expect("writable");
        prop_assert_eq!(tcm(&text), wanted, "{}\n{}", now, text);
    }

    #[test]
    fn unchanged_steps_change_nothing(now in document()) {
        prop_assert_eq!(put_tcm(&now, &tcm(&now)).expect("writable"), now);
    }

    #[test]
    fn both_systems_hold_the_same_steps(now in document(), more in steps()) {
        let wanted = edited(tcm(&now), &[true], more);
        let separated = put_separated(&json!(null), &wanted).expect("writable");
        let there = parse_separated(&separated).expect("readable");
        prop_assert_eq!(&there, &wanted);
        prop_assert_eq!(tcm(&put_tcm(&now, &there).expect("writable")), wanted);
    }

    #[test]
    fn separated_steps_read_back_from_any_start(one in steps(), other in steps()) {
        let now = put_separated(&json!(null), &one).expect("writable");
        let text = put_separated(&now, &other).expect("writable");
        prop_assert_eq!(parse_separated(&text).expect("readable"), other);
    }

    #[test]
    fn a_pair_or_flat_steps_read_back_or_are_refused(steps in steps()) {
        if let Ok(pair) = Pair::default().put(&steps) {
            prop_assert_eq!(pair.parse().expect("readable"), steps.clone());
        }
        if let Ok(flat) = Flat::default().put(&steps) {
            prop_assert_eq!(flat.parse().expect("readable"), steps);
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "[<>/a-z=\"'& ;!\\-\\[\\]?]{0,60}") {
        let _ = parse_tcm(&text);
        let _ = parse_tcm(&format!("<steps>{text}</steps>"));
    }
}
