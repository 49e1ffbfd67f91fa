//! `accord test` and the table of `accord explain FieldMapping/...`, as people type them.

use crate::project::{Outcome, Project};

const TEST: &str = "tests/priorities.yaml";

const EXAMPLES: &str = "\
# Why these: see the mapping.
apiVersion: accord/v1
kind: MappingTest
metadata: { name: priorities }
spec:
  mapping: test-case
  cases:
    - name: must test is 1
      direction: toAzureDevOps
      given: { priority: P1 - Must Test, smoke: true }
      expect: { Microsoft.VSTS.Common.Priority: 1, System.Tags: [smoke] }
    - name: should test is 2 # the middle
      direction: toAzureDevOps
      given: { priority: P2 - Should Test }
      expect: { Microsoft.VSTS.Common.Priority: 3 } # wrong
    - { name: four, direction: toTestWorthy, given: { Microsoft.VSTS.Common.Priority: 4 }, expect: { priority: P1 } }
    - { name: waits, direction: toAzureDevOps, given: { priority: P9 }, waits: [Microsoft.VSTS.Common.Priority] }
";

fn project() -> Project {
    let project = Project::web_shop();
    project.write(TEST, EXAMPLES);
    project
}

fn contacted_nothing(project: &Project) {
    assert_eq!(project.requests(), 0);
}

#[test]
fn examples_are_told_line_by_line_and_failures_end_4() {
    let project = project();
    let Outcome { stdout, .. } = project.run(&["test"]).expect(4);
    assert_eq!(
        stdout,
        "priorities (mapping test-case, tests/priorities.yaml)\n  \
         ✓ must test is 1 (to Azure DevOps)\n  \
         ✗ should test is 2 (to Azure DevOps)\n      \
         given     priority: \"P2 - Should Test\"\n      \
         expected  Microsoft.VSTS.Common.Priority: 3\n      \
         got       Microsoft.VSTS.Common.Priority: 2\n      \
         --> tests/priorities.yaml:15\n  \
         ✗ four (to TestWorthy)\n      \
         given     Microsoft.VSTS.Common.Priority: 4\n      \
         expected  priority: \"P1\"\n      \
         got       priority: \"P3 - Good to Test\"\n      \
         --> tests/priorities.yaml:16\n  \
         ✓ waits (to Azure DevOps)\n\n\
         4 examples: 2 hold, 2 do not\n"
    );
    let json = project.run(&["test", "--format", "json"]).expect(4);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(
        (&document["passed"], &document["failed"]),
        (&2.into(), &2.into())
    );
    let second = &document["examples"][1]["differences"][0];
    assert_eq!((&second["line"], &second["got"]), (&15.into(), &2.into()));
    let github = project.run(&["test", "--format", "github"]).expect(4);
    assert_eq!(
        github.stdout.lines().next(),
        Some(
            "::error file=tests/priorities.yaml,line=15,title=priorities%3A should test is 2::\
             Microsoft.VSTS.Common.Priority: expected 3, got 2"
        )
    );
    contacted_nothing(&project);
}

#[test]
fn update_changes_the_values_and_nothing_else() {
    let project = project();
    let outcome = project
        .run(&["test", "--update", "--out", "junit=report.xml"])
        .expect(0);
    assert!(
        outcome.stdout.ends_with("4 examples: all hold\n"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stdout
            .contains("Microsoft.VSTS.Common.Priority: 3 -> 2\n")
    );
    let wanted = EXAMPLES
        .replace("Priority: 3 } # wrong", "Priority: 2 } # wrong")
        .replace(
            "{ priority: P1 } }",
            "{ priority: \"P3 - Good to Test\" } }",
        );
    // The file was in the canonical form but for one line that is too long now.
    project.run(&["fmt", "--check"]).expect(0);
    let text = project.read(TEST);
    assert_eq!(
        text.split_whitespace()
            .map(|word| word.trim_end_matches(','))
            .filter(|word| !matches!(*word, "-" | "{" | "}"))
            .collect::<Vec<_>>(),
        wanted
            .split_whitespace()
            .map(|word| word.trim_end_matches(','))
            .filter(|word| !matches!(*word, "-" | "{" | "}"))
            .collect::<Vec<_>>()
    );
    assert!(
        project
            .read("report.xml")
            .contains("tests=\"4\" failures=\"0\"")
    );
    project.run(&["test", "--update"]).expect(0);
    assert_eq!(project.read(TEST), text, "nothing is left to update");
}

#[test]
fn what_has_no_value_is_left_to_a_person() {
    let project = project();
    project.replace(
        TEST,
        "waits: [Microsoft.VSTS.Common.Priority]",
        "expect: { Microsoft.VSTS.Common.Priority: 9 }",
    );
    let outcome = project.run(&["test", "--update"]).expect(4);
    assert!(
        outcome.stdout.contains("Left for a person\n"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stdout.contains("move it to `waits`"),
        "{}",
        outcome.stdout
    );
    assert!(project.read(TEST).contains("Priority: 9"));
}

#[test]
fn paths_choose_and_nothing_to_run_is_no_failure() {
    let project = project();
    project.run(&["test", "rules"]).expect(0);
    project.run(&["test", "tests"]).expect(4);
    project.run(&["test", "nowhere"]).expect(64);
    project.run(&["test", ".."]).expect(64);
    project.run(&["test", "--out", "html=x"]).expect(64);
    project.run(&["test", "--format", "markdown"]).expect(64);
    let empty = Project::web_shop().run(&["test"]).expect(0);
    assert_eq!(empty.stdout, "No MappingTest: nothing to run\n");
}

/// A person of the connection's table, and one whose address is the same on both sides.
const PEOPLE: &str = "\
apiVersion: accord/v1
kind: MappingTest
metadata: { name: people }
spec:
  mapping: test-case
  cases:
    - name: one of the table
      direction: toAzureDevOps
      given: { custom.owner: ada@example.test }
      expect: { System.AssignedTo: ada@contoso.example }
    - name: back again
      direction: toTestWorthy
      given: { System.AssignedTo: Ada@contoso.example }
      expect: { custom.owner: ada@example.test }
    - name: one of the same address
      direction: toAzureDevOps
      given: { custom.owner: grace@example.test }
      expect: { System.AssignedTo: grace@example.test }
";

/// People are those of the one connection whose rules use the mapping; of two connections the tables may
/// differ, and no example could say which is meant.
#[test]
fn examples_know_the_people_of_the_only_connection() {
    let project = Project::web_shop();
    project.write("tests/people.yaml", PEOPLE);
    let mapping = project.read("mappings/test-case.yaml");
    let row = "    - { testworthy: custom.owner, azureDevOps: System.AssignedTo, as: user }\n";
    project.write("mappings/test-case.yaml", &format!("{mapping}{row}"));
    project.run(&["test"]).expect(4);
    let connection = project.read("connection.yaml");
    let users = "  users: { \"Ada@example.test\": \"ada@contoso.example\" }\n";
    project.write("connection.yaml", &format!("{connection}{users}"));
    let told = project.run(&["test"]).expect(0).stdout;
    assert!(told.ends_with("3 examples: all hold\n"), "{told}");
    let second = connection.replace("name: web-shop", "name: second");
    let second = second.replace("{ env: ", "{ env: ACCORD_SECOND_");
    project.write("second.yaml", &second);
    let rule = project.read("rules/checkout-cases.yaml");
    let rule = rule.replace("name: checkout-cases", "name: second");
    project.write(
        "rules/second.yaml",
        &rule.replace("connection: web-shop", "connection: second"),
    );
    let told = project.run(&["test"]).expect(4).stdout;
    assert!(told.contains("ada@contoso.example"), "{told}");
}

#[test]
fn a_mapping_is_explained_both_ways() {
    let project = project();
    let told = project
        .run(&["explain", "FieldMapping/test-case"])
        .expect(0)
        .stdout;
    for line in [
        "  P3 - Good to Test  <->  3",
        "  P3 - Good to Test  <-   4             counts as in accord with `3`, and is not written back",
        "  Custom.Origin   constant TestWorthy  ->   Custom.Origin                   text     only when an item is created",
    ] {
        assert!(told.lines().any(|shown| shown == line), "{line}\n{told}");
    }
    let json = project
        .run(&["explain", "FieldMapping/test-case", "--format", "json"])
        .expect(0);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(document["rows"][1]["values"][3]["toAzureDevOps"], false);
    project.run(&["explain", "FieldMapping/none"]).expect(64);
}
