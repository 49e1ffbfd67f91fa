//! What has to hold once nothing goes wrong any more and nobody edits.

use std::collections::{BTreeMap, BTreeSet};

use accord::model::config::SyncRule;
use accord::model::{
    Case, CaseId, Conflict, ConflictState, Link, MarkState, System, Value, WorkItem, WorkItemId,
    azure_boards_mention, azure_boards_mentions,
};
use accord::reconcile::{PlanOptions, PlanOutcome, ReconcileError, plan};
use accord::store::{SqliteStore, Store};

use crate::azure_devops::{PRIORITY, STEPS, text};
use crate::faults::Process;
use crate::order::{Newest, ending};
use crate::people::{all_of_case, all_of_item, tokens, tokens_in_order};
use crate::run::{Ended, Simulation, Way, accepting_all};
use crate::sim::Sim;
use crate::store::known_links;

/// More than the day for which a refused write is not sent again.
const A_DAY_AND_MORE: i64 = 100_000_000;

pub(crate) async fn check(simulation: &mut Simulation) {
    let newest = Newest::of(simulation);
    // What is on its way arrives while this one waits for it.
    let mut ends = quiet_run(simulation).await;
    // From now on everything that was refused may be tried again.
    simulation.world.lock().pass(A_DAY_AND_MORE);
    // Law 3: two passes.
    ends &= quiet_run(simulation).await;
    // What a person decided about an item that was not there may have no way by now: one run puts the
    // decision back, and the rule decides in the next one.
    if decisions_stand(simulation).await {
        ends &= quiet_run(simulation).await;
    }
    ends &= quiet_run(simulation).await;
    ends &= goes_on(simulation).await;
    simulation.end = ending(simulation, newest).await;
    if !ends {
        // A guard that no number loosens, a side that lists nothing for one, waits for a person for good.
        every_edit_is_somewhere(simulation).await;
        one_partner_each(simulation).await;
        return;
    }
    let Some(left) = plan_now(simulation).await else {
        return;
    };
    nothing_left(simulation, &left, "1/3", "after the undisturbed runs");
    full_scan_says_the_same(simulation, Some(&left)).await;
    nothing_written(simulation).await;
    every_edit_is_somewhere(simulation).await;
    one_partner_each(simulation).await;
    in_accord(simulation, &left).await;
    state_is_sound(simulation).await;
    if simulation.world.lock().broken.is_empty() {
        rebuilt(simulation, &left).await;
    }
}

/// What a run brings back may bring more work with it: a restored item takes in edits, one of which frees a
/// third item. Two runs more have to be enough, and worlds that need them are counted.
async fn goes_on(simulation: &mut Simulation) -> bool {
    for _ in 0..2 {
        let left = plan_with(simulation, &PlanOptions::default()).await;
        let Ok(left) = left else { return true };
        if left.planned.steps.is_empty() && left.planned.plan.changes.is_empty() {
            return true;
        }
        simulation.tally.slow += 1;
        if !quiet_run(simulation).await {
            return false;
        }
    }
    true
}

async fn decisions_stand(simulation: &Simulation) -> bool {
    for places in simulation.store.endpoints().await.expect("the places") {
        let waiting = simulation.store.open_conflicts(&places).await;
        let decided = |one: &Conflict| matches!(one.state, ConflictState::Decided { .. });
        if waiting.expect("conflicts").iter().any(decided) {
            return true;
        }
    }
    false
}

/// Whether it carried out its plan.
async fn quiet_run(simulation: &mut Simulation) -> bool {
    let process = Process::new(None, None);
    let ended = simulation.run(&process, accepting_all(), Way::Whole).await;
    let told = match ended {
        Ended::Done(_) | Ended::Nothing => return true,
        Ended::Blocked => {
            simulation.tally.blocked += 1;
            return false;
        }
        Ended::Killed => "killed".to_owned(),
        Ended::Failed(error) => error.to_string(),
    };
    let how = format!("an undisturbed run did not end: {told}");
    simulation.world.lock().breaks("9", &how);
    false
}

async fn plan_with(
    simulation: &Simulation,
    options: &PlanOptions,
) -> Result<PlanOutcome, ReconcileError> {
    let process = Process::new(None, None);
    let line = simulation.line(&process);
    let store = simulation.mortal(&process);
    plan(&simulation.context(&line, &store), options).await
}

async fn plan_now(simulation: &Simulation) -> Option<PlanOutcome> {
    let planned = plan_with(simulation, &PlanOptions::default()).await;
    match planned {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            let how = format!("no plan: {error}");
            simulation.world.lock().breaks("6", &how);
            None
        }
    }
}

fn nothing_left(simulation: &Simulation, left: &PlanOutcome, law: &str, when: &str) {
    let mut sim = simulation.world.lock();
    for change in &left.planned.plan.changes {
        let how = format!(
            "{when} the plan still holds {} {:?} {:?} {:?}",
            change.address, change.action, change.reason, change.fields
        );
        sim.breaks(law, &how);
    }
    if left.planned.plan.changes.is_empty() {
        for step in &left.planned.steps {
            let how = format!(
                "{when} a step is left: {} {:?}",
                step.address, step.operation
            );
            sim.breaks(law, &how);
        }
    }
}

/// What the feed of revisions spares is what a full scan finds unchanged.
pub(crate) async fn full_scan_says_the_same(simulation: &Simulation, made: Option<&PlanOutcome>) {
    let own;
    let made = match made {
        Some(made) => made,
        None => match plan_with(simulation, &PlanOptions::default()).await {
            Ok(made) => {
                own = made;
                &own
            }
            // The run that follows says so too.
            Err(_) => return,
        },
    };
    let options = PlanOptions {
        full_scan: true,
        ..PlanOptions::default()
    };
    let Ok(full) = plan_with(simulation, &options).await else {
        return;
    };
    let same = |one: &PlanOutcome| {
        let (one, full) = (&one.planned.plan, &full.planned.plan);
        one.plan_id == full.plan_id && one.summary == full.summary
    };
    if same(made) {
        return;
    }
    // Between the two a write that got no answer may have become settled.
    let again = plan_with(simulation, &PlanOptions::default()).await;
    if again.is_ok_and(|again| !same(&again)) {
        let (made, full) = (&made.planned.plan, &full.planned.plan);
        let how = format!(
            "by the feed {:?} {:?}, by a full scan {:?} {:?}",
            made.summary, made.changes, full.summary, full.changes
        );
        simulation.world.lock().breaks("incremental = full", &how);
    }
}

fn writes(sim: &Sim) -> u64 {
    sim.testworthy.writes + sim.azure_devops.writes
}

/// Law 2.
async fn nothing_written(simulation: &mut Simulation) {
    let before = writes(&simulation.world.lock());
    let links = known_links(&simulation.store).await;
    quiet_run(simulation).await;
    let after = writes(&simulation.world.lock());
    if before != after {
        let how = format!(
            "{} writes although neither side had changed",
            after - before
        );
        simulation.world.lock().breaks("2", &how);
    }
    if links != known_links(&simulation.store).await {
        let mut sim = simulation.world.lock();
        sim.breaks("2", "a base changed although neither side had");
    }
}

/// Law 4.
async fn every_edit_is_somewhere(simulation: &Simulation) {
    let mut found = simulation.recorded().await;
    found.extend(simulation.archived.iter().cloned());
    let mut sim = simulation.world.lock();
    for case in sim.testworthy.cases.values() {
        found.extend(tokens(&all_of_case(&case.case)));
    }
    for item in sim.azure_devops.items.values() {
        found.extend(tokens(&all_of_item(item.now())));
    }
    let lost: Vec<String> = sim.people.alive.difference(&found).cloned().collect();
    for token in lost {
        let what = sim.people.told.get(&token).cloned().unwrap_or_default();
        sim.breaks("4", &format!("the edit {token} ({what}) is nowhere"));
    }
}

/// Law 5; duplicates are noticed when they are made.
async fn one_partner_each(simulation: &Simulation) {
    let links = known_links(&simulation.store).await;
    let (mut cases, mut items) = (BTreeSet::new(), BTreeSet::new());
    for link in &links {
        if !cases.insert(link.case) || !items.insert(link.work_item) {
            let how = format!("case {} or work item {} twice", link.case, link.work_item);
            simulation.world.lock().breaks("5", &how);
        }
    }
}

async fn state_is_sound(simulation: &Simulation) {
    let mut wrong = simulation.store.check().await.expect("a check");
    let audit = simulation.store.verify_audit().await.expect("the audit");
    if !matches!(audit, accord::store::AuditCheck::Intact { .. }) {
        wrong.push(format!("{audit:?}"));
    }
    for places in simulation.store.endpoints().await.expect("the places") {
        let open = simulation.store.open_intents(&places).await;
        let open = open.expect("intents").into_iter();
        wrong.extend(open.map(|intent| format!("an open intent: {intent:?}")));
    }
    for one in wrong {
        simulation.world.lock().breaks("9", &one);
    }
}

/// Laws 3 and 9, without the planner: the two items of a pair say the same, or somebody was told why not.
async fn in_accord(simulation: &Simulation, left: &PlanOutcome) {
    let told = told_about(simulation, left).await;
    for link in known_links(&simulation.store).await {
        let mut sim = simulation.world.lock();
        let case = sim.testworthy.case(link.case).cloned();
        let item = sim.azure_devops.item(link.work_item).cloned();
        let (Some(case), Some(item)) = (case, item) else {
            continue;
        };
        if told.contains(&link.case) || !is_in_scope(simulation, &link, Some(&case), Some(&item)) {
            continue;
        }
        for (row, left, right) in essences(&case, &item) {
            if simulation.project.compares(row) && left != right {
                let how = format!(
                    "case {} and work item {} differ in {row}: {left} and {right}",
                    case.id, item.id
                );
                sim.breaks("3", &how);
            }
        }
    }
}

/// Cases about which the plan tells something, or a person has to say something.
async fn told_about(simulation: &Simulation, left: &PlanOutcome) -> BTreeSet<CaseId> {
    let plan = &left.planned.plan;
    let findings = plan.findings.iter().map(|finding| finding.address.as_str());
    let conflicts = plan.conflicts.iter().map(|entry| entry.address.as_str());
    let drift = plan.drift.iter().map(|entry| entry.address.as_str());
    let mut cases = BTreeSet::new();
    let mut items = BTreeSet::new();
    for address in findings.chain(conflicts).chain(drift) {
        let mut parts = address.rsplit('/');
        let id = parts.next().and_then(|id| id.parse::<u64>().ok());
        match (parts.next(), id) {
            (Some("case"), Some(id)) => drop(cases.insert(CaseId(id))),
            (Some("workItem"), Some(id)) => drop(items.insert(WorkItemId(id))),
            _ => {}
        }
    }
    for link in known_links(&simulation.store).await {
        if items.contains(&link.work_item) {
            cases.insert(link.case);
        }
    }
    cases
}

fn is_in_scope(
    simulation: &Simulation,
    link: &Link,
    case: Option<&Case>,
    item: Option<&WorkItem>,
) -> bool {
    let Some(rule) = simulation.config.rules.get(&link.rule) else {
        return false;
    };
    if rule.is_two_way() {
        return selects_case(rule, case) || selects_item(rule, item);
    }
    // What a rule does not enforce may differ.
    simulation.project.drift == "enforce"
        && match rule.source() {
            System::TestWorthy => selects_case(rule, case),
            System::AzureDevOps => selects_item(rule, item),
        }
}

fn selects_case(rule: &SyncRule, case: Option<&Case>) -> bool {
    rule.scope.testworthy.as_ref().is_some_and(|scope| {
        let suite = case.and_then(|case| case.suite);
        suite.is_some_and(|suite| scope.suites.contains(&suite))
    })
}

fn selects_item(rule: &SyncRule, item: Option<&WorkItem>) -> bool {
    rule.scope.azure_devops.as_ref().is_some_and(|scope| {
        let area = item.map(|item| text(item, "System.AreaPath"));
        area.is_some() && area == scope.area_path.as_deref()
    })
}

/// What matters of each row, as either side says it.
fn essences(case: &Case, item: &WorkItem) -> Vec<(&'static str, String, String)> {
    let of_case = |name: &str| case.fields.get(name).cloned().unwrap_or_default();
    let of_item = |name: &str| item.fields.get(name).cloned().unwrap_or_default();
    let words = |value: &Value| tokens_in_order(&format!("{value}")).join(" ");
    let priority = match of_item(PRIORITY) {
        Value::Number(number) => match number.to_string().as_str() {
            "1" => "P1 - Must Test".to_owned(),
            "2" => "P2 - Should Test".to_owned(),
            _ => "P3 - Good to Test".to_owned(),
        },
        _ => String::new(),
    };
    // A copy may name a work item that is not its own, which is a reference like others.
    let own = azure_boards_mention(item.id);
    let refs: BTreeSet<&str> = case
        .refs
        .iter()
        .map(String::as_str)
        .filter(|one| **one != own)
        .collect();
    let tags: BTreeSet<&str> = item
        .tags
        .iter()
        .filter_map(|tag| tag.strip_prefix("ref:"))
        .collect();
    let smoke = of_case("smoke") == Value::Boolean(true);
    let tagged = item.tags.iter().any(|tag| tag == "smoke");
    vec![
        ("title", case.title().to_owned(), item.title().to_owned()),
        (
            "description",
            words(&of_case("description")),
            words(&of_item("System.Description")),
        ),
        ("steps", words(&of_case("steps")), words(&of_item(STEPS))),
        (
            "priority",
            of_case("priority").as_text().unwrap_or_default().to_owned(),
            priority,
        ),
        ("smoke", smoke.to_string(), tagged.to_string()),
        ("refs", format!("{refs:?}"), format!("{tags:?}")),
    ]
}

/// Law 11: where nothing waits for anybody, the markers alone bring every pair back, and nothing is written.
async fn rebuilt(simulation: &mut Simulation, left: &PlanOutcome) {
    let summary = left.planned.plan.summary;
    let waits = summary.conflict + summary.quarantined + summary.held > 0;
    let tolerant = simulation.project.drift != "enforce";
    let two_way = simulation.config.rules.values().all(SyncRule::is_two_way);
    if waits || (tolerant && !two_way) || simulation.setting.documented_only {
        return;
    }
    for places in simulation.store.endpoints().await.expect("the places") {
        let parted = simulation.store.parted_links(&places).await;
        if !parted.expect("links").is_empty() {
            return;
        }
    }
    // With the state goes what was learnt of the servers: what they refuse or spell in their own way is
    // tried once more.
    let links = known_links(&simulation.store).await;
    let refused = |link: &Link| [link.case_mark, link.work_item_mark].contains(&MarkState::Refused);
    let spells = {
        let sim = simulation.world.lock();
        sim.testworthy.habits.drops_bold || sim.azure_devops.habits.drops_bold
    };
    if spells || links.iter().any(refused) {
        return;
    }
    // A pair that its own rule let go waits for a person, and the state alone knows whose it was: another
    // rule that selects it would take it up.
    let let_go = |link: &Link| {
        let sim = simulation.world.lock();
        let case = sim.testworthy.case(link.case).cloned();
        let item = sim.azure_devops.item(link.work_item).cloned();
        let is_there = case.is_some() || item.is_some();
        is_there && !is_in_scope(simulation, link, case.as_ref(), item.as_ref())
    };
    if links.iter().any(let_go) || links.iter().any(|link| another_came_back(simulation, link)) {
        return;
    }
    // There another rule may take the pair up, with its own mapping; it stays the pair.
    let turns = links.iter().any(|link| two_rules_select(simulation, link));
    simulation.tally.relinked += 1;
    let pairs = |links: &[Link]| -> BTreeMap<CaseId, WorkItemId> {
        links
            .iter()
            .map(|link| (link.case, link.work_item))
            .collect()
    };
    let before = writes(&simulation.world.lock());
    let items = count(&simulation.world.lock());
    let known = pairs(&known_links(&simulation.store).await);
    simulation.store = SqliteStore::in_memory().expect("a store");
    simulation
        .world
        .lock()
        .note("the state is lost, and everything else as it was");
    quiet_run(simulation).await;
    let after = writes(&simulation.world.lock());
    if items != count(&simulation.world.lock()) {
        let how = "an item was made after the state was lost";
        simulation.world.lock().breaks("11", how);
    }
    if before != after && !turns {
        let how = format!("{} writes after the state was lost", after - before);
        simulation.world.lock().breaks("11", &how);
    }
    let found = pairs(&known_links(&simulation.store).await);
    for (case, item) in &found {
        if known.get(case).is_some_and(|own| own != item) {
            let how = format!("case {case} came back with work item {item}");
            simulation.world.lock().breaks("11", &how);
        }
    }
    if turns {
        return;
    }
    if let Some(left) = plan_now(simulation).await {
        nothing_left(simulation, &left, "11", "after the state was rebuilt");
    }
}

fn count(sim: &Sim) -> (usize, usize) {
    (sim.testworthy.cases.len(), sim.azure_devops.items.len())
}

/// Which of two rules has the pair, whose items stand in the scopes of both, is known to the state alone.
fn two_rules_select(simulation: &Simulation, link: &Link) -> bool {
    let sim = simulation.world.lock();
    let case = sim.testworthy.case(link.case);
    let item = sim.azure_devops.item(link.work_item);
    let others = simulation.config.rules.values();
    let mut others = others.filter(|rule| rule.name != link.rule);
    others.any(|rule| {
        let by_case = rule.is_two_way() || rule.source() == System::TestWorthy;
        let by_item = rule.is_two_way() || rule.source() == System::AzureDevOps;
        (by_case && selects_case(rule, case)) || (by_item && selects_item(rule, item))
    })
}

/// The case of the pair stands where no rule looks, and another one that was deleted came back and names the work
/// item as well: docs/two-way.md tells of it ("If the state is lost").
fn another_came_back(simulation: &Simulation, link: &Link) -> bool {
    let sim = simulation.world.lock();
    let own = sim.testworthy.case(link.case);
    let mut rules = simulation.config.rules.values();
    if rules.any(|rule| selects_case(rule, own)) {
        return false;
    }
    let item = sim.azure_devops.item(link.work_item);
    let marks = item.map(WorkItem::markers).unwrap_or_default();
    let mut others = sim.testworthy.live().filter(|case| case.id != link.case);
    others.any(|case| {
        let mut rules = simulation.config.rules.values();
        azure_boards_mentions(&case.refs).contains(&link.work_item)
            && marks.iter().any(|mark| mark.case == case.id)
            && rules.any(|rule| selects_case(rule, Some(case)))
    })
}
