//! `kill -9` at any moment of an apply: started again until it ends 0, it ends where an undisturbed run
//! ends, without a duplicate, and nothing is left to plan.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::project::Project;

/// Projects that go through it, and how often each is killed.
const PROJECTS: u64 = 9;
const KILLS: u64 = 3;

/// What an observer of both systems sees: how many items have each title and carry which mark.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    work_items: BTreeMap<String, usize>,
    cases: BTreeMap<String, usize>,
    /// Cases named by the markers on work items, one entry for each marker.
    marked_work_items: Vec<String>,
    marked_cases: usize,
}

pub(crate) fn look(project: &Project) -> Seen {
    let state = project.state();
    let mut seen = Seen {
        work_items: BTreeMap::new(),
        cases: BTreeMap::new(),
        marked_work_items: Vec::new(),
        marked_cases: 0,
    };
    for id in state.azure_devops.work_item_ids() {
        let item = state
            .azure_devops
            .work_item(id)
            .expect("listed items exist");
        let title = item["fields"]["System.Title"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        *seen.work_items.entry(title.clone()).or_default() += 1;
        for relation in item["relations"].as_array().into_iter().flatten() {
            let comment = relation["attributes"]["comment"]
                .as_str()
                .unwrap_or_default();
            if comment.starts_with("accord/1 ") {
                seen.marked_work_items.push(title.clone());
            }
        }
    }
    seen.marked_work_items.sort();
    for case in state.testworthy.cases() {
        *seen.cases.entry(case.title.clone()).or_default() += 1;
        seen.marked_cases += usize::from(case.text("refs").is_some_and(|r| r.contains("AB#")));
    }
    seen
}

/// Where an apply that nobody disturbs ends.
pub(crate) fn undisturbed() -> Seen {
    let project = Project::web_shop();
    project.run(&["apply", "--yes"]).expect(0);
    look(&project)
}

/// The same numbers in every run: a failure can be had again.
struct Numbers(u64);

impl Numbers {
    /// A number below `end` (splitmix64).
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Starts an apply and kills it after so many more requests and a little while. `false` if it had
/// ended before.
fn kill(project: &Project, requests: u64, then: Duration) -> bool {
    let goal = project.requests() + requests;
    let mut child = project
        .command(&["apply", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let start = Instant::now();
    while project.requests() < goal && child.try_wait().expect("its state").is_none() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "neither a request nor an end"
        );
        std::thread::sleep(Duration::from_micros(200));
    }
    std::thread::sleep(then);
    let running = child.try_wait().expect("its state").is_none();
    child.kill().expect("a kill");
    child.wait().expect("it ends");
    // With ACCORD_SETTLE=0s the next run may look at once: what is on its way must have landed.
    let answered = || {
        project
            .state()
            .log
            .entries()
            .all(|entry| entry.status.is_some())
    };
    let since = Instant::now();
    while !answered() && since.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(30));
    running
}

#[test]
fn an_apply_that_is_killed_again_and_again_makes_no_duplicate() {
    let (expected, whole) = {
        let project = Project::web_shop();
        project.run(&["apply", "--yes"]).expect(0);
        (look(&project), project.requests())
    };
    assert!(whole > 30, "an apply makes more requests than {whole}");
    let mut numbers = Numbers(20_260_302);
    let (mut killed, mut with_writes) = (0, 0);
    for round in 0..PROJECTS {
        let project = Project::web_shop();
        for _ in 0..KILLS {
            let (requests, micros) = (numbers.below(whole) + 1, numbers.below(4_000));
            killed += u64::from(kill(&project, requests, Duration::from_micros(micros)));
        }
        with_writes += u64::from(project.writes() > 0);
        let ended = (0..3).any(|_| project.run(&["apply", "--yes"]).code == Some(0));
        assert!(
            ended,
            "round {round}: {:?}",
            project.run(&["apply", "--yes"])
        );
        assert_eq!(look(&project), expected, "round {round}");
        project.run(&["plan", "--detailed-exitcode"]).expect(0);
    }
    // A test that kills nobody, or only before the first write, proves nothing.
    assert!(killed >= PROJECTS * KILLS / 2, "{killed} kills");
    assert!(
        with_writes >= PROJECTS / 2,
        "{with_writes} rounds with writes"
    );
}
