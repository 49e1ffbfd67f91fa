//! A plan as people and programs read it.

pub mod html;
pub mod human;
pub mod json;
mod text;
