//! The pure rooms of the program as a library of the same name: what the fuzz targets need, without the
//! rest, which would be built with counters for many minutes and never be reached.

#![allow(dead_code, unused_imports, reason = "the rooms above these use the rest")]

#[path = "../src/diagnostics/mod.rs"]
pub mod diagnostics;
#[path = "../src/manifest/mod.rs"]
pub mod manifest;
#[path = "../src/mapping/mod.rs"]
pub mod mapping;
#[path = "../src/model/mod.rs"]
pub mod model;
