//! YAML text to checked raw documents with places, to the configuration.

mod check;
mod document;
pub mod edit;
pub mod format;
mod kind;
mod loader;
mod raw;
mod read;
pub mod schema;
mod shape;
mod strict;
mod values;

pub use check::duration;
pub use kind::{API_VERSION, Kind};
pub use loader::{
    LoadOptions, LoadedProject, PROJECT_FILE, ProjectFiles, files, load, project_folder,
};
pub use read::{Loaded, MOST_BYTES, ReadOptions, read};
