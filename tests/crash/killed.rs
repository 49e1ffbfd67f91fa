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
    town.assert_whole();
    for _ in 0..3 {
        town.person_acts();
    }
    let start = Instant::now();
    town.run(&["apply", "--yes"]);
    let whole = u64::try_from(start.elapsed().as_micros()).expect("a short run");
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
        town.control("DELETE", "log", None);
        let mut run = town.start();
        // Half of them at any moment; half behind their first write, which the clock of a busy machine would miss.
        let delay = if killed % 2 == 0 {
            town.below(whole)
        } else {
            while town.writes() == 0 && run.try_wait().expect("its state").is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            town.below(whole / 8)
        };
        std::thread::sleep(Duration::from_micros(delay));
        if run.try_wait().expect("its state").is_none() {
            killed += 1;
        }
        run.kill().expect("a kill");
        run.wait().expect("it ends");
        town.calm_down();
        with_writes += u64::from(town.writes() > 0);
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
