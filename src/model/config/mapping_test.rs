//! Examples that a field mapping must fulfil.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::Origin;
use crate::model::{Name, System};

/// A checked `MappingTest`.
#[derive(Clone, Debug)]
pub struct MappingTest {
    /// `metadata.name`.
    pub name: Name,
    /// The mapping that is tested.
    pub mapping: Name,
    /// The examples, in the order of the manifest; names are unique.
    pub cases: Vec<Example>,
    /// Which document of its file it is, from 0: examples are updated in place.
    pub document: usize,
    /// Where it is declared.
    pub origin: Origin,
}

/// One example: what one side holds, and what the other side gets of it in a create.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The side that is written; the other is the source.
    pub target: System,
    /// Values of the source by field, as the manifest writes them: text, number, true or false, null, or a
    /// list of texts.
    pub given: IndexMap<String, Json>,
    /// Values of the target by field, in the same form; other fields are not compared.
    pub expect: IndexMap<String, Json>,
    /// Fields of the target that get no value because one cannot be given: they wait.
    pub waits: Vec<String>,
    /// Where it is declared.
    pub origin: Origin,
}

impl Example {
    /// The side that is read.
    pub fn source(&self) -> System {
        self.target.other()
    }
}
