//! Files of people: replaced whole or not at all, and never by accident.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces a file that holds `old`. Readers see the old text or the new one, and nothing is replaced
/// if somebody changed it in the meantime. Permissions stay; a link stays one.
pub(crate) fn replace(path: &Path, old: &[u8], new: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    let beside = beside(&path);
    let written = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)?;
        file.write_all(new.as_bytes())?;
        file.set_permissions(permissions)?;
        file.sync_all()?;
        if fs::read(&path)? != old {
            let message = "it was changed in the meantime and is left as it is";
            return Err(io::Error::other(message));
        }
        fs::rename(&beside, &path)
    };
    let outcome = written();
    if let Err(error) = &outcome
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        // What cannot be removed either is named by the error of writing.
        let _ = fs::remove_file(&beside);
    }
    outcome
}

/// Writes a file that must not exist yet, with its folders.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Writes a file that only its owner may read (on Unix), in the place of one that may be there. Readers see
/// the old file or the new one, whole.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let beside = beside(path);
    // A rest of a process that had the same number.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = || {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    let outcome = written();
    if outcome.is_err() {
        // What cannot be removed either is named by the error of writing.
        let _ = fs::remove_file(&beside);
    }
    outcome
}

/// A name in the same folder that no scan for manifests takes.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_elses_edit_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, "theirs").unwrap();
        assert!(replace(&path, b"old", "new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        replace(&path, b"theirs", "new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(create(&path, "again").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no litter");
    }

    #[test]
    fn a_private_file_is_written_whole_and_over_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        write_private(&path, "old").unwrap();
        write_private(&path, "new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no litter");
        let nowhere = folder.path().join("no/such/plan.json");
        assert!(write_private(&nowhere, "new").is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            // Also where a file that everybody may read was there before.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            write_private(&path, "newer").unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        replace(&link, b"old", "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}
