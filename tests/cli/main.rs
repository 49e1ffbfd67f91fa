//! The program as a whole, judged from outside: exit codes, what goes to stdout and stderr, which
//! requests reach the systems, and what a killed or stopped run leaves behind.

mod conflicts;
mod credentials;
mod deciding;
mod doctor;
mod drift;
mod dump;
mod entra;
mod exit_codes;
mod fmt;
mod formats;
mod git;
mod git_state;
#[path = "../github/mod.rs"]
mod github;
mod graph;
mod hostile;
mod hosts;
mod init;
mod killed;
mod linking;
mod loopback;
mod manifests;
mod mapping_tests;
mod output;
mod project;
mod read_only;
mod saved_plan;
mod report;
mod schema_live;
mod shared_state;
mod shells;
mod state;
mod stopped;
mod unavailable;
mod workflow;
