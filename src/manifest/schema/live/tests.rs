//! What exists is offered, and nothing that was legal becomes illegal.

use super::*;
use crate::manifest::schema::{for_kind, to_text};
use crate::model::{FieldDefinition, Value, WorkItemState};

fn field(name: &str, kind: AzureFieldKind, allowed: &[Value]) -> (String, TypeField) {
    let definition = FieldDefinition {
        reference_name: name.to_owned(),
        name: name.rsplit('.').next().unwrap().to_owned(),
        kind,
        is_picklist: false,
        read_only: false,
    };
    let field = TypeField {
        definition,
        always_required: name == "System.Title",
        default_value: Value::Null,
        allowed_values: allowed.to_vec(),
    };
    (name.to_owned(), field)
}

fn live() -> Live {
    let numbers: Vec<Value> = (1..=4).map(Value::integer).collect();
    let person = [Value::text("Ada Example <ada@contoso.example>")];
    let work_item_type = WorkItemType {
        transitions: None,
        name: "Test Case".to_owned(),
        fields: BTreeMap::from([
            field("System.Title", AzureFieldKind::String, &[]),
            field("System.State", AzureFieldKind::String, &[]),
            field("System.AssignedTo", AzureFieldKind::Identity, &person),
            field(
                "Microsoft.VSTS.Common.Priority",
                AzureFieldKind::Integer,
                &numbers,
            ),
        ]),
        states: ["Design", "Ready"]
            .map(|name| WorkItemState {
                name: name.to_owned(),
                category: "Proposed".to_owned(),
            })
            .to_vec(),
    };
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect();
    let help = "The title.\n Short.".to_owned();
    Live {
        connections: names(&["web-shop"]),
        mappings: names(&["test-case"]),
        projects: names(&["Web Shop"]),
        types: vec![LiveType {
            work_item_type,
            help: BTreeMap::from([("System.Title".to_owned(), help)]),
        }],
        areas: names(&["Web Shop", r"Web Shop\QA"]),
        iterations: names(&["Web Shop"]),
        suites: BTreeMap::from([(41, "Checkout".to_owned())]),
        sections: BTreeSet::from(["Cart/Coupons".to_owned()]),
        custom_fields: BTreeSet::from(["custom.browser".to_owned()]),
        case_values: BTreeMap::from([(
            "priority".to_owned(),
            BTreeSet::from(["P1 - Must Test".to_owned()]),
        )]),
    }
}

fn enriched(kind: &str) -> Json {
    let mut schema = for_kind(kind).unwrap();
    enrich(&mut schema, &live());
    jsonschema::draft7::meta::validate(&schema).unwrap();
    schema
}

fn offers<'s>(schema: &'s Json, pointer: &str) -> &'s Json {
    let part = schema.pointer(pointer);
    let part = part.unwrap_or_else(|| panic!("{pointer} is not there"));
    assert_eq!(part["anyOf"].as_array().unwrap().len(), 2, "{part}");
    &part["anyOf"][0]
}

#[test]
fn everything_that_exists_is_offered_where_it_belongs() {
    let rule = enriched("SyncRule");
    let at = |path: &str| offers(&rule, &format!("/properties/spec/properties/{path}"));
    let suites = json!({"enum": [41], "enumDescriptions": ["Checkout"]});
    assert_eq!(
        at("scope/properties/testworthy/properties/suites/items"),
        &suites
    );
    assert_eq!(
        at("createIn/properties/testworthy/properties/suite"),
        &suites
    );
    for place in ["scope", "createIn"] {
        let area = format!("{place}/properties/azureDevOps/properties/areaPath");
        assert_eq!(at(&area)["enum"], json!(["Web Shop", r"Web Shop\QA"]));
    }
    assert_eq!(at("mapping")["enum"], json!(["test-case"]));
    assert_eq!(
        at("createIn/properties/testworthy/properties/section")["enum"],
        json!(["Cart/Coupons"])
    );
    let connection = enriched("connection");
    let project = "/properties/spec/properties/azureDevOps/properties/project";
    assert_eq!(offers(&connection, project)["enum"], json!(["Web Shop"]));
    let custom = enriched("custom-field");
    let types = "/properties/spec/properties/workItemTypes/items";
    assert_eq!(offers(&custom, types)["enum"], json!(["Test Case"]));
}

#[test]
fn fields_come_with_type_and_help_and_values_with_their_field() {
    let mapping = enriched("FieldMapping");
    let spec = "/properties/spec";
    let branch = mapping.pointer(&format!("{spec}/allOf/0")).unwrap();
    assert_eq!(
        branch["if"]["properties"]["azureDevOps"]["const"],
        "Test Case"
    );
    let row = &branch["then"]["properties"]["fields"]["items"];
    let fields = &row["properties"]["azureDevOps"]["anyOf"][0];
    let index = fields["enum"]
        .as_array()
        .unwrap()
        .iter()
        .position(|name| name == "System.Title")
        .unwrap();
    assert_eq!(
        fields["enumDescriptions"][index],
        "Title: string, required. The title. Short."
    );
    let find = |member: &str, name: &str| {
        let branches = row["allOf"].as_array().unwrap();
        let found = branches
            .iter()
            .find(|branch| branch["if"]["properties"][member]["const"] == name);
        found.map(|branch| branch["then"]["properties"].clone())
    };
    let priority = find("azureDevOps", "Microsoft.VSTS.Common.Priority").unwrap();
    let values = &priority["values"]["additionalProperties"]["anyOf"][0]["enum"];
    assert_eq!(values, &json!([1, 2, 3, 4]));
    let keys = &priority["reverse"]["propertyNames"]["anyOf"][0]["enum"];
    assert_eq!(keys, &json!(["1", "2", "3", "4"]));
    let state = find("azureDevOps", "System.State").unwrap();
    assert_eq!(
        state["constant"]["anyOf"][0]["enum"],
        json!(["Design", "Ready"])
    );
    let case = find("testworthy", "priority").unwrap();
    assert_eq!(
        case["values"]["propertyNames"]["anyOf"][0]["enum"],
        json!(["P1 - Must Test"])
    );
    let names = offers(
        &mapping,
        &format!("{spec}/properties/fields/items/properties/testworthy"),
    );
    let names = names["enum"].as_array().unwrap();
    assert!(names.contains(&json!("title")) && names.contains(&json!("custom.browser")));
}

#[test]
fn people_stay_out() {
    assert!(!to_text(&enriched("all")).contains("contoso.example"));
}

#[test]
fn descriptions_and_defaults_stay_where_editors_look() {
    let rule = enriched("SyncRule");
    let area = "/properties/spec/properties/createIn/properties/azureDevOps/properties/areaPath";
    let part = rule.pointer(area).unwrap();
    assert!(part["description"].is_string());
    assert_eq!(part["default"], Json::Null);
    assert!(part.get("default").is_some());
    assert_eq!(part["anyOf"][1]["minLength"], 1);
}

/// Every kind of document: valid stays valid, and what the plain schema refuses stays refused.
#[test]
fn the_same_documents_are_valid() {
    let plain = jsonschema::draft7::new(&for_kind("all").unwrap()).unwrap();
    let with = jsonschema::draft7::new(&enriched("all")).unwrap();
    let mapping = |target: &str, row: Json| {
        json!({
            "apiVersion": "accord/v1", "kind": "FieldMapping", "metadata": {"name": "m"},
            "spec": {"testworthy": "TestCase", "azureDevOps": target, "fields": [row]},
        })
    };
    let rule = |area: Json, suite: Json| {
        json!({
            "apiVersion": "accord/v1", "kind": "SyncRule", "metadata": {"name": "r"},
            "spec": {"connection": "other", "mapping": "other", "direction": "toAzureDevOps",
                "scope": {"testworthy": {"suites": [suite]}}, "createIn": {"azureDevOps": {"areaPath": area}}},
        })
    };
    for (document, valid) in [
        (
            mapping(
                "Test Case",
                json!({"testworthy": "title", "azureDevOps": "System.Title"}),
            ),
            true,
        ),
        (
            mapping(
                "Test Case",
                json!({"testworthy": "x", "azureDevOps": "Custom.New"}),
            ),
            true,
        ),
        (
            mapping(
                "Epic",
                json!({"testworthy": "title", "azureDevOps": "Custom.New"}),
            ),
            true,
        ),
        (
            mapping(
                "Test Case",
                json!({"testworthy": "priority", "azureDevOps": "Microsoft.VSTS.Common.Priority",
                "values": {"New": 9}, "reverse": {"9": "New"}}),
            ),
            true,
        ),
        (
            mapping(
                "Test Case",
                json!({"testworthy": "title", "azureDevOps": 7}),
            ),
            false,
        ),
        (mapping("Test Case", json!({"testworthy": "title"})), false),
        (
            mapping(
                "Test Case",
                json!({"azureDevOps": "System.Title", "title": "x"}),
            ),
            false,
        ),
        (
            mapping(
                "",
                json!({"testworthy": "title", "azureDevOps": "System.Title"}),
            ),
            false,
        ),
        (rule(json!("Web Shop"), json!(41)), true),
        (rule(json!("Elsewhere"), json!(99)), true),
        (rule(Json::Null, json!(1)), true),
        (rule(json!(""), json!(1)), false),
        (rule(json!("Web Shop"), json!("41")), false),
        (rule(json!("Web Shop"), json!(0)), false),
    ] {
        assert_eq!(plain.is_valid(&document), valid, "{document:#}");
        assert_eq!(with.is_valid(&document), valid, "{document:#}");
    }
}

#[test]
fn nothing_live_changes_nothing() {
    let plain = for_kind("SyncRule").unwrap();
    let mut same = plain.clone();
    enrich(&mut same, &Live::default());
    assert_eq!(same, plain);
    let mut foreign = json!({"type": "object", "properties": {"spec": {}}});
    let before = foreign.clone();
    enrich(&mut foreign, &live());
    assert_eq!(foreign, before);
}
