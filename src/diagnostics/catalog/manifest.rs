//! Findings about what manifests say.

super::entries! {
    API_VERSION, "api-version", Error,
        "No apiVersion, or another one",
        "A document with one of Accord's kinds is meant for Accord, but only `accord/v1` says which meaning its keys have.",
        "kind: SyncRule without apiVersion, or with apiVersion: accord/v2",
        "Write `apiVersion: accord/v1`. If the document belongs to another program, keep its folder out of `spec.manifests`.";
    UNKNOWN_KIND, "unknown-kind", Error,
        "A kind that does not exist",
        "The document says `apiVersion: accord/...`, so it is meant for Accord, but there is no such kind.",
        "apiVersion: accord/v1\nkind: SyncRules",
        "Use one of Project, Connection, CustomField, FieldMapping, SyncRule and MappingTest.";
    INVALID_NAME, "invalid-name", Error,
        "A name is not a DNS label",
        "`metadata.name` appears in addresses (`SyncRule/NAME`), in file names and in markers, so it keeps to what is safe everywhere: 1 to 63 lower-case letters, digits and `-`, with no `-` at its ends.",
        "metadata: { name: Regression Cases }",
        "Write it like `regression-cases`.";
    DUPLICATE_NAME, "duplicate-name", Error,
        "Two documents of one kind have the same name",
        "References and addresses would be ambiguous.",
        "Two SyncRules with metadata.name: cases",
        "Rename one of them.";
    MISPLACED_PROJECT, "misplaced-project", Error,
        "A Project outside accord.yaml, or a second one",
        "The Project holds the settings of the whole project. It stands once, in `accord.yaml` at the top of the project's folder, where everybody looks for it.",
        "kind: Project in rules/settings.yaml",
        "Move it to accord.yaml.";
    UNKNOWN_KEY, "unknown-key", Error,
        "A key that does not exist",
        "A key that Accord does not know would be ignored, and with it what somebody meant to declare. So it is an error.",
        "direcion: toAzureDevOps",
        "Correct the spelling or remove the key. `accord schema KIND` lists all keys.";
    MISSING_KEY, "missing-key", Error,
        "A required key is missing",
        "The key has no default that would be right for everybody.",
        "A SyncRule without `direction`",
        "Add the key. `accord schema KIND` describes it.";
    WRONG_TYPE, "wrong-type", Error,
        "A value of the wrong type",
        "The schema asks for another type: a list where one value stands, a text where a number belongs.",
        "suites: 41",
        "Write the value in the type that the message names: `suites: [41]`.";
    UNKNOWN_VALUE, "unknown-value", Error,
        "A value that is not one of the allowed ones",
        "The key takes one of a fixed list of words, and their case counts.",
        "direction: toAzure",
        "Use one of the values that the message lists.";
    INVALID_VALUE, "invalid-value", Error,
        "A value that cannot be right",
        "The value has the right type but breaks a rule of its key: empty, too large, out of range, or not of the form that the key asks for.",
        "maxPercent: 300",
        "The message says which rule was broken.";
    INVALID_URL, "invalid-url", Error,
        "Not a usable address",
        "Connections need absolute http or https addresses without query, fragment, user or password. An organisation's address also names the organisation.",
        "organizationUrl: dev.azure.com/contoso",
        "Write it like `https://dev.azure.com/contoso`.";
    INSECURE_URL, "insecure-url", Error,
        "Plain http to another machine",
        "Every request carries credentials. Without TLS anybody on the way can read them, so plain http is accepted for loopback addresses only.",
        "url: http://testworthy.example",
        "Use https.";
    INVALID_TIME_ZONE, "invalid-time-zone", Error,
        "Not a time zone",
        "Time zones are named as in the IANA database. Abbreviations such as CEST are ambiguous, and offsets ignore daylight saving time.",
        "timeZone: Berlin",
        "Write it like `Europe/Berlin`, or `UTC`.";
    INVALID_DURATION, "invalid-duration", Error,
        "Not a duration",
        "Durations are whole numbers with a unit: `ms`, `s`, `m` or `h`; several may follow each other.",
        "settle: 120",
        "Write it like `120s` or `1m30s`.";
    SECRET_LITERAL, "secret-literal", Error,
        "A secret is written out",
        "Manifests live in Git, where everybody who can read the repository, now or later, can read the secret. Accord takes references only. The value is not repeated here, but it must be considered known.",
        "apiKey: a1b2c3",
        "Revoke the secret in the system that issued it, put the new one into an environment variable, and write `{ env: NAME }`.";
    SECRET_SOURCE, "secret-source", Error,
        "A secret reference that is not exactly one of env and file",
        "A secret comes from one environment variable or from one file.",
        "apiKey: { env: TESTWORTHY_API_KEY, file: key }",
        "Keep one: `{ env: NAME }` or `{ file: PATH }`.";
    SECRET_NAME, "secret-name", Error,
        "A variable that manifests may not read",
        "A manifest in a pull request is untrusted. It may name only variables that begin with TESTWORTHY_, AZURE_DEVOPS_ or ACCORD_, so that it cannot send other secrets of the machine to a server. Those of a system serve the keys of that system only, and those that Accord itself reads (ACCORD_GITHUB_TOKEN) serve none, so that no server is sent what is another one's.",
        "apiKey: { env: AWS_SECRET_ACCESS_KEY }",
        "Rename the variable, or let the operator allow it: ACCORD_ALLOW_ENV=NAME.";
    SECRET_REUSED, "secret-reused", Error,
        "One variable serves two keys",
        "A credential is for one purpose. The same variable under two keys would send one system's credential to the other.",
        "apiKey: { env: ACCORD_KEY }\nprojectKey: { env: ACCORD_KEY }",
        "Give each key its own variable.";
    SECRET_PATH, "secret-path", Error,
        "A secret file outside the folder for secrets",
        "Files are read below ACCORD_SECRETS_DIR only, so the path is relative and does not climb. Otherwise a manifest could read any file of the machine and send it to a server.",
        "apiKey: { file: ../../etc/passwd }",
        "Write the path below ACCORD_SECRETS_DIR, like `{ file: testworthy/api-key }`.";
    INVALID_OPERATION, "invalid-operation", Error,
        "An operation override that cannot be used",
        "Overrides are relative path templates below the server's API with known placeholders. With a scheme, a host or `..` they could send credentials elsewhere.",
        "operations: { addCase: \"https://example.test/add\" }",
        "Write a relative path with the operation's placeholders, like `add_case/{suite_id}`.";
    INVALID_PATH, "invalid-path", Error,
        "A path that is not inside the project",
        "The store and the manifests stay inside the project's folder. Paths are relative, with `/`, and do not climb.",
        "state: { sqlite: /tmp/state.db }",
        "Write a path below the project's folder, like `.accord/state.db`.";
    UNKNOWN_REFERENCE, "unknown-reference", Error,
        "A reference to something that is not declared",
        "No document of the asked-for kind has this name.",
        "connection: web-shpo",
        "Correct the name, or declare the document.";
    NOT_SUPPORTED_YET, "not-supported-yet", Error,
        "A key whose behaviour this version does not have",
        "The key is part of the manifest format and was checked, but this version of Accord cannot do what it asks for. It is refused rather than ignored.",
        "schedule: { cron: \"*/15 * * * *\" }",
        "Remove the key for now, or wait for a version that supports it.";
    ROW_SOURCE, "row-source", Error,
        "A row without exactly one source",
        "A row takes its value from a TestWorthy field, from a constant or from an expression: one of them.",
        "- { azureDevOps: System.Title }",
        "Give exactly one of `testworthy`, `constant` and `expression`.";
    ROW_KEYS, "row-keys", Error,
        "Keys of a row that do not go together",
        "Some keys only make sense beside others: `reverse` and `unmapped` beside `values`; `tag` and `prefix` one at a time, and only on System.Tags; a constant has nothing to translate; `conflict` is for rows that go both ways.",
        "- { testworthy: priority, azureDevOps: Custom.P, unmapped: hold }",
        "The message says which key to add or to remove.";
    DUPLICATE_ROW, "duplicate-row", Error,
        "Two rows have the same name",
        "A row is named by `id`, else by its TestWorthy field, else by its Azure DevOps field. Conflicts, bases and messages go by that name.",
        "Two rows with testworthy: priority and no id",
        "Give one of them an `id`.";
    DUPLICATE_TARGET, "duplicate-target", Error,
        "Two rows share one Azure DevOps field",
        "Both would write it, and each would undo the other. Only slices of System.Tags may stand side by side.",
        "Two rows with azureDevOps: System.Title",
        "Keep one of the rows, or map the other to a field of its own.";
    OVERLAPPING_TAGS, "overlapping-tags", Error,
        "Two rows own the same tags",
        "Each slice of System.Tags belongs to one row: a tag by its name, a prefix with all tags that begin with it. Tags are compared without case.",
        "tag: \"ref:1\" beside prefix: \"ref:\"",
        "Choose tags and prefixes that do not cover each other.";
    UNKNOWN_CASE_FIELD, "unknown-case-field", Error,
        "A TestWorthy field that does not exist",
        "The name is not a field of a test case. Fields that an administrator added are `custom.<name>`.",
        "- { testworthy: titel, azureDevOps: System.Title }",
        "Use a field from the manifest reference, or `custom.<name>`.";
    INVALID_REFERENCE_NAME, "invalid-reference-name", Error,
        "Not a reference name of an Azure DevOps field",
        "Fields are named by reference name, which is the same in every language and process: words joined by dots.",
        "azureDevOps: Title",
        "Write it like `System.Title` or `Custom.TestData`.";
    MISSING_SCOPE, "missing-scope", Error,
        "A rule without the scope of its source",
        "A scope says which items of a side the rule is about. A one-way rule needs that of the side that it reads. A two-way rule needs one of the two, and creates items only from a side that has one.",
        "direction: toAzureDevOps with only scope.azureDevOps",
        "Add `scope.testworthy` for toAzureDevOps and for new work items, `scope.azureDevOps` for toTestWorthy and for new cases.";
    WRONG_SIDE, "wrong-side", Error,
        "A setting for a side or a way that the rule does not have",
        "A one-way rule writes its target only: it cannot create or disable items on its source, and its two sides never meet in a conflict. In a two-way rule `drift` is about rows that go one way, and `conflicts` about those that go both.",
        "direction: toAzureDevOps with create: testworthy",
        "Name the side that is written, or remove the key.";
    MISSING_SUITE, "missing-suite", Error,
        "No suite for new cases",
        "A case is created in a suite. The rule creates cases, or renews deleted ones, but does not say in which suite.",
        "direction: toTestWorthy without createIn.testworthy.suite",
        "Add `createIn: { testworthy: { suite: ID } }`, or set `create: none`.";
    NOT_ON_V1, "not-on-v1", Error,
        "Something that the surface `v1` of TestWorthy does not have",
        "With `api: v1` a case has a title, a description, steps and one expected result, and belongs to a project. There are no suites, sections, priorities, types, flags, references or custom fields; Accord neither creates nor closes cases there, and writes no mark on them (the mark is on the work item). A rule that needs more would do less than it says, so it is refused.",
        "scope: { testworthy: { suites: [41] } } over a connection with api: v1",
        "Remove what the message names, or use a connection with `api: automation`, which has all of it.";
    FIELD_NOT_MAPPED, "field-not-mapped", Error,
        "An example names a field that its mapping does not touch",
        "An example of a MappingTest speaks about fields that rows of its mapping read or write in the example's direction. A field without such a row would never have a value, so the example would show nothing.",
        "given: { type: Functional } for a mapping without a row on `type`",
        "Correct the name, add the row, or turn the example round.";
    CANNOT_RECYCLE, "cannot-recycle", Error,
        "Work items of this type cannot be recycled",
        "Azure DevOps does not move work items of the types Test Case, Test Plan and Test Suite to its recycle bin through the API, and cannot restore them.",
        "whenDeletedIn: { testworthy: recycle } with a mapping to Test Case",
        "Use close, unlink or recreate.";
    MORE_FINDINGS, "more-findings", Error,
        "A file has more findings than are shown",
        "Only the first findings of a file are listed, so that one broken file cannot bury the others.",
        "A manifest in which every row has a misspelt key",
        "Mend the ones that are shown and run the command again.";
}
