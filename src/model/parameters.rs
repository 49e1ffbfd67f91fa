//! The parameters of a test case and their values: a table of texts.

use serde::{Deserialize, Serialize};

/// Names and rows of values. Every row has a value for every name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Parameters {
    /// The names, in the order of the columns, each once.
    pub names: Vec<String>,
    /// The rows; the empty text stands for no value.
    pub rows: Vec<Vec<String>>,
}

impl Parameters {
    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
