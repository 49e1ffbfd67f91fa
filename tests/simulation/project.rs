//! The manifests of one simulation.

use std::fmt::Write as _;

use accord::diagnostics::SourceFile;
use accord::manifest::{ReadOptions, read};
use accord::model::config::Config;

use crate::rng::Rng;

/// What a simulated project declares.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) work_item_type: &'static str,
    pub(crate) direction: &'static str,
    pub(crate) second_direction: Option<&'static str>,
    pub(crate) drift: &'static str,
    pub(crate) settle: u64,
    /// Limits of updates and deletes for one run.
    pub(crate) limits: (Option<u64>, u64),
    /// The rows of the mapping, by what they are called.
    pub(crate) rows: Vec<&'static str>,
    policies: String,
    one_way: &'static str,
}

const ROWS: [(&str, &str); 6] = [
    ("title", "{ testworthy: title, azureDevOps: System.Title }"),
    (
        "description",
        "{ testworthy: description, azureDevOps: System.Description, as: richText }",
    ),
    (
        "steps",
        "{ testworthy: steps, azureDevOps: Microsoft.VSTS.TCM.Steps, as: steps }",
    ),
    (
        "priority",
        "{ testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, unmapped: hold, \
         values: { \"P1 - Must Test\": 1, \"P2 - Should Test\": 2, \"P3 - Good to Test\": 3 }, \
         reverse: { 4: \"P3 - Good to Test\" } }",
    ),
    (
        "smoke",
        "{ testworthy: smoke, azureDevOps: System.Tags, tag: smoke }",
    ),
    (
        "refs",
        "{ testworthy: refs, azureDevOps: System.Tags, as: set, prefix: \"ref:\" }",
    ),
];

impl Project {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let direction = *rng.pick(&[
            "twoWay",
            "twoWay",
            "twoWay",
            "twoWay",
            "toAzureDevOps",
            "toTestWorthy",
        ]);
        let second_direction = rng
            .per_mille(300)
            .then(|| *rng.pick(&["twoWay", "toAzureDevOps", "toTestWorthy"]));
        let work_item_type = *rng.pick(&["Bug", "Test Case"]);
        let winners = ["testworthy", "azureDevOps", "latest", "merge", "manual"];
        let first_sync = rng.pick(&winners);
        let conflicts = rng.pick(&winners);
        let title = rng.pick(&winners);
        let case_gone: &[&str] = if work_item_type == "Bug" {
            &["close", "recycle", "recreate", "unlink", "ask"]
        } else {
            &["close", "recreate", "unlink", "ask"]
        };
        let case_gone = rng.pick(case_gone);
        let item_gone = rng.pick(&["disable", "recreate", "unlink", "ask"]);
        let policies = format!(
            "  firstSync: {first_sync}\n  conflicts: {{ default: {conflicts}, fields: {{ title: {title} }} }}\n"
        );
        let gone =
            format!("  whenDeletedIn: {{ testworthy: {case_gone}, azureDevOps: {item_gone} }}\n");
        let mut rows = vec!["title"];
        for (name, _) in &ROWS[1..] {
            if rng.per_mille(600) {
                rows.push(name);
            }
        }
        let one_way = *rng.pick(&["", "", "toAzureDevOps", "toTestWorthy"]);
        Self {
            work_item_type,
            direction,
            second_direction,
            drift: *rng.pick::<&'static str>(&["enforce", "enforce", "report", "ignore"]),
            settle: 120,
            limits: (
                rng.per_mille(100).then(|| rng.between(1, 4) as u64),
                if rng.per_mille(150) { 1 } else { 25 },
            ),
            rows,
            policies: format!("{gone}{policies}"),
            one_way,
        }
    }

    /// Every row both ways, and nobody who is asked anything but by `gone`.
    pub(crate) fn calm(gone: &'static str) -> Self {
        Self {
            work_item_type: "Bug",
            direction: "twoWay",
            second_direction: None,
            drift: "enforce",
            settle: 120,
            limits: (None, 25),
            rows: ROWS.map(|(name, _)| name).to_vec(),
            policies: format!("  whenDeletedIn: {{ testworthy: {gone} }}\n"),
            one_way: "",
        }
    }

    /// Every edit of a pair can be looked for on both sides.
    pub(crate) fn compares(&self, row: &str) -> bool {
        self.rows.contains(&row)
    }

    /// The whole text, for the schedule of a failing seed.
    pub(crate) fn text(&self) -> String {
        let mut fields = String::new();
        for (name, row) in ROWS {
            if self.rows.contains(&name) {
                let _ = writeln!(fields, "    - {row}");
            }
        }
        if !self.one_way.is_empty() {
            let _ = writeln!(
                fields,
                "    - {{ testworthy: mission, azureDevOps: Custom.Mission, as: richText, direction: {} }}",
                self.one_way
            );
        }
        fields.push_str(
            "    - { constant: TestWorthy, azureDevOps: Custom.Origin, onCreate: true }\n",
        );
        let limit = self
            .limits
            .0
            .map_or(String::new(), |most| format!(", maxCount: {most}"));
        let mut text = format!(
            "apiVersion: accord/v1\nkind: Project\nmetadata: {{ name: simulation }}\nspec:\n  \
             settle: {}s\n  safety:\n    updates: {{ maxPercent: 100{limit} }}\n    \
             deletes: {{ maxPercent: 100, maxCount: {} }}\n---\n{CONNECTION}---\n\
             apiVersion: accord/v1\nkind: FieldMapping\nmetadata: {{ name: cases }}\nspec:\n  \
             testworthy: TestCase\n  azureDevOps: {}\n  fields:\n{fields}",
            self.settle, self.limits.1, self.work_item_type
        );
        text.push_str(&self.rule("first", self.direction, 41, "Web Shop\\QA"));
        if let Some(direction) = self.second_direction {
            text.push_str(&self.rule("second", direction, 43, "Web Shop\\Labs"));
        }
        text
    }

    fn rule(&self, name: &str, direction: &str, suite: u64, area: &str) -> String {
        // Policies are for two-way rules, drift for the others.
        let policies = if direction == "twoWay" {
            format!("  create: both\n{}", self.policies)
        } else {
            format!("  drift: {}\n", self.drift)
        };
        format!(
            "---\napiVersion: accord/v1\nkind: SyncRule\nmetadata: {{ name: {name} }}\nspec:\n  \
             connection: web-shop\n  mapping: cases\n  direction: {direction}\n  scope:\n    \
             testworthy: {{ suites: [{suite}] }}\n    azureDevOps: {{ areaPath: '{area}' }}\n  \
             createIn:\n    testworthy: {{ suite: {suite}, section: Imported }}\n    \
             azureDevOps: {{ areaPath: '{area}' }}\n{policies}"
        )
    }

    pub(crate) fn config(&self) -> Config {
        let text = self.text();
        let source = SourceFile::new("accord.yaml", text.as_bytes());
        let options = ReadOptions {
            project_name: "simulation".to_owned(),
            allowed_env: Vec::new(),
        };
        let loaded = read(vec![source], &options);
        loaded.config.unwrap_or_else(|| {
            let findings: Vec<String> = loaded
                .findings
                .iter()
                .map(|finding| format!("{}: {}", finding.code.code, finding.message))
                .collect();
            panic!("the project does not hold: {findings:#?}\n{text}")
        })
    }
}

const CONNECTION: &str = "\
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
";
