//! Rows: what they read and write, and which ways they go.

mod codecs;
mod directions;
mod expressions;
mod laws;
mod people_and_paths;
mod values;

use crate::mapping::codec::steps::CaseSteps;
use crate::model::Value;
use crate::model::config::{Codec, Row};

const STEPS: &str = "Microsoft.VSTS.TCM.Steps";
const DESCRIPTION: &str = "System.Description";

fn text(text: &str) -> Value {
    Value::text(text)
}

fn as_codec(codec: Codec, row: Row) -> Row {
    Row {
        codec: Some(codec),
        ..row
    }
}

fn separated(json: serde_json::Value) -> Value {
    CaseSteps::Separated(json).to_value()
}
