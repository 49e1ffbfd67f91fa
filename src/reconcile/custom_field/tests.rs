//! How far a declared field counts as existing.

use super::*;
use crate::diagnostics::SourceFile;
use crate::manifest::{ReadOptions, read};
use crate::model::AzureFieldKind;

const MANIFESTS: &str = "
apiVersion: accord/v1
kind: Connection
metadata: { name: web-shop }
spec:
  testworthy:
    url: https://testworthy.us
    userEmail: ada@example.test
    apiKey: { env: TESTWORTHY_API_KEY }
    projectKey: { env: TESTWORTHY_PROJECT_KEY }
  azureDevOps:
    organizationUrl: https://dev.azure.com/contoso
    project: Web Shop
    personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }
---
apiVersion: accord/v1
kind: CustomField
metadata: { name: risk }
spec:
  connection: web-shop
  referenceName: Custom.Risk
  name: Test Risk
  type: picklist
  workItemTypes: [Test Case]
  allowedValues: [High, Low]
---
apiVersion: accord/v1
kind: FieldMapping
metadata: { name: with-risk }
spec:
  testworthy: TestCase
  azureDevOps: Test Case
  fields:
    - { testworthy: priority, azureDevOps: Custom.Risk }
---
apiVersion: accord/v1
kind: SyncRule
metadata: { name: cases }
spec:
  connection: web-shop
  mapping: with-risk
  scope: { testworthy: { suites: [41] } }
  direction: toAzureDevOps
";

fn config() -> Config {
    let source = SourceFile::new("all.yaml", MANIFESTS.as_bytes().to_vec());
    let loaded = read(vec![source], &ReadOptions::default());
    assert_eq!(loaded.findings, [], "the manifests hold");
    loaded.config.unwrap()
}

fn test_case(values: Option<&[&str]>) -> WorkItemType {
    let mut live = WorkItemType {
        name: "Test Case".to_owned(),
        fields: BTreeMap::new(),
        states: Vec::new(),
        transitions: None,
    };
    if let Some(values) = values {
        let field = TypeField {
            definition: FieldDefinition {
                reference_name: "Custom.Risk".to_owned(),
                name: "Test Risk".to_owned(),
                kind: AzureFieldKind::String,
                is_picklist: true,
                read_only: false,
            },
            always_required: true,
            default_value: Value::Null,
            allowed_values: values.iter().map(|value| Value::text(*value)).collect(),
        };
        live.fields.insert("Custom.Risk".to_owned(), field);
    }
    live
}

fn shop() -> Name {
    Name::new("web-shop").unwrap()
}

#[test]
fn a_declared_field_counts_as_existing_on_its_types_only() {
    let config = config();
    let live = test_case(None);
    let shown = with_declared(&config, &shop(), &live);
    let field = &shown.fields["Custom.Risk"];
    assert_eq!(field.definition.kind, AzureFieldKind::String);
    assert!(field.definition.is_picklist && !field.always_required);
    assert_eq!(
        field.allowed_values,
        [Value::text("High"), Value::text("Low")]
    );
    let bug = WorkItemType {
        name: "Bug".to_owned(),
        ..test_case(None)
    };
    assert!(with_declared(&config, &shop(), &bug).fields.is_empty());
    let other = Name::new("other").unwrap();
    assert!(with_declared(&config, &other, &live).fields.is_empty());
}

#[test]
fn what_the_server_tells_stays_and_only_missing_values_come_along() {
    let config = config();
    let live = test_case(Some(&["high", "Unknown"]));
    let shown = with_declared(&config, &shop(), &live);
    let field = &shown.fields["Custom.Risk"];
    assert!(field.always_required);
    let values = ["high", "Unknown", "Low"].map(Value::text);
    assert_eq!(field.allowed_values, values);
    let whole = test_case(Some(&["High", "Low"]));
    let shown = with_declared(&config, &shop(), &whole);
    assert!(matches!(shown, Cow::Borrowed(_)), "nothing is copied");
}

#[test]
fn leaving_the_field_out_is_told_at_the_row() {
    let config = config();
    let rule = config.rules.values().next().unwrap();
    let mapping = config.mappings.values().next().unwrap();
    let told = |only: &[&str], live: &WorkItemType| {
        let only: Vec<String> = only.iter().map(|&one| one.to_owned()).collect();
        left_out(&config, &only, rule, mapping, live)
    };
    let live = test_case(None);
    let [finding] = &told(&["SyncRule/cases"], &live)[..] else {
        panic!("one finding");
    };
    assert_eq!(finding.code.code, codes::LEFT_OUT.code);
    assert!(
        finding
            .help
            .as_deref()
            .unwrap()
            .contains("CustomField/risk")
    );
    let place = finding.location.as_ref().unwrap();
    assert!(
        matches!(place.place, Place::Line(line) if line > 25),
        "{place:?}"
    );
    assert_eq!(told(&[], &live), []);
    assert_eq!(told(&["SyncRule/cases", "CustomField/*"], &live), []);
    assert_eq!(
        told(&["SyncRule/cases"], &test_case(Some(&["High", "Low"]))),
        []
    );
    let lacking = told(&["SyncRule/cases"], &test_case(Some(&["High"])));
    assert!(lacking[0].message.contains("lacks declared values"));
}

#[test]
fn made_fields_are_missed_once_nothing_declares_them() {
    let config = config();
    let made = |organization: &str, reference_name: &str| MadeField {
        organization: organization.to_owned(),
        reference_name: reference_name.to_owned(),
        declared_by: "whatever".to_owned(),
    };
    let gone = [
        made("dev.azure.com/contoso", "Custom.Notes"),
        made("dev.azure.com/fabrikam", "Custom.Risk"),
    ];
    let mut all = vec![made("dev.azure.com/contoso", "custom.risk")];
    all.extend(gone.clone());
    assert_eq!(undeclared(&config, all), gone);
}
