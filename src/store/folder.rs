//! The folder that the state lives in, and the state's file: private to their owner and kept out of
//! version control.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use super::StoreError;

/// The folder's name by default; only a folder of this name gets a `.gitignore`, because another one
/// may hold more than the state.
const OWN_FOLDER: &str = ".accord";

/// Makes the folder of `path` if there is none.
pub(super) fn create_for(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) else {
        return Ok(());
    };
    create(folder).map_err(|error| failure(folder, "the folder of the state", &error))
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if folder.file_name() != Some(OsStr::new(OWN_FOLDER)) {
        return Ok(());
    }
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join(".gitignore"));
    match created {
        Ok(mut file) => file.write_all(b"*\n"),
        // A person's own rules stand.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes `path` as an empty file that only its owner may read, unless it exists.
pub(super) fn create_private(path: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => match open_private(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(failure(path, "the state", &error)),
        },
        Err(error) => Err(failure(path, "the state", &error)),
    }
}

/// Opens `path` for reading and writing; a new file is private to its owner.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A failure of the file system, with what to do where that is known.
pub(super) fn failure(path: &Path, what: &str, error: &io::Error) -> StoreError {
    let help = match error.kind() {
        ErrorKind::PermissionDenied => "; check who owns it and its permissions",
        ErrorKind::ReadOnlyFilesystem => "; the file system is mounted for reading only",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on the disk",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "; a file stands where a folder is needed"
        }
        _ => "",
    };
    StoreError::Backend {
        path: path.display().to_string(),
        reason: format!("cannot open {what}: {error}{help}"),
    }
}
