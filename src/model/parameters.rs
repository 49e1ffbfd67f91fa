//! The parameters of a test case and their values: a table of texts.

use std::fmt;

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

    /// The JSON a person would write for it: the names, and one list of values for each row.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "names": self.names, "rows": self.rows })
    }
}

impl fmt::Display for Parameters {
    /// A table with `|` between the columns, as a person reads it in a plan; not a codec.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(" | "))?;
        for row in &self.rows {
            write!(f, "\n{}", row.join(" | "))?;
        }
        Ok(())
    }
}
