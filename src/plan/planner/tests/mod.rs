//! Tests of the planner over small scenes: what both systems hold, what the store knew, which rules.

mod claims;
mod conflicts;
mod configuration;
mod custom_field;
mod deletions;
mod laws;
mod lifecycle;
mod matching;
mod pairs;
mod scene;
mod two_way;
mod walk;
