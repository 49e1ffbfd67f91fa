//! A private folder that goes with its value.

use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

/// A folder below the system's folder for temporary files that only its owner may enter.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one; one that is there already, or a link, is never taken.
    pub(super) fn create() -> io::Result<Self> {
        let name = format!("accord-state-{}", uuid::Uuid::now_v7());
        let folder = std::env::temp_dir().join(name);
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        let scratch = Self(folder);
        fs::create_dir(scratch.0.join("empty"))?;
        Ok(scratch)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is the system's to remove.
        let _removed = fs::remove_dir_all(&self.0);
    }
}
