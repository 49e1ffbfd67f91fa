//! The judge sees: each of these exchanges is one that Accord really had with the sandbox, with one small
//! mistake in it, and each mistake must draw the complaint that names it.

use std::sync::LazyLock;

use accord::sandbox::Exchange;
use serde_json::{Value, json};

use crate::judge::Place::{self, Answer, Body, Header, Method, Path, Query, Version};
use crate::judge::testworthy::{ROUTES, Route, Shown, V1_ROUTES};
use crate::judge::{GAPS, Judge, Verdict};
use crate::project::Project;

/// Two fields on a type that still is the system's: the second shares the group of the first.
const FIELDS: &str = "\
apiVersion: accord/v1
kind: CustomField
metadata: { name: risk }
spec:
  connection: web-shop
  referenceName: Custom.TestRisk
  name: Test Risk
  type: picklist
  workItemTypes: [Bug]
  allowedValues: [High, Low]
---
apiVersion: accord/v1
kind: CustomField
metadata: { name: reviewer }
spec:
  connection: web-shop
  referenceName: Custom.Reviewer
  name: Reviewer
  type: identity
  workItemTypes: [Bug]
";

/// What the first applies of the example project said and heard, the last one with more fields.
static RECORDED: LazyLock<Vec<Exchange>> = LazyLock::new(|| {
    let project = Project::web_shop();
    project.sandbox.sandbox().record();
    project.run(&["apply", "--yes"]).expect(0);
    let edit = json!({ "title": "Another title" });
    project.state().edit_case(210_304, &edit).unwrap();
    project.run(&["apply", "--yes"]).expect(0);
    project.write("fields.yaml", FIELDS);
    project.run(&["apply", "--yes"]).expect(0);
    let grown = FIELDS.replace("[High, Low]", "[High, Low, None]");
    project.write("fields.yaml", &grown);
    project.run(&["apply", "--yes"]).expect(0);
    project.state().exchanges.take()
});

const GET_BATCH: &str = "Work Items_Get Work Items Batch";
const UPDATE: &str = "Work Items_Update";
const CREATE: &str = "Work Items_Create";
const WIQL: &str = "Wiql_Query By Wiql";
const BY_LINK: &str = "Artifact Uri Query_Query";
const TYPE: &str = "Work Item Types_Get";
const TYPE_FIELDS: &str = "Work Item Types Field_List";

/// Which recorded exchange is changed.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// Of Azure DevOps, by the end of its path.
    End(&'static str),
    /// The first POST to Azure DevOps, by the end of its path.
    Post(&'static str),
    /// The first `$batch` with an element that creates.
    Creating,
    /// The first `$batch` with an element that updates.
    Updating,
    /// Of `TestWorthy`, by a part of its path.
    Case(&'static str),
}

fn recorded(of: Of) -> Exchange {
    let fits = |exchange: &&Exchange| match of {
        Of::End(end) => exchange.path.ends_with(end),
        Of::Post(end) => exchange.method == "POST" && exchange.path.ends_with(end),
        Of::Creating => exchange.path.ends_with("$batch") && exchange.body.contains("workitems/$"),
        Of::Updating => exchange.path.ends_with("$batch") && exchange.body.contains("\"/rev\""),
        Of::Case(part) => exchange.path.contains(part),
    };
    let found = RECORDED.iter().find(fits);
    found
        .unwrap_or_else(|| panic!("{of:?} was not recorded"))
        .clone()
}

/// Changes the request's body.
fn body(exchange: &mut Exchange, change: impl FnOnce(&mut Value)) {
    let mut body = serde_json::from_str(&exchange.body).unwrap();
    change(&mut body);
    exchange.body = body.to_string();
}

/// Changes the answer's body.
fn answer(exchange: &mut Exchange, change: impl FnOnce(&mut Value)) {
    let answer = exchange.answer.as_mut().unwrap();
    let mut body = serde_json::from_str(&answer.body).unwrap();
    change(&mut body);
    answer.body = body.to_string();
}

fn header(exchange: &mut Exchange, name: &str, value: &str) {
    exchange.headers.insert(name.to_owned(), value.to_owned());
}

fn without_header(exchange: &mut Exchange, name: &str) {
    exchange.header_names.retain(|sent| sent != name);
    exchange.headers.remove(name);
}

/// The element of a `$batch` that updates, or creates.
fn element<'a>(body: &'a mut Value, part_of_uri: &str) -> &'a mut Value {
    let elements = body.as_array_mut().unwrap().iter_mut();
    let mut fitting =
        elements.filter(|element| element["uri"].as_str().unwrap().contains(part_of_uri));
    fitting.next().unwrap()
}

const EXISTING: &str = "/_apis/wit/workitems/";
const NEW: &str = "/workitems/$";

/// Makes a mistake.
type Make = fn(&mut Exchange);

/// A mistake: whose, what it is, and the complaint: operation, place, at, a part of what is said.
type Mistake = (
    Of,
    &'static str,
    Make,
    (&'static str, Place, &'static str, &'static str),
);

#[rustfmt::skip]
#[expect(clippy::assigning_clones, reason = "nothing is saved here, and the rows stay readable")]
const MISTAKES: &[Mistake] = &[
    (Of::End("/workitemsbatch"), "an unknown name in the query",
        |e| e.query.push_str("&expand=all"), (GET_BATCH, Query, "expand", "no such parameter")),
    (Of::End("/workitemsbatch"), "no version",
        |e| e.query.clear(), (GET_BATCH, Version, "api-version", "is missing")),
    (Of::End("/workitemsbatch"), "a misspelt version parameter",
        |e| e.query = "apiversion=7.1".to_owned(), (GET_BATCH, Query, "apiversion", "no such parameter")),
    (Of::End("/workitemsbatch"), "another version",
        |e| e.query = "api-version=7.2".to_owned(), (GET_BATCH, Version, "api-version", "not \"7.1\"")),
    (Of::End("/workitemsbatch"), "a preview of what is released",
        |e| e.query = "api-version=7.1-preview.1".to_owned(), (GET_BATCH, Version, "api-version", "7.1-preview.1")),
    (Of::End("/workitemsbatch"), "the version twice",
        |e| header(e, "accept", "application/json; api-version=7.1"), (GET_BATCH, Version, "api-version", "more than once")),
    (Of::End("/connectionData"), "a released version of what is a preview",
        |e| e.query = "api-version=7.1".to_owned(), ("ConnectionData_Get", Version, "api-version", "7.1-preview.1")),
    (Of::End("/workitemsbatch"), "no token",
        |e| without_header(e, "authorization"), (GET_BATCH, Header, "authorization", "is missing")),
    (Of::End("/workitemsbatch"), "another media type",
        |e| header(e, "content-type", "text/plain"), (GET_BATCH, Header, "content-type", "text/plain")),
    (Of::End("/workitemsbatch"), "no media type",
        |e| without_header(e, "content-type"), (GET_BATCH, Header, "content-type", "is none of")),
    (Of::Updating, "the media type of the elements",
        |e| header(e, "content-type", "application/json-patch+json"), ("Batch_Update", Header, "content-type", "is none of")),
    (Of::End("/workitemsbatch"), "an answer that cannot be had",
        |e| header(e, "accept", "text/html"), (GET_BATCH, Header, "accept", "has none of")),
    (Of::End("/workitemsbatch"), "a misspelt route",
        |e| e.path = "/contoso/_apis/wit/workitembatch".to_owned(), ("", Path, "/contoso/_apis/wit/workitembatch", "no operation")),
    (Of::End("/wit/fields"), "a route below a route",
        |e| e.path = "/contoso/Web%20Shop/Team/_apis/wit/fields".to_owned(), ("", Path, "/contoso/Web%20Shop/Team/_apis/wit/fields", "no operation")),
    (Of::End("/Test%20Case"), "no project where one is needed",
        |e| e.path = "/contoso/_apis/wit/workitemtypes/Test%20Case".to_owned(), ("", Path, "/contoso/_apis/wit/workitemtypes/Test%20Case", "no operation")),
    (Of::End("/workitemsbatch"), "another method",
        |e| e.method = "PUT".to_owned(), (GET_BATCH, Method, "PUT", "has POST")),
    (Of::End("/Test%20Case"), "a write to what can only be read",
        |e| e.method = "POST".to_owned(), (TYPE, Method, "POST", "has GET")),
    (Of::End("/Test%20Case"), "a body in a read",
        |e| e.body = "{}".to_owned(), (TYPE, Body, "", "takes none")),
    (Of::End("/Test%20Case/fields"), "a value that the parameter does not have",
        |e| e.query = e.query.replace("allowedValues", "allowedValue"), (TYPE_FIELDS, Query, "$expand", "is none of")),
    (Of::End("/Test%20Case/fields"), "a parameter twice",
        |e| e.query.push_str("&$expand=all"), (TYPE_FIELDS, Query, "$expand", "twice")),
    (Of::End("/wiql"), "a page size that is no number",
        |e| e.query.push_str("&$top=many"), (WIQL, Query, "$top", "is not integer")),
    (Of::End("/wiql"), "a switch that is neither on nor off",
        |e| e.query.push_str("&timePrecision=yes"), (WIQL, Query, "timePrecision", "is not boolean")),
    (Of::End("/wiql"), "a misspelt member",
        |e| body(e, |b| *b = json!({ "wiql": b["query"] })), (WIQL, Body, "", "'wiql' was unexpected")),
    (Of::End("/wiql"), "a missing member",
        |e| body(e, |b| *b = json!({})), (WIQL, Body, "/query", "is missing")),
    (Of::End("/wiql"), "a text that is a list",
        |e| body(e, |b| b["query"] = json!([b["query"]])), (WIQL, Body, "/query", "is not of type \"string\"")),
    (Of::End("/artifacturiquery"), "a list that is a text",
        |e| body(e, |b| b["artifactUris"] = b["artifactUris"][0].clone()), (BY_LINK, Body, "/artifactUris", "is not of type \"array\"")),
    (Of::End("/workitemsbatch"), "no body",
        |e| e.body.clear(), (GET_BATCH, Body, "", "is missing")),
    (Of::End("/workitemsbatch"), "half a body",
        |e| e.body.truncate(7), (GET_BATCH, Body, "", "is not JSON")),
    (Of::End("/workitemsbatch"), "an array in place of the object",
        |e| body(e, |b| *b = b["ids"].clone()), (GET_BATCH, Body, "", "is not of type \"object\"")),
    (Of::End("/workitemsbatch"), "an object in place of the array",
        |e| body(e, |b| b["ids"] = json!({ "0": 1 })), (GET_BATCH, Body, "/ids", "is not of type \"array\"")),
    (Of::End("/workitemsbatch"), "ids as texts",
        |e| body(e, |b| b["ids"][0] = json!("5101")), (GET_BATCH, Body, "/ids/*", "is not of type \"integer\"")),
    (Of::End("/workitemsbatch"), "an id that is too large",
        |e| body(e, |b| b["ids"][0] = json!(2_147_483_648_u64)), (GET_BATCH, Body, "/ids/*", "maximum")),
    (Of::End("/workitemsbatch"), "too many ids",
        |e| body(e, |b| b["ids"] = (1..=201).collect()), (GET_BATCH, Body, "/ids", "201 ids, at most 200")),
    (Of::End("/workitemsbatch"), "no ids",
        |e| body(e, |b| drop(b.as_object_mut().unwrap().remove("ids"))), (GET_BATCH, Body, "/ids", "is missing")),
    (Of::End("/workitemsbatch"), "another error policy",
        |e| body(e, |b| b["errorPolicy"] = json!("skip")), (GET_BATCH, Body, "/errorPolicy", "is not one of")),
    (Of::End("/workitemsbatch"), "another expansion",
        |e| body(e, |b| b["$expand"] = json!("everything")), (GET_BATCH, Body, "/$expand", "is not one of")),
    (Of::End("/workitemsbatch"), "a misspelt member",
        |e| body(e, |b| b["errorpolicy"] = json!("omit")), (GET_BATCH, Body, "", "'errorpolicy' was unexpected")),
    (Of::End("/workitemsbatch"), "fields beside an expansion",
        |e| body(e, |b| b["fields"] = json!(["System.Title"])), (GET_BATCH, Body, "/$expand", "beside fields")),
    (Of::Updating, "one element in place of the array",
        |e| body(e, |b| *b = b[0].clone()), ("Batch_Update", Body, "", "is not of type \"array\"")),
    (Of::Updating, "too many elements",
        |e| body(e, |b| *b = vec![element(b, EXISTING).clone(); 201].into()), ("Batch_Update", Body, "", "201 elements")),
    (Of::Updating, "an element with another method",
        |e| body(e, |b| element(b, EXISTING)["method"] = json!("PUT")), ("Batch_Update", Body, "/*/method", "is not one of")),
    (Of::Updating, "an element without headers",
        |e| body(e, |b| drop(element(b, EXISTING).as_object_mut().unwrap().remove("headers"))), ("Batch_Update", Body, "/*", "\"headers\" is a required")),
    (Of::Updating, "an element with another member",
        |e| body(e, |b| element(b, EXISTING)["url"] = json!("/")), ("Batch_Update", Body, "/*", "'url' was unexpected")),
    (Of::Updating, "an element with a wrong address",
        |e| body(e, |b| element(b, EXISTING)["uri"] = json!("/_apis/wit/workitem/7?api-version=7.1")), ("", Path, "/contoso/_apis/wit/workitem/7", "no operation")),
    (Of::Updating, "an element with a whole address",
        |e| body(e, |b| element(b, EXISTING)["uri"] = json!("https://dev.azure.com/contoso/_apis/wit/workitems/7?api-version=7.1")), ("", Path, "/contosohttps://dev.azure.com/contoso/_apis/wit/workitems/7", "no operation")),
    (Of::Updating, "an element whose id is a name",
        |e| body(e, |b| element(b, EXISTING)["uri"] = json!("/_apis/wit/workitems/seven?api-version=7.1")), (UPDATE, Path, "id", "is not integer")),
    (Of::Updating, "an update with a project",
        |e| body(e, |b| element(b, EXISTING)["uri"] = json!("/Web%20Shop/_apis/wit/workitems/7?api-version=7.1")), (UPDATE, Path, "project", "names a project")),
    (Of::Updating, "an element without a version",
        |e| body(e, |b| element(b, EXISTING)["uri"] = json!("/_apis/wit/workitems/7")), (UPDATE, Version, "api-version", "is missing")),
    (Of::Updating, "an element with an unknown name in its query",
        |e| body(e, |b| element(b, EXISTING)["uri"] = json!("/_apis/wit/workitems/7?api-version=7.1&bypassrules=true")), (UPDATE, Query, "bypassrules", "no such parameter")),
    (Of::Updating, "an element with another media type",
        |e| body(e, |b| element(b, EXISTING)["headers"]["Content-Type"] = json!("application/json")), (UPDATE, Header, "content-type", "is none of")),
    (Of::Updating, "an operation that JSON Patch does not have",
        |e| body(e, |b| element(b, EXISTING)["body"][1]["op"] = json!("put")), (UPDATE, Body, "/*/op", "is not one of")),
    (Of::Updating, "a path without its slash",
        |e| body(e, |b| element(b, EXISTING)["body"][1]["path"] = json!("fields/System.Title")), (UPDATE, Body, "/*/path", "no JSON Pointer")),
    (Of::Updating, "an operation without a path",
        |e| body(e, |b| drop(element(b, EXISTING)["body"][1].as_object_mut().unwrap().remove("path"))), (UPDATE, Body, "/*/path", "is missing")),
    (Of::Updating, "an operation without its value",
        |e| body(e, |b| drop(element(b, EXISTING)["body"][0].as_object_mut().unwrap().remove("value"))), (UPDATE, Body, "/*/value", "is missing")),
    (Of::Updating, "an operation with a member of another standard",
        |e| body(e, |b| element(b, EXISTING)["body"][0]["name"] = json!("rev")), (UPDATE, Body, "/*", "'name' was unexpected")),
    (Of::Updating, "an operation in place of the document",
        |e| body(e, |b| { let first = element(b, EXISTING)["body"][0].take(); element(b, EXISTING)["body"] = first; }), (UPDATE, Body, "", "is not of type \"array\"")),
    (Of::Creating, "a new item without a project",
        |e| body(e, |b| element(b, NEW)["uri"] = json!("/_apis/wit/workitems/$Test%20Case?api-version=7.1")), (UPDATE, Path, "id", "is not integer")),
    (Of::Creating, "a new item without a temporary id",
        |e| body(e, |b| drop(element(b, NEW)["body"].as_array_mut().unwrap().remove(0))), ("Batch_Update", Body, "/*/body", "no negative id of its own")),
    (Of::Creating, "two new items with one temporary id",
        |e| body(e, |b| { let twin = element(b, NEW).clone(); b.as_array_mut().unwrap().push(twin); }), ("Batch_Update", Body, "/*/body", "no negative id of its own")),
    (Of::Creating, "a new item with an unknown switch",
        |e| body(e, |b| { let uri = format!("{}&validate=true", element(b, NEW)["uri"].as_str().unwrap()); element(b, NEW)["uri"] = json!(uri); }), (CREATE, Query, "validate", "no such parameter")),

    (Of::End("/workitemsbatch"), "a bare list in the answer",
        |e| answer(e, |b| *b = b["value"].take()), (GET_BATCH, Answer, "", "is not of type \"object\"")),
    (Of::End("/workitemsbatch"), "an id as text in the answer",
        |e| answer(e, |b| b["value"][0]["id"] = json!("1")), (GET_BATCH, Answer, "/value/*/id", "is not of type \"integer\"")),
    (Of::End("/workitemsbatch"), "a relation without a shape in the answer",
        |e| answer(e, |b| b["value"][0]["relations"] = json!([{ "kind": "Hyperlink" }])), (GET_BATCH, Answer, "/value/*/relations/*", "'kind' was unexpected")),
    (Of::End("/wit/fields"), "an unknown type of field in the answer",
        |e| answer(e, |b| b["value"][0]["type"] = json!("text")), ("Fields_List", Answer, "/value/*/type", "is not one of")),
    (Of::End("/wit/fields"), "null in the answer",
        |e| answer(e, |b| b["value"][0]["name"] = json!(null)), ("Fields_List", Answer, "/value/*/name", "null is not of type")),
    (Of::Updating, "an element's answer that is no text",
        |e| answer(e, |b| b["value"][0]["body"] = json!({})), ("Batch_Update", Answer, "/value/*/body", "is not of type \"string\"")),
    (Of::Updating, "an element's answer with a wrong item",
        |e| answer(e, |b| b["value"][0]["body"] = json!("{\"id\":1,\"revision\":2}")), (UPDATE, Answer, "", "'revision' was unexpected")),
    (Of::End("/wiql"), "an answer that says that something was created",
        |e| e.answer.as_mut().unwrap().status = 201, (WIQL, Answer, "", "status is 201")),
    (Of::End("/wiql"), "a page for people as the answer",
        |e| e.answer.as_mut().unwrap().content_type = Some("text/html".to_owned()), (WIQL, Answer, "content-type", "is none of")),
    (Of::End("/workitemtypes"), "an expansion that there is not",
        |e| e.query = e.query.replace("layout", "layouts"), ("Work Item Types_List", Query, "$expand", "is none of")),
    (Of::Post("/processes/lists"), "values that are no list",
        |e| body(e, |b| b["items"] = json!("High")), ("Lists_Create", Body, "/items", "is not of type \"array\"")),
    (Of::Post("/wit/fields"), "a type of field that there is not",
        |e| body(e, |b| b["type"] = json!("text")), ("Fields_Create", Body, "/type", "is not one of")),
    (Of::Post("/workitemtypes"), "a misspelt member",
        |e| body(e, |b| b["inherits"] = b["inheritsFrom"].clone()), ("Work Item Types_Create", Body, "", "'inherits' was unexpected")),
    (Of::Post("/ContosoAgile.Bug/fields"), "a name that is a number",
        |e| body(e, |b| b["referenceName"] = json!(7)), ("Fields_Add", Body, "/referenceName", "is not of type \"string\"")),
    (Of::Post("/groups"), "a control in place of the list",
        |e| body(e, |b| b["controls"] = b["controls"][0].clone()), ("Groups_Add", Body, "/controls", "is not of type \"array\"")),
    (Of::Post("/controls"), "a misspelt member",
        |e| body(e, |b| b["isVisible"] = json!(true)), ("Controls_Create", Body, "", "'isVisible' was unexpected")),
];

#[rustfmt::skip]
#[expect(clippy::assigning_clones, reason = "likewise")]
const TESTWORTHY_MISTAKES: &[Mistake] = &[
    (Of::Case("/get_cases/"), "a misspelt route",
        |e| e.path = "/testworthy/api/tests/get_case_list/41".to_owned(), ("TestWorthy", Path, "/testworthy/api/tests/get_case_list/41", "no such route")),
    (Of::Case("/get_cases/"), "an id that is a name",
        |e| e.path = "/testworthy/api/tests/get_cases/checkout".to_owned(), ("TestWorthy", Path, "/testworthy/api/tests/get_cases/checkout", "no such route")),
    (Of::Case("/get_cases/"), "another method",
        |e| e.method = "POST".to_owned(), ("TestWorthy get_cases/{id}", Method, "POST", "takes GET")),
    (Of::Case("/update_case/"), "a method that the interface does not have",
        |e| e.method = "PUT".to_owned(), ("TestWorthy update_case/{id}", Method, "PUT", "takes POST")),
    (Of::Case("/get_cases/"), "no project key",
        |e| without_header(e, "x-project-key"), ("TestWorthy get_cases/{id}", Header, "x-project-key", "is missing")),
    (Of::Case("/get_cases/"), "a read without a media type",
        |e| without_header(e, "content-type"), ("TestWorthy get_cases/{id}", Header, "content-type", "is not application/json")),
    (Of::Case("/get_cases/"), "an undocumented filter",
        |e| e.query = "updated_after=1".to_owned(), ("TestWorthy get_cases/{id}", Query, "updated_after", "no such parameter")),
    (Of::Case("/update_case/"), "a misspelt member",
        |e| body(e, |b| b["Title"] = json!("x")), ("TestWorthy update_case/{id}", Body, "/Title", "no such member")),
    (Of::Case("/update_case/"), "a list in place of the object",
        |e| body(e, |b| *b = json!([b])), ("TestWorthy update_case/{id}", Body, "", "no JSON object")),
];

/// Of the `/v1` interface nothing is recorded here, so the right request is made by hand.
#[test]
fn requests_of_the_v1_interface_are_judged_by_its_documented_routes() {
    let right = Exchange {
        system: accord::sandbox::log::System::Testworthy,
        method: "POST".to_owned(),
        path: "/testworthy/v1/projects/7/cases".to_owned(),
        header_names: vec!["authorization".to_owned(), "content-type".to_owned()],
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: json!({ "title": "Reject an expired card", "steps": ["Pay"] }).to_string(),
        ..Exchange::default()
    };
    judged(&right).assert_clean("the example");
    let wrong: [(Make, Place, &str); 5] = [
        (
            |e| without_header(e, "authorization"),
            Header,
            "authorization",
        ),
        (
            |e| body(e, |b| b["expected_result"] = json!("")),
            Body,
            "/expected_result",
        ),
        (|e| e.query = "offset=2".to_owned(), Query, "offset"),
        (|e| e.method = "PATCH".to_owned(), Method, "PATCH"),
        (
            |e| e.path.push_str("/9"),
            Path,
            "/testworthy/v1/projects/7/cases/9",
        ),
    ];
    for (make, place, at) in wrong {
        let mut exchange = right.clone();
        make(&mut exchange);
        let complaints = judged(&exchange).complaints;
        let found = complaints
            .iter()
            .map(|complaint| (complaint.place, complaint.at.as_str()));
        assert!(
            found.clone().any(|found| found == (place, at)),
            "{at}: {complaints:?}"
        );
    }
}

/// What is inferred must not pass for documented.
#[test]
fn every_route_is_listed_once_and_most_reads_are_only_inferred() {
    for routes in [ROUTES, V1_ROUTES] {
        for (at, route) in routes.iter().enumerate() {
            let twin = |other: &Route| (other.method, other.path) == (route.method, route.path);
            assert!(
                !routes[at + 1..].iter().any(twin),
                "{} {}",
                route.method,
                route.path
            );
        }
    }
    let shown = ROUTES.iter().filter(|route| route.shown == Shown::Yes);
    let shown: Vec<&str> = shown.map(|route| route.path).collect();
    assert_eq!(
        shown,
        [
            "get_cases/{id}",
            "get_runs/{id}",
            "get_run_cases/{id}",
            "add_results_for_cases/{id}"
        ]
    );
}

fn judged(exchange: &Exchange) -> Verdict {
    Judge::get().judge(std::slice::from_ref(exchange))
}

fn assert_caught(mistakes: &[Mistake]) {
    for (of, mistake, make, (operation, place, at, said)) in mistakes {
        let mut exchange = recorded(*of);
        judged(&exchange).assert_clean("before the mistake");
        make(&mut exchange);
        let complaints = judged(&exchange).complaints;
        let caught = complaints.iter().any(|complaint| {
            (
                complaint.operation.as_str(),
                complaint.place,
                complaint.at.as_str(),
            ) == (*operation, *place, *at)
                && complaint.said.contains(said)
        });
        let seen: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        assert!(
            caught,
            "{mistake} was not caught by {operation:?} {place:?} {at:?}; seen: {seen:#?}"
        );
    }
}

/// The scenarios rely on it to find dead entries.
#[test]
fn a_gap_is_met_by_what_it_covers_and_by_nothing_else() {
    if Judge::get().specifications().is_none() {
        return;
    }
    assert_eq!(
        judged(&recorded(Of::End("/wiql"))).unmet().len(),
        GAPS.len()
    );
    let unmet = judged(&recorded(Of::End("/connectionData"))).unmet();
    assert_eq!(unmet.len(), GAPS.len() - 1);
    assert!(
        unmet
            .iter()
            .all(|gap| gap.operation != "ConnectionData_Get")
    );
}

#[test]
fn every_mistake_with_azure_devops_is_caught() {
    if Judge::get().specifications().is_some() {
        assert_caught(MISTAKES);
    }
}

#[test]
fn every_mistake_with_testworthy_is_caught() {
    assert_caught(TESTWORTHY_MISTAKES);
}

#[test]
fn what_was_recorded_is_right_and_holds_no_credential() {
    let verdict = Judge::get().judge(&RECORDED);
    verdict.assert_clean("two applies");
    let project = Project::web_shop();
    for exchange in RECORDED.iter() {
        let line = accord::sandbox::exchange::json_lines(std::slice::from_ref(exchange));
        project.assert_no_secret("an exchange", line.as_bytes());
    }
}
