//! The world of one simulation: both systems, the time, what is still on its way, and what happened.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use accord::model::{CaseId, ClockOffset, WorkItemId, azure_boards_mentions};
use accord::reconcile::{Clock, Ids};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::azure_devops::AzureDevOps;
use crate::faults::Faults;
use crate::people::People;
use crate::testworthy::{TestCase, TestWorthy};

/// A request that a server carries out later.
type Late = Box<dyn FnOnce(&mut Sim) + Send>;

pub(crate) struct Landing {
    at: i64,
    what: String,
    /// The case that it overwrites.
    case: Option<CaseId>,
    carry_out: Late,
}

pub(crate) struct Sim {
    /// Milliseconds since the beginning.
    pub(crate) now: i64,
    pub(crate) testworthy: TestWorthy,
    pub(crate) azure_devops: AzureDevOps,
    pub(crate) people: People,
    pub(crate) faults: Faults,
    /// Everything that happened, a line each.
    pub(crate) trace: Vec<String>,
    /// Laws that were seen to be broken on the way.
    pub(crate) broken: Vec<String>,
    /// How far the servers' clocks are ahead, in milliseconds: TestWorthy's and Azure DevOps'.
    pub(crate) ahead: (i64, i64),
    pub(crate) landings: Vec<Landing>,
    ids: u64,
}

impl Sim {
    pub(crate) fn new(people: People, faults: Faults) -> Self {
        Self {
            now: 0,
            testworthy: TestWorthy::default(),
            azure_devops: AzureDevOps::default(),
            people,
            faults,
            trace: Vec::new(),
            broken: Vec::new(),
            ahead: (0, 0),
            landings: Vec::new(),
            ids: 0,
        }
    }

    pub(crate) fn instant(&self, ahead: i64) -> Timestamp {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
        start + SignedDuration::from_millis(self.now + ahead)
    }

    pub(crate) fn testworthy_time(&self) -> Timestamp {
        self.instant(self.ahead.0)
    }

    pub(crate) fn azure_devops_time(&self) -> Timestamp {
        self.instant(self.ahead.1)
    }

    pub(crate) fn note(&mut self, line: &str) {
        let mut text = String::new();
        let _ = write!(text, "{:>9}.{:03} {line}", self.now / 1000, self.now % 1000);
        self.trace.push(text);
    }

    pub(crate) fn breaks(&mut self, law: &str, how: &str) {
        let line = format!("law {law}: {how}");
        self.note(&format!("BROKEN {line}"));
        self.broken.push(line);
    }

    /// Lets time pass, with what lands meanwhile.
    pub(crate) fn pass(&mut self, millis: i64) {
        let until = self.now + millis;
        while let Some(next) = self.next_landing(until) {
            let landing = self.landings.remove(next);
            self.now = self.now.max(landing.at);
            self.note(&format!("lands late: {}", landing.what));
            (landing.carry_out)(self);
        }
        self.now = until;
    }

    fn next_landing(&self, until: i64) -> Option<usize> {
        let due = self.landings.iter().enumerate();
        let due = due.filter(|(_, landing)| landing.at <= until);
        due.min_by_key(|(index, landing)| (landing.at, *index))
            .map(|(index, _)| index)
    }

    pub(crate) fn land_later(
        &mut self,
        after: i64,
        what: &str,
        case: Option<CaseId>,
        carry_out: Late,
    ) {
        self.landings.push(Landing {
            at: self.now + after,
            what: what.to_owned(),
            case,
            carry_out,
        });
    }

    /// Whether a write is on its way that will overwrite the case whatever it holds by then.
    pub(crate) fn is_under_fire(&self, case: CaseId) -> bool {
        self.landings
            .iter()
            .any(|landing| landing.case == Some(case))
    }

    /// A second item for one that has a counterpart is what must never be made.
    pub(crate) fn about_to_create_work_item(&mut self, case: CaseId) {
        let twin = self.azure_devops.items.values().find(|item| {
            item.marked_and_kept
                && !item.in_recycle_bin
                && item
                    .now()
                    .markers()
                    .iter()
                    .any(|marker| marker.case == case)
        });
        if let Some(twin) = twin {
            let id = twin.now().id;
            self.breaks(
                "5",
                &format!("a second work item for case {case}, which has work item {id}"),
            );
        }
    }

    /// `own` is the work item that the new case is for: other references of it were a person's.
    pub(crate) fn about_to_create_case(&mut self, own: Option<WorkItemId>) {
        if let Some(item) = own {
            let is_stranger = |case: &TestCase| {
                let taken_back = self.people.taken_back.contains(&(case.case.id, item));
                taken_back && !azure_boards_mentions(&case.case.refs).contains(&item)
            };
            // docs/two-way.md, "What remains".
            let is_out_of_sight = |case: &TestCase| {
                let suite = case.case.suite;
                let ruled = &self.people.ruled;
                self.people.came_back.contains(&(case.case.id, item))
                    && !ruled.is_empty()
                    && suite.is_none_or(|suite| !ruled.contains(&suite))
            };
            let mut cases = self.testworthy.cases.values();
            let twin = cases.find(|case| {
                !case.deleted
                    && case.mentioned_by_accord.contains(&item)
                    && !is_stranger(case)
                    && !is_out_of_sight(case)
            });
            if let Some(twin) = twin {
                let id = twin.case.id;
                self.breaks(
                    "5",
                    &format!("a second case for work item {item}, which has case {id}"),
                );
            }
        }
    }
}

/// The world, as everybody holds it.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Sim>>);

impl Shared {
    pub(crate) fn new(sim: Sim) -> Self {
        Self(Arc::new(Mutex::new(sim)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Sim> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn offset(&self, of: impl Fn(&Sim) -> i64) -> ClockOffset {
        ClockOffset {
            ahead_ms: of(&self.lock()),
            bound_ms: 1_000,
        }
    }
}

/// Moves only when somebody sleeps or asks for something.
#[async_trait]
impl Clock for Shared {
    fn now(&self) -> Timestamp {
        self.lock().instant(0)
    }

    async fn sleep(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).expect("a short sleep");
        self.lock().pass(millis.max(1));
    }
}

impl Ids for Shared {
    fn next(&self) -> String {
        let mut sim = self.lock();
        sim.ids += 1;
        format!("id-{:08}", sim.ids)
    }
}
