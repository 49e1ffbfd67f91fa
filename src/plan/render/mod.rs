//! A plan as people and programs read it.

pub mod difference;
pub mod human;
pub mod json;
mod text;
