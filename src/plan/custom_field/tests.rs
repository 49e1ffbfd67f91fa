//! Declarations against processes, piece by piece.

use super::*;
use crate::diagnostics::catalog::custom_field as codes;
use crate::model::config::{CustomFieldType, Origin};
use crate::remote::{Control, FormGroup, FormPage, FormSection, Look};

const LIST: &str = "list-1";

fn declared(field_type: CustomFieldType, types: &[&str], values: &[&str]) -> CustomField {
    CustomField {
        name: Name::new("risk").unwrap(),
        connection: Name::new("web-shop").unwrap(),
        reference_name: "Custom.Risk".to_owned(),
        field_name: "Test Risk".to_owned(),
        field_type,
        work_item_types: types.iter().map(|name| (*name).to_owned()).collect(),
        allowed_values: values.iter().map(|value| Value::text(*value)).collect(),
        origin: Origin {
            file: "risk.yaml".to_owned(),
            line: 1,
        },
    }
}

fn picklist() -> CustomField {
    declared(CustomFieldType::Picklist, &["Test Case"], &["Low", "High"])
}

fn group(label: &str, controls: &[&str]) -> FormGroup {
    FormGroup {
        id: format!("group {label}"),
        label: label.to_owned(),
        is_visible: true,
        controls: controls
            .iter()
            .map(|id| Control {
                id: (*id).to_owned(),
                label: (*id).to_owned(),
                is_visible: true,
            })
            .collect(),
    }
}

fn process_type(name: &str, customization: Customization, controls: &[&str]) -> ProcessType {
    let section = |id: &str, groups| FormSection {
        id: id.to_owned(),
        groups,
    };
    ProcessType {
        reference_name: format!("Agile.{}", name.replace(' ', "")),
        name: name.to_owned(),
        customization,
        is_disabled: false,
        look: Look::default(),
        form: Form {
            pages: vec![FormPage {
                id: "details".to_owned(),
                label: "Details".to_owned(),
                holds_fields: true,
                is_visible: true,
                sections: vec![
                    section("Section1", Vec::new()),
                    section("Section2", vec![group("Details", controls)]),
                ],
            }],
        },
    }
}

fn field(name: &str, kind: AzureFieldKind, picklist: Option<&str>) -> OrganizationField {
    OrganizationField {
        reference_name: "Custom.Risk".to_owned(),
        name: name.to_owned(),
        kind,
        is_picklist: picklist.is_some(),
        picklist: picklist.map(str::to_owned),
        is_deleted: false,
    }
}

/// A process with Test Case, which is derived, and Bug, which is the system's, and without the field.
fn empty() -> ObservedProcess {
    ObservedProcess {
        process: Process {
            id: "process-1".to_owned(),
            name: "Contoso Agile".to_owned(),
            customization: Customization::Inherited,
        },
        fields: Vec::new(),
        types: vec![
            process_type("Test Case", Customization::Inherited, &[]),
            process_type("Bug", Customization::System, &[]),
        ],
        type_fields: BTreeMap::new(),
        picklist_names: Vec::new(),
        picklists: BTreeMap::new(),
    }
}

fn list(values: &[&str]) -> Picklist {
    Picklist {
        id: LIST.to_owned(),
        name: "Risks".to_owned(),
        kind: PicklistKind::String,
        values: values.iter().map(|value| Value::text(*value)).collect(),
        is_suggested: false,
    }
}

/// The same with the picklist field on the type and on the form.
fn whole(values: &[&str]) -> ObservedProcess {
    let mut observed = empty();
    observed
        .fields
        .push(field("Test Risk", AzureFieldKind::String, Some(LIST)));
    observed.picklists.insert(LIST.to_owned(), list(values));
    observed.types[0] = process_type("Test Case", Customization::Inherited, &["Custom.Risk"]);
    let on = BTreeSet::from(["Custom.Risk".to_owned()]);
    observed.type_fields.insert("Agile.TestCase".to_owned(), on);
    observed
}

fn told(declared: &CustomField, observed: &ObservedProcess) -> Vec<String> {
    let found = assess(declared, observed).unwrap();
    found
        .missing
        .iter()
        .map(|piece| piece.told(declared))
        .collect()
}

fn refused(declared: &CustomField, observed: &ObservedProcess) -> Vec<&'static str> {
    let objections = assess(declared, observed).unwrap_err();
    objections.iter().map(|one| one.code.code).collect()
}

fn noted(declared: &CustomField, observed: &ObservedProcess) -> Vec<&'static str> {
    let found = assess(declared, observed).unwrap();
    found.notes.iter().map(|one| one.code.code).collect()
}

#[test]
fn everything_is_missing_in_the_order_in_which_it_is_made() {
    let declared = declared(CustomFieldType::Picklist, &["Test Case", "Bug"], &["Low"]);
    assert_eq!(
        told(&declared, &empty()),
        [
            "picklist `accord_Custom_Risk`",
            "field Custom.Risk",
            "inherited work item type Bug",
            "field Custom.Risk on Test Case",
            "field Custom.Risk on Bug",
            "field Custom.Risk on the form of Test Case",
            "field Custom.Risk on the form of Bug",
        ]
    );
}

#[test]
fn what_is_whole_is_left_alone() {
    let observed = whole(&["Low", "High"]);
    let found = assess(&picklist(), &observed).unwrap();
    assert_eq!(found, Assessment::default());
}

#[test]
fn each_part_that_is_gone_comes_back() {
    let declared = picklist();
    let mut observed = whole(&["Low", "High"]);
    observed.type_fields.clear();
    assert_eq!(
        told(&declared, &observed),
        ["field Custom.Risk on Test Case"]
    );
    let mut observed = whole(&["Low", "High"]);
    observed.types[0] = process_type("Test Case", Customization::Inherited, &[]);
    assert_eq!(
        told(&declared, &observed),
        ["field Custom.Risk on the form of Test Case"]
    );
    assert_eq!(
        told(&declared, &whole(&["Low"])),
        ["values High of the picklist of Custom.Risk"]
    );
}

#[test]
fn a_list_whose_field_was_never_made_is_found_by_its_name() {
    let declared = picklist();
    let mut observed = empty();
    observed.picklist_names.push(PicklistName {
        id: LIST.to_owned(),
        name: picklist_name(&declared),
    });
    observed.picklists.insert(LIST.to_owned(), list(&["Low"]));
    let told = told(&declared, &observed);
    assert_eq!(
        told[..2],
        [
            "values High of the picklist of Custom.Risk",
            "field Custom.Risk"
        ]
    );
}

#[test]
fn values_of_others_are_told_and_stay() {
    let observed = whole(&["Low", "Unknown", "High"]);
    assert_eq!(noted(&picklist(), &observed), ["custom-field-extra-values"]);
    assert_eq!(told(&picklist(), &observed), [""; 0]);
}

#[test]
fn a_value_in_other_letters_is_the_same_value() {
    let observed = whole(&["low", "High"]);
    assert_eq!(noted(&picklist(), &observed), ["custom-field-differs"]);
    assert_eq!(told(&picklist(), &observed), [""; 0]);
}

#[test]
fn a_list_that_others_use_is_not_added_to() {
    let mut observed = whole(&["Low"]);
    observed.fields.push(OrganizationField {
        reference_name: "Custom.Impact".to_owned(),
        ..field("Impact", AzureFieldKind::String, Some(LIST))
    });
    assert_eq!(refused(&picklist(), &observed), [codes::PICKLIST.code]);
    let message = &assess(&picklist(), &observed).unwrap_err()[0].message;
    assert!(message.contains("`Custom.Impact`"), "{message}");
    observed
        .picklists
        .insert(LIST.to_owned(), list(&["Low", "High"]));
    assert_eq!(told(&picklist(), &observed), [""; 0], "nothing to add");
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let text = declared(CustomFieldType::String, &["Test Case"], &[]);
    for (customization, code) in [
        (Customization::System, "process-is-system"),
        (Customization::Custom, "process-is-xml"),
    ] {
        let mut observed = empty();
        observed.process.customization = customization;
        assert_eq!(refused(&text, &observed), [code]);
    }
    let with = |field: OrganizationField| ObservedProcess {
        fields: vec![field],
        ..empty()
    };
    let html = with(field("Test Risk", AzureFieldKind::Html, None));
    assert_eq!(refused(&text, &html), ["custom-field-type-differs"]);
    let chosen = with(field("Test Risk", AzureFieldKind::String, Some(LIST)));
    assert_eq!(refused(&text, &chosen), ["custom-field-type-differs"]);
    let deleted = OrganizationField {
        is_deleted: true,
        ..field("Test Risk", AzureFieldKind::String, None)
    };
    assert_eq!(refused(&text, &with(deleted)), ["custom-field-name-taken"]);
    let namesake = OrganizationField {
        reference_name: "Custom.Other".to_owned(),
        ..field("test risk", AzureFieldKind::String, None)
    };
    assert_eq!(refused(&text, &with(namesake)), ["custom-field-name-taken"]);
    let mut unlisted = field("Test Risk", AzureFieldKind::String, None);
    unlisted.is_picklist = true;
    assert_eq!(
        refused(&picklist(), &with(unlisted)),
        ["custom-field-picklist"]
    );
    let nowhere = declared(CustomFieldType::String, &["Testcase"], &[]);
    let objections = assess(&nowhere, &empty()).unwrap_err();
    assert_eq!(objections[0].code.code, "custom-field-work-item-type");
    assert_eq!(
        objections[0].help.as_deref(),
        Some("did you mean `Test Case`?")
    );
}

#[test]
fn new_fields_are_named_as_the_service_names_them() {
    for (reference, fine) in [
        ("Custom.Risk", true),
        ("Contoso.Risk", false),
        ("Custom.Test.Risk", false),
        ("Custom.Test_Risk", false),
    ] {
        let mut text = declared(CustomFieldType::String, &["Test Case"], &[]);
        text.reference_name = reference.to_owned();
        assert_eq!(assess(&text, &empty()).is_ok(), fine, "{reference}");
    }
    let mut text = declared(CustomFieldType::String, &["Test Case"], &[]);
    text.reference_name = "Contoso.Risk".to_owned();
    let mut observed = empty();
    observed.fields.push(OrganizationField {
        reference_name: "Contoso.Risk".to_owned(),
        ..field("Test Risk", AzureFieldKind::String, None)
    });
    assert!(
        assess(&text, &observed).is_ok(),
        "one that is there may have any name"
    );
}

#[test]
fn a_hidden_control_is_a_persons_choice() {
    let mut observed = whole(&["Low", "High"]);
    observed.types[0].form.pages[0].sections[1].groups[0].is_visible = false;
    assert_eq!(noted(&picklist(), &observed), ["custom-field-differs"]);
    assert_eq!(told(&picklist(), &observed), [""; 0]);
}

#[test]
fn markup_gets_a_group_of_its_own_and_the_rest_share_one() {
    let place = |declared: &CustomField, observed: &ObservedProcess| {
        let found = assess(declared, observed).unwrap().missing;
        match found.last() {
            Some(Piece::Control { place, .. }) => place.clone(),
            other => panic!("{other:?}"),
        }
    };
    let html = declared(CustomFieldType::Html, &["Test Case"], &[]);
    let found = place(&html, &empty());
    assert_eq!(
        (&*found.section, found.group, &*found.label),
        ("Section1", None, "Test Risk")
    );
    let text = declared(CustomFieldType::String, &["Test Case"], &[]);
    let found = place(&text, &empty());
    assert_eq!(
        (&*found.section, found.group, &*found.label),
        ("Section2", None, "Custom")
    );
    let mut observed = empty();
    let groups = &mut observed.types[0].form.pages[0].sections[0].groups;
    groups.push(group("Custom", &[]));
    let found = place(&text, &observed);
    assert_eq!(
        (&*found.section, found.group.as_deref()),
        ("Section1", Some("group Custom"))
    );
}

#[test]
fn only_planned_work_is_done() {
    let control = |work_item_type: &str, page: &str| Piece::Control {
        work_item_type: work_item_type.to_owned(),
        place: Place {
            page: page.to_owned(),
            page_label: page.to_owned(),
            section: "Section1".to_owned(),
            group: None,
            label: "Custom".to_owned(),
        },
    };
    let values = |add: &[&str]| Piece::PicklistValues {
        before: Vec::new(),
        add: add.iter().map(|value| Value::text(*value)).collect(),
    };
    assert!(control("Bug", "a").is_part_of(&control("Bug", "b")));
    assert!(!control("Bug", "a").is_part_of(&control("Task", "a")));
    assert!(values(&["a"]).is_part_of(&values(&["a", "b"])));
    assert!(!values(&["c"]).is_part_of(&values(&["a", "b"])));
    assert!(values(&["a"]).is_part_of(&Piece::Picklist));
    assert!(!Piece::Field.is_part_of(&Piece::Picklist));
}

#[test]
fn the_digest_follows_what_was_seen() {
    let seen = |values: &[&str]| observed_digest(&picklist(), &whole(values));
    assert_eq!(seen(&["Low"]), seen(&["Low"]));
    assert_ne!(seen(&["Low"]), seen(&["Low", "High"]));
}
