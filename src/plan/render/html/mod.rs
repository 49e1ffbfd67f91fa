//! The plan as one page for a browser, complete in itself: no request goes out, whatever the plan holds.
//!
//! The page carries the plan twice. The beginning of every list is written as markup, so that it can be
//! read, printed and linked into without a script (a mail client, an artifact viewer that forbids scripts).
//! All of it is in a block of JSON, from which the script draws what is looked at, searched for or filtered;
//! 10,000 changes as markup would take a browser seconds and most of them are never seen.
//!
//! A page keeps inside [`HtmlOptions::budget`] bytes: values are cut shorter the larger a plan is, then
//! fields are left out, then entries from the end, and the page says which of these happened.
//!
//! The policy in the page (`Content-Security-Policy`) forbids everything but its own style and its own script, by their
//! digests, and the script builds nodes and texts and never markup (`require-trusted-types-for`), so that
//! a text in a plan stays a text even if a defect here wanted otherwise.

mod entries;
mod escape;
mod fields;
mod head;
mod manifests;
mod paper;
mod summary;
#[cfg(test)]
mod tests;
mod words;

use serde::Serialize;
use serde_json::json;

use self::entries::{Conflict, Drift, Finding, Group};
use self::escape::{Html, data};
use self::fields::Limits;
use self::words::Effort;
use crate::plan::Plan;

/// How to write the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HtmlOptions {
    /// The page's size in bytes at most; less than [`SMALLEST`] counts as that.
    pub budget: usize,
}

/// What a page takes by itself: style, script, heads of lists.
pub const SMALLEST: usize = 512 * 1024;

impl Default for HtmlOptions {
    /// 20 MB: what the viewers of build artifacts open.
    fn default() -> Self {
        Self { budget: 20_000_000 }
    }
}

/// The most that is written as markup for readers without a script, as a part of the budget.
const PAPER: usize = 8;

/// And in bytes: a browser has it on the screen at once.
const MOST_PAPER: usize = 1_000_000;

/// The most that is said of the manifests, as a part of the budget.
const MANIFESTS: usize = 64;

/// How much of each value is shown, from a plan of usual size to one that fits in no other way.
const LIMITS: [Limits; 5] = [
    limits(6_000, 200, 200),
    limits(1_200, 40, 60),
    limits(300, 12, 30),
    limits(80, 4, 12),
    limits(80, 0, 0),
];

const fn limits(text: usize, members: usize, fields: usize) -> Limits {
    Limits {
        text,
        members,
        fields,
    }
}

/// The page. The same plan gives the same bytes.
pub fn html(plan: &Plan, options: &HtmlOptions) -> String {
    let budget = options.budget.max(SMALLEST);
    let mut page = Html::default();
    head::begin(&mut page, plan);
    summary::write(&mut page, plan, budget / MANIFESTS);
    let mut end = Html::default();
    head::end(&mut end);

    let room = budget.saturating_sub(page.len() + end.len());
    let paper = (budget / PAPER).min(MOST_PAPER);
    // The notice about what was left out, the lists' heads, and the braces of the data.
    let room = room.saturating_sub(paper + 16 * 1024);
    let (listed, record, cut) = fitted(plan, room);
    summary::cut(&mut page, cut);
    paper::write(&mut page, plan, &listed, paper);
    page.open("script", &[("type", "application/json"), ("id", "plan")]);
    page.data(&record);
    page.close("script");
    page.append(&end);
    page.into_string()
}

/// All that the page lists.
struct Listed {
    groups: Vec<Group>,
    conflicts: Vec<Conflict>,
    drift: Vec<Drift>,
    findings: Vec<Finding>,
}

impl Listed {
    fn new(plan: &Plan, limits: Limits) -> Self {
        let mut effort = Effort::default();
        let conflicts = plan.conflicts.iter();
        let conflicts = conflicts.map(|one| entries::conflict(one, limits, &mut effort));
        let conflicts = conflicts.collect();
        let drift = plan.drift.iter();
        let drift = drift.map(|one| entries::drift(one, limits, &mut effort));
        let drift = drift.collect();
        Self {
            groups: entries::groups(plan, limits, &mut effort),
            conflicts,
            drift,
            findings: entries::findings(&plan.findings, limits),
        }
    }
}

/// What had to be cut for the page to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cut {
    /// Characters that long values are cut at, if shorter than usual.
    text: Option<usize>,
    /// No field is shown.
    fields: bool,
    /// Entries that are not in the page.
    changes: usize,
    conflicts: usize,
    drift: usize,
    findings: usize,
}

impl Cut {
    fn entries(self) -> usize {
        self.changes + self.conflicts + self.drift + self.findings
    }
}

/// The lists with as much detail as fits, and their JSON.
fn fitted(plan: &Plan, room: usize) -> (Listed, String, Cut) {
    let mut level = 0;
    loop {
        let limits = LIMITS[level];
        let listed = Listed::new(plan, limits);
        let parts = Parts::new(&listed);
        let last = level + 1 == LIMITS.len();
        if last || parts.len() <= room {
            let mut cut = Cut {
                text: (level > 0).then_some(limits.text),
                fields: limits.fields == 0,
                ..Cut::default()
            };
            let record = parts.join(plan, room, &mut cut);
            return (listed, record, cut);
        }
        level += 1;
    }
}

/// The JSON of every entry.
struct Parts {
    conflicts: Vec<String>,
    groups: Vec<(String, Vec<String>)>,
    drift: Vec<String>,
    findings: Vec<String>,
}

impl Parts {
    fn new(listed: &Listed) -> Self {
        fn each<T: Serialize>(entries: &[T]) -> Vec<String> {
            entries.iter().map(written).collect()
        }
        let groups = listed.groups.iter();
        Self {
            conflicts: each(&listed.conflicts),
            groups: groups.map(|g| (written(g), each(&g.items))).collect(),
            drift: each(&listed.drift),
            findings: each(&listed.findings),
        }
    }

    fn len(&self) -> usize {
        let all = |list: &[String]| -> usize { list.iter().map(|one| one.len() + 1).sum() };
        let groups = self.groups.iter();
        let groups: usize = groups
            .map(|(head, items)| head.len() + 16 + all(items))
            .sum();
        groups + all(&self.conflicts) + all(&self.drift) + all(&self.findings)
    }

    /// One document of at most about `room` bytes; what does not fit is left out from the end and counted.
    fn join(self, plan: &Plan, room: usize, cut: &mut Cut) -> String {
        let mut room = Room(room);
        let conflicts = room.list(self.conflicts, &mut cut.conflicts);
        let mut groups = Vec::new();
        for (mut head, items) in self.groups {
            let count = items.len();
            if !room.takes(head.len() + 16) {
                cut.changes += count;
                continue;
            }
            let mut left = 0;
            let items = room.list(items, &mut left);
            cut.changes += left;
            if left < count {
                // The head is an object: its items become its last member.
                head.pop();
                groups.push(format!("{head},\"items\":[{items}]}}"));
            }
        }
        let drift = room.list(self.drift, &mut cut.drift);
        let findings = room.list(self.findings, &mut cut.findings);
        let about = data(
            &json!({
                "changes": plan.changes.len(),
                "conflicts": plan.conflicts.len(),
                "workItems": summary::work_items(plan),
            })
            .to_string(),
        );
        format!(
            "{{\"about\":{about},\"conflicts\":[{conflicts}],\"changes\":[{}],\"drift\":[{drift}],\
             \"findings\":[{findings}]}}",
            groups.join(",")
        )
    }
}

fn written<T: Serialize>(entry: &T) -> String {
    data(&serde_json::to_string(entry).expect("texts, numbers and lists of them"))
}

/// The bytes that are left.
struct Room(usize);

impl Room {
    fn takes(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.0;
        self.0 = if fits { self.0 - bytes } else { self.0 };
        fits
    }

    /// The beginning of a list, joined; what is left out is counted.
    fn list(&mut self, entries: Vec<String>, left: &mut usize) -> String {
        let mut list = String::new();
        for entry in entries {
            if *left > 0 || !self.takes(entry.len() + 1) {
                *left += 1;
                continue;
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(&entry);
        }
        list
    }
}
