//! One simulation: a small world, some rounds of people and runs, then quiet and the laws.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use accord::model::config::Config;
use accord::model::{Link, MarkState, Subject, Take};
use accord::plan::render::markdown::{MarkdownOptions, markdown};
use accord::plan::safety::Overrides;
use accord::plan::{Inputs, ItemKey, Operation, Plan, SafetyVerdict};
use accord::reconcile::{
    ApplyReport, Context, PlanOptions, PlanOutcome, Prepared, ReconcileError, Silent, apply, plan,
    prepare, recover,
};
use accord::store::{SqliteStore, Store};

use crate::ablation::{Ablation, Linked};
use crate::azure_devops::{AREAS, Habits};
use crate::faults::{Death, Faults, Moment, Process};
use crate::laws;
use crate::order;
use crate::people::{People, tokens};
use crate::ports::Line;
use crate::project::Project;
use crate::rng::Rng;
use crate::sim::{Shared, Sim};
use crate::store::{Mortal, known_links, pairs};
use crate::testworthy::{Offered, SUITES};

/// What a simulation is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) seed: u64,
    pub(crate) ablation: Option<Ablation>,
    /// A server that offers nothing but what is documented.
    pub(crate) documented_only: bool,
    /// Two-way rules, many faults, deaths and fast people, and nobody who deletes or moves anything.
    pub(crate) harsh: bool,
    /// Draws another order for the steps of the undisturbed runs (law 7).
    pub(crate) order: Option<u64>,
}

impl Setting {
    pub(crate) fn seed(seed: u64) -> Self {
        Self {
            seed,
            ablation: None,
            documented_only: false,
            harsh: false,
            order: None,
        }
    }
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) broken: Vec<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) tally: Tally,
    /// What both systems and the state hold in the end.
    pub(crate) end: Vec<String>,
}

/// What happened how often, so that a simulation in which nothing happens is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) runs: u64,
    pub(crate) kills: u64,
    pub(crate) faults: u64,
    pub(crate) writes: u64,
    pub(crate) conflicts: u64,
    pub(crate) losses: u64,
    pub(crate) edits: u64,
    pub(crate) rebuilds: u64,
    /// Worlds whose state was lost at the end and came back by the marks (law 11).
    pub(crate) relinked: u64,
    /// Work items that were closed or put into the recycle bin.
    pub(crate) retired: u64,
    /// Undisturbed runs beyond the second that had work left.
    pub(crate) slow: u64,
    /// Undisturbed runs that a safety rule stopped.
    pub(crate) blocked: u64,
    /// Runs of a part: `--only`, or a saved plan.
    pub(crate) narrowed: u64,
    /// Steps that were carried out in another order than the plan's.
    pub(crate) moved: u64,
    /// Seeds that broke a law, in a soak, which goes on behind them.
    pub(crate) broken: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.kills += other.kills;
        self.faults += other.faults;
        self.writes += other.writes;
        self.conflicts += other.conflicts;
        self.losses += other.losses;
        self.edits += other.edits;
        self.rebuilds += other.rebuilds;
        self.relinked += other.relinked;
        self.slow += other.slow;
        self.blocked += other.blocked;
        self.narrowed += other.narrowed;
        self.moved += other.moved;
        self.broken += other.broken;
        self.retired += other.retired;
    }
}

/// What a run carries out.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// Everything (`accord apply`).
    Whole,
    /// What these addresses select (`--only`).
    Only(Vec<String>),
    /// A plan that was made while people went on editing (`accord apply PLANFILE`).
    Saved,
}

/// How a run of the program ended.
pub(crate) enum Ended {
    Killed,
    Failed(ReconcileError),
    /// A safety rule stopped it.
    Blocked,
    /// Nothing was left to do of the plan that was saved.
    Nothing,
    Done(Box<(PlanOutcome, ApplyReport)>),
}

pub(crate) struct Simulation {
    pub(crate) setting: Setting,
    pub(crate) world: Shared,
    pub(crate) project: Project,
    pub(crate) config: Config,
    pub(crate) store: SqliteStore,
    /// Tokens that stood in losses and conflicts of states that were dropped.
    pub(crate) archived: BTreeSet<String>,
    pub(crate) tally: Tally,
    /// What both systems and the state held when nothing was left to do.
    pub(crate) end: Vec<String>,
    linked: Arc<Mutex<Linked>>,
    /// Of the undisturbed runs.
    order: Option<Rng>,
    /// Draws what a run carries out.
    ways: Rng,
    rng: Rng,
}

/// One thread, and another one for the store: one thing at a time.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    runtime.block_on(work)
}

/// Runs a seed.
pub(crate) fn simulate(setting: Setting) -> Outcome {
    block_on(async {
        let mut simulation = Simulation::new(setting);
        simulation.live().await;
        simulation.quiet().await;
        simulation.outcome()
    })
}

impl Simulation {
    fn new(setting: Setting) -> Self {
        let mut rng = Rng::new(setting.seed, 1);
        let mut project = Project::draw(&mut rng);
        let settle = i64::try_from(project.settle).expect("a small number") * 1000;
        if setting.ablation == Some(Ablation::NoSettle) {
            project.settle = 0;
        }
        let mut often = *rng.pick(&[0, 10, 25, 60]);
        let mut races = *rng.pick(&[0, 20, 80]);
        if setting.harsh {
            (often, races) = (60, 60);
            project.direction = "twoWay";
        }
        let faults = Faults::new(Rng::new(setting.seed, 3), often, races, settle);
        let mut sim = Sim::new(People::new(Rng::new(setting.seed, 2)), faults);
        sim.people.roams = rng.per_mille(700) && !setting.harsh;
        project
            .work_item_type
            .clone_into(&mut sim.azure_devops.work_item_type);
        let habits = |rng: &mut Rng| Habits {
            respells: rng.per_mille(200),
            drops_bold: rng.per_mille(200),
        };
        sim.azure_devops.habits = habits(&mut rng);
        sim.testworthy.habits = habits(&mut rng);
        sim.azure_devops.plain = rng.per_mille(100);
        if setting.documented_only {
            sim.testworthy.offered = Offered::DOCUMENTED;
        } else if rng.per_mille(100) {
            sim.testworthy.offered.get_case = false;
        }
        sim.ahead = (
            i64::try_from(rng.between(0, 4_000)).expect("a small number") - 2_000,
            i64::try_from(rng.between(0, 4_000)).expect("a small number") - 2_000,
        );
        for line in project.text().lines() {
            sim.trace.push(format!("  | {line}"));
        }
        let config = project.config();
        let scopes = config.rules.values();
        let scopes = scopes.filter_map(|rule| rule.scope.testworthy.as_ref());
        let suites = scopes.flat_map(|scope| scope.suites.iter().copied());
        sim.people.ruled.extend(suites);
        let mut simulation = Self {
            setting,
            world: Shared::new(sim),
            project,
            config,
            store: SqliteStore::in_memory().expect("a store"),
            archived: BTreeSet::new(),
            tally: Tally::default(),
            end: Vec::new(),
            linked: Arc::default(),
            order: None,
            ways: Rng::new(setting.seed, 5),
            rng,
        };
        simulation.populate();
        simulation
    }

    /// A world without items in which nothing goes wrong and every row goes both ways; a deleted case
    /// means `gone` for its work item.
    pub(crate) fn calm(setting: Setting, gone: &'static str) -> Self {
        let mut simulation = Self::new(setting);
        simulation.project = Project::calm(gone);
        simulation.config = simulation.project.config();
        let mut sim = Sim::new(
            People::new(Rng::new(setting.seed, 2)),
            Faults::new(Rng::new(setting.seed, 3), 0, 0, 120_000),
        );
        let kind = simulation.project.work_item_type;
        kind.clone_into(&mut sim.azure_devops.work_item_type);
        simulation.world = Shared::new(sim);
        simulation
    }

    fn populate(&mut self) {
        let mut sim = self.world.lock();
        for _ in 0..self.rng.between(2, 5) {
            let which = self.rng.below(2);
            if self.rng.per_mille(600) {
                sim.new_case(SUITES[which]);
            } else {
                sim.new_work_item(AREAS[which + 1]);
            }
        }
        // Pairs that a person has named already.
        for _ in 0..self.rng.below(3) {
            let case = sim.new_case(SUITES[0]);
            let item = sim.new_work_item(AREAS[1]);
            let at = sim.testworthy_time();
            sim.testworthy
                .touch(case, at, |case| case.refs.push(format!("AB#{item}")));
            sim.note(&format!("person: case {case} names AB#{item}"));
        }
    }

    /// Rounds of people and runs.
    async fn live(&mut self) {
        let mut died = false;
        for round in 1..=self.rng.between(3, 7) {
            self.world.lock().note(&format!("round {round}"));
            let at_once = died && self.rng.per_mille(500);
            if at_once {
                // Somebody starts it again while its last request is still on its way.
                let wait = i64::try_from(self.rng.below(5_000)).expect("a small number");
                self.world.lock().pass(wait);
                if self.rng.per_mille(300) {
                    self.people_act().await;
                }
            } else {
                self.pass_the_time().await;
            }
            died = self.run_as_it_comes().await;
        }
    }

    /// What happens between two runs.
    async fn pass_the_time(&mut self) {
        for _ in 0..self.rng.below(5) {
            self.people_act().await;
        }
        self.decide().await;
        if self.rng.per_mille(40) {
            self.lose_state().await;
        }
        if self.rng.per_mille(50) {
            let mut sim = self.world.lock();
            sim.note("the feed forgets where it was");
            sim.azure_devops.forget_feed();
        }
        let wait = if self.rng.per_mille(100) {
            90_000_000
        } else {
            600_000
        };
        let wait = i64::try_from(self.rng.below(wait)).expect("a small number");
        self.world.lock().pass(wait);
        if self.rng.per_mille(150) {
            self.compare_scans().await;
        }
    }

    /// What the next plan would be, by the feed and by a full scan, while nothing goes wrong.
    async fn compare_scans(&self) {
        let (often, races) = self.world.lock().faults.pause();
        laws::full_scan_says_the_same(self, None).await;
        self.world.lock().faults.go_on(often, races);
    }

    async fn people_act(&mut self) {
        let links = known_links(&self.store).await;
        let pairs = pairs(&links);
        let mut sim = self.world.lock();
        self.tally.edits += 1;
        if !pairs.is_empty() && sim.people.roams && self.rng.per_mille(170) {
            let (case, item) = *self.rng.pick(&pairs);
            sim.person_parts_pair(case, item);
        } else if !pairs.is_empty() && self.rng.per_mille(350) {
            let (case, item) = *self.rng.pick(&pairs);
            sim.person_edits_pair(case, item);
        } else {
            sim.person_acts();
        }
        let millis = i64::try_from(self.rng.between(500, 20_000)).expect("a small number");
        sim.pass(millis);
    }

    /// Somebody decides about some of what is open.
    async fn decide(&mut self) {
        for places in self.store.endpoints().await.expect("the places") {
            for conflict in self.store.open_conflicts(&places).await.expect("conflicts") {
                if !self.rng.per_mille(300) {
                    continue;
                }
                let fits = |take: &&Take| take.fits(&conflict.subject);
                let takes: Vec<Take> = Take::ALL.iter().filter(fits).copied().collect();
                let take = *self.rng.pick(&takes);
                let id = conflict.id;
                let about = match &conflict.subject {
                    Subject::Field { row, .. } => row.clone(),
                    Subject::Deleted { side, .. } => format!("deleted in {side}"),
                };
                let pair = format!("case {}, work item {}", conflict.case, conflict.work_item);
                let line = format!("person: decides conflict {id} ({pair}: {about}): {take:?}");
                self.world.lock().note(&line);
                let at = self.world.lock().instant(0);
                self.store
                    .decide(id, Some(take), at)
                    .await
                    .expect("a decision");
            }
        }
    }

    /// The state is lost, unless something in it waits for somebody.
    async fn lose_state(&mut self) {
        for places in self.store.endpoints().await.expect("the places") {
            let open = self.store.open_conflicts(&places).await.expect("conflicts");
            let intents = self.store.open_intents(&places).await.expect("intents");
            let parted = self.store.parted_links(&places).await.expect("links");
            if !open.is_empty() || !intents.is_empty() || !parted.is_empty() {
                return;
            }
            let links = self.store.links(&places).await.expect("links");
            if links.iter().any(|link| self.rests_on_state(link)) {
                return;
            }
        }
        let recorded = self.recorded().await;
        self.archived.extend(recorded);
        let half_marked = known_links(&self.store).await.into_iter();
        let half_marked = half_marked.filter(|link| link.work_item_mark != MarkState::Written);
        let half_marked = half_marked.map(|link| link.case);
        self.world.lock().people.half_marked.extend(half_marked);
        self.store = SqliteStore::in_memory().expect("a store");
        self.linked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.tally.rebuilds += 1;
        self.world.lock().note("the state is lost");
    }

    /// Whether the state alone can tell of a pair: the work item has no mark yet, and the case, which has
    /// one, went where no rule looks.
    fn rests_on_state(&self, link: &Link) -> bool {
        let sim = self.world.lock();
        let suite = sim.testworthy.case(link.case).and_then(|case| case.suite);
        let mut rules = self.config.rules.values();
        let looked_at = rules.any(|rule| {
            let scope = rule.scope.testworthy.as_ref();
            suite.is_some_and(|suite| scope.is_some_and(|scope| scope.suites.contains(&suite)))
        });
        link.work_item_mark != MarkState::Written && !looked_at
    }

    /// Tokens in losses and conflicts.
    pub(crate) async fn recorded(&self) -> BTreeSet<String> {
        let losses = self.store.losses(100_000).await.expect("losses");
        let conflicts = self.store.conflicts(100_000).await.expect("conflicts");
        let mut found: BTreeSet<String> = losses
            .iter()
            .flat_map(|loss| tokens(&format!("{:?}", loss.lost)))
            .collect();
        for conflict in &conflicts {
            if let Subject::Field { now, .. } = &conflict.subject {
                found.extend(tokens(&format!("{now:?}")));
            }
        }
        found
    }

    /// A run with whatever may happen to it; whether it died of it.
    async fn run_as_it_comes(&mut self) -> bool {
        let moments = [
            Moment::Before,
            Moment::During,
            Moment::During,
            Moment::After,
        ];
        let calls = if self.rng.per_mille(500) { 120 } else { 50 };
        let at = self.rng.below(calls);
        let moment = *self.rng.pick(&moments);
        let mortality = if self.setting.harsh { 700 } else { 350 };
        let of_writes = self.rng.per_mille(500);
        let at = if of_writes { at % 8 } else { at };
        let death = Death {
            at,
            of_writes,
            moment,
        };
        let death = self.rng.per_mille(mortality).then_some(death);
        let stopped = self.rng.per_mille(50).then(|| self.rng.below(60));
        let overrides = if self.rng.per_mille(400) {
            accepting_all()
        } else {
            Overrides::default()
        };
        let process = Process::new(death, stopped);
        let way = self.draw_way().await;
        matches!(self.run(&process, overrides, way).await, Ended::Killed)
    }

    /// Mostly everything.
    async fn draw_way(&mut self) -> Way {
        let kind = self.ways.below(100);
        let rules: Vec<_> = self.config.rules.values().collect();
        match kind {
            0..80 => Way::Whole,
            80..87 => Way::Only(vec![format!("SyncRule/{}", self.ways.pick(&rules).name)]),
            87..93 => {
                let links = known_links(&self.store).await;
                if links.is_empty() {
                    return Way::Whole;
                }
                let link = self.ways.pick(&links);
                let Some(rule) = self.config.rules.get(&link.rule) else {
                    return Way::Whole;
                };
                let key = ItemKey::of(link, rule.source());
                Way::Only(vec![format!("SyncRule/{}/{key}", link.rule)])
            }
            _ => Way::Saved,
        }
    }

    /// One run of `accord apply --yes`: recover, plan, apply.
    pub(crate) async fn run(
        &mut self,
        process: &Arc<Process>,
        overrides: Overrides,
        way: Way,
    ) -> Ended {
        self.tally.runs += 1;
        self.tally.narrowed += u64::from(!matches!(way, Way::Whole));
        self.world.lock().note(&match &way {
            Way::Whole => "apply".to_owned(),
            Way::Only(only) => format!("apply --only {}", only.join(" ")),
            Way::Saved => "apply of a saved plan".to_owned(),
        });
        let line = self.line(process);
        let store = self.mortal(process);
        let context = self.context(&line, &store);
        let options = PlanOptions {
            overrides,
            inputs: Inputs {
                digest: self.config.digest.clone(),
                only: match &way {
                    Way::Only(only) => only.clone(),
                    Way::Whole | Way::Saved => Vec::new(),
                },
                ..Inputs::default()
            },
            ..PlanOptions::default()
        };
        let mut order = self.order.clone();
        let mut moved = 0;
        let work = async {
            if let Err(error) = recover(&context, &process.stop).await {
                return Ended::Failed(error);
            }
            let mut outcome = match plan(&context, &options).await {
                Ok(outcome) => outcome,
                Err(error) => return Ended::Failed(error),
            };
            if matches!(way, Way::Saved) {
                let saved = outcome.planned.plan;
                self.meanwhile();
                if let Err(error) = recover(&context, &process.stop).await {
                    return Ended::Failed(error);
                }
                outcome = match prepare(&context, &saved, overrides).await {
                    Ok(Prepared {
                        outcome: Some(outcome),
                        ..
                    }) => outcome,
                    Ok(Prepared { outcome: None, .. }) => return Ended::Nothing,
                    Err(error) => return Ended::Failed(error),
                };
            }
            if outcome.planned.plan.safety.verdict == SafetyVerdict::Blocked {
                // Law 15, whoever asks.
                let refused = apply(&context, &outcome, &process.stop).await;
                if !matches!(refused, Err(ReconcileError::Blocked)) {
                    let how = "a plan that a safety rule blocks was carried out";
                    self.world.lock().breaks("15", how);
                }
                return Ended::Blocked;
            }
            self.check_limits(&outcome, overrides);
            if let Some(rng) = &mut order {
                moved = order::shuffle(&mut outcome, rng);
            }
            match apply(&context, &outcome, &process.stop).await {
                Ok(report) => Ended::Done(Box::new((outcome, report))),
                Err(error) => Ended::Failed(error),
            }
        };
        let ended = tokio::select! {
            biased;
            () = process.died.notified() => Ended::Killed,
            ended = work => ended,
        };
        self.tell(&ended);
        self.order = order;
        self.tally.moved += moved;
        if matches!(ended, Ended::Killed) {
            self.tally.kills += 1;
        }
        ended
    }

    /// People go on while somebody reads a plan.
    fn meanwhile(&self) {
        let mut sim = self.world.lock();
        for _ in 0..self.tally.runs % 4 {
            sim.person_acts();
            sim.pass(5_000);
        }
    }

    fn tell(&self, ended: &Ended) {
        let mut sim = self.world.lock();
        match ended {
            Ended::Killed => sim.note("killed"),
            Ended::Blocked => sim.note("blocked by a safety rule"),
            Ended::Nothing => sim.note("nothing is left to do"),
            Ended::Failed(error) => {
                sim.note(&format!("failed: {error}"));
                let bug = match error {
                    ReconcileError::Internal(_) | ReconcileError::Store(_) => true,
                    ReconcileError::Findings(findings) => {
                        for finding in findings {
                            let code = finding.code.code;
                            sim.note(&format!("  {code}: {}", finding.message));
                        }
                        true
                    }
                    _ => false,
                };
                if bug {
                    sim.breaks("6", &format!("a run ended with: {error}"));
                }
            }
            Ended::Done(done) => {
                let (outcome, report) = &**done;
                let summary = outcome.planned.plan.summary;
                sim.note(&format!("planned: {summary:?}"));
                inside_its_budget(&mut sim, &outcome.planned.plan);
                let code = report.exit_code();
                sim.note(&format!(
                    "done: {} applied, exit code {code}",
                    report.applied
                ));
                for failure in &report.failures {
                    sim.note(&format!("  {}: {}", failure.address, failure.message));
                }
                for error in &report.errors {
                    sim.note(&format!("  {error}"));
                    if matches!(
                        error,
                        ReconcileError::Internal(_) | ReconcileError::Store(_)
                    ) {
                        let told = format!("a run had the error: {error}");
                        sim.breaks("6", &told);
                    }
                }
            }
        }
    }

    /// Law 15, with a count of its own.
    fn check_limits(&self, outcome: &PlanOutcome, overrides: Overrides) {
        for observation in &outcome.observations {
            let name = &observation.rule.name;
            let own = outcome
                .planned
                .steps
                .iter()
                .filter(|step| step.rule == *name);
            let retired = own.filter(|step| matches!(step.operation, Operation::Retire { .. }));
            let (retired, limit) = (retired.count() as u64, self.project.limits.1);
            if retired > limit.max(overrides.allow_deletes.unwrap_or_default()) {
                let how =
                    format!("a plan with {retired} deletes of rule {name} ran, limit {limit}");
                self.world.lock().breaks("15", &how);
            }
        }
    }

    pub(crate) fn line(&self, process: &Arc<Process>) -> Line {
        Line::new(
            self.world.clone(),
            process.clone(),
            self.setting.ablation,
            self.linked.clone(),
        )
    }

    pub(crate) fn mortal(&self, process: &Arc<Process>) -> Mortal {
        Mortal {
            inner: self.store.clone(),
            world: self.world.clone(),
            process: process.clone(),
            ablation: self.setting.ablation,
            linked: self.linked.clone(),
        }
    }

    pub(crate) fn context<'a>(&'a self, line: &'a Line, store: &'a Mortal) -> Context<'a> {
        Context {
            config: &self.config,
            remotes: line,
            store,
            clock: &self.world,
            ids: &self.world,
            progress: &Silent,
        }
    }

    /// Nothing goes wrong any more and nobody edits: the laws.
    async fn quiet(&mut self) {
        {
            let mut sim = self.world.lock();
            sim.note("from here on nothing goes wrong and nobody edits");
            sim.faults.stop();
            // What is on its way arrives only while the next run waits for it.
        }
        self.order = self.setting.order.map(|seed| Rng::new(seed, 4));
        laws::check(self).await;
        let conflicts = self.store.conflicts(100_000).await.expect("conflicts");
        self.tally.conflicts += conflicts.len() as u64;
        self.tally.losses += self.store.loss_count().await.expect("losses");
    }

    fn outcome(self) -> Outcome {
        let mut sim = self.world.lock();
        let mut tally = self.tally;
        tally.writes = sim.azure_devops.writes + sim.testworthy.writes;
        tally.retired = sim.azure_devops.retired.len() as u64;
        tally.faults = sim
            .trace
            .iter()
            .filter(|line| line.contains(" -> "))
            .count() as u64;
        Outcome {
            broken: std::mem::take(&mut sim.broken),
            trace: std::mem::take(&mut sim.trace),
            tally,
            end: self.end,
        }
    }
}

/// Numbers that no plan of a small world reaches.
pub(crate) fn accepting_all() -> Overrides {
    Overrides {
        allow_updates: Some(1_000),
        allow_deletes: Some(1_000),
    }
}

/// Law 14, with a budget that many of these plans do not fit into.
fn inside_its_budget(sim: &mut Sim, plan: &Plan) {
    let budget = 200 + usize::try_from(sim.now.rem_euclid(4_000)).expect("below 4,000");
    let options = MarkdownOptions {
        budget_bytes: budget,
        ..MarkdownOptions::default()
    };
    let page = markdown(plan, &options);
    if page.text.len() > budget {
        let how = format!(
            "{} bytes of Markdown where {budget} are allowed",
            page.text.len()
        );
        sim.breaks("14", &how);
    }
}
