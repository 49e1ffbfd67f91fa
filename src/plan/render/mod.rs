//! A plan as people and programs read it.

pub mod azure_pipelines;
pub mod github;
mod group;
pub mod human;
pub mod json;
mod manifests;
pub mod markdown;
mod notice;
pub mod sarif;
mod text;
mod value;
mod words;
