//! SIGINT and SIGTERM in the middle of a two-way run.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::town::Town;

#[test]
fn a_signal_stops_it_within_five_seconds_and_the_next_run_goes_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut town = Town::new(13);
        for _ in 0..4 {
            town.person_acts();
        }
        let slow = json!({"route": "*", "kind": {"delay": {"milliseconds": 300}}});
        town.fault(Some(slow));
        let child = town
            .command(&["apply", "--yes"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let start = Instant::now();
        while town.writes() == 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "no write");
            std::thread::sleep(Duration::from_millis(20));
        }
        let since = Instant::now();
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", child.id())])
            .status();
        assert!(sent.expect("a shell").success());
        let output = child.wait_with_output().expect("it ends");
        let took = since.elapsed();
        let told = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "SIG{signal}: {told}");
        assert!(
            took < Duration::from_secs(5),
            "SIG{signal}: stopped after {took:?}"
        );
        assert!(
            told.contains("done"),
            "SIG{signal}: says what was done: {told}"
        );
        town.fault(None);
        town.assert_whole();
    }
}

/// One request that hangs does not keep the program.
#[test]
fn a_server_that_hangs_does_not_keep_it_from_stopping() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut town = Town::new(17);
        for _ in 0..4 {
            town.person_acts();
        }
        let hangs = json!({"route": "*/wit/$batch", "kind": {"delay": {"milliseconds": 8_000}}});
        town.fault(Some(hangs));
        let child = town
            .command(&["apply", "--yes"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let start = Instant::now();
        while town.writes() == 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "no write");
            std::thread::sleep(Duration::from_millis(20));
        }
        let since = Instant::now();
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", child.id())])
            .status();
        assert!(sent.expect("a shell").success());
        let output = child.wait_with_output().expect("it ends");
        let took = since.elapsed();
        let told = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "SIG{signal}: {told}");
        assert!(
            took < Duration::from_secs(5),
            "SIG{signal}: stopped after {took:?}"
        );
        assert!(
            told.contains("Applied: ") && told.contains(" done, "),
            "{told}"
        );
        assert!(
            told.contains("the next run looks what came of it"),
            "{told}"
        );
        town.fault(None);
        // `settle` is 0 s in this project: what hangs has to land before the next run.
        std::thread::sleep(Duration::from_millis(8_200));
        town.assert_whole();
    }
}
