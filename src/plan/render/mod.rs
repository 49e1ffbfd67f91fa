//! A plan as people and programs read it.

mod group;
pub mod html;
pub mod human;
pub mod json;
pub mod jsonl;
mod text;
mod value;
mod words;
