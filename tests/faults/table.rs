//! The table that people read: what each command makes of each oddity.

use std::fmt::Write as _;
use std::path::PathBuf;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) oddity: &'static str,
    pub(crate) system: &'static str,
    pub(crate) when: &'static str,
    pub(crate) command: &'static str,
    pub(crate) code: u8,
    pub(crate) line: String,
}

const HEAD: &str = "\
# What each command makes of each odd answer

Written by `cargo test --test faults` (`ACCORD_BLESS=1`), read by people. Struck are requests to one of the two systems: the
first one, one in the middle of the run, all of them, or only writes. *Exit* is the exit code of `docs/commands.md`;
`plan` and `drift` with `--detailed-exitcode` end 2 and the others 0 if nothing goes wrong. *Says* is the first line of an error.
After each `apply` the oddity is taken away, and a second `apply` leaves both systems as an undisturbed one would.

| answer | system | struck | command | exit | says |
|---|---|---|---|---|---|
";

/// Rows that end alike are one line.
pub(crate) fn render(rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let alike = |row: &&Row| {
            (row.oddity, row.system, row.command) == (first.oddity, first.system, first.command)
        };
        let group: Vec<&Row> = rest.iter().take_while(alike).collect();
        rest = &rest[group.len()..];
        let mut done: Vec<(u8, &str)> = Vec::new();
        for row in &group {
            let end = (row.code, row.line.as_str());
            if done.contains(&end) {
                continue;
            }
            done.push(end);
            let whens: Vec<&str> = group
                .iter()
                .filter(|other| (other.code, other.line.as_str()) == end)
                .map(|other| other.when)
                .collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} |",
                row.oddity,
                row.system,
                whens.join(", "),
                row.command,
                row.code,
                row.line.replace('|', "\\|")
            );
        }
    }
    text
}

/// Compares with the file, or writes it.
pub(crate) fn check(text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/faults/table.md");
    if std::env::var_os("ACCORD_BLESS").is_some() {
        std::fs::write(&path, text).expect("writing the table");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(&golden, text)
        .unified_diff()
        .header("table.md", "now")
        .to_string();
    assert!(
        golden == text,
        "not as blessed (ACCORD_BLESS=1):\n{difference}"
    );
}
