//! `accord link` and `accord unlink`: nothing is stored unless all of it can be, and nothing is written.

use crate::conflicts::{applied, parsed, two_way};
use crate::project::Project;

fn refused(project: &Project, file: &str, text: &str, words: &[&str]) {
    project.write("pairs.csv", text);
    let told = project.run(&["link", "--file", file]).expect(4).stderr;
    for word in words {
        assert!(told.contains(word), "{text:?}: {word:?} in {told}");
    }
    let list = parsed(
        &project
            .run(&["state", "list", "--format", "json"])
            .expect(0),
    );
    assert_eq!(
        list["pairs"].as_array().expect("pairs").len(),
        15,
        "nothing was stored"
    );
}

#[test]
fn a_spreadsheets_file_links_pairs_without_a_base() {
    let project = applied();
    let writes = project.writes();
    project.write(
        "pairs.csv",
        "\u{feff}Case;Work Item;note\r\n210312;5106;\"a;\r\nb\"\r\n",
    );
    let line = [
        "link",
        "checkout-cases",
        "--file",
        "pairs.csv",
        "--format",
        "json",
    ];
    let linked = parsed(&project.run(&line).expect(0));
    assert_eq!(linked["pairs"][0]["workItem"], 5106);
    assert_eq!(project.writes(), writes);
    // Once more: it is so already.
    assert_eq!(parsed(&project.run(&line).expect(0))["already"], 1);
    project.run(&["apply", "--yes"]).expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn every_wrong_line_is_told_with_its_number() {
    let project = applied();
    refused(
        &project,
        "pairs.csv",
        "case,workItem\n210301,5106\n99999,5107\n210312,77777\n210312,5106\n",
        &[
            "pairs.csv:2: case 210301 is linked to work item 5101",
            "pairs.csv:3: case 99999 does not exist",
            "pairs.csv:4: work item 77777 does not exist",
            "pairs.csv:5: case 210312 is named in line 4 already",
        ],
    );
    refused(
        &project,
        "pairs.csv",
        "case,workItem\nx,5\n7,\n",
        &[
            "pairs.csv:2: `x`",
            "pairs.csv:3: the column workItem is empty",
        ],
    );
    refused(
        &project,
        "pairs.csv",
        "a,b\n1,2\n",
        &["the columns case and workItem"],
    );
    refused(
        &project,
        "pairs.csv",
        "case,workItem\n",
        &["no pair below the header"],
    );
    refused(&project, "pairs.csv", "", &["it is empty"]);
    refused(
        &project,
        "pairs.csv",
        "case,workItem\n1,\"2\n",
        &["is not closed"],
    );
    let requests = project.requests();
    for (line, words) in [
        (&["link", "--file", "none.csv"][..], "none.csv"),
        (&["link", "--case", "1"], "--work-item"),
        (&["link"], "no pair is named"),
        (&["unlink"], "no pair is named"),
        (
            &["link", "--case", "x", "--work-item", "1"],
            "invalid value",
        ),
        (
            &["link", "no-rule", "--case", "1", "--work-item", "1"],
            "there is no rule",
        ),
    ] {
        let told = project.run(line).expect(64).stderr;
        assert!(told.contains(words), "{line:?}: {told}");
    }
    assert_eq!(project.requests(), requests);
}

#[test]
fn the_wrong_type_is_refused() {
    let project = two_way();
    let bug = {
        let state = project.state();
        let mut ids = 5001..9000;
        ids.find(|id| {
            let item = state.azure_devops.work_item(*id);
            item.is_some_and(|item| item["fields"]["System.WorkItemType"] != "Test Case")
        })
    };
    let bug = bug.expect("a work item of another type").to_string();
    let told = project
        .run(&["link", "--case", "210312", "--work-item", &bug])
        .expect(4)
        .stderr;
    assert!(told.contains("the rule maps Test Case"), "{told}");
}

#[test]
fn the_rule_has_to_be_named_where_there_are_several() {
    let project = Project::web_shop();
    let told = project
        .run(&["link", "--case", "210312", "--work-item", "5106"])
        .expect(64)
        .stderr;
    assert!(told.contains("account-ideas, checkout-cases"), "{told}");
}

#[test]
fn what_was_unlinked_stays_alone_until_it_is_linked_again() {
    let project = applied();
    let requests = project.requests();
    project.run(&["unlink", "--work-item", "5104"]).expect(0);
    assert_eq!(project.requests(), requests, "unlink contacts nothing");
    let again = ["unlink", "--case", "210304", "--format", "json"];
    assert_eq!(parsed(&project.run(&again).expect(0))["already"], 1);
    for (line, words) in [
        (&["unlink", "--case", "9"][..], "case 9 is not linked"),
        (
            &["unlink", "--case", "210301", "--work-item", "5104"],
            "are not linked",
        ),
    ] {
        let told = project.run(line).expect(4).stderr;
        assert!(told.contains(words), "{line:?}: {told}");
    }
    let edited = serde_json::json!({ "title": "on its own" });
    project.state().edit_case(210_304, &edited).expect("a case");
    let writes = project.writes();
    project.run(&["apply", "--yes"]).expect(0);
    assert_eq!(project.writes(), writes, "neither item is touched");
    project
        .run(&["link", "--case", "210304", "--work-item", "5104"])
        .expect(0);
    project.run(&["plan", "--detailed-exitcode"]).expect(2);
}
