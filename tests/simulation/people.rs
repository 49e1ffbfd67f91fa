//! What people do on either side. Every edit of theirs carries a token of its own, `e17`, that can be looked
//! for at the end: in a value, in a loss or in a conflict.

use std::collections::{BTreeMap, BTreeSet};

use accord::mapping::codec::steps::{CaseSteps, parse_tcm, put_tcm};
use accord::model::steps::Step;
use accord::model::{
    Case, CaseId, HYPERLINK, Relation, SuiteId, System, Value, WorkItem, WorkItemId,
    azure_boards_mentions,
};

use crate::azure_devops::{self as azure, AREAS, PRIORITY, STEPS};
use crate::rng::Rng;
use crate::sim::Sim;
use crate::testworthy::{self as tests, SUITES};

/// Everybody who edits.
pub(crate) struct People {
    pub(crate) rng: Rng,
    tokens: u64,
    /// Tokens that have to be somewhere.
    pub(crate) alive: BTreeSet<String>,
    /// By token, what was done: for the message.
    pub(crate) told: BTreeMap<String, String>,
    /// Whether items are deleted, moved, copied and made.
    pub(crate) roams: bool,
    /// Cases that alone tell of their pairs, since the state is lost and the work items have no mark yet.
    pub(crate) half_marked: BTreeSet<CaseId>,
    /// Suites that some rule looks at.
    pub(crate) ruled: BTreeSet<SuiteId>,
    /// Cases that a person brought back although another one had taken their place, by the work item.
    pub(crate) came_back: BTreeSet<(CaseId, WorkItemId)>,
    /// References to a work item that a person took from another work item, whose case named both.
    pub(crate) taken_back: BTreeSet<(CaseId, WorkItemId)>,
}

impl People {
    pub(crate) fn new(rng: Rng) -> Self {
        Self {
            rng,
            tokens: 0,
            alive: BTreeSet::new(),
            told: BTreeMap::new(),
            roams: true,
            half_marked: BTreeSet::new(),
            ruled: BTreeSet::new(),
            came_back: BTreeSet::new(),
            taken_back: BTreeSet::new(),
        }
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("e{}", self.tokens)
    }

    /// A person has replaced one text by another: what is new has to stay, what is gone was meant to go.
    fn replaced(&mut self, before: &str, after: &str, what: &str) {
        let (before, after) = (tokens(before), tokens(after));
        for token in before.difference(&after) {
            self.alive.remove(token);
        }
        for token in after.difference(&before) {
            self.alive.insert(token.clone());
            self.told.insert(token.clone(), what.to_owned());
        }
    }
}

/// The tokens in a text: `e` and digits, standing alone.
pub(crate) fn tokens(text: &str) -> BTreeSet<String> {
    tokens_in_order(text).into_iter().collect()
}

pub(crate) fn tokens_in_order(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| {
            word.strip_prefix('e').is_some_and(|digits| {
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
        .map(str::to_owned)
        .collect()
}

/// Everything that a case holds, for tokens to be looked for.
pub(crate) fn all_of_case(case: &Case) -> String {
    format!("{:?} {:?}", case.fields, case.refs)
}

pub(crate) fn all_of_item(item: &WorkItem) -> String {
    format!("{:?} {:?}", item.fields, item.tags)
}

impl Sim {
    /// Somebody does something somewhere.
    pub(crate) fn person_acts(&mut self) {
        let system = if self.people.rng.per_mille(500) {
            System::TestWorthy
        } else {
            System::AzureDevOps
        };
        let roam = self.people.rng.below(100);
        if self.people.roams && roam < 22 {
            match system {
                System::TestWorthy => self.roam_in_testworthy(roam),
                System::AzureDevOps => self.roam_in_azure_devops(roam),
            }
            return;
        }
        match system {
            System::TestWorthy => {
                let ids: Vec<CaseId> = self.testworthy.live().map(|case| case.id).collect();
                if !ids.is_empty() {
                    let id = *self.people.rng.pick(&ids);
                    self.edit_case(id);
                }
            }
            System::AzureDevOps => {
                let ids: Vec<WorkItemId> = self.azure_devops.live().map(|item| item.id).collect();
                if !ids.is_empty() {
                    let id = *self.people.rng.pick(&ids);
                    self.edit_work_item(id);
                }
            }
        }
    }

    /// Somebody edits the two items of a pair at once, which is what conflicts are made of.
    pub(crate) fn person_edits_pair(&mut self, case: CaseId, item: WorkItemId) {
        let row = self.people.rng.below(6);
        if self.testworthy.case(case).is_some() {
            self.edit_case_row(case, row);
        }
        if self.azure_devops.item(item).is_some() {
            self.edit_work_item_row(item, row);
        }
    }

    /// Somebody deletes, moves or brings back one of the items of a pair.
    pub(crate) fn person_parts_pair(&mut self, case: CaseId, item: WorkItemId) {
        let (here, there) = (
            self.testworthy.case(case).is_some(),
            self.azure_devops.item(item).is_some(),
        );
        let edits_first = self.people.rng.per_mille(200);
        match self.people.rng.below(10) {
            0..3 if here => {
                if edits_first {
                    self.edit_work_item(item);
                }
                self.remove_case(case);
            }
            3..6 if there => {
                if edits_first {
                    self.edit_case(case);
                }
                self.remove_work_item(item);
            }
            6 if here && !self.rests_on(case, SUITES[2]) => {
                let at = self.testworthy_time();
                self.note(&format!("person: moves case {case} out of the way"));
                self.testworthy.move_to(case, SUITES[2], at);
            }
            7 if there => {
                let at = self.azure_devops_time();
                self.note(&format!("person: moves work item {item} out of the way"));
                self.azure_devops.revise(item, at, |item| {
                    azure::set(item, "System.AreaPath", Value::text(AREAS[3]));
                });
            }
            _ => {
                self.roam_in_testworthy(7);
                self.roam_in_azure_devops(7);
            }
        }
    }

    /// Whether a case that alone tells of its pair would go where no rule looks: then nothing tells of it any more
    /// (docs/two-way.md, "If the state is lost").
    fn rests_on(&self, id: CaseId, suite: SuiteId) -> bool {
        let mut items = self.azure_devops.live();
        self.people.half_marked.contains(&id)
            && !self.people.ruled.contains(&suite)
            && !items.any(|item| item.markers().iter().any(|mark| mark.case == id))
    }

    pub(crate) fn edit_case(&mut self, id: CaseId) {
        let row = self.people.rng.below(8);
        self.edit_case_row(id, row);
    }

    fn edit_case_row(&mut self, id: CaseId, row: usize) {
        let at = self.testworthy_time();
        let Some(case) = self.testworthy.case(id).cloned() else {
            return;
        };
        // There is no version to test, and what is on its way cannot be stopped: see docs/simulation.md.
        if self.is_under_fire(id) {
            return;
        }
        let field = |name: &str| case.fields.get(name).cloned().unwrap_or_default();
        let (name, after) = match row {
            0 => (
                "title",
                Value::text(format!("Case {}", self.people.token())),
            ),
            1 | 7 => ("description", self.rich(&field("description"))),
            2 => ("steps", self.case_steps(&field("steps"))),
            3 => {
                let names = ["P1 - Must Test", "P2 - Should Test", "P3 - Good to Test"];
                ("priority", Value::text(*self.people.rng.pick(&names)))
            }
            4 => {
                let flag = field("smoke") != Value::Boolean(true);
                ("smoke", Value::Boolean(flag))
            }
            5 => {
                let refs = self.people_set(&case.refs, "", |one| one.starts_with("AB#"));
                self.people.replaced(
                    &case.refs.join(" "),
                    &refs.join(" "),
                    &format!("refs of case {id}"),
                );
                self.note(&format!("person: case {id} refs = {refs:?}"));
                self.testworthy.touch(id, at, |case| case.refs = refs);
                return;
            }
            _ => ("mission", self.rich(&field("mission"))),
        };
        let (before, text) = (format!("{:?}", field(name)), format!("{after:?}"));
        self.people
            .replaced(&before, &text, &format!("{name} of case {id}"));
        self.note(&format!("person: case {id} {name} = {after}"));
        self.testworthy
            .touch(id, at, |case| tests::set(case, name, after));
    }

    pub(crate) fn edit_work_item(&mut self, id: WorkItemId) {
        let row = self.people.rng.below(9);
        self.edit_work_item_row(id, row);
    }

    fn edit_work_item_row(&mut self, id: WorkItemId, row: usize) {
        let at = self.azure_devops_time();
        let Some(item) = self.azure_devops.item(id).cloned() else {
            return;
        };
        let field = |name: &str| item.fields.get(name).cloned().unwrap_or_default();
        let (name, after) = match row {
            0 => (
                "System.Title",
                Value::text(format!("Item {}", self.people.token())),
            ),
            1 | 7 => (
                "System.Description",
                self.rich(&field("System.Description")),
            ),
            2 => (STEPS, self.tcm_steps(&field(STEPS))),
            3 => {
                let number = self.people.rng.between(1, 4);
                (
                    PRIORITY,
                    Value::integer(i64::try_from(number).expect("a small number")),
                )
            }
            4 => {
                let mut tags = item.tags.clone();
                match tags.iter().position(|tag| tag == "smoke") {
                    Some(at) => drop(tags.remove(at)),
                    None => tags.push("smoke".to_owned()),
                }
                return self.retag(&item, tags);
            }
            5 => {
                let tags = self.people_set(&item.tags, "ref:", |tag| !tag.starts_with("ref:"));
                return self.retag(&item, tags);
            }
            8 => {
                let mut tags = item.tags.clone();
                tags.push(self.people.token());
                return self.retag(&item, tags);
            }
            _ => ("Custom.Mission", self.rich(&field("Custom.Mission"))),
        };
        let (before, text) = (format!("{:?}", field(name)), format!("{after:?}"));
        self.people
            .replaced(&before, &text, &format!("{name} of work item {id}"));
        self.note(&format!("person: work item {id} {name} = {after}"));
        self.azure_devops
            .revise(id, at, |item| azure::set(item, name, after));
    }

    fn retag(&mut self, item: &WorkItem, tags: Vec<String>) {
        let id = item.id;
        self.people.replaced(
            &item.tags.join(" "),
            &tags.join(" "),
            &format!("tags of work item {id}"),
        );
        self.note(&format!("person: work item {id} tags = {tags:?}"));
        let gone = item.tags.iter().filter(|tag| !tags.contains(tag));
        let gone: Vec<String> = gone
            .filter_map(|tag| tag.strip_prefix("ref:").map(str::to_owned))
            .collect();
        self.takes_back_references(id, &azure_boards_mentions(&gone));
        let at = self.azure_devops_time();
        self.azure_devops.revise(id, at, |item| item.tags = tags);
    }

    /// Once its case names them no longer either, what a person takes from a work item are strangers.
    fn takes_back_references(&mut self, id: WorkItemId, taken: &[WorkItemId]) {
        for (case, entry) in &self.testworthy.cases {
            if entry.mentioned_by_accord.contains(&id) {
                let taken = taken.iter().filter(|item| **item != id);
                self.people
                    .taken_back
                    .extend(taken.map(|item| (*case, *item)));
            }
        }
    }

    /// A person's edit of formatted text: a new text, a paragraph more, less or changed, nothing at all.
    fn rich(&mut self, now: &Value) -> Value {
        let html = now.as_text().unwrap_or_default();
        let html = html
            .replace("<P style=\"margin:0\">", "<p>")
            .replace("</P >", "</p>");
        let mut blocks: Vec<String> = html
            .split("</p>")
            .filter_map(|block| block.trim().strip_prefix("<p>"))
            .map(str::to_owned)
            .collect();
        let token = self.people.token();
        let text = if self.people.rng.per_mille(300) {
            format!("Look at <b>{token}</b> twice")
        } else {
            format!("Note {token}")
        };
        let at = self.people.rng.below(blocks.len().max(1));
        match self.people.rng.below(10) {
            0..4 => blocks.push(text),
            4..8 if !blocks.is_empty() => blocks[at] = text,
            8 if blocks.len() > 1 => drop(blocks.remove(at)),
            9 => blocks.clear(),
            _ => blocks = vec![text],
        }
        Value::text(
            blocks
                .iter()
                .fold(String::new(), |html, block| html + "<p>" + block + "</p>"),
        )
    }

    fn steps(&mut self, mut steps: Vec<Step>) -> Vec<Step> {
        let token = self.people.token();
        let at = self.people.rng.below(steps.len().max(1));
        let new = Step::action(format!("<p>Do {token}</p>"), "<p>It is done</p>");
        match self.people.rng.below(10) {
            0..4 => steps.push(new),
            4..6 if !steps.is_empty() => steps[at] = new,
            6..8 if !steps.is_empty() => {
                if let Step::Action { expected, .. } = &mut steps[at] {
                    *expected = format!("<p>See {token}</p>");
                }
            }
            8 if steps.len() > 1 => drop(steps.remove(at)),
            _ => steps.insert(at.min(steps.len()), new),
        }
        steps
    }

    fn case_steps(&mut self, now: &Value) -> Value {
        let now = CaseSteps::from_value(now).expect("steps of the simulation");
        let steps = self.steps(now.parse().expect("steps of the simulation"));
        let put = now.put(&steps).expect("separated steps hold all");
        put.to_value()
    }

    fn tcm_steps(&mut self, now: &Value) -> Value {
        let now = now.as_text().unwrap_or_default();
        let steps = self.steps(parse_tcm(now).expect("steps of the simulation"));
        Value::text(put_tcm(now, &steps).expect("steps that fit"))
    }

    /// One member more or less of those that are not kept aside.
    fn people_set(
        &mut self,
        now: &[String],
        prefix: &str,
        aside: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut all = now.to_vec();
        let own: Vec<usize> = (0..all.len()).filter(|at| !aside(&all[*at])).collect();
        if !own.is_empty() && self.people.rng.per_mille(300) {
            let at = *self.people.rng.pick(&own);
            all.remove(at);
        } else {
            let token = self.people.token();
            all.push(format!("{prefix}{token}"));
        }
        all
    }

    fn roam_in_testworthy(&mut self, what: usize) {
        let at = self.testworthy_time();
        let live: Vec<CaseId> = self.testworthy.live().map(|case| case.id).collect();
        let gone = self
            .testworthy
            .cases
            .iter()
            .filter(|(_, case)| case.deleted);
        let gone: Vec<CaseId> = gone.map(|(id, _)| *id).collect();
        let suite = SUITES[self.people.rng.below(SUITES.len())];
        match what {
            0..7 if !live.is_empty() => {
                let id = *self.people.rng.pick(&live);
                self.remove_case(id);
            }
            // A create that is on its way already would come to a second one.
            7..10 if !gone.is_empty() && self.landings.is_empty() => {
                let id = *self.people.rng.pick(&gone);
                self.note(&format!("person: brings back case {id}"));
                let entry = self.testworthy.cases.get_mut(&id).expect("a deleted case");
                entry.deleted = false;
                // Where another case took its place, two claim the work item by a person's doing, and no law
                // says which of them it has.
                let claimed = entry.mentioned_by_accord.clone();
                let claims = |item: &WorkItemId| claimed.contains(item);
                let others = self.testworthy.cases.values_mut();
                for other in others.filter(|other| !other.deleted && other.case.id != id) {
                    let replaced = other.mentioned_by_accord.iter().filter(|item| claims(item));
                    let replaced = replaced.map(|item| (id, *item));
                    self.people.came_back.extend(replaced);
                    other.mentioned_by_accord.retain(|item| !claims(item));
                }
            }
            10..14 if !live.is_empty() => {
                let id = *self.people.rng.pick(&live);
                if self.rests_on(id, suite) {
                    return;
                }
                self.note(&format!("person: moves case {id} to suite {suite}"));
                self.testworthy.move_to(id, suite, at);
            }
            14..17 if !live.is_empty() => {
                let id = *self.people.rng.pick(&live);
                let case = self.testworthy.case(id).expect("a live case").clone();
                let new = self.testworthy.add(suite, case.refs, case.fields, at);
                self.note(&format!(
                    "person: copies case {id} to case {new} in suite {suite}"
                ));
            }
            _ => {
                let suite = SUITES[self.people.rng.below(2)];
                self.new_case(suite);
            }
        }
    }

    pub(crate) fn remove_case(&mut self, id: CaseId) {
        self.note(&format!("person: deletes case {id}"));
        let entry = self.testworthy.cases.get_mut(&id).expect("a case");
        entry.deleted = true;
        let held = all_of_case(&entry.case);
        self.people.replaced(&held, "", "");
    }

    pub(crate) fn new_case(&mut self, suite: SuiteId) -> CaseId {
        let title = format!("New case {}", self.people.token());
        let mut fields = BTreeMap::from([
            ("title".to_owned(), Value::text(title)),
            ("priority".to_owned(), Value::text("P2 - Should Test")),
        ]);
        if self.people.rng.per_mille(700) {
            let text = self.rich(&Value::Null);
            fields.insert("description".to_owned(), text);
        }
        if self.people.rng.per_mille(500) {
            let steps = self.case_steps(&Value::Null);
            fields.insert("steps".to_owned(), steps);
        }
        fields.retain(|_, value| !value.is_null());
        self.people
            .replaced("", &format!("{fields:?}"), "a new case");
        let at = self.testworthy_time();
        let id = self.testworthy.add(suite, Vec::new(), fields, at);
        self.note(&format!("person: new case {id} in suite {suite}"));
        id
    }

    fn roam_in_azure_devops(&mut self, what: usize) {
        let at = self.azure_devops_time();
        let live: Vec<WorkItemId> = self.azure_devops.live().map(|item| item.id).collect();
        let bin = self.azure_devops.items.iter();
        let bin: Vec<WorkItemId> = bin
            .filter(|(_, item)| item.in_recycle_bin)
            .map(|(id, _)| *id)
            .collect();
        let area = AREAS[self.people.rng.between(1, AREAS.len() - 1)];
        match what {
            0..7 if !live.is_empty() => {
                let id = *self.people.rng.pick(&live);
                self.remove_work_item(id);
            }
            7..10 if !bin.is_empty() && self.landings.is_empty() => {
                let id = *self.people.rng.pick(&bin);
                self.note(&format!("person: restores work item {id}"));
                self.azure_devops.set_deleted(id, false, at);
            }
            10..14 if !live.is_empty() => {
                let id = *self.people.rng.pick(&live);
                self.note(&format!("person: moves work item {id} to {area}"));
                self.azure_devops.revise(id, at, |item| {
                    azure::set(item, "System.AreaPath", Value::text(area));
                });
            }
            14..16 if !live.is_empty() => {
                let id = *self.people.rng.pick(&live);
                let mut item = self.azure_devops.item(id).expect("a live item").clone();
                if self.people.rng.per_mille(500) {
                    item.relations.clear();
                }
                let new = self.azure_devops.add(item, at);
                self.note(&format!("person: copies work item {id} to {new}"));
            }
            16..18 if !live.is_empty() => {
                let id = *self.people.rng.pick(&live);
                self.note(&format!("person: links work item {id} to a page"));
                self.azure_devops.revise(id, at, |item| {
                    item.relations.push(Relation {
                        rel: HYPERLINK.to_owned(),
                        url: "https://wiki.example.test/page".to_owned(),
                        comment: None,
                    });
                });
            }
            _ => {
                let area = AREAS[self.people.rng.between(1, 2)];
                self.new_work_item(area);
            }
        }
    }

    fn remove_work_item(&mut self, id: WorkItemId) {
        self.note(&format!("person: deletes work item {id}"));
        let at = self.azure_devops_time();
        self.azure_devops.set_deleted(id, true, at);
        let held = all_of_item(self.azure_devops.items[&id].now());
        self.people.replaced(&held, "", "");
    }

    pub(crate) fn new_work_item(&mut self, area: &str) -> WorkItemId {
        let kind = self.azure_devops.work_item_type.clone();
        let mut item = azure::blank(&kind, area);
        let title = format!("New item {}", self.people.token());
        azure::set(&mut item, "System.Title", Value::text(title));
        azure::set(&mut item, PRIORITY, Value::integer(2));
        if self.people.rng.per_mille(700) {
            let text = self.rich(&Value::Null);
            azure::set(&mut item, "System.Description", text);
        }
        if self.people.rng.per_mille(500) {
            let steps = self.tcm_steps(&Value::Null);
            azure::set(&mut item, STEPS, steps);
        }
        self.people
            .replaced("", &all_of_item(&item), "a new work item");
        let at = self.azure_devops_time();
        let id = self.azure_devops.add(item, at);
        self.note(&format!("person: new work item {id} in {area}"));
        id
    }
}
