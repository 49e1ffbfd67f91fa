//! YAML text to checked raw documents with places, to the configuration.

mod check;
pub mod compare;
mod document;
pub mod edit;
pub mod format;
mod kind;
mod loader;
mod raw;
mod read;
mod scan;
pub mod schema;
mod shape;
mod strict;
mod tree;
mod values;

pub use check::duration;
pub use kind::{API_VERSION, Kind};
pub use loader::{files, load, load_exactly, project_folder};
pub use read::{Loaded, MOST_BYTES, ReadOptions, read};
pub use scan::{LoadOptions, LoadedProject, PROJECT_FILE, ProjectFiles, files_from, load_from};
pub use tree::{Listed, ManifestTree, Place, Typed};
