//! The emulated Azure DevOps organisation, judged over its wire with plain requests: shapes, rules,
//! errors, faults. None of Accord's client code is used.

mod batch;
mod faults;
mod history;
mod items;
mod metadata;
mod organization;
mod queries;
mod scale;
