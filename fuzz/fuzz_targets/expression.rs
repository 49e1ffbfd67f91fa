#![no_main]
//! See `tests/laws`.

#[path = "../../tests/laws/mod.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::expression(data));
