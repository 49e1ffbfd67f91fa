//! The plan as Markdown, for a comment on a pull request or the summary of a run.
//!
//! A comment of GitHub takes 65,536 characters, a step summary 1 MiB, and either is lost whole if it is longer.
//! So the page has a budget in bytes. What a reviewer decides by comes first (verdict, counts, safety, tables
//! of changes, conflicts, findings, drift), the difference of each change last, deletes before all others; what
//! does not fit is left out from the bottom in whole units, and the page says what and how much.

mod change;
mod inline;
mod manifests;
mod section;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use self::change::{Caps, details};
pub use self::manifests::manifests;
use super::group::{Group, group};
use super::words::counted;
use crate::plan::{Action, Plan, PlanFinding, Reason, SafetyRule};

/// Room for a comment, below GitHub's limit of 65,536 characters.
pub const COMMENT_BYTES: usize = 60_000;

/// Room for a step summary, below GitHub's limit of 1,048,576 bytes.
pub const SUMMARY_BYTES: usize = 1_000_000;

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// The page is never longer, in bytes.
    pub budget_bytes: usize,
    /// The words of the heading.
    pub heading: String,
    /// Tells several plans of one pull request apart.
    pub label: Option<String>,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self {
            budget_bytes: SUMMARY_BYTES,
            heading: "Accord plan".to_owned(),
            label: None,
        }
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Markdown as GitHub and Azure DevOps read it, a line break at its end.
    pub text: String,
    /// Whether changes, conflicts, findings or rules were left out, or anything of a changed declaration. Long
    /// texts of items are cut too and marked where they are cut, which does not count.
    pub truncated: bool,
}

/// A part that is shown whole or not at all.
struct Unit {
    text: String,
    /// How many changes, conflicts and so on it tells.
    count: u64,
}

/// The plan as Markdown within its budget. The same plan and options give the same bytes. Text of items,
/// manifests and servers reaches it only as code or plain words: it makes no link, image or markup,
/// notifies nobody, and forges no marker. With a budget too small for verdict, counts and ids only these ids
/// are left, or nothing.
pub fn markdown(plan: &Plan, options: &MarkdownOptions) -> Rendered {
    let header = section::header(plan, options);
    let footer = section::footer(plan);
    let budget = options.budget_bytes;
    if header.len() + footer.len() + NOTICE > budget {
        let text = [format!("{header}{footer}"), footer]
            .into_iter()
            .find(|text| text.len() <= budget)
            .unwrap_or_default();
        // With nothing else to tell, the header is the whole plan.
        let whole = text.starts_with(&header) && Sections::of(plan).is_empty();
        return Rendered {
            text,
            truncated: !whole,
        };
    }
    let mut page = Page {
        room: budget - header.len() - footer.len() - NOTICE,
        text: header,
        left_out: Vec::new(),
        budget,
    };
    Sections::of(plan).write(&mut page, plan);
    let truncated = !page.left_out.is_empty();
    let mut text = page.text;
    if truncated {
        let left_out = page.left_out.join(", ");
        text.push_str("> **Shortened.** Left out here: ");
        text.push_str(&left_out);
        text.push_str(". The plan file has all of it.\n\n");
    }
    text.push_str(&footer);
    Rendered { text, truncated }
}

/// Room kept for the notice of what was left out: nine parts, each with two numbers of 20 digits at most.
const NOTICE: usize = 1_000;

/// Room kept inside a part for the line that says how many more there are.
const MORE: usize = 60;

/// The most units of a part, however much room there is: nobody reads more.
const MOST: usize = 300;

struct Page {
    text: String,
    /// Bytes that may still be written.
    room: usize,
    left_out: Vec<String>,
    budget: usize,
}

/// A part of the page: what stands above it, how many things it tells, and their name.
struct Part<'a> {
    head: &'a str,
    total: u64,
    /// `conflicts`, `changes in detail`: what is counted if some are left out.
    name: &'a str,
    /// Whether a line in the part itself says how many more there are.
    counts_more: bool,
    /// The most bytes.
    share: usize,
    most: usize,
}

impl Page {
    /// Writes units as long as there is room; the first one that does not fit ends the part. Gives back how
    /// many things were told.
    fn part(&mut self, part: &Part<'_>, units: impl Iterator<Item = Unit>) -> u64 {
        if part.total == 0 {
            return 0;
        }
        let limit = self.room.min(part.share);
        let mut text = String::from(part.head);
        let mut told = 0;
        for (number, unit) in units.enumerate() {
            if number >= part.most || text.len() + unit.text.len() + MORE > limit {
                break;
            }
            told += unit.count;
            text.push_str(&unit.text);
        }
        let more = part.total - told;
        if more > 0 {
            self.left_out
                .push(format!("{more} of {} {}", part.total, part.name));
        }
        if told == 0 {
            return 0;
        }
        if more > 0 && part.counts_more {
            text.push_str("\nand ");
            text.push_str(&more.to_string());
            text.push_str(" more\n");
        }
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
        self.room = self.room.saturating_sub(text.len());
        self.text.push_str(&text);
        told
    }
}

/// Everything that is told after the header, grouped and in the order of weight.
struct Sections<'a> {
    safety: Vec<&'a SafetyRule>,
    mapping: Vec<Group<'a>>,
    others: Vec<Group<'a>>,
    findings: Vec<Vec<&'a PlanFinding>>,
    has_more: bool,
}

impl<'a> Sections<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut safety: Vec<&SafetyRule> = plan.safety.rules.iter().collect();
        safety.sort_by_key(|rule| std::cmp::Reverse(rule.verdict));
        let mut groups: Vec<Group<'a>> =
            [Action::Delete, Action::Update, Action::Create, Action::Link]
                .into_iter()
                .flat_map(|action| group(&plan.changes, action))
                .collect();
        // Deletes, then what items depend on, then the rest.
        groups.sort_by_key(|group| match group.first() {
            change if change.action == Action::Delete => 0,
            change if change.is_configuration() => 1,
            _ => 2,
        });
        let of_mapping = |group: &Group<'_>| group.first().reason == Reason::MappingChanged;
        let (mapping, others) = groups.into_iter().partition(of_mapping);
        Self {
            safety,
            mapping,
            others,
            findings: findings(&plan.findings),
            has_more: !plan.conflicts.is_empty()
                || !plan.drift.is_empty()
                || plan.manifest_changes.as_ref().is_some_and(|changes| {
                    changes.problem.is_some() || !changes.changes.is_empty()
                }),
        }
    }

    fn is_empty(&self) -> bool {
        self.safety.is_empty()
            && self.mapping.is_empty()
            && self.others.is_empty()
            && self.findings.is_empty()
            && !self.has_more
    }

    fn write(&self, page: &mut Page, plan: &Plan) {
        let share = page.budget / 8;
        let part = |head, name, total: usize| Part {
            head,
            total: total as u64,
            name,
            counts_more: true,
            share,
            most: MOST,
        };
        let safety = part("### Safety\n\n", "safety rules", self.safety.len());
        page.part(
            &safety,
            self.safety.iter().map(|rule| section::safety(rule)),
        );
        if let Some(changes) = &plan.manifest_changes {
            let head = manifests::head(changes);
            let room = page.room.min(share).saturating_sub(head.len() + MORE);
            let (units, cut): (Vec<Unit>, Vec<bool>) =
                manifests::units(changes, room).into_iter().unzip();
            let part = Part {
                head: &head,
                total: units.len() as u64,
                name: "changed declarations",
                counts_more: true,
                share,
                most: MOST,
            };
            let told = page.part(&part, units.into_iter());
            // The review stands for them, so what of them nobody could read counts.
            let cut = cut.iter().zip(0..told).filter(|(cut, _)| **cut).count();
            if cut > 0 {
                let declarations =
                    counted(cut as u64, "changed declaration", "changed declarations");
                page.left_out.push(format!("values of {declarations}"));
            }
        }
        for (title, name, groups) in [
            ("### Changes\n\n", "changes in the table", &self.others),
            (
                "### Because the mapping changed\n\n",
                "mapping changes in the table",
                &self.mapping,
            ),
        ] {
            let head = format!("{title}{}", section::TABLE);
            let table = Part {
                head: &head,
                total: total(groups) as u64,
                name,
                counts_more: true,
                share: share * 2,
                most: MOST,
            };
            page.part(&table, groups.iter().map(section::row));
        }
        let conflicts = part(
            "### Conflicts: a person decides\n\n",
            "conflicts",
            plan.conflicts.len(),
        );
        page.part(&conflicts, plan.conflicts.iter().map(section::conflict));
        let findings = part("### Findings\n\n", "findings", plan.findings.len());
        let units = self.findings.iter().map(|group| section::finding(group));
        page.part(&findings, units);
        let drift = part(
            "### Drift: edited outside Accord since the last apply\n\n",
            "edits on the target",
            plan.drift.len(),
        );
        page.part(&drift, plan.drift.iter().map(section::drift));
        self.details(page);
    }

    fn details(&self, page: &mut Page) {
        let large = page.budget > 200_000;
        let caps = Caps {
            fields: if large { 100 } else { 20 },
            lines: if large { 200 } else { 60 },
            width: if large { 400 } else { 200 },
            items: if large { 20 } else { 5 },
        };
        let longest = page.budget / 4;
        let groups = || {
            let deletes = |group: &&Group<'_>| group.first().action == Action::Delete;
            let first = self.others.iter().filter(deletes);
            let rest = self.others.iter().filter(move |group| !deletes(group));
            first.chain(&self.mapping).chain(rest)
        };
        let part = Part {
            head: "### Details\n\n",
            total: (total(&self.others) + total(&self.mapping)) as u64,
            name: "changes in detail",
            counts_more: false,
            share: usize::MAX,
            most: usize::MAX,
        };
        let unit = |group: &Group<'_>| Unit {
            text: details(group, caps, longest),
            count: group.changes.len() as u64,
        };
        page.part(&part, groups().map(unit));
    }
}

fn total(groups: &[Group<'_>]) -> usize {
    groups.iter().map(|group| group.changes.len()).sum()
}

/// Findings, those that read alike together, the worst first.
fn findings(findings: &[PlanFinding]) -> Vec<Vec<&PlanFinding>> {
    let mut groups: Vec<Vec<&PlanFinding>> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        let place = finding.origin.as_ref().map(|o| (o.file.as_str(), o.line));
        let key = (
            finding.severity.as_str(),
            finding.code.as_str(),
            finding.message.as_str(),
            place,
        );
        let at = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(finding);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(super::notice::severity(group[0])));
    groups
}
