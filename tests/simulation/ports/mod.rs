//! The ports over the two systems in memory. Every call may fail, be late, or be the last thing that the
//! process does.

mod azure_devops;
mod process;
mod testworthy;

use std::sync::{Arc, Mutex, PoisonError};

use accord::model::config::Connection;
use accord::model::{CaseId, System};
use accord::reconcile::{Readers, ReconcileError, Remotes, Validators, Writers};
use accord::remote::{RemoteError, TestWorthyCapabilities, Verification};

use crate::ablation::{Ablation, Linked};
use crate::error::{error, unsupported};
use crate::faults::{Fault, Moment, Process, seen};
use crate::sim::{Shared, Sim};

/// What a request takes, in milliseconds.
const REQUEST: i64 = 40;

/// The systems as one process reaches them.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) world: Shared,
    pub(crate) process: Arc<Process>,
    pub(crate) ablation: Option<Ablation>,
    /// What the store links.
    pub(crate) linked: Arc<Mutex<Linked>>,
    capabilities: Arc<Mutex<TestWorthyCapabilities>>,
}

/// What one request is.
#[derive(Clone)]
struct Request {
    system: System,
    what: String,
    is_write: bool,
    is_batch: bool,
    /// Before this a person may be faster: always in Azure DevOps, whose writes test the revision.
    race: Race,
    /// What it overwrites, whatever is there by then.
    overwrites: Option<CaseId>,
}

#[derive(Clone)]
enum Race {
    /// Of anything in Azure DevOps.
    AzureDevOps,
    /// Of these cases, which are about to be read.
    Cases(Vec<CaseId>),
}

impl Line {
    pub(crate) fn new(
        world: Shared,
        process: Arc<Process>,
        ablation: Option<Ablation>,
        linked: Arc<Mutex<Linked>>,
    ) -> Self {
        use Verification::{Absent, Assumed};
        let capabilities = TestWorthyCapabilities {
            suites: Assumed,
            sections: Assumed,
            get_case: Assumed,
            create: Assumed,
            update: Assumed,
            close: Absent,
            integration: Absent,
            refs: true,
            fields: None,
        };
        Self {
            world,
            process,
            ablation,
            linked,
            capabilities: Arc::new(Mutex::new(capabilities)),
        }
    }

    fn lacks(&self, ablation: Ablation) -> bool {
        self.ablation == Some(ablation)
    }

    fn is_linked(&self, id: accord::model::WorkItemId) -> bool {
        let linked = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        linked.contains(&id)
    }

    /// Makes a request: `carry_out` is what the server does about it, whenever it comes to that.
    async fn ask<T: Send + 'static>(
        &self,
        request: Request,
        carry_out: impl FnOnce(&mut Sim) -> Result<T, RemoteError> + Send + 'static,
    ) -> Result<T, RemoteError> {
        if self.process.is_dead() {
            self.process.die().await;
        }
        let (number, moment) = self.process.next_call(request.is_write);
        if moment == Some(Moment::Before) {
            self.world
                .lock()
                .note(&format!("#{number} killed before {}", request.what));
            self.process.die().await;
        }
        let (answer, dies) = self.exchange(number, moment, &request, carry_out);
        if dies {
            self.process.die().await;
        }
        answer
    }

    /// The exchange itself; and whether the process dies of it.
    fn exchange<T: Send + 'static>(
        &self,
        number: usize,
        moment: Option<Moment>,
        request: &Request,
        carry_out: impl FnOnce(&mut Sim) -> Result<T, RemoteError> + Send + 'static,
    ) -> (Result<T, RemoteError>, bool) {
        let mut sim = self.world.lock();
        let what = &request.what;
        sim.pass(REQUEST);
        if sim.faults.is_race() {
            sim.race(&request.race);
        }
        if moment == Some(Moment::During) {
            sim.note(&format!("#{number} killed during {what}"));
            if request.is_write {
                let after = sim.faults.late();
                let late = move |sim: &mut Sim| drop(carry_out(sim));
                sim.land_later(after, what, request.overwrites, Box::new(late));
            }
            return (Err(seen(request.system, Fault::Lost)), true);
        }
        let fault = sim.faults.draw(request.is_write, request.is_batch);
        // A batch looks at this for each of its elements by itself.
        let fault = fault.filter(|fault| *fault != Fault::Partial);
        let tells = match fault {
            None => String::new(),
            Some(fault) => format!(" -> {fault:?}"),
        };
        if request.is_write || fault.is_some() {
            sim.note(&format!("#{number} {what}{tells}"));
        }
        let answer = match fault {
            None => carry_out(&mut sim),
            Some(Fault::Slow(millis)) => {
                sim.pass(millis);
                carry_out(&mut sim)
            }
            Some(fault @ (Fault::Unanswered | Fault::Truncated)) => {
                drop(carry_out(&mut sim));
                sim.pass(30_000);
                Err(seen(request.system, fault))
            }
            Some(fault @ Fault::Late(after)) => {
                // Counted from the moment at which the client gives up.
                let late = move |sim: &mut Sim| drop(carry_out(sim));
                sim.land_later(30_000 + after, what, request.overwrites, Box::new(late));
                sim.pass(30_000);
                Err(seen(request.system, fault))
            }
            Some(fault) => {
                sim.pass(30_000);
                Err(seen(request.system, fault))
            }
        };
        if moment == Some(Moment::After) {
            sim.note(&format!("#{number} killed after {what}"));
        }
        (answer, moment == Some(Moment::After))
    }
}

impl Sim {
    /// Somebody is faster than the program.
    fn race(&mut self, race: &Race) {
        match race {
            Race::AzureDevOps => {
                let ids: Vec<_> = self.azure_devops.live().map(|item| item.id).collect();
                if !ids.is_empty() {
                    let id = *self.people.rng.pick(&ids);
                    self.edit_work_item(id);
                }
            }
            Race::Cases(ids) if !ids.is_empty() => {
                let id = *self.people.rng.pick(ids);
                self.edit_case(id);
            }
            Race::Cases(_) => {}
        }
    }
}

impl Remotes for Line {
    fn readers(&self, _connection: &Connection) -> Result<Readers, ReconcileError> {
        Ok(Readers {
            testworthy: Arc::new(self.clone()),
            azure_devops: Arc::new(self.clone()),
            process: Arc::new(self.clone()),
        })
    }

    fn validators(&self, connection: &Connection) -> Result<Validators, ReconcileError> {
        Err(ReconcileError::Remote {
            connection: connection.name.clone(),
            credentials: accord::reconcile::Carried::default(),
            error: error(System::AzureDevOps, unsupported("a test sync")),
        })
    }

    fn writers(&self, _connection: &Connection) -> Result<Writers, ReconcileError> {
        Ok(Writers {
            testworthy: Arc::new(self.clone()),
            azure_devops: Arc::new(self.clone()),
            process: Arc::new(self.clone()),
        })
    }
}
