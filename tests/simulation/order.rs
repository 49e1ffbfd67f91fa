//! Law 7: any order of independent operations ends in the same state. A world is run twice, the second time with
//! the steps of its undisturbed runs in another order, and both ends are compared.

use std::collections::{BTreeSet, HashMap};
use std::mem::{Discriminant, discriminant};

use accord::model::{CaseId, Conflict, Value, WorkItemId, azure_boards_mention_in};
use accord::plan::{Operation, Step};
use accord::reconcile::PlanOutcome;
use accord::store::Store;

use crate::rng::Rng;
use crate::run::{Outcome, Setting, Simulation, simulate};
use crate::store::known_links;

/// Seeds that are run twice.
const SEEDS: u64 = 120;

#[test]
fn the_order_of_independent_steps_does_not_matter() {
    let mut moved = 0;
    for seed in 0..SEEDS {
        let given = simulate(Setting::seed(seed));
        let (other, how) = in_another_order(seed, &given);
        assert!(
            how.is_empty(),
            "{}\nseed {seed} in another order: {how:#?}",
            other.trace.join("\n")
        );
        moved += other.tally.moved;
    }
    // Orders that are all the same prove nothing.
    assert!(moved >= SEEDS / 3, "{moved} steps changed places");
}

/// The seed once more in another order, and what is different then.
pub(crate) fn in_another_order(seed: u64, given: &Outcome) -> (Outcome, Vec<String>) {
    let other = simulate(Setting {
        order: Some(seed),
        ..Setting::seed(seed)
    });
    let mut how = other.broken.clone();
    how.extend(differences("as planned", &given.end, &other.end));
    how.extend(differences("in another order", &other.end, &given.end));
    (other, how)
}

/// Lines of one that the other does not hold as often.
fn differences(title: &str, one: &[String], other: &[String]) -> Vec<String> {
    let times = |lines: &[String], line: &String| lines.iter().filter(|one| *one == line).count();
    one.iter()
        .filter(|line| times(one, line) > times(other, line))
        .map(|line| format!("law 7: {title}: {line}"))
        .collect()
}

/// Swaps neighbouring steps that share no item, many times over, and the rules if none of their steps share one;
/// how many steps have another place among those that are carried out together.
pub(crate) fn shuffle(outcome: &mut PlanOutcome, rng: &mut Rng) -> u64 {
    let given = groups(outcome);
    let steps = &mut outcome.planned.steps;
    for _ in 0..steps.len() * steps.len() {
        if steps.len() < 2 {
            break;
        }
        let at = rng.below(steps.len() - 1);
        if touched(&steps[at]).is_disjoint(&touched(&steps[at + 1])) && rng.per_mille(500) {
            steps.swap(at, at + 1);
        }
    }
    let of = |rule: usize| -> BTreeSet<Touched> {
        let name = &outcome.observations[rule].rule.name;
        let own = outcome.planned.steps.iter();
        own.filter(|step| step.rule == *name)
            .flat_map(touched)
            .collect()
    };
    if outcome.observations.len() == 2 && of(0).is_disjoint(&of(1)) && rng.per_mille(500) {
        outcome.observations.swap(0, 1);
    }
    let other = groups(outcome);
    let places = given.iter().flat_map(|(group, steps)| {
        let now = other.get(group).map(Vec::as_slice).unwrap_or_default();
        steps
            .iter()
            .zip(now)
            .filter(|(before, after)| before != after)
    });
    places.count() as u64
}

/// The steps by rule and by what they do: an apply goes through those groups in an order of its own.
fn groups(outcome: &PlanOutcome) -> HashMap<(String, Discriminant<Operation>), Vec<String>> {
    let mut groups: HashMap<_, Vec<String>> = HashMap::new();
    for step in &outcome.planned.steps {
        let group = (step.rule.to_string(), discriminant(&step.operation));
        let own = groups.entry(group).or_default();
        own.push(step.address.clone());
    }
    groups
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Touched {
    Case(CaseId),
    WorkItem(WorkItemId),
}

/// The items that exist already and that a step is about.
fn touched(step: &Step) -> BTreeSet<Touched> {
    let pair = step.operation.pair();
    match (&step.operation, pair) {
        (Operation::CreateWorkItem { case, .. }, _) => BTreeSet::from([Touched::Case(*case)]),
        (Operation::CreateCase { work_item, .. }, _) => {
            BTreeSet::from([Touched::WorkItem(*work_item)])
        }
        (_, Some(pair)) => {
            BTreeSet::from([Touched::Case(pair.case), Touched::WorkItem(pair.work_item)])
        }
        (operation, None) => panic!("{operation:?} is about no item"),
    }
}

/// The newest items of a world: what is newer has its id by the order in which it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest(CaseId, WorkItemId);

impl Newest {
    pub(crate) fn of(simulation: &Simulation) -> Self {
        let sim = simulation.world.lock();
        let case = sim.testworthy.cases.keys().last();
        let item = sim.azure_devops.items.keys().last();
        Self(
            case.copied().unwrap_or(CaseId(0)),
            item.copied().unwrap_or(WorkItemId(0)),
        )
    }

    fn case(self, id: CaseId) -> String {
        if id <= self.0 {
            id.to_string()
        } else {
            "new".to_owned()
        }
    }

    fn item(self, id: WorkItemId) -> String {
        if id <= self.1 {
            id.to_string()
        } else {
            "new".to_owned()
        }
    }

    /// A reference or a tag made of one.
    fn reference(self, text: &str) -> String {
        let (prefix, bare) = match text.strip_prefix("ref:") {
            Some(bare) => ("ref:", bare),
            None => ("", text),
        };
        match azure_boards_mention_in(bare) {
            Some(id) => format!("{prefix}AB#{}", self.item(id)),
            None => text.to_owned(),
        }
    }

    fn references(self, all: &[String]) -> Vec<String> {
        all.iter().map(|one| self.reference(one)).collect()
    }
}

/// Everything that both systems and the state hold, without the times and with no ids of what is newer: a line
/// for each item, pair and conflict, sorted.
pub(crate) async fn ending(simulation: &Simulation, newest: Newest) -> Vec<String> {
    let links = known_links(&simulation.store).await;
    let mut lines = Vec::new();
    for places in simulation.store.endpoints().await.expect("the places") {
        let open = simulation.store.open_conflicts(&places).await;
        let told = |one: &Conflict| {
            let (case, item) = (newest.case(one.case), newest.item(one.work_item));
            let about = one.subject.row().unwrap_or("deletion");
            format!("conflict {case} {item} {about} {:?}", one.state)
        };
        lines.extend(open.expect("conflicts").iter().map(told));
        let aside = simulation.store.quarantine(&places).await;
        let told = aside.expect("quarantine").into_iter();
        lines.extend(told.map(|entry| format!("quarantine {} {:?}", entry.rule, entry.class)));
    }
    let losses = simulation.store.loss_count().await.expect("losses");
    lines.push(format!("{losses} values were overwritten"));
    let sim = simulation.world.lock();
    for (id, entry) in &sim.testworthy.cases {
        let case = &entry.case;
        let times = ["createdOn", "modifiedOn"];
        let fields = case.fields.iter();
        let fields: Vec<_> = fields
            .filter(|(name, _)| !times.contains(&name.as_str()))
            .collect();
        lines.push(format!(
            "case {} deleted={} {:?} {:?} {:?} {fields:?}",
            newest.case(*id),
            entry.deleted,
            case.suite,
            sim.testworthy.path(case.section),
            newest.references(&case.refs),
        ));
    }
    for (id, entry) in &sim.azure_devops.items {
        let item = entry.now();
        let of_its_own = ["System.Id", "System.Rev", "System.ChangedDate"];
        let fields = item.fields.iter();
        let fields: Vec<(&String, &Value)> = fields
            .filter(|(name, _)| !of_its_own.contains(&name.as_str()))
            .collect();
        let marks = item.markers();
        let marks: Vec<String> = marks.iter().map(|mark| newest.case(mark.case)).collect();
        lines.push(format!(
            "work item {} deleted={} revisions={} {:?} {marks:?} {fields:?}",
            newest.item(*id),
            entry.in_recycle_bin,
            entry.revisions.len(),
            newest.references(&item.tags),
        ));
    }
    for link in links {
        let titled = sim.testworthy.cases.get(&link.case);
        lines.push(format!(
            "pair {} {} {:?} {} {:?} {:?} {:?}",
            newest.case(link.case),
            newest.item(link.work_item),
            titled.map(|entry| entry.case.title()),
            link.rule,
            link.state,
            link.case_mark,
            link.work_item_mark,
        ));
    }
    lines.sort();
    lines
}
