//! A plan as people and programs read it.

pub mod difference;
pub mod azure_pipelines;
pub mod github;
mod group;
pub mod html;
pub mod human;
pub mod json;
pub mod jsonl;
mod manifests;
pub mod markdown;
mod notice;
pub mod sarif;
mod text;
mod value;
mod words;
