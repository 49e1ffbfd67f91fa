//! The state in a Git ref of its own, for machines without a disk that stays.
//!
//! A run fetches the ref, reads its files into an SQLite file in a private folder (the *working copy*), works on
//! that, and pushes what changed. The tree holds sorted lines of JSON, in shards and chunks (`layout`); the working
//! copy notes in the transaction of each change which files it touches (triggers), so a push writes only those. Git
//! itself sends only what the server lacks of them. Objects are made in a repository of our own in the private
//! folder: the project's repository is read for the settings of the remote (`remote`) and never changed, and its
//! hooks, attributes and submodules have no part in this.
//!
//! **What survives a machine that vanishes at any moment.** Everything is pushed as one commit of one moment of the
//! working copy, and commits follow each other. So the ref always holds what the working copy held after some
//! transaction: a prefix of what happened, never a mixture. [`Store::prepare`] returns only when a commit with its
//! intents is in the ref. So every write that was ever sent has its intent in the ref, and what can be missing is
//! only what was recorded after the last `prepare` (or checkpoint, or flush): outcomes of the writes that were sent
//! last, and facts that no write depends on yet. An intent without an outcome is what a killed run leaves on a disk,
//! too: the next run waits until the write can no longer land, looks up what became of it, and records that
//! (`reconcile::recovery`). Facts without a write (a pair that was linked because both sides agree, a conflict that
//! was opened, a spelling, a watermark) are found again by the next plan, because it starts from the same state and
//! the same systems. What a person decided is pushed before [`Store::decide`] returns.
//!
//! **Two runs at once.** The ref changes only by a push that names what it held before (`--force-with-lease`), and
//! the server compares that while it changes the ref. A run first pushes its lease; the one whose push comes second
//! is refused, looks again, and waits or ends. Every later push renews the lease and goes on top of the run's own
//! last commit, so if anybody else changed the ref, it is refused, and this run writes nothing any more: neither to
//! the state nor, because `prepare` fails, to the systems. A lease that was not renewed for its time and a minute
//! for clocks that differ counts as a dead run's. If that run only slept, a write that it had prepared before may
//! still go out late. The run that took over waits for such writes as for those of any dead run; a machine that
//! sleeps longer than `settle` between `prepare` and the request itself is not provided for.
//!
//! **Reads** take no lease and change nothing: they fetch once and answer from that moment.

mod checkpoint;
mod export;
mod import;
mod layout;
mod lease;
mod objects;
mod program;
mod publisher;
mod remote;
mod scratch;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;

use self::checkpoint::Checkpoints;
use self::objects::Objects;
use self::publisher::{Now, Publisher};
use self::remote::Remote;
use self::scratch::Scratch;
use super::{
    AuditCheck, AuditRow, Intent, Loss, MadeField, PairsByRule, Quarantine, Record, Run,
    RunOutcome, SqliteStore, Store, StoreError, Watermark,
};
use crate::model::{
    CaseId, Conflict, ConflictId, Endpoints, Learned, Link, Name, OperationId, Repetitions, RunId,
    Take,
};

/// The state in a Git ref.
#[derive(Clone, Debug)]
pub struct GitRefStore {
    copy: SqliteStore,
    publisher: Arc<Publisher>,
    /// Of a run that may write.
    checkpoints: Option<Arc<Checkpoints>>,
}

/// Where a state is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitRefPlace {
    /// The project's folder, inside a repository.
    pub folder: PathBuf,
    /// The name of a remote of that repository.
    pub remote: String,
    /// The full name of the ref.
    pub reference: String,
}

/// Who asks for the lease.
#[derive(Clone, Debug)]
pub struct GitRefHolder {
    /// No other run has it.
    pub id: String,
    /// What those are told who have to wait; [`super::lock_holder`] writes it.
    pub about: String,
    /// Where the run's log is, if it has one.
    pub url: Option<String>,
}

/// Times that hold for a state in a Git ref.
#[derive(Clone)]
pub struct GitRefTimes {
    /// The time, for the lease.
    pub now: Now,
    /// How long a lease is good without being renewed. It is renewed after a third of this.
    pub ttl: Duration,
    /// How often outcomes are pushed while nothing else is.
    pub checkpoint: Duration,
    /// How often a waiting run looks again.
    pub poll: Duration,
    /// How long one call of git may take.
    pub git: Duration,
    /// How long a call that fails for no lasting reason is tried again.
    pub patience: Duration,
}

impl GitRefTimes {
    /// What is right for a remote over a network.
    pub fn new(now: Now) -> Self {
        Self {
            now,
            ttl: Duration::from_secs(180),
            checkpoint: Duration::from_secs(30),
            poll: Duration::from_secs(2),
            git: Duration::from_secs(120),
            patience: Duration::from_secs(30),
        }
    }
}

impl GitRefStore {
    /// Looks at the state as it is now, without a lease. A ref that is not there yet is an empty state. Every
    /// writing call fails.
    ///
    /// Errors: [`StoreError::Unreachable`] and [`StoreError::Denied`] for the remote,
    /// [`StoreError::TooNew`], and [`StoreError::Backend`] for everything else.
    pub async fn open_read_only(
        place: &GitRefPlace,
        times: &GitRefTimes,
    ) -> Result<Self, StoreError> {
        let publisher = connect(place, times).await?;
        let (fetching, path) = (Arc::clone(&publisher), publisher.scratch_file("state.db"));
        // Its schema; what is in it comes from the ref.
        drop(SqliteStore::open(&path).await?);
        let file = path.clone();
        blocking(&publisher, move || {
            let (tip, _) = fetching.fetch()?;
            fetching.load(tip, open(&fetching, &file)?)
        })
        .await?;
        publisher.close_copy();
        Ok(Self {
            copy: SqliteStore::open_read_only(path).await?,
            publisher,
            checkpoints: None,
        })
    }

    /// Opens the state for a run that writes: alone, at once or within `wait`. A ref that is not there is made.
    ///
    /// Errors: [`StoreError::Locked`] with the holder when the time is over; else as
    /// [`Self::open_read_only`].
    pub async fn acquire(
        place: &GitRefPlace,
        times: &GitRefTimes,
        holder: &GitRefHolder,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        let publisher = connect(place, times).await?;
        let deadline = tokio::time::Instant::now() + wait;
        let mut attempt = 0_u32;
        loop {
            let fetching = Arc::clone(&publisher);
            let (tip, lease) = blocking(&publisher, move || fetching.fetch()).await?;
            if let Some(held) = lease.held(publisher.now()) {
                if tokio::time::Instant::now() >= deadline {
                    return Err(StoreError::Locked {
                        path: publisher.place(),
                        holder: Some(held.words()),
                    });
                }
                let next = tokio::time::Instant::now() + times.poll;
                tokio::time::sleep_until(deadline.min(next)).await;
                continue;
            }
            // Read before anything is changed: what this version cannot read it leaves alone.
            attempt += 1;
            let path = publisher.scratch_file(&format!("state-{attempt}.db"));
            let copy = SqliteStore::open(&path).await?;
            let taking = Arc::clone(&publisher);
            let next = lease.next(&holder.id, &holder.about, holder.url.as_deref());
            let is_taken = blocking(&publisher, move || {
                taking.load(tip, open(&taking, &path)?)?;
                taking.take(next)
            })
            .await?;
            if is_taken {
                let checkpoints = Checkpoints::begin(&publisher, times.checkpoint);
                return Ok(Self {
                    copy,
                    publisher,
                    checkpoints: Some(Arc::new(checkpoints)),
                });
            }
        }
    }

    /// Publishes what is left and gives the lease back. Blocks until that is done; nothing can be written
    /// afterwards. A lease that is not given back expires.
    pub fn release(&self) -> Result<(), StoreError> {
        if self.checkpoints.is_none() {
            return Ok(());
        }
        self.publisher.release()
    }

    /// The private folder that holds the working copy; it goes with the last clone of this value.
    pub fn folder(&self) -> &Path {
        self.publisher.scratch()
    }

    /// How often the ref was pushed.
    pub fn pushes(&self) -> u64 {
        self.publisher.pushes()
    }

    /// Refuses a write of a reader and of a run that lost its lease.
    fn may_write(&self) -> Result<(), StoreError> {
        if self.checkpoints.is_none() {
            return Err(StoreError::Backend {
                path: self.publisher.place(),
                reason: "the state was opened for reading only".to_owned(),
            });
        }
        self.publisher.may_write()
    }

    async fn publish(&self) -> Result<(), StoreError> {
        let publisher = Arc::clone(&self.publisher);
        blocking(&self.publisher, move || publisher.publish()).await
    }
}

/// Finds the remote and makes the private folder.
async fn connect(place: &GitRefPlace, times: &GitRefTimes) -> Result<Arc<Publisher>, StoreError> {
    let (place, times) = (place.clone(), times.clone());
    let path = format!("{} of the remote {}", place.reference, place.remote);
    let failed = |reason: String| StoreError::Backend {
        path: path.clone(),
        reason,
    };
    let made = tokio::task::spawn_blocking(move || {
        let scratch = Scratch::create().map_err(|error| error.to_string());
        let scratch = match scratch {
            Ok(scratch) => scratch,
            Err(error) => return Err(Err(error)),
        };
        let names = (place.remote.as_str(), place.reference.as_str());
        let remote = Remote::find(&place.folder, names, scratch.path(), times.git).map_err(Ok)?;
        let objects = Objects::create(&scratch.path().join("objects.git"))
            .map_err(|error| Err(error.message().to_owned()))?;
        Ok(Publisher::new(remote, objects, scratch, &times))
    });
    match made.await {
        Ok(Ok(publisher)) => Ok(Arc::new(publisher)),
        Ok(Err(Ok(error))) => Err(error),
        Ok(Err(Err(reason))) => Err(failed(format!("no private folder can be made: {reason}"))),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn open(publisher: &Publisher, path: &Path) -> Result<Connection, StoreError> {
    Connection::open(path).map_err(|error| StoreError::Backend {
        path: publisher.place(),
        reason: error.to_string(),
    })
}

/// Runs `work` where it may block. It goes on to its end even if nobody waits for it any more.
async fn blocking<T: Send + 'static>(
    publisher: &Publisher,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => Err(StoreError::Backend {
            path: publisher.place(),
            reason: error.to_string(),
        }),
    }
}

macro_rules! store {
    (
        reads { $($read:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)* }
        writes { $($write:ident($($given:ident: $sort:ty),*) -> $outcome:ty;)* }
    ) => {
        #[async_trait]
        impl Store for GitRefStore {
            $(
                async fn $read(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                    self.copy.$read($($argument),*).await
                }
            )*

            // These ride along with the next push.
            $(
                async fn $write(&self, $($given: $sort),*) -> Result<$outcome, StoreError> {
                    self.may_write()?;
                    self.copy.$write($($given),*).await
                }
            )*

            async fn prepare(&self, intents: &[Intent], losses: &[Loss]) -> Result<(), StoreError> {
                self.may_write()?;
                self.copy.prepare(intents, losses).await?;
                if intents.is_empty() && losses.is_empty() {
                    return Ok(());
                }
                self.publish().await
            }

            async fn decide(
                &self,
                id: ConflictId,
                take: Option<Take>,
                at: Timestamp,
            ) -> Result<bool, StoreError> {
                self.may_write()?;
                let decided = self.copy.decide(id, take, at).await?;
                self.publish().await?;
                Ok(decided)
            }

            async fn flush(&self) -> Result<(), StoreError> {
                if self.checkpoints.is_none() {
                    return Ok(());
                }
                let publisher = Arc::clone(&self.publisher);
                blocking(&self.publisher, move || publisher.flush()).await
            }
        }
    };
}

store! {
    reads {
        links(endpoints: &Endpoints) -> Vec<Link>;
        pairs(endpoints: &Endpoints) -> PairsByRule;
        links_of(endpoints: &Endpoints, cases: &[CaseId]) -> Vec<Link>;
        open_intents(endpoints: &Endpoints) -> Vec<Intent>;
        quarantine(endpoints: &Endpoints) -> Vec<Quarantine>;
        losses(limit: usize) -> Vec<Loss>;
        loss_count() -> u64;
        runs(limit: usize) -> Vec<Run>;
        last_carried_out_run() -> Option<Run>;
        links_by_rule() -> Vec<(Name, u64)>;
        endpoints() -> Vec<Endpoints>;
        intent(id: &OperationId) -> Option<Intent>;
        audit(limit: usize) -> Vec<AuditRow>;
        verify_audit() -> AuditCheck;
        made_fields() -> Vec<MadeField>;
        parted_links(endpoints: &Endpoints) -> Vec<Link>;
        open_conflicts(endpoints: &Endpoints) -> Vec<Conflict>;
        conflicts(limit: usize) -> Vec<Conflict>;
        conflict(id: ConflictId) -> Option<Conflict>;
        learned(endpoints: &Endpoints) -> Learned;
        repetitions(endpoints: &Endpoints) -> Repetitions;
        watermark(endpoints: &Endpoints, rule: &Name) -> Option<Watermark>;
        check() -> Vec<String>;
    }
    writes {
        put_watermark(endpoints: &Endpoints, rule: &Name, watermark: Option<&Watermark>) -> ();
        begin_run(run: &Run) -> ();
        finish_run(id: &RunId, outcome: &RunOutcome) -> ();
        record(records: &[Record]) -> ();
        forget_rules(known: &[Name]) -> u64;
        forget_fields(fields: &[MadeField]) -> ();
    }
}
