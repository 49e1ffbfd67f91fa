//! A real browser looks at the page of a plan: whether it opens quickly and in silence, whether search, filters,
//! links and keys do what they say, whether it fits a phone, whether axe finds somebody shut out.
//!
//! It needs Chromium, which is too heavy to be asked of everybody: where there is none, or nothing to drive it
//! with, this says `browser: NOT run` and why. `ACCORD_BROWSER=require` makes that a failure, for CI;
//! `ACCORD_BROWSER=/path/to/chromium` names one; `ACCORD_BROWSER=skip` leaves it out.

#![allow(
    clippy::print_stdout,
    clippy::exit,
    reason = "this program is a test runner: it prints, and its exit code is the verdict"
)]

#[path = "../../benches/renderers/sample.rs"]
mod sample;

use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::time::Instant;

use accord::plan::render::{html, json};

/// Names under which Chromium is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

fn main() {
    let listing = std::env::args().any(|argument| argument == "--list");
    if listing {
        println!("page: test");
        return;
    }
    let wish = std::env::var("ACCORD_BROWSER").unwrap_or_default();
    let started = Instant::now();
    if wish == "skip" {
        println!("browser: NOT run: ACCORD_BROWSER=skip is set, so nobody looked at the page");
        return summary("ok", 0, 0, 1, started);
    }
    println!("\nrunning 1 test");
    let (passed, word) = match look(&wish) {
        Ok(passed) => (passed, if passed { "ok" } else { "FAILED" }),
        Err(missing) => {
            println!("browser: NOT run: {missing}");
            if wish != "require" {
                return summary("ok", 0, 0, 1, started);
            }
            (false, "FAILED")
        }
    };
    println!("test page ... {word}");
    summary(word, u8::from(passed), u8::from(!passed), 0, started);
    if !passed {
        exit(101);
    }
}

/// Writes the pages and lets the browser look at them: whether all checks passed, or what is missing for it.
/// Whatever else goes wrong is no reason to leave it out.
fn look(wish: &str) -> Result<bool, String> {
    let browser = browser(wish)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&target).expect("a folder below target is made");
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(folder.join(name), target.join(name)).expect("a file is copied into it");
    }
    let wanted = std::fs::read(folder.join("package-lock.json")).expect("the lock file is read");
    // What is installed: the lock file that it was installed from, once all of it was.
    let stamp = target.join("installed");
    let installed = std::fs::read(&stamp).is_ok_and(|known| known == wanted)
        && target.join("node_modules/playwright-core").is_dir()
        && target.join("node_modules/axe-core").is_dir();
    if !installed {
        let _ = std::fs::remove_file(&stamp);
        println!("browser: installing its driver into {}", target.display());
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        let output = npm.current_dir(&target).output();
        let output = output.map_err(|error| format!("npm could not be started ({error})"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("npm could not install the driver: {said}"));
        }
        std::fs::write(&stamp, &wanted).expect("what was installed is written down");
    }
    for (name, changes) in [
        ("large", Some(10_000)),
        ("small", Some(24)),
        ("empty", None),
    ] {
        let document = changes.map_or_else(empty, sample::plan);
        let plan = json::parse(&document.to_string()).expect("the sample is a plan");
        let page = html::html(&plan, &html::HtmlOptions::default());
        std::fs::write(target.join(format!("{name}.html")), page).expect("a page is written");
    }
    let mut node = Command::new("node");
    node.arg(folder.join("page.mjs")).arg(browser).arg(&target);
    let status = node.current_dir(&target).status();
    let status = status.map_err(|error| format!("node could not be started ({error})"))?;
    Ok(status.success())
}

/// A plan with nothing in it.
fn empty() -> serde_json::Value {
    let mut plan = sample::plan(0);
    for list in ["changes", "conflicts", "findings", "drift"] {
        plan[list] = serde_json::json!([]);
    }
    plan["safety"] = serde_json::json!({ "verdict": "pass", "rules": [] });
    plan
}

fn browser(wish: &str) -> Result<PathBuf, String> {
    if !matches!(wish, "" | "require") {
        let named = PathBuf::from(wish);
        let there = named.is_file();
        return there
            .then_some(named)
            .ok_or_else(|| format!("ACCORD_BROWSER={wish}: there is no such file"));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut places =
        std::env::split_paths(&folders).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    places.find(|place| place.is_file()).ok_or_else(|| {
        "no Chromium was found (Debian: apt-get install chromium), so nobody looked at the page"
            .to_owned()
    })
}

/// The line that test runners end with.
fn summary(word: &str, passed: u8, failed: u8, ignored: u8, started: Instant) {
    println!(
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; \
         0 filtered out; finished in {:.2}s\n",
        started.elapsed().as_secs_f64()
    );
}
