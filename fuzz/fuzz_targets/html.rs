//! Any bytes as a formatted text in HTML. The law is in `tests/laws`.

#![no_main]

#[path = "../../tests/laws/mod.rs"]
#[allow(dead_code, reason = "one law of all")]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::html(data));
