//! Values, fields and items as servers print them.

use serde_json::json;

use super::*;

fn catalog() -> FieldCatalog {
    let fields = json!([
        { "name": "Title", "referenceName": "System.Title", "type": "string" },
        { "name": "Assigned To", "referenceName": "System.AssignedTo", "type": "string", "isIdentity": true },
        { "name": "Changed Date", "referenceName": "System.ChangedDate", "type": "dateTime" },
        { "name": "Priority", "referenceName": "Microsoft.VSTS.Common.Priority", "type": "integer", "isPicklist": true },
        { "name": "Effort", "referenceName": "Custom.Effort", "type": "double" },
        { "name": "Done", "referenceName": "Custom.Done", "type": "boolean" },
        { "name": "Description", "referenceName": "System.Description", "type": "html" },
        { "name": "Tags", "referenceName": "System.Tags", "type": "plainText" },
        { "name": "Team", "referenceName": "Custom.Team", "type": "picklistString" },
        { "name": "Gone", "referenceName": "Custom.Gone", "type": "integer", "isDeleted": true },
        { "name": "New", "referenceName": "Custom.New", "type": "hologram" },
        { "name": "Type", "referenceName": "System.WorkItemType", "type": "string" },
        { "name": "Project", "referenceName": "System.TeamProject", "type": "string" },
    ]);
    FieldCatalog::new(serde_json::from_value::<Vec<wire::Field>>(fields).unwrap())
}

#[test]
fn types_follow_the_flags() {
    let catalog = catalog();
    assert_eq!(
        catalog.kind("System.AssignedTo"),
        Some(AzureFieldKind::Identity)
    );
    assert_eq!(catalog.kind("Custom.Team"), Some(AzureFieldKind::String));
    assert_eq!(catalog.kind("Custom.New"), Some(AzureFieldKind::String));
    assert_eq!(catalog.kind("Custom.Gone"), None);
    assert!(catalog.0["Custom.Team"].is_picklist);
    assert!(catalog.0["Microsoft.VSTS.Common.Priority"].is_picklist);
    assert!(!catalog.0["System.Title"].is_picklist);
}

#[test]
fn a_work_item_as_recorded() {
    let item = json!({
        "id": 5120, "rev": 4,
        "fields": {
            "System.TeamProject": "Web Shop", "System.WorkItemType": "Test Case",
            "System.Title": "Pay by card", "System.Tags": "accord; smoke",
            "System.ChangedDate": "2026-03-04T05:06:07.23Z",
            "System.AssignedTo": { "displayName": "Ada Example", "uniqueName": "ada@contoso.example",
                "id": "6b3f", "_links": { "avatar": { "href": "https://dev.azure.com/a" } } },
            "Microsoft.VSTS.Common.Priority": 2, "Custom.Effort": 5.0, "Custom.Done": false,
            "System.Description": "<div>Text</div>", "Custom.Empty": "", "Custom.Null": null,
            "WEF_1_Kanban.Column": "Doing", "WEF_1_Kanban.Column.Done": true,
        },
        "multilineFieldsFormat": { "System.Description": "html" },
        "relations": [
            { "rel": "Hyperlink", "url": "https://testworthy.us/TestCase/Detail/7",
              "attributes": { "authorizedDate": "2026-03-04T05:06:07.23Z", "id": 3, "comment": "accord/1 case=7" } },
            { "rel": "System.LinkTypes.Related", "url": "https://dev.azure.com/c/g/_apis/wit/workItems/9",
              "attributes": { "isLocked": false, "name": "Related" } },
            { "rel": "ArtifactLink", "url": null, "attributes": null },
        ],
        "_links": {}, "url": "https://dev.azure.com/c/g/_apis/wit/workItems/5120",
    });
    let item = catalog()
        .work_item(serde_json::from_value(item).unwrap())
        .unwrap();
    assert_eq!((item.id, item.rev), (WorkItemId(5120), Rev(4)));
    assert_eq!(
        (item.work_item_type.as_str(), item.project.as_str()),
        ("Test Case", "Web Shop")
    );
    assert_eq!(item.tags, ["accord", "smoke"]);
    assert_eq!(item.title(), "Pay by card");
    assert_eq!(
        item.fields["System.AssignedTo"],
        Value::text("ada@contoso.example")
    );
    assert_eq!(
        item.fields["System.ChangedDate"],
        Value::DateTime("2026-03-04T05:06:07.230Z".parse().unwrap())
    );
    assert_eq!(
        item.fields["Microsoft.VSTS.Common.Priority"],
        Value::integer(2)
    );
    assert_eq!(item.fields["Custom.Effort"], Value::integer(5));
    assert_eq!(item.fields["Custom.Done"], Value::Boolean(false));
    assert_eq!(
        item.fields["System.Description"],
        Value::text("<div>Text</div>")
    );
    assert_eq!(
        item.fields["WEF_1_Kanban.Column.Done"],
        Value::Boolean(true)
    );
    for absent in ["Custom.Empty", "Custom.Null", "System.Tags"] {
        assert!(!item.fields.contains_key(absent), "{absent}");
    }
    assert_eq!(item.relations.len(), 3);
    assert_eq!(item.markers()[0].case, crate::model::CaseId(7));
    assert_eq!(item.relations[1].comment, None);
}

#[test]
fn the_long_texts_in_markdown_are_named_in_any_casing() {
    for (formats, markdown) in [
        (
            json!({ "System.Description": "markdown", "Custom.Html": "html" }),
            vec!["System.Description"],
        ),
        (
            json!({ "System.Description": "Markdown", "Custom.Notes": "MARKDOWN" }),
            vec!["Custom.Notes", "System.Description"],
        ),
        (
            json!({ "System.Description": "html", "Custom.Odd": { "value": "markdown" }, "Custom.None": null }),
            vec![],
        ),
        (json!({}), vec![]),
        (json!(null), vec![]),
    ] {
        let item = json!({ "id": 1, "rev": 1, "fields": {}, "multilineFieldsFormat": formats });
        let item = catalog()
            .work_item(serde_json::from_value(item).unwrap())
            .unwrap();
        assert_eq!(
            item.markdown.iter().collect::<Vec<_>>(),
            markdown,
            "{formats}"
        );
    }
    let older = json!({ "id": 1, "rev": 1, "fields": {} });
    let older = catalog()
        .work_item(serde_json::from_value(older).unwrap())
        .unwrap();
    assert!(
        older.markdown.is_empty(),
        "a server that does not know Markdown"
    );
}

#[test]
fn transitions_are_those_to_another_state() {
    let told = json!({
        "": [{ "to": "New", "actions": null }],
        "New": [{ "to": "Active", "actions": ["a"] }, { "to": "New" }, { "to": "Closed" }, { "to": "Active" }],
        "Active": [{ "to": "" }, { "actions": null }, null],
        "Odd": null,
    });
    let expected = BTreeMap::from([
        (String::new(), vec!["New".to_owned()]),
        ("Active".to_owned(), vec![]),
        (
            "New".to_owned(),
            vec!["Active".to_owned(), "Closed".to_owned()],
        ),
    ]);
    assert_eq!(transitions(&told), Some(expected));
    for silent in [json!(null), json!({}), json!({ "New": [] }), json!([])] {
        assert_eq!(transitions(&silent), None, "{silent}");
    }
}

#[test]
fn an_item_without_id_or_revision_is_no_item() {
    for (item, words) in [
        (json!({ "rev": 1 }), "without an id"),
        (json!({ "id": -1, "rev": 1 }), "without an id"),
        (json!({ "id": 0, "rev": 1 }), "without an id"),
        (json!({ "id": 1 }), "without a revision"),
    ] {
        let error = catalog()
            .work_item(serde_json::from_value(item).unwrap())
            .unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn values_follow_the_declared_type() {
    use AzureFieldKind as Kind;
    let instant = |text: &str| Value::DateTime(text.parse().unwrap());
    for (kind, json, expected) in [
        (Some(Kind::Integer), json!("3"), Value::integer(3)),
        (Some(Kind::Integer), json!(3.0), Value::integer(3)),
        (
            Some(Kind::Double),
            json!("2.50"),
            Value::Number(Number::Fraction(2.5)),
        ),
        (Some(Kind::Integer), json!("many"), Value::text("many")),
        (Some(Kind::Double), json!("NaN"), Value::text("NaN")),
        (Some(Kind::String), json!(3), Value::text("3")),
        (Some(Kind::String), json!(true), Value::text("true")),
        (Some(Kind::Boolean), json!("True"), Value::Boolean(true)),
        (Some(Kind::Boolean), json!(0), Value::Boolean(false)),
        (
            Some(Kind::Boolean),
            json!("perhaps"),
            Value::text("perhaps"),
        ),
        (
            Some(Kind::DateTime),
            json!("9999-01-01T00:00:00Z"),
            instant("9999-01-01T00:00:00Z"),
        ),
        (
            Some(Kind::DateTime),
            json!("0001-01-01T00:00:00"),
            instant("0001-01-01T00:00:00Z"),
        ),
        (
            Some(Kind::DateTime),
            json!("2026-03-04T07:06:07.007+02:00"),
            instant("2026-03-04T05:06:07.007Z"),
        ),
        (Some(Kind::DateTime), json!("soon"), Value::text("soon")),
        (
            Some(Kind::String),
            json!("2026-03-04T05:06:07Z"),
            Value::text("2026-03-04T05:06:07Z"),
        ),
        (
            Some(Kind::Identity),
            json!("Ada <ada@contoso.example>"),
            Value::text("ada@contoso.example"),
        ),
        (
            Some(Kind::Identity),
            json!("ada@contoso.example"),
            Value::text("ada@contoso.example"),
        ),
        (
            Some(Kind::Identity),
            json!({ "displayName": "Testers" }),
            Value::text("Testers"),
        ),
        (
            Some(Kind::Identity),
            json!({ "uniqueName": "", "displayName": "Testers" }),
            Value::text("Testers"),
        ),
        (Some(Kind::Html), json!("<p>a</p>"), Value::text("<p>a</p>")),
        (Some(Kind::Html), json!(""), Value::Null),
        (None, json!(4), Value::integer(4)),
        (None, json!("4"), Value::text("4")),
        (None, json!([1]), Value::text("[1]")),
        (None, json!(null), Value::Null),
    ] {
        assert_eq!(value(kind, &json), expected, "{kind:?} {json}");
    }
}

#[test]
fn allowed_values_are_read_in_both_published_forms() {
    let catalog = catalog();
    let field = |json: Json| catalog.type_field(serde_json::from_value(json).unwrap());
    let (name, priority) = field(json!({
        "referenceName": "Microsoft.VSTS.Common.Priority", "name": "Priority",
        "alwaysRequired": false, "defaultValue": "2", "allowedValues": ["1", 2, "3", null],
    }));
    assert_eq!(name, "Microsoft.VSTS.Common.Priority");
    assert_eq!(priority.allowed_values, [1, 2, 3].map(Value::integer));
    assert_eq!(priority.default_value, Value::integer(2));
    let (_, assigned) = field(json!({
        "referenceName": "System.AssignedTo", "name": "Assigned To", "alwaysRequired": true,
        "allowedValues": [{ "displayName": "Ada", "uniqueName": "ada@contoso.example" }, "Bo <bo@contoso.example>"],
    }));
    assert!(assigned.always_required);
    assert_eq!(
        assigned.allowed_values,
        [
            Value::text("ada@contoso.example"),
            Value::text("bo@contoso.example")
        ]
    );
    let (_, unlisted) = field(json!({ "referenceName": "Custom.Unlisted", "name": "Unlisted" }));
    assert_eq!(unlisted.definition.kind, AzureFieldKind::String);
    assert!(unlisted.allowed_values.is_empty());
}
