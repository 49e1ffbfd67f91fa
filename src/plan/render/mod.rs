//! A plan as people and programs read it.

pub mod human;
pub mod json;
pub mod manifests;
mod text;
