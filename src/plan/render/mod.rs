//! A plan as people and programs read it.

pub mod difference;
mod group;
pub mod html;
pub mod human;
pub mod json;
pub mod manifests;
mod text;
mod value;
mod words;
