//! Two runs at once, and a lock whose holder is dead.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::town::Town;

fn until(what: &str, seen: impl Fn() -> bool) {
    let start = Instant::now();
    while !seen() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "waited too long for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn c10_of_two_applies_the_second_ends_7_and_a_dead_ones_lock_is_taken_over() {
    let town = Town::new(7);
    let slow = json!({"route": "*/wit/$batch", "kind": {"delay": {"milliseconds": 3_000}}});
    town.fault(Some(slow));
    let mut first = town.start();
    until("the first write", || town.writes() > 0);
    let (code, told) = town.run(&["apply", "--yes"]);
    assert_eq!(code, Some(7), "{told}");
    assert!(
        told.contains(&first.id().to_string()),
        "says who holds it: {told}"
    );
    first.kill().expect("a kill");
    first.wait().expect("it ends");
    town.fault(None);
    // Its write lands while nobody is there.
    std::thread::sleep(Duration::from_millis(3_200));
    town.assert_whole();
    assert!(!town.links().is_empty());
}
