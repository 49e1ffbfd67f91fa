//! Laws of the state machine that need no listener.

use axum::http::HeaderMap;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    "2026-08-11T19:07:52.4410963Z".parse().expect("an instant")
}

fn stamp() -> (u64, Timestamp) {
    (PERSON_ID, now())
}

/// A server with suite 41, its section 903 and no case.
fn server() -> Server {
    let mut server = Server::new();
    server
        .add_suite(Some(41), PROJECT_ID, "Checkout", None)
        .unwrap();
    server
        .add_section(Some(903), 41, None, "Cart", None, stamp())
        .unwrap();
    server
}

fn add(server: &mut Server, title: &str) -> u64 {
    let edit = CaseEdit::titled(title).section(903);
    server.add_case(None, 41, &edit, stamp()).unwrap()
}

fn headers() -> HeaderMap {
    [
        ("x-user-email", USER_EMAIL),
        ("x-tma-key", API_KEY),
        ("x-project-key", PROJECT_KEY),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect()
}

fn call(server: &mut Server, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let reply = server.handle(&Call {
        method,
        path,
        query: "",
        headers: &headers(),
        body: body.to_string().as_bytes(),
        now: now(),
    });
    let body = serde_json::from_slice(&reply.body).unwrap();
    (reply.status, body)
}

#[test]
fn ids_are_never_used_twice() {
    let mut server = server();
    let first = add(&mut server, "one");
    server.delete_case(first).unwrap();
    let second = add(&mut server, "two");
    assert_ne!(first, second);
    let wanted = CaseEdit::titled("three").section(903);
    assert!(server.add_case(Some(second), 41, &wanted, stamp()).is_err());
    server
        .add_case(Some(second + 10), 41, &wanted, stamp())
        .unwrap();
    assert_eq!(add(&mut server, "four"), second + 11);
}

#[test]
fn a_hundred_thousand_cases_are_no_burden() {
    let mut server = server();
    server
        .add_suite(Some(42), PROJECT_ID, "Other", None)
        .unwrap();
    server.add_run(41, "all", None, stamp()).unwrap();
    for number in 0..100_000 {
        add(&mut server, &format!("case {number}"));
    }
    // A list of one suite costs what that suite holds, not what the server holds.
    assert_eq!(server.cases_of(42).count(), 0);
    assert_eq!(server.cases_of(41).count(), 100_000);
    assert_eq!(server.run(73).unwrap().tests.len(), 100_000);
    let case = server.cases_of(41).last().unwrap();
    assert_eq!(case.display_order, 99_999);
}

#[test]
fn runs_of_all_cases_follow_the_suite_and_chosen_ones_do_not() {
    let mut server = server();
    let first = add(&mut server, "first");
    let all = server.add_run(41, "all", None, stamp()).unwrap();
    let chosen = server.add_run(41, "some", Some(&[first]), stamp()).unwrap();
    let closed = server.add_run(41, "closed", None, stamp()).unwrap();
    server.close_run(closed, stamp()).unwrap();
    let second = add(&mut server, "second");
    let cases = |server: &Server, run: u64| -> Vec<u64> {
        server.run(run).unwrap().tests.keys().copied().collect()
    };
    assert_eq!(cases(&server, all), [first, second]);
    assert_eq!(cases(&server, chosen), [first]);
    assert_eq!(cases(&server, closed), [first]);
    assert!(server.close_run(closed, stamp()).is_err());
    server.delete_case(first).unwrap();
    assert_eq!(cases(&server, all), [second]);
    assert!(cases(&server, chosen).is_empty());
}

#[test]
fn results_are_taken_all_or_none() {
    let mut server = server();
    let case = add(&mut server, "case");
    let run = server.add_run(41, "run", None, stamp()).unwrap();
    let path = format!("/api/tests/add_results_for_cases/{run}");
    let foreign = json!({"Results": [
        {"case_id": case, "status_id": 1},
        {"case_id": case + 1, "status_id": 1},
    ]});
    assert_eq!(call(&mut server, "POST", &path, &foreign).0, 400);
    assert!(server.run(run).unwrap().tests[&case].results.is_empty());
    let good = json!({"results": [
        {"CASE_ID": case, "Status_Id": 5, "comment": "no", "AssignedToId": null, "DEFECTS": "12"},
    ]});
    let (status, body) = call(&mut server, "POST", &path, &good);
    assert_eq!(status, 200);
    assert_eq!(body["results"][0]["defects"], "12");
    assert_eq!(server.run(run).unwrap().tests[&case].status(), 5);
}

#[test]
fn copies_carry_references_and_say_whose_copies_they_are() {
    let mut server = server();
    let edit = CaseEdit::titled("original")
        .section(903)
        .text("refs", "AB#12")
        .flag("smoke", true);
    let original = server.add_case(None, 41, &edit, stamp()).unwrap();
    let copy = server.copy_case(None, original, None, stamp()).unwrap();
    let copy = server.case(copy).unwrap();
    assert_eq!(copy.text("refs"), Some("AB#12"));
    assert_eq!(copy.copy_of, Some(original));
    assert!(copy.flag("smoke"));
    assert_ne!(copy.id, original);
}

#[test]
fn deleting_a_section_takes_all_below_it_and_nothing_else() {
    let mut server = server();
    let kept = add(&mut server, "kept");
    let deep = server
        .section_at(41, "Other/Deeper/Deepest", stamp())
        .unwrap();
    let edit = CaseEdit::titled("lost").section(deep);
    let lost = server.add_case(None, 41, &edit, stamp()).unwrap();
    let top = server.section_at(41, "Other", stamp()).unwrap();
    server.delete_section(top).unwrap();
    assert!(server.case(lost).is_none());
    assert!(server.case(kept).is_some());
    assert_eq!(server.sections().count(), 1);
    assert_eq!(server.cases_of(41).count(), 1);
}

#[test]
fn a_section_cannot_hang_below_itself() {
    let mut server = server();
    let child = server.section_at(41, "Cart/Vouchers", stamp()).unwrap();
    assert!(
        server
            .change_section(903, None, &Edit::Set(child), stamp())
            .is_err()
    );
}

#[test]
fn a_person_who_mistypes_a_field_is_told() {
    let mut server = server();
    let case = add(&mut server, "case");
    let path = format!("cases/{case}");
    let reply = server.control("POST", &path, br#"{"prioritty": "P1 - Must Test"}"#, now());
    assert_eq!(reply.status, 400);
    let reply = server.control("POST", &path, br#"{"priority": "P9"}"#, now());
    assert_eq!(reply.status, 400);
    let edit = br#"{"priority": "P1 - Must Test", "smoke": true, "section": "Cart/Vouchers"}"#;
    assert_eq!(server.control("POST", &path, edit, now()).status, 200);
    let case = server.case(case).unwrap();
    assert_eq!((case.priority, case.flag("smoke")), (3, true));
    assert_eq!(case.audit.modified_by, PERSON_ID);
}

/// One member of an update: its wire name with a value that the server takes.
fn member() -> impl Strategy<Value = (&'static str, Value)> {
    let text = prop_oneof![Just(Value::Null), "\\PC{0,12}".prop_map(Value::from)];
    let texts = TEXT_FIELDS
        .into_iter()
        .filter(|name| *name != "rail_case_id")
        .collect::<Vec<_>>();
    prop_oneof![
        (prop::sample::select(texts), text),
        (
            prop::sample::select(FLAGS.to_vec()),
            any::<bool>().prop_map(Value::from)
        ),
        (
            Just("estimate"),
            prop_oneof![Just(Value::Null), (0_i64..10_000).prop_map(Value::from)]
        ),
        (Just("title"), "[a-z]{1,8}".prop_map(Value::from)),
    ]
}

proptest! {
    /// What a body names becomes what it says (null empties); what it does not name stays.
    #[test]
    fn an_update_changes_what_it_names_and_nothing_else(
        before in prop::collection::vec(member(), 0..12),
        patch in prop::collection::vec(member(), 0..6),
    ) {
        let mut server = server();
        let case = add(&mut server, "case");
        let path = format!("/api/tests/update_case/{case}");
        let object = |members: &[(&str, Value)]| -> Value {
            members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let (status, mut expected) = call(&mut server, "POST", &path, &object(&before));
        prop_assert_eq!(status, 200);
        for (name, value) in &patch {
            expected[*name] = value.clone();
        }
        let (status, after) = call(&mut server, "POST", &path, &object(&patch));
        prop_assert_eq!(status, 200);
        prop_assert_eq!(after, expected);
    }

    /// Names count, their case does not.
    #[test]
    fn member_names_are_read_without_regard_to_case(upper in prop::collection::vec(any::<bool>(), 9)) {
        let name: String = "test_data"
            .chars()
            .zip(upper)
            .map(|(letter, up)| if up { letter.to_ascii_uppercase() } else { letter })
            .collect();
        let mut server = server();
        let case = add(&mut server, "case");
        let path = format!("/api/tests/update_case/{case}");
        let (status, body) = call(&mut server, "POST", &path, &json!({ name: "x" }));
        prop_assert_eq!(status, 200);
        prop_assert_eq!(&body["test_data"], "x");
    }
}
