//! The run lock: one apply at a time on one state.
//!
//! It is a lock of the operating system on a file next to the state, so it ends with its process in
//! whatever way that ends. The file itself stays; its text says who holds the lock and means nothing
//! while no one does.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{StoreError, folder};

/// How often a waiting run looks again.
const POLL: Duration = Duration::from_millis(100);

/// More of a holder's text is not read.
const HOLDER_BYTES: u64 = 400;

/// The lock of one state while this value lives.
#[derive(Debug)]
pub struct RunLock {
    file: File,
}

impl RunLock {
    /// Takes the lock of the state at `path`, at once or within `timeout`. `holder` is told to those
    /// who have to wait; [`lock_holder`] writes it.
    ///
    /// Errors: [`StoreError::Locked`] with the holder's text when the time is over;
    /// [`StoreError::Backend`] when the lock file cannot be made.
    pub async fn acquire(path: &Path, timeout: Duration, holder: &str) -> Result<Self, StoreError> {
        let deadline = Instant::now() + timeout;
        loop {
            match Self::try_acquire(path, holder) {
                Err(StoreError::Locked { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep_until(deadline.min(Instant::now() + POLL)).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Takes the lock or says who holds it, without waiting.
    pub fn try_acquire(path: &Path, holder: &str) -> Result<Self, StoreError> {
        folder::create_for(path)?;
        let lock_path = Self::path_for(path);
        let failed = |error: io::Error| folder::failure(&lock_path, "the run lock", &error);
        let mut file = folder::open_private(&lock_path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                write_holder(&mut file, holder).map_err(failed)?;
                Ok(Self { file })
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
                path: path.display().to_string(),
                holder: read_holder(&mut file),
            }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The lock file of the state at `path`: its name with `.lock` behind it.
    pub fn path_for(path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        PathBuf::from(name)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // The lock ends with the file in any case; an emptied text only spares a reader a riddle.
        let _emptied = self.file.set_len(0);
        let _unlocked = self.file.unlock();
    }
}

fn write_holder(file: &mut File, holder: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(holder.as_bytes())
}

/// `None` if the holder has not written yet, or where a locked file cannot be read (Windows).
fn read_holder(file: &mut File) -> Option<String> {
    let mut bytes = Vec::new();
    file.take(HOLDER_BYTES).read_to_end(&mut bytes).ok()?;
    let text: String = String::from_utf8_lossy(&bytes)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a run tells about itself to those who wait for it: `apply, process 4711 on build-7, since
/// 2026-11-16T08:00:00Z`.
pub fn lock_holder(operation: &str, started_at: Timestamp) -> String {
    let process = std::process::id();
    let host = host_name();
    format!("{operation}, process {process} on {host}, since {started_at:.0}")
}

fn host_name() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .into_iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .map(|text| text.trim().to_owned())
        .find(|text| !text.is_empty())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_else(|| "this machine".to_owned())
}
