//! The real program and the sandbox, each a process of its own, a state that is a real file, and a two-way
//! rule: killed at any moment, hundreds of times, while people edit on both sides.
#![cfg(unix)]

mod http;
mod killed;
mod locked;
mod stopped;
mod town;
