//! Time on a core, not on the wall: other programs may run.

use std::fs;
use std::time::{Duration, Instant};

/// How long one measurement lasts, and how many there are.
const LONG: Duration = Duration::from_millis(100);
const TIMES: usize = 5;

/// What this thread has had of a core so far (Linux, `/proc/thread-self/schedstat`, nanoseconds); elsewhere
/// wall time.
pub(crate) fn on_core(start: Instant) -> Duration {
    fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Calls `work`, which handles `fields` fields of `bytes` bytes altogether, again and again.
pub(crate) fn measure(what: &str, how: &str, bytes: usize, fields: usize, mut work: impl FnMut()) {
    let start = Instant::now();
    let mut per_call: Vec<f64> = Vec::new();
    let mut calls = 1_u32;
    while per_call.len() < TIMES {
        let before = on_core(start);
        for _ in 0..calls {
            work();
        }
        let took = on_core(start).saturating_sub(before);
        if took < LONG / 2 {
            calls = calls.saturating_mul(if took < LONG / 50 { 10 } else { 2 });
        } else {
            per_call.push(took.as_secs_f64() / f64::from(calls));
        }
    }
    per_call.sort_by(f64::total_cmp);
    let rate = |seconds: f64| {
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let fields = fields as f64;
        fields / seconds
    };
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let megabytes = bytes as f64 / per_call[TIMES / 2] / 1e6;
    println!(
        "{}",
        serde_json::json!({
            "what": what,
            "how": how,
            "bytes": bytes,
            "per_second": rate(per_call[TIMES / 2]),
            "slowest": rate(per_call[TIMES - 1]),
            "fastest": rate(per_call[0]),
            "megabytes_per_second": megabytes,
        })
    );
}
