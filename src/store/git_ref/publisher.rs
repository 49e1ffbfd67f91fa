//! Pushes what the working copy holds, and keeps the lease with every push.
//!
//! One push at a time. Whoever asks while one is under way is served by the next, together with all others who
//! asked meanwhile: however many writes are prepared at once, they share a push.
//!
//! A push whose answer was lost may have landed. So after every failure the remote is asked what the ref holds:
//! the commit that was pushed (then all is well), what it held before (then it is tried again), or something else
//! (then somebody took the lease over, and this run writes nothing any more).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use git2::Oid;
use jiff::Timestamp;
use rusqlite::Connection;

use super::GitRefTimes;
use super::export::{self, Changes};
use super::import;
use super::layout::{FORMAT, FORMAT_FILE, LEASE_FILE, README, README_FILE};
use super::lease::Lease;
use super::objects::Objects;
use super::remote::{Remote, Trouble};
use super::scratch::Scratch;
use crate::store::StoreError;

/// The first pause between two tries; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(250);

/// The time.
pub(super) type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the ref holds, as far as this run knows.
struct Published {
    /// The commit.
    tip: Option<Oid>,
    /// The format that it had when it was loaded; `None` where there was nothing.
    format: Option<u32>,
    /// The last note of the working copy that is in it.
    note: i64,
    /// The lease as it stands there.
    lease: Lease,
    /// When it was renewed.
    renewed: Option<Instant>,
    /// Commits whose push had no answer, with what they would make of the rest.
    unanswered: Vec<(Oid, i64)>,
    /// Tickets up to this one are in it.
    served: u64,
}

/// Why nothing may be written any more.
enum Ended {
    /// The lease was given back.
    Closed,
    /// Somebody else changed the ref; what is known of them.
    Lost(Option<String>),
}

/// The one way by which the ref changes.
pub(super) struct Publisher {
    remote: Remote,
    objects: Mutex<Objects>,
    /// The working copy, once it is there.
    copy: Mutex<Option<Connection>>,
    published: Mutex<Published>,
    /// Why nothing may be written any more.
    ended: OnceLock<Ended>,
    wanted: AtomicU64,
    pushes: AtomicU64,
    now: Now,
    ttl: Duration,
    patience: Duration,
    scratch: Scratch,
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publisher({})", self.remote.place())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is changed only when a push has succeeded, so a panic elsewhere leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Publisher {
    pub(super) fn new(
        remote: Remote,
        objects: Objects,
        scratch: Scratch,
        times: &GitRefTimes,
    ) -> Self {
        Self {
            remote,
            objects: Mutex::new(objects),
            copy: Mutex::new(None),
            published: Mutex::new(Published {
                tip: None,
                format: None,
                note: 0,
                lease: Lease::default(),
                renewed: None,
                unanswered: Vec::new(),
                served: 0,
            }),
            ended: OnceLock::new(),
            wanted: AtomicU64::new(0),
            pushes: AtomicU64::new(0),
            now: Arc::clone(&times.now),
            ttl: times.ttl,
            patience: times.patience,
            scratch,
        }
    }

    /// For people.
    pub(super) fn place(&self) -> String {
        self.remote.place()
    }

    /// The private folder.
    pub(super) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// A file in the private folder.
    pub(super) fn scratch_file(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// How many pushes succeeded.
    pub(super) fn pushes(&self) -> u64 {
        self.pushes.load(Ordering::SeqCst)
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Fetches what the ref holds; gives its commit and its lease, free where there is none.
    pub(super) fn fetch(&self) -> Result<(Option<Oid>, Lease), StoreError> {
        let begun = Instant::now();
        let mut pause = PAUSE;
        let tip = loop {
            match self.remote.fetch() {
                Ok(tip) => break tip,
                Err(Trouble::Passing(_)) if begun.elapsed() + pause < self.patience => {
                    thread::sleep(pause);
                    pause *= 2;
                }
                Err(trouble) => return Err(self.remote.error(trouble)),
            }
        };
        let Some(commit) = tip else {
            return Ok((None, Lease::default()));
        };
        let objects = locked(&self.objects);
        let file = |path: &str| {
            let found = objects.file(commit, path);
            found.map_err(|error| self.objects_failed(&error))
        };
        let format = file(FORMAT_FILE)?.unwrap_or_default();
        import::check_format(&format).map_err(|damage| self.damaged(&damage))?;
        let lease = match file(LEASE_FILE)? {
            Some(text) => Lease::parse(&text).map_err(|damage| self.damaged(&damage))?,
            None => Lease::default(),
        };
        Ok((tip, lease))
    }

    /// Reads a fetched commit into an empty working copy, and lets that note its changes from now on.
    pub(super) fn load(&self, tip: Option<Oid>, mut copy: Connection) -> Result<(), StoreError> {
        copy.pragma_update(None, "foreign_keys", true)
            .map_err(|error| self.copy_failed(&error))?;
        copy.busy_timeout(Duration::from_secs(10))
            .map_err(|error| self.copy_failed(&error))?;
        let mut format = None;
        if let Some(commit) = tip {
            let objects = locked(&self.objects);
            let said = objects
                .file(commit, FORMAT_FILE)
                .map_err(|error| self.objects_failed(&error))?;
            let said = import::check_format(&said.unwrap_or_default());
            format = Some(said.map_err(|damage| self.damaged(&damage))?);
            let paths = objects
                .paths(commit)
                .map_err(|error| self.objects_failed(&error))?;
            let files = import::plan(paths.iter().map(String::as_str))
                .map_err(|damage| self.damaged(&damage))?;
            let filled = import::fill(&mut copy, &files, |path| -> Result<Vec<u8>, Unread> {
                Ok(objects.file(commit, path)?.unwrap_or_default())
            });
            filled.map_err(|unread| match unread {
                Unread::Damage(damage) => self.damaged(&damage),
                Unread::Objects(error) => self.objects_failed(&error),
                Unread::Copy(error) => self.copy_failed(&error),
            })?;
        }
        super::layout::install(&copy).map_err(|error| self.copy_failed(&error))?;
        *locked(&self.copy) = Some(copy);
        let mut published = locked(&self.published);
        published.tip = tip;
        published.format = format;
        published.note = 0;
        Ok(())
    }

    /// Closes the working copy, for a state that is only read.
    pub(super) fn close_copy(&self) {
        locked(&self.copy).take();
    }

    /// Takes the lease if the ref still holds what was loaded. `false`: it changed, so look again.
    pub(super) fn take(&self, lease: Lease) -> Result<bool, StoreError> {
        let mut published = locked(&self.published);
        let is_first = published.tip.is_none();
        published.lease = lease;
        let mut changes = Changes::new();
        // From here on an older version may meet rows that it cannot read.
        if published.format != Some(FORMAT) {
            changes.insert(
                FORMAT_FILE.to_owned(),
                Some(import::format_text().into_bytes()),
            );
        }
        if is_first {
            changes.insert(README_FILE.to_owned(), Some(README.as_bytes().to_vec()));
        }
        match self.push(&mut published, &changes) {
            Err(Refused::Moved) => {
                published.unanswered.clear();
                Ok(false)
            }
            Err(Refused::Failed(error)) => Err(error),
            Ok(()) => Ok(true),
        }
    }

    /// Whether writing may go on; the reason why not.
    pub(super) fn may_write(&self) -> Result<(), StoreError> {
        match self.ended.get() {
            None => Ok(()),
            Some(Ended::Closed) => Err(self.failed("it was closed".to_owned())),
            Some(Ended::Lost(holder)) => Err(StoreError::LeaseLost {
                path: self.place(),
                holder: holder.clone(),
            }),
        }
    }

    /// Returns when everything that the working copy held at the call is in the ref.
    pub(super) fn publish(&self) -> Result<(), StoreError> {
        let ticket = self.wanted.fetch_add(1, Ordering::SeqCst) + 1;
        let mut published = locked(&self.published);
        if published.served >= ticket {
            return Ok(());
        }
        self.may_write()?;
        let served = self.wanted.load(Ordering::SeqCst);
        self.push_all(&mut published)?;
        published.served = served;
        Ok(())
    }

    /// As [`Self::publish`], if anything is not in the ref yet, or if the lease has to be renewed.
    pub(super) fn keep_up(&self) -> Result<(), StoreError> {
        let mut published = locked(&self.published);
        if self.ended.get().is_some() || published.lease.holder.is_none() {
            return Ok(());
        }
        let is_old = published
            .renewed
            .is_none_or(|renewed| renewed.elapsed() >= self.ttl / 3);
        if is_old || self.has_news(&published)? {
            self.push_all(&mut published)?;
        }
        Ok(())
    }

    /// Publishes what is left, if anything is.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let mut published = locked(&self.published);
        if self.has_news(&published)? {
            self.may_write()?;
            let served = self.wanted.load(Ordering::SeqCst);
            self.push_all(&mut published)?;
            published.served = served;
        }
        Ok(())
    }

    /// Publishes what is left and gives the lease back, in one push. Nothing can be written afterwards.
    pub(super) fn release(&self) -> Result<(), StoreError> {
        let mut published = locked(&self.published);
        if self.ended.get().is_some() || published.lease.holder.is_none() {
            return Ok(());
        }
        let holder = published.lease.holder.take();
        let ended = self.push_all(&mut published);
        if ended.is_err() {
            published.lease.holder = holder;
        } else {
            let _first = self.ended.set(Ended::Closed);
        }
        ended
    }

    fn has_news(&self, published: &Published) -> Result<bool, StoreError> {
        let copy = locked(&self.copy);
        match copy.as_ref() {
            Some(copy) => {
                export::is_touched(copy, published.note).map_err(|error| self.copy_failed(&error))
            }
            None => Ok(false),
        }
    }

    fn push_all(&self, published: &mut Published) -> Result<(), StoreError> {
        match self.push(published, &Changes::new()) {
            Ok(()) => Ok(()),
            Err(Refused::Failed(error)) => Err(error),
            Err(Refused::Moved) => {
                let _first = self.ended.set(Ended::Lost(self.who_moved_it()));
                self.may_write()
            }
        }
    }

    /// Pushes a commit with what is new in the working copy, the lease renewed and these further changes.
    fn push(&self, published: &mut Published, further: &Changes) -> Result<(), Refused> {
        let begun = Instant::now();
        let mut pause = PAUSE;
        loop {
            let (commit, note) = self.commit(published, further)?;
            let renewed = Instant::now();
            let trouble = match self.remote.push(published.tip, commit) {
                Ok(()) => {
                    self.accept(published, (commit, note), renewed);
                    return Ok(());
                }
                Err(trouble) => trouble,
            };
            published.unanswered.push((commit, note));
            match self.remote.look() {
                Ok(Some(found)) if found == commit => {
                    self.accept(published, (commit, note), renewed);
                    return Ok(());
                }
                Ok(found) if found == published.tip => {
                    // The server says no, and the ref is as it was: it will say so again.
                    let lasting = matches!(trouble, Trouble::Forbidden(_) | Trouble::Other(_));
                    if lasting || begun.elapsed() + pause > self.patience {
                        return Err(Refused::Failed(self.remote.error(trouble)));
                    }
                }
                Ok(found) => {
                    let ours = published
                        .unanswered
                        .iter()
                        .find(|(id, _)| Some(*id) == found);
                    let Some((id, note)) = ours.copied() else {
                        return Err(Refused::Moved);
                    };
                    // An earlier push landed after all; what is new since goes on top of it.
                    self.accept(published, (id, note), renewed);
                    continue;
                }
                Err(_) if begun.elapsed() + pause > self.patience => {
                    return Err(Refused::Failed(self.remote.error(trouble)));
                }
                Err(_) => {}
            }
            thread::sleep(pause);
            pause *= 2;
        }
    }

    fn accept(&self, published: &mut Published, (commit, note): (Oid, i64), renewed: Instant) {
        published.tip = Some(commit);
        published.note = note;
        published.renewed = Some(renewed);
        published.unanswered.clear();
        self.pushes.fetch_add(1, Ordering::SeqCst);
    }

    fn commit(&self, published: &mut Published, further: &Changes) -> Result<(Oid, i64), Refused> {
        let now = self.now();
        published.lease.renew(now, self.ttl);
        let (mut changes, note) = match locked(&self.copy).as_ref() {
            Some(copy) => export::touched(copy, published.note)
                .map_err(|error| Refused::Failed(self.failed(error.to_string())))?,
            None => (BTreeMap::new(), published.note),
        };
        changes.extend(
            further
                .iter()
                .map(|(path, bytes)| (path.clone(), bytes.clone())),
        );
        let lease = published.lease.text().into_bytes();
        changes.insert(LEASE_FILE.to_owned(), Some(lease));
        let files = changes.len();
        let token = published.lease.token;
        let message = format!("Keep the state of accord\n\nHolder {token}, {files} files.\n");
        let commit = locked(&self.objects)
            .commit(published.tip, &changes, &message, now)
            .map_err(|error| Refused::Failed(self.objects_failed(&error)))?;
        Ok((commit, note))
    }

    /// Words for whoever changed the ref under a run that held the lease, if they can be found out.
    fn who_moved_it(&self) -> Option<String> {
        match self.fetch() {
            Ok((None, _)) => Some("somebody who removed the ref".to_owned()),
            Ok((Some(_), lease)) => lease.holder.map(|holder| holder.words()),
            Err(_) => None,
        }
    }

    fn failed(&self, reason: String) -> StoreError {
        StoreError::Backend {
            path: self.place(),
            reason,
        }
    }

    fn objects_failed(&self, error: &git2::Error) -> StoreError {
        self.failed(format!(
            "the private copy cannot be used: {}",
            error.message()
        ))
    }

    fn copy_failed(&self, error: &rusqlite::Error) -> StoreError {
        self.failed(format!("the private copy cannot be used: {error}"))
    }

    fn damaged(&self, damage: &import::Damage) -> StoreError {
        match damage {
            import::Damage::TooNew(found) => StoreError::TooNew {
                path: self.place(),
                found: *found,
                known: FORMAT,
            },
            import::Damage::At { .. } => self.failed(format!(
                "the state is damaged: {damage}; set the ref back to an older commit of its history, or delete it: \
                 `accord state rebuild` finds linked items again by their markers, only what both sides held last is lost"
            )),
        }
    }
}

/// Why nothing was pushed.
enum Refused {
    /// The ref is not what it was.
    Moved,
    /// Anything else.
    Failed(StoreError),
}

/// Why a commit could not be read into the working copy.
enum Unread {
    Damage(import::Damage),
    Objects(git2::Error),
    Copy(rusqlite::Error),
}

impl From<import::Damage> for Unread {
    fn from(damage: import::Damage) -> Self {
        Self::Damage(damage)
    }
}

impl From<git2::Error> for Unread {
    fn from(error: git2::Error) -> Self {
        Self::Objects(error)
    }
}

impl From<rusqlite::Error> for Unread {
    fn from(error: rusqlite::Error) -> Self {
        Self::Copy(error)
    }
}
