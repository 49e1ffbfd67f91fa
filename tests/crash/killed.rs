//! SIGKILL at random moments.

use std::time::{Duration, Instant};

use crate::town::Town;

/// Kills of the test command; `ACCORD_KILLS` says another number.
const KILLS: u64 = 200;
/// After so many the town is looked at.
const LOOK: u64 = 20;

#[test]
fn killed_hundreds_of_times_it_makes_no_duplicate_and_loses_no_edit() {
    let kills = std::env::var("ACCORD_KILLS").ok();
    let kills = kills.and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut town = Town::new(20_260_302);
    let start = Instant::now();
    town.assert_whole();
    // Half of the longest is where most kills should fall.
    let whole = start.elapsed() / 4;
    let (mut killed, mut attempts, mut with_writes) = (0, 0, 0);
    while killed < kills {
        attempts += 1;
        assert!(
            attempts < kills * 4,
            "{killed} of {attempts} runs were killed in time"
        );
        for _ in 0..=town.below(3) {
            town.person_acts();
        }
        let before = town.writes();
        let mut run = town.start();
        let longest = u64::try_from(whole.as_micros())
            .expect("a short run")
            .max(1_000);
        std::thread::sleep(Duration::from_micros(town.below(longest)));
        if run.try_wait().expect("its state").is_none() {
            killed += 1;
        }
        run.kill().expect("a kill");
        run.wait().expect("it ends");
        town.calm_down();
        with_writes += u64::from(town.writes() != before);
        if killed % LOOK == 0 {
            town.assert_whole();
        }
    }
    town.assert_whole();
    // Kills that all come before the first write prove nothing.
    assert!(
        with_writes >= kills / 10,
        "{with_writes} runs wrote before they were killed"
    );
}
