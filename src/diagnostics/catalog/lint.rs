//! Lint rules beyond those of single values (see [`super::mapping`]): what is lost, what never ends, what
//! depends on people, on the workflow, on other rules, and on the data.

super::entries! {
    L09_LOSSY, "L09", Error, "the row cannot come back",
        "A two-way row must be able to go to the other side and back without loss. Paths that share one target, formatted text in a plain field, steps over `api: v1`, a table with wildcards, and a substitute for people or paths without an entry cannot: what a person edits on one side would come back as something else, or without its formatting.",
        "- { testworthy: custom.area, azureDevOps: System.AreaPath, as: path, values: { \"Checkout/**\": 'Web Shop\\QA' } }   # in a two-way rule",
        "Give the row `direction: toAzureDevOps` or `direction: toTestWorthy`, or map a field of the same kind.";

    STEPS_MAY_NOT_FIT, "steps-may-not-fit", Warning, "steps may not fit the surface v1",
        "Over `api: v1` a case keeps its steps as plain lines and one expected result, that of the last step. A work item with an expected result on an earlier step, or with formatting in a step, does not fit: nothing is dropped, that item's steps wait with a finding.",
        "kind: Connection\nmetadata: { name: on-v1 }\nspec:\n  testworthy: { url: \"https://api.testworthy.com\", api: v1, token: { env: TESTWORTHY_TOKEN }, projectId: 7, caseUrl: \"https://testworthy.us/TestCase/Detail/{case_id}\" }\n  azureDevOps: { organizationUrl: \"https://dev.azure.com/contoso\", project: Web Shop, personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT } }\n---\nkind: FieldMapping\nmetadata: { name: with-steps }\nspec:\n  testworthy: TestCase\n  azureDevOps: Test Case\n  fields:\n    - { testworthy: steps, azureDevOps: Microsoft.VSTS.TCM.Steps }\n---\nkind: SyncRule\nmetadata: { name: to-cases }\nspec:\n  connection: on-v1\n  mapping: with-steps\n  scope: { azureDevOps: {} }\n  direction: toTestWorthy\n  create: none",
        "Reach TestWorthy over `api: automation`, or write `direction: toAzureDevOps` on the row. If the work items keep to one expected result, nothing waits.";

    L10_FORMATTING_DROPPED, "L10", Warning, "formatted text goes to a plain field",
        "The source holds formatted text and the target plain text. What plain text cannot show is dropped there: bold and italic, links (their text stays), images, tables and lists as such, code, headings and colours. The source keeps everything. A plan says how many items lose what.",
        "- { testworthy: description, azureDevOps: Custom.Notes, as: richText, direction: toAzureDevOps }",
        "Map it to a field of type HTML. If plain text is enough, say so: `allow: [{ code: L10, reason: only shown in a list }]`.";

    L11_MAY_BE_TOO_LONG, "L11", Warning, "a long text goes to a short field",
        "The source may hold any number of characters and the Azure DevOps field holds 255 on one line. Accord never cuts a text: an item whose text is longer waits with a finding, and so does one with a line break.",
        "- { testworthy: gherkin, azureDevOps: Custom.Origin, as: text, direction: toAzureDevOps }",
        "Map it to a field of long text. If the texts are always short, say so with `allow`.";

    L13_CYCLE, "L13", Error, "an expression feeds itself",
        "The expression writes an Azure DevOps field, and rows of the same mapping bring that field back into a field that the expression reads. Every run would change it again. So would rows of a two-way rule that go one way each and carry a field back to itself.",
        "- { id: shouted, expression: 'title ~ \"!\"', azureDevOps: Custom.Label, direction: toAzureDevOps }\n- { testworthy: title, azureDevOps: Custom.Label, direction: toTestWorthy }",
        "Let the expression write a field of its own, or remove the row that brings it back.";

    L15_STATE_NEVER_REACHED, "L15", Error, "no transition leads to a mapped state",
        "The workflow of the work item type has no transition into this state, neither from another state nor for a new item, so no item could ever get it.",
        "- { testworthy: custom.phase, azureDevOps: System.State, as: state, values: { Draft: Design, Locked: Frozen } }",
        "Map to a state that the workflow leads to, or add the transition to the process.";

    STATE_OUT_OF_REACH, "state-out-of-reach", Warning, "some states cannot reach a mapped one",
        "Accord walks the shortest way through the workflow. From the named states there is none to the mapped one, so an item that stands in one of them waits, and a finding says so.",
        "- { testworthy: custom.phase, azureDevOps: System.State, as: state, values: { Draft: Design, Done: Ready } }",
        "Add the transition to the process, or move those items by hand.";

    REASON_NOT_LISTED, "reason-not-listed", Warning, "a reason is not in the field's list",
        "`reasons` names a reason that the list of `System.Reason` does not have. That list may leave out reasons that go with other transitions, so this is no error: if the transition has no such reason, the server refuses the write and the item waits.",
        "- { testworthy: custom.phase, azureDevOps: System.State, as: state, values: { Draft: Design, Done: Closed }, reasons: { Closed: Finnished } }",
        "Compare the reason with those that the transition offers on the form of a work item.";

    L16_PEOPLE_NOT_COVERED, "L16", Warning, "people without an entry in `users`",
        "A row carries people. Those under `users` of the connection are translated; anybody else is looked for by the e-mail address, and who is known by a display name only cannot be found: the field waits.",
        "- { testworthy: createdBy, azureDevOps: Custom.Author, as: user, direction: toAzureDevOps }",
        "Add the named people under `users` of the connection (`\"ada@example.test\": \"ada@contoso.example\"`), or say that the addresses are the same on both sides: `allow: [{ code: L16, reason: one directory }]`.";

    L17_NO_CHANGE_TIME, "L17", Error, "`latest` without a reliable time of change",
        "`latest` compares when the two sides were changed. The surface v1 of TestWorthy does not tell it reliably (a case has a time only where the server sends `updatedAt`), so the winner would be a guess.",
        "kind: Connection\nmetadata: { name: on-v1 }\nspec:\n  testworthy: { url: \"https://api.testworthy.com\", api: v1, token: { env: TESTWORTHY_TOKEN }, projectId: 7, caseUrl: \"https://testworthy.us/TestCase/Detail/{case_id}\" }\n  azureDevOps: { organizationUrl: \"https://dev.azure.com/contoso\", project: Web Shop, personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT } }\n---\nkind: SyncRule\nmetadata: { name: newest }\nspec:\n  connection: on-v1\n  mapping: test-case\n  scope: { testworthy: {} }\n  direction: toAzureDevOps\n  conflicts: { default: latest }",
        "Name the side that wins (`testworthy` or `azureDevOps`), or leave the decision to people with `manual`.";

    L18_NO_MERGE, "L18", Warning, "values of this kind cannot be merged",
        "`merge` joins edits inside long texts, test steps and sets. A number, a date, a flag, a person, a path, a choice or a title is one thing: if both sides changed it, the conflict goes to the manual queue.",
        "- { testworthy: priority, azureDevOps: Microsoft.VSTS.Common.Priority, values: { A: 1, B: 2 }, conflict: merge }",
        "Write `conflict: latest`, `testworthy`, `azureDevOps` or `manual`.";

    L20_TITLES_NOT_UNIQUE, "L20", Warning, "titles are not unique",
        "The rule recognises items by their title, and more than two titles are shared by items of both sides. Accord never guesses which is meant: each such item is quarantined (`ambiguous-match`) and nothing is created for it.",
        "`match: [marker, id, title]`, and dozens of cases with the title `New test case`.",
        "Make the titles unique, or pair the items by their ids with `accord link`.";

    L21_NO_GUARD, "L21", Warning, "the limit on deletions guards nothing",
        "`safety.deletes` stops a run that would delete more than it should: a mistake in a scope, an empty answer. With these numbers every linked item could go in one run.",
        "kind: Project\nmetadata: { name: careless }\nspec:\n  safety: { deletes: { maxPercent: 100, maxCount: null } }",
        "Lower `maxPercent` or `maxCount`. For one big clean-up, `accord apply --allow-deletes N` lifts the limit once.";

    L22_NOT_ON_THE_FORM, "L22", Warning, "a mapped custom field is on no form",
        "The field is on the work item type, but its form shows it nowhere. People cannot see what is synchronised there, and fill in something of their own beside it.",
        "`Custom.TestData` was added to the type by a script, without a control.",
        "Declare it as a CustomField, which places it, or add it to the layout of the work item type in its process.";

    L25_VOLATILE, "L25", Warning, "the field changes by itself",
        "The field changes without anybody editing the item (a revision, a rank, a counter, a time of change, the result of the last run), so its pairs are hardly ever in accord and every run writes.",
        "- { testworthy: lastResult, azureDevOps: Custom.LastResult, as: text, direction: toAzureDevOps }",
        "Leave the row out, or write it once with `onCreate: true`. If the updates are wanted: `allow: [{ code: L25, reason: shown on a dashboard }]`.";

    L26_SECRET_LITERAL, "L26", Error, "a secret stands in the file",
        "The file holds what looks like a token or a private key, in a value or a comment. Manifests are kept in Git: whoever can read the repository has it. It is not shown here.",
        "- { constant: \"-----BEGIN PRIVATE KEY-----\", azureDevOps: Custom.Key }",
        "Remove it, revoke it where it was issued (it stays in Git's history), and refer to it: `{ env: NAME }` or `{ file: PATH }`.";

    L27_SCOPE_DEPENDS_ON_ITSELF, "L27", Warning, "the scope depends on a field that the rule writes",
        "The rule selects items by a field that its own mapping writes on that side. A synchronised item may so leave the scope, or enter it, and its pair stops being kept in step.",
        "kind: SyncRule\nmetadata: { name: wandering }\nspec:\n  connection: web-shop\n  mapping: test-case\n  scope: { azureDevOps: { areaPath: Web Shop }, testworthy: { suites: [41], where: 'title == \"x\"' } }\n  direction: toTestWorthy\n  create: none",
        "Select by a field that the rule does not write, or give the row the other `direction`.";

    L28_SCOPE_OF_TOKEN, "L28", Warning, "the token may not do what the rules need",
        "The personal access token is valid, but lacks a scope that the declared features need, or its user lacks the permission in the project. `accord doctor` names the feature and the scope.",
        "A token with `Work Items (Read)` for a rule that writes work items.",
        "Make a token with the named scope, and give its user the permission.";

    L29_SLOW_FIRST_RUN, "L29", Warning, "the first run would take very long",
        "The connection caps TestWorthy at `rate` requests per second. With that cap, the requests that this plan needs there take more than an hour.",
        "`rate: 0.5` on a connection with 5,000 cases that have no work item yet.",
        "Raise or remove `rate` (Accord adapts to the server by itself), or bring the cases in by sections: `scope.testworthy.sections`.";

    L30_UNMAPPED_DATA, "L30", Info, "fields with data that no row maps",
        "Items hold data in these fields and the mapping names them nowhere. That is fine if they need not be on the other side.",
        "Cases with a `mission`, and a mapping without a row for it. Told by `accord plan -v`.",
        "Add rows for what should be kept in step.";

    UNUSED_ALLOW, "unused-allow", Warning, "an `allow` silences nothing",
        "The row accepts a finding that it does not have: the reason for it is gone, or the code is that of an error, which cannot be accepted. A forgotten `allow` would silence the finding when it comes back for another reason.",
        "- { id: plain, testworthy: automationType, azureDevOps: Custom.Origin, as: text, allow: [{ code: L08, reason: none any more }] }",
        "Remove the entry.";
}
