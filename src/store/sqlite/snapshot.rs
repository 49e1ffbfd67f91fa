//! Reading a state that may not be touched, while another process may be writing it.
//!
//! An ordinary reader of a database in write-ahead mode creates the `-wal` and `-shm` files next to
//! it (SQLite documentation, Write-Ahead Logging, section 5 on read-only databases). Where there is no
//! `-wal`, no one has the file open for writing, so it is read as an unchanging file, which creates
//! nothing; if a writer came meanwhile, that shows in the file's stamp and the read is repeated. Where
//! a `-wal` exists, a run is going on or was killed: then its files are there already and an ordinary
//! reader adds none, though SQLite may renew its index of the log in `-shm`.
//!
//! A file of an older format is read as the newest one: the first plan with a newer program comes before
//! its first apply.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use super::schema::{self, Format};
use crate::store::sql::Fault;

/// A read meets a beginning or ending run at most this often before it gives up.
const ATTEMPTS: usize = 20;

/// Runs `call` on the state at `path`; `None` if there is none or nothing in it.
pub(super) fn read<T>(
    path: &Path,
    call: impl Fn(&Connection) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    for _ in 0..ATTEMPTS {
        let Some(before) = Stamp::of(path)? else {
            return Ok(None);
        };
        let answer = match attempt(path, !before.log, &call) {
            Ok(Attempt::Migrated) => continue,
            Ok(Attempt::Nothing) => Ok(None),
            Ok(Attempt::Answer(answer)) => Ok(Some(answer)),
            Err(fault) => Err(fault),
        };
        // With a log SQLite's own locks make the read one moment; without one only the stamp does.
        let settled = match (before.log, Stamp::of(path)?) {
            (true, Some(after)) => answer.is_ok() || after.log,
            (false, Some(after)) => after == before,
            (_, None) => false,
        };
        if settled {
            return answer;
        }
    }
    let reason = "another run keeps changing the state; try again when it is done".to_owned();
    Err(Fault::Refused(reason))
}

/// What one look at the file gave.
enum Attempt<T> {
    /// There is nothing in it.
    Nothing,
    /// What the call gave.
    Answer(T),
    /// A run brought it to another format while it was read.
    Migrated,
}

fn attempt<T>(
    path: &Path,
    unchanging: bool,
    call: impl Fn(&Connection) -> Result<T, Fault>,
) -> Result<Attempt<T>, Fault> {
    let newest = schema::MIGRATIONS.len();
    let connection = open(path, unchanging)?;
    let format = schema::format(&connection, newest)?;
    let version = match format {
        Format::Empty => return Ok(Attempt::Nothing),
        Format::Version(version) => version,
    };
    if version == newest {
        return call(&connection).map(Attempt::Answer);
    }
    schema::show_as_newest(&connection, version)?;
    let answer = call(&connection);
    if schema::format(&connection, newest)? != format {
        return Ok(Attempt::Migrated);
    }
    answer.map(Attempt::Answer)
}

fn open(path: &Path, unchanging: bool) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if unchanging {
        let uri = format!("file:{}?immutable=1", uri_path(path)?);
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    schema::configure(&connection)?;
    Ok(connection)
}

/// What changes when a writer was there.
#[derive(PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Whether there is a write-ahead log.
    log: bool,
}

impl Stamp {
    /// `None` if there is no file.
    fn of(path: &Path) -> Result<Option<Self>, Fault> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Fault::Refused(format!("cannot be looked at: {error}"))),
        };
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(Some(Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            log: PathBuf::from(log).exists(),
        }))
    }
}

/// The path inside an SQLite URI (SQLite documentation, Uniform Resource Identifiers, section 3.1).
fn uri_path(path: &Path) -> Result<String, Fault> {
    let absolute = std::path::absolute(path)
        .map_err(|error| Fault::Refused(format!("cannot be looked at: {error}")))?;
    let Some(text) = absolute.to_str() else {
        let reason = "the path is not UTF-8; move the project to a folder whose name is".to_owned();
        return Err(Fault::Refused(reason));
    };
    let mut uri = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' if cfg!(windows) => uri.push('/'),
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    // `C:/state.db` needs a slash before the drive.
    if !uri.starts_with('/') {
        uri.insert(0, '/');
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    fn change(path: &Path, value: &str) {
        let mut connection = Connection::open(path).unwrap();
        schema::configure_writer(&connection).unwrap();
        schema::migrate(&mut connection, schema::MIGRATIONS).unwrap();
        connection
            .execute("INSERT INTO meta (key, value) VALUES ($1, $1)", [value])
            .unwrap();
    }

    fn count(connection: &Connection) -> Result<i64, Fault> {
        Ok(connection.query_row("SELECT COUNT(*) FROM meta", [], |row| row.get(0))?)
    }

    #[test]
    fn a_read_that_a_run_came_into_is_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        change(&path, "before");
        let attempts = Cell::new(0);
        let answer = read(&path, |connection| {
            attempts.set(attempts.get() + 1);
            let seen = count(connection)?;
            if attempts.get() == 1 {
                // Beyond the resolution of the file system's time.
                std::thread::sleep(Duration::from_millis(20));
                change(&path, "meanwhile");
            }
            Ok(seen)
        });
        assert_eq!(answer.unwrap(), Some(2));
        assert_eq!(attempts.get(), 2);
    }

    /// With a log the file's stamp does not show it.
    #[test]
    fn a_read_that_a_migration_came_into_is_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let mut writer = Connection::open(&path).unwrap();
        schema::configure_writer(&writer).unwrap();
        schema::migrate(&mut writer, &schema::MIGRATIONS[..1]).unwrap();
        let writer = std::cell::RefCell::new(writer);
        let attempts = Cell::new(0);
        let answer = read(&path, |connection| {
            attempts.set(attempts.get() + 1);
            if attempts.get() == 1 {
                schema::migrate(&mut writer.borrow_mut(), schema::MIGRATIONS)?;
            }
            schema::format(connection, schema::MIGRATIONS.len())
        });
        let newest = schema::Format::Version(schema::MIGRATIONS.len());
        assert_eq!(answer.unwrap(), Some(newest));
        assert_eq!(attempts.get(), 2);
    }

    #[test]
    fn a_state_that_never_rests_ends_in_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        change(&path, "before");
        let attempts = Cell::new(0);
        let answer = read(&path, |_| {
            attempts.set(attempts.get() + 1);
            std::thread::sleep(Duration::from_millis(10));
            change(&path, &format!("meanwhile {}", attempts.get()));
            Ok(())
        });
        assert!(matches!(answer, Err(Fault::Refused(_))), "{answer:?}");
        assert_eq!(attempts.get(), ATTEMPTS);
    }

    #[test]
    fn a_path_is_written_into_its_uri() {
        let uri = uri_path(Path::new("/a b/50%/c#d?e.db")).unwrap();
        assert_eq!(uri, "/a b/50%25/c%23d%3fe.db");
    }
}
