//! Any bytes as the parameters of a test case. The law is in `tests/laws`.

#![no_main]

#[path = "../../tests/laws/mod.rs"]
#[allow(dead_code, reason = "one law of all")]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::parameters(data));
