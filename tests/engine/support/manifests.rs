//! Manifests that tests declare beside those of the example project.

/// A mapping between cases and test cases with these rows.
macro_rules! mapping {
    ($name:literal, $rows:literal) => {
        concat!(
            "apiVersion: accord/v1\nkind: FieldMapping\nmetadata: { name: ",
            $name,
            " }\nspec:\n  testworthy: TestCase\n  azureDevOps: Test Case\n  fields:\n",
            $rows
        )
    };
}
pub(crate) use mapping;

/// A rule of the example's connection: which mapping it follows, then where it leads.
macro_rules! rule {
    ($name:literal, $mapping:literal, $rest:literal) => {
        concat!(
            "apiVersion: accord/v1\nkind: SyncRule\nmetadata: { name: ",
            $name,
            " }\nspec:\n  connection: web-shop\n  mapping: ",
            $mapping,
            "\n",
            $rest
        )
    };
}
pub(crate) use rule;

/// A rule that carries the suite Checkout to Azure DevOps.
pub(crate) const TO_AZURE_DEVOPS: &str = rule!(
    "cases",
    "test-case",
    "  direction: toAzureDevOps
  scope: { testworthy: { suites: [41] } }
"
);

/// A rule that carries the work items of an area to the suite Account.
pub(crate) const TO_TESTWORTHY: &str = rule!(
    "items",
    "test-case",
    "  direction: toTestWorthy
  scope: { azureDevOps: { areaPath: 'Web Shop\\QA' } }
  createIn: { testworthy: { suite: 43, section: Imported } }
"
);

/// A rule that carries all cases of the project to Azure DevOps, for the surface `v1`.
pub(crate) const V1_TO_AZURE_DEVOPS: &str = rule!(
    "cases",
    "test-case",
    "  direction: toAzureDevOps
  scope: { testworthy: {} }
"
);

/// A rule that carries titles back to the cases that are linked, for the surface `v1`.
pub(crate) const V1_TO_TESTWORTHY: &str = rule!(
    "items",
    "test-case",
    "  direction: toTestWorthy
  scope: { azureDevOps: {} }
"
);

/// The example's connection, over the surface `v1`.
pub(super) const V1_CONNECTION: &str = "\
apiVersion: accord/v1
kind: Connection
metadata: { name: web-shop }
spec:
  testworthy:
    url: http://127.0.0.1:4010/testworthy
    api: v1
    token: { env: TESTWORTHY_TOKEN }
    projectId: 7
    ALSO
  azureDevOps:
    organizationUrl: http://127.0.0.1:4010/contoso
    project: Web Shop
    personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }
";

/// What a case has on the surface `v1` and a codec reads.
pub(super) const V1_MAPPING: &str = mapping!(
    "test-case",
    "    - { testworthy: title, azureDevOps: System.Title }
    - { constant: TestWorthy, azureDevOps: Custom.Origin, onCreate: true }
"
);

/// A picklist on these types, which an apply makes before the items that need it.
pub(crate) fn risk(types: &str) -> String {
    format!(
        "\
apiVersion: accord/v1
kind: CustomField
metadata: {{ name: risk }}
spec:
  connection: web-shop
  referenceName: Custom.TestRisk
  name: Test Risk
  type: picklist
  workItemTypes: [{types}]
  allowedValues: [High, Medium, Low]
---
"
    )
}

/// The priority as the picklist [`risk`], and the suite Checkout carried to it.
pub(crate) const WITH_RISK: &str = concat!(
    mapping!(
        "with-risk",
        "    - { testworthy: title, azureDevOps: System.Title }
    - testworthy: priority
      azureDevOps: Custom.TestRisk
      values: { \"P1 - Must Test\": High, \"P2 - Should Test\": Medium, \"P3 - Good to Test\": Low }
"
    ),
    "---\n",
    rule!(
        "cases",
        "with-risk",
        "  direction: toAzureDevOps
  scope: { testworthy: { suites: [41] } }
"
    )
);
