//! Proposals of any metadata and any items hold: they validate, they are formatted, they are the same
//! every time, and every live row agrees with every pair.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::seen::{SeenSuite, SeenType, pairs};
use super::text::canonical;
use super::*;
use crate::mapping::CompiledMapping;
use crate::model::{
    AzureFieldKind, CASE_FIELDS, Case, CaseFieldKind, CaseId, FieldDefinition, Marker, Rev, System,
    TypeField, Value, WorkItem, WorkItemId, WorkItemState, WorkItemType,
};

const CONNECTION: &str = "\
apiVersion: accord/v1
kind: Connection
metadata: { name: web-shop }
spec:
  testworthy:
    url: https://testworthy.us
    userEmail: robot@web-shop.example
    apiKey: { env: TESTWORTHY_API_KEY }
    projectKey: { env: TESTWORTHY_PROJECT_KEY }
  azureDevOps:
    organizationUrl: https://dev.azure.com/contoso
    project: Web Shop
    personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }
";

struct Shop {
    sources: Vec<SourceFile>,
    config: Config,
}

impl Shop {
    fn new(more: &[(&str, &str)]) -> Self {
        let mut sources = vec![SourceFile::new("connection.yaml", CONNECTION)];
        sources.extend(
            more.iter()
                .map(|(path, text)| SourceFile::new(*path, *text)),
        );
        let loaded = manifest::read(sources.clone(), &ReadOptions::default());
        let config = loaded
            .config
            .unwrap_or_else(|| panic!("{:?}", loaded.findings));
        Self { sources, config }
    }

    fn connection(&self) -> &Connection {
        self.config.connections.values().next().unwrap()
    }

    fn ground<'a>(&'a self, read: &'a ReadOptions, folder: &str) -> Ground<'a> {
        Ground {
            sources: &self.sources,
            read,
            config: &self.config,
            folder: folder.to_owned(),
        }
    }
}

fn field(reference_name: &str, name: &str, kind: AzureFieldKind, allowed: &[Value]) -> TypeField {
    TypeField {
        definition: FieldDefinition {
            reference_name: reference_name.to_owned(),
            name: name.to_owned(),
            kind,
            is_picklist: !allowed.is_empty(),
            read_only: false,
        },
        always_required: false,
        default_value: Value::Null,
        allowed_values: allowed.to_vec(),
    }
}

fn work_item_type(fields: Vec<TypeField>) -> WorkItemType {
    let by_name = fields.into_iter();
    let by_name = by_name.map(|field| (field.definition.reference_name.clone(), field));
    let state = |name: &str, category: &str| WorkItemState {
        name: name.to_owned(),
        category: category.to_owned(),
    };
    WorkItemType {
        name: "Test Case".to_owned(),
        fields: by_name.collect(),
        transitions: None,
        states: vec![state("Design", "Proposed"), state("Closed", "Completed")],
    }
}

/// What every process has of it.
fn usual() -> Vec<TypeField> {
    use AzureFieldKind as Kind;
    let priorities: Vec<Value> = (1..=4).map(Value::integer).collect();
    let mut priority = field(
        "Microsoft.VSTS.Common.Priority",
        "Priority",
        Kind::Integer,
        &priorities,
    );
    priority.definition.is_picklist = false;
    vec![
        field("System.Title", "Title", Kind::String, &[]),
        field("System.Description", "Description", Kind::Html, &[]),
        field("Microsoft.VSTS.TCM.Steps", "Steps", Kind::Html, &[]),
        field("System.Tags", "Tags", Kind::PlainText, &[]),
        field("System.AreaPath", "Area Path", Kind::TreePath, &[]),
        field("System.State", "State", Kind::String, &[]),
        field(
            "System.AssignedTo",
            "Assigned To",
            Kind::Identity,
            &[Value::text("ada@contoso.example")],
        ),
        priority,
    ]
}

fn case(id: u64, fields: &[(&str, Value)], refs: &[&str]) -> Case {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Case {
        id: CaseId(id),
        suite: Some(SuiteId(41)),
        project: None,
        section: None,
        section_path: Vec::new(),
        refs: refs.iter().map(|text| (*text).to_owned()).collect(),
        fields: fields.filter(|(_, value)| !value.is_null()).collect(),
        modified_on: None,
    }
}

/// A work item, marked for a case of the same last digits if `marked`.
fn item(shop: &Shop, id: u64, fields: &[(&str, Value)], tags: &[&str], marked: bool) -> WorkItem {
    let url = shop.connection().testworthy.case_url(CaseId(id - 100));
    let marker = Marker {
        case: CaseId(id - 100),
        url,
    };
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    WorkItem {
        id: WorkItemId(id),
        rev: Rev(1),
        work_item_type: "Test Case".to_owned(),
        project: "Web Shop".to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        fields: fields.filter(|(_, value)| !value.is_null()).collect(),
        markdown: BTreeSet::new(),
        relations: marked.then(|| marker.to_relation()).into_iter().collect(),
    }
}

fn seen(
    shop: &Shop,
    live: WorkItemType,
    suite: &str,
    cases: Vec<Case>,
    items: Vec<WorkItem>,
    linked: &BTreeMap<CaseId, WorkItemId>,
) -> Seen {
    let cases: BTreeMap<CaseId, Case> = cases.into_iter().map(|case| (case.id, case)).collect();
    let items: BTreeMap<WorkItemId, WorkItem> =
        items.into_iter().map(|item| (item.id, item)).collect();
    let connection = shop.connection().clone();
    let pairs = pairs(&connection, &live.name, &cases, &items, linked);
    Seen {
        types: vec![SeenType { live, pairs }],
        suites: vec![SeenSuite {
            scope: CaseScope::Suite(SuiteId(41)),
            name: suite.to_owned(),
            cases: cases.keys().copied().collect(),
        }],
        cases,
        items,
        areas: vec!["Web Shop".to_owned(), "Web Shop\\Checkout".to_owned()],
        case_fields: None,
        keeps_references: true,
        connection,
    }
}

/// The files of a proposal; fails if any of them does not hold.
fn files(shop: &Shop, seen: &Seen) -> Vec<DumpedFile> {
    let read = ReadOptions::default();
    let ground = shop.ground(&read, "dump/");
    let files = Proposal::new(seen, &ground).unwrap().files().unwrap();
    let loaded = ground.with(&files);
    let mut findings = loaded.findings;
    findings.extend(loaded.config.iter().flat_map(lint_config));
    findings.retain(Finding::is_error);
    assert!(findings.is_empty(), "{findings:?}\n{files:#?}");
    for file in &files {
        if file.is_manifest {
            assert_eq!(canonical(&file.text).as_ref(), Ok(&file.text), "formatted");
        } else {
            let mut lines = file.text.lines();
            assert!(lines.all(|line| line.starts_with('#')), "{}", file.text);
        }
    }
    agreed(shop, seen, loaded.config.unwrap());
    files
}

/// Every pair agrees through every live row.
fn agreed(shop: &Shop, seen: &Seen, config: Config) {
    assert_eq!(config.connections.len(), shop.config.connections.len());
    for mapping in config.mappings.into_values() {
        let of = &seen.types[0];
        let (compiled, findings) =
            CompiledMapping::compile(&mapping, Some(&of.live), &[System::AzureDevOps]);
        let compiled = compiled.unwrap_or_else(|| panic!("{findings:?}"));
        for pair in &of.pairs {
            let (case, item) = seen.pair(pair).unwrap();
            for row in &compiled.rows {
                let left = row.read_case(case, Some(item.id)).unwrap();
                let right = row.read_work_item(item).unwrap();
                assert!(
                    row.in_accord(&left, &right),
                    "{} {left} {right}",
                    row.name()
                );
            }
        }
    }
}

fn text_of<'f>(files: &'f [DumpedFile], path: &str) -> &'f str {
    let found = files.iter().find(|file| file.path == path);
    found.map_or_else(
        || panic!("{path} is not among {files:#?}"),
        |file| file.text.as_str(),
    )
}

fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|one| one.trim() == line)
}

#[test]
fn what_agrees_is_live_and_what_does_not_says_so() {
    let shop = Shop::new(&[]);
    let title = |text: &str| ("title", Value::text(text));
    let azure = |text: &str| ("System.Title", Value::text(text));
    let cases = vec![
        case(1, &[title("a"), ("smoke", Value::Boolean(true))], &[]),
        case(
            2,
            &[title("b"), ("priority", Value::text("P1"))],
            &["AB#102"],
        ),
        case(3, &[title("c")], &[]),
    ];
    let priority = ("Microsoft.VSTS.Common.Priority", Value::integer(2));
    let items = vec![
        item(&shop, 101, &[azure("a")], &["smoke"], true),
        item(&shop, 102, &[azure("b"), priority], &[], false),
    ];
    let linked = BTreeMap::from([(CaseId(1), WorkItemId(101))]);
    let seen = seen(
        &shop,
        work_item_type(usual()),
        "Checkout",
        cases,
        items,
        &linked,
    );
    let files = files(&shop, &seen);
    let mapping = text_of(&files, "mappings/test-case.yaml");
    assert!(
        has_line(
            mapping,
            "- { testworthy: title, azureDevOps: System.Title }"
        ),
        "{mapping}"
    );
    assert!(has_line(
        mapping,
        "- { testworthy: smoke, azureDevOps: System.Tags, tag: smoke }"
    ));
    let apart = "# Apart in 1 of 2 pairs, for example case 2 and work item 102 (`P1` and `2`): a plan would write that.";
    assert!(has_line(mapping, apart), "{mapping}");
    let row = "# - { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, values: { P1: 1 }, unmapped: hold }";
    assert!(has_line(mapping, row), "{mapping}");
    assert!(!mapping.contains("ada@contoso.example"), "no people");
    let rule = text_of(&files, "rules/checkout-test-case.yaml");
    for line in [
        "create: none",
        "match: [marker]",
        "createIn: { azureDevOps: { areaPath: \"Web Shop\\\\Checkout\" } }",
    ] {
        assert!(has_line(rule, line), "{line}\n{rule}");
    }
    assert!(rule.contains("case 2 and work item 102"), "{rule}");
}

#[test]
fn a_rule_whose_plan_would_link_is_a_comment() {
    let shop = Shop::new(&[]);
    let cases = vec![case(1, &[("title", Value::text("a"))], &[])];
    let items = vec![item(
        &shop,
        101,
        &[("System.Title", Value::text("a"))],
        &[],
        true,
    )];
    let seen = seen(
        &shop,
        work_item_type(usual()),
        "Checkout",
        cases,
        items,
        &BTreeMap::new(),
    );
    let files = files(&shop, &seen);
    let rule = text_of(&files, "rules/checkout-test-case.yaml");
    assert!(rule.contains("uncomment it to have them linked"), "{rule}");
    assert!(rule.lines().all(|line| line.starts_with('#')), "{rule}");
}

#[test]
fn without_a_row_that_holds_everything_is_a_comment() {
    let shop = Shop::new(&[]);
    let live = work_item_type(vec![field("System.Id", "Id", AzureFieldKind::Integer, &[])]);
    let seen = seen(
        &shop,
        live,
        "",
        vec![case(1, &[], &[])],
        Vec::new(),
        &BTreeMap::new(),
    );
    let files = files(&shop, &seen);
    assert!(files.iter().all(|file| !file.is_manifest), "{files:#?}");
    assert!(
        text_of(&files, "rules/suite-41-test-case.yaml").starts_with("# Its mapping is a comment")
    );
}

#[test]
fn names_that_the_project_uses_are_left_to_it() {
    let mapping = "apiVersion: accord/v1\nkind: FieldMapping\nmetadata: { name: test-case }\nspec:\n  testworthy: \
                   TestCase\n  azureDevOps: Test Case\n  fields: [{ testworthy: title, azureDevOps: System.Title }]\n";
    let rule = "apiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: mine }\nspec:\n  connection: web-shop\n  \
                mapping: test-case\n  scope: { testworthy: { suites: [41] } }\n  direction: toAzureDevOps\n";
    let shop = Shop::new(&[("mine.yaml", mapping), ("dump/rules/rule.yaml", rule)]);
    let cases = vec![case(1, &[("title", Value::text("a"))], &[])];
    let seen = seen(
        &shop,
        work_item_type(usual()),
        "Checkout",
        cases,
        Vec::new(),
        &BTreeMap::new(),
    );
    let files = files(&shop, &seen);
    text_of(&files, "mappings/test-case-2.yaml");
    let rule = text_of(&files, "rules/checkout-test-case.yaml");
    assert!(
        rule.starts_with("# Rule `mine` of the project selects these cases already."),
        "{rule}"
    );
    // What an earlier dump wrote is no stranger to the next one.
    let shop = Shop::new(&[("dump/mappings/test-case.yaml", mapping)]);
    text_of(&self::files(&shop, &seen), "mappings/test-case.yaml");
}

#[test]
fn one_row_for_a_field_and_the_best_name_first() {
    let shop = Shop::new(&[]);
    let mut fields = usual();
    fields.push(field("Custom.Risk", "Risk", AzureFieldKind::String, &[]));
    fields.push(field("Custom.Risks", "Risks", AzureFieldKind::String, &[]));
    fields.push(field(
        "Custom.EstimateSeconds",
        "Estimate (seconds)",
        AzureFieldKind::Integer,
        &[],
    ));
    let cases = vec![case(1, &[("custom.risk", Value::text("high"))], &[])];
    let seen = seen(
        &shop,
        work_item_type(fields),
        "Checkout",
        cases,
        Vec::new(),
        &BTreeMap::new(),
    );
    let mapping = files(&shop, &seen);
    let mapping = text_of(&mapping, "mappings/test-case.yaml");
    assert!(
        has_line(
            mapping,
            "- { testworthy: custom.risk, azureDevOps: Custom.Risk }"
        ),
        "{mapping}"
    );
    assert!(has_line(
        mapping,
        "- { testworthy: estimate, azureDevOps: Custom.EstimateSeconds }"
    ));
    assert!(has_line(
        mapping,
        "# - { testworthy: CHANGE, azureDevOps: Custom.Risks } # \"Risks\": string"
    ));
}

fn any_kind() -> impl Strategy<Value = AzureFieldKind> {
    use AzureFieldKind as Kind;
    prop::sample::select(vec![
        Kind::String,
        Kind::PlainText,
        Kind::Html,
        Kind::History,
        Kind::Integer,
        Kind::Double,
        Kind::DateTime,
        Kind::Boolean,
        Kind::TreePath,
        Kind::Identity,
        Kind::Guid,
    ])
}

/// Texts that people write, and texts that nobody should.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z ]{1,12}",
        any::<String>(),
        "[#:\\-{}\\[\\]'\"\\\\&*!|>%@`, \\t\\r\\n\u{0}\u{7f}\u{85}\u{a0}\u{200b}\u{2028}\u{feff}]{0,6}",
        prop::sample::select(vec![
            "true",
            "null",
            "~",
            "1",
            "0x1",
            "1e3",
            "=",
            "<<",
            "- a",
            "2020-01-01"
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_text().prop_map(Value::text),
        (-2_i64..7).prop_map(Value::integer),
        any::<bool>().prop_map(Value::Boolean),
        Just(Value::Null),
    ]
}

fn any_field() -> impl Strategy<Value = TypeField> {
    let names = prop::sample::select(vec![
        "Custom.TestData",
        "Custom.Preconditions",
        "Custom.Type",
        "Custom.Risk",
        "Custom.EstimateSeconds",
        "Contoso.Gherkin",
        "Microsoft.VSTS.Common.Severity",
        "System.History",
        "System.Id",
    ]);
    let words = (
        any_text(),
        any_kind(),
        prop::collection::vec(any_value(), 0..4),
    );
    (names, words, any::<[bool; 3]>()).prop_map(|(reference_name, (name, kind, allowed), flags)| {
        let mut made = field(reference_name, &name, kind, &allowed);
        made.definition.is_picklist = flags[0] && !allowed.is_empty();
        made.definition.read_only = flags[1];
        made.always_required = flags[2];
        made
    })
}

fn case_fields() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let names: Vec<(&'static str, CaseFieldKind)> = CASE_FIELDS
        .iter()
        .map(|field| (field.name, field.kind))
        .chain([
            ("custom.risk", CaseFieldKind::Text),
            ("custom.Odd name: #1", CaseFieldKind::Text),
        ])
        .collect();
    let entry = (
        prop::sample::select(names),
        any_value(),
        any::<bool>(),
        0_i64..4,
    )
        .prop_map(|((name, kind), any, flag, number)| {
            let value = match kind {
                CaseFieldKind::Boolean => Value::Boolean(flag),
                CaseFieldKind::Number => Value::integer(number),
                CaseFieldKind::Picklist if flag => Value::text(format!("P{number} - x")),
                _ => any,
            };
            (name, value)
        });
    prop::collection::vec(entry, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn proposals_of_anything_hold(
        more in prop::collection::vec(any_field(), 0..6),
        without in 0_usize..12,
        cases in prop::collection::vec((case_fields(), any::<bool>()), 0..5),
        items in prop::collection::vec(
            (case_fields(), any::<[bool; 3]>(), any_value(), prop::collection::vec("[a-z:]{1,8}", 0..3)),
            0..5,
        ),
        suite in any_text(),
        area in any_text(),
    ) {
        let shop = Shop::new(&[]);
        let mut fields = usual();
        if without < fields.len() {
            fields.remove(without);
        }
        fields.extend(more);
        let live = work_item_type(fields);
        let cases: Vec<Case> = cases
            .iter()
            .enumerate()
            .map(|(index, (fields, mentions))| {
                let id = index as u64 + 1;
                let mention = format!("AB#{}", id + 100);
                let refs = [mention.as_str(), "WEB-1"];
                case(id, fields, if *mentions { &refs } else { &[] })
            })
            .collect();
        let mut linked = BTreeMap::new();
        let items: Vec<WorkItem> = items
            .iter()
            .enumerate()
            .map(|(index, (_, [marked, same, is_linked], value, tags))| {
                let id = index as u64 + 101;
                if *is_linked {
                    linked.insert(CaseId(id - 100), WorkItemId(id));
                }
                let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                let title = cases.get(index).map(Case::title).filter(|_| *same);
                let title = title.map_or_else(|| value.clone(), Value::text);
                let fields = [
                    ("System.Title", title),
                    ("System.AreaPath", Value::text(area.as_str())),
                    ("Microsoft.VSTS.Common.Priority", value.clone()),
                ];
                item(&shop, id, &fields, &tags, *marked)
            })
            .collect();
        let seen = seen(&shop, live, &suite, cases, items, &linked);
        let once = files(&shop, &seen);
        prop_assert_eq!(&once, &files(&shop, &seen), "the same every time");
        let paths: BTreeSet<&str> = once.iter().map(|file| file.path.as_str()).collect();
        prop_assert_eq!(paths.len(), once.len());
    }
}
