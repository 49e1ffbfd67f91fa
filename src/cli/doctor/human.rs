//! A connection test as people read it: one line for each check, the way out below what failed.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::reconcile::{Check, ConnectionReport, DoctorReport, Status, SystemReport};

/// The whole report. The symbols carry the meaning, colours repeat it. `printable` escapes what a
/// stranger may have written.
pub(super) fn render(
    report: &DoctorReport,
    colour: bool,
    printable: impl Fn(&str) -> String,
) -> String {
    let mut text = String::new();
    for connection in &report.connections {
        let _ = writeln!(
            text,
            "Connection {} ({}:{})",
            connection.name,
            printable(&connection.file),
            connection.line
        );
        let width = width(connection);
        for system in &connection.systems {
            let _ = writeln!(text, "\n  {}  {}", system.system, printable(&system.url));
            lines(&mut text, system, width, colour, &printable);
        }
        let _ = writeln!(text, "\n{}\n", summary(connection));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The longest label of a connection, so that its systems stand under each other.
fn width(connection: &ConnectionReport) -> usize {
    let labels = connection
        .checks()
        .map(|check| label(check).chars().count());
    labels.max().unwrap_or_default()
}

fn label(check: &Check) -> String {
    match &check.subject {
        Some(subject) => format!("{} {subject}", check.check),
        None => check.check.clone(),
    }
}

fn lines(
    text: &mut String,
    system: &SystemReport,
    width: usize,
    colour: bool,
    printable: &impl Fn(&str) -> String,
) {
    let mut checks = system.checks.iter().peekable();
    while let Some(check) = checks.next() {
        let (symbol, paint) = mark(check.status);
        let (on, off) = if colour {
            (paint.render().to_string(), paint.render_reset().to_string())
        } else {
            (String::new(), String::new())
        };
        let mut label = label(check);
        if check.status == Status::Skipped {
            // What is skipped for the same reason fits on one line.
            let same =
                |next: &&Check| next.status == Status::Skipped && next.measured == check.measured;
            while let Some(next) = checks.next_if(same) {
                label.push_str(", ");
                label.push_str(&self::label(next));
            }
        }
        let gap = if label.chars().count() > width {
            format!("{label}:")
        } else {
            format!("{label:width$} ")
        };
        let measured = printable(&check.measured);
        let _ = writeln!(text, "    {on}{symbol}{off} {} {measured}", printable(&gap));
        if let Some(next) = &check.next {
            let _ = writeln!(text, "        next: {}", printable(next));
        }
    }
}

fn mark(status: Status) -> (char, Style) {
    let paint = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    match status {
        Status::Ok => ('✓', paint(AnsiColor::Green)),
        Status::Warn => ('!', paint(AnsiColor::Yellow)),
        Status::Fail => ('✗', paint(AnsiColor::Red)),
        Status::Skipped => ('-', Style::new().dimmed()),
    }
}

fn summary(connection: &ConnectionReport) -> String {
    let count = |status| {
        let of = connection.checks().filter(|check| check.status == status);
        of.count()
    };
    let (failed, warned) = (count(Status::Fail), count(Status::Warn));
    let (fine, skipped) = (count(Status::Ok), count(Status::Skipped));
    let warnings = if warned == 1 { "warning" } else { "warnings" };
    let tail = format!("{warned} {warnings}, {fine} ok, {skipped} not looked at");
    match failed {
        0 => format!("{}: no failure, {tail}", connection.name),
        _ => format!("{}: {failed} failed, {tail}", connection.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::System;
    use crate::reconcile::Cause;

    fn report(checks: Vec<Check>) -> DoctorReport {
        let system = SystemReport {
            system: System::AzureDevOps,
            url: "https://dev.azure.com/contoso".to_owned(),
            checks,
        };
        let connection = ConnectionReport::new("shop".into(), "c.yaml".into(), 2, vec![system]);
        DoctorReport::new(vec![connection])
    }

    fn checks() -> Vec<Check> {
        vec![
            Check::ok("dns", "fine"),
            Check::warn("secret", "odd", "look").about("apiKey"),
            Check::fail("tcp", Cause::Unreachable, "closed", "open it"),
            Check::skipped("http", "tcp failed"),
            Check::skipped("credential", "tcp failed"),
            Check::skipped("mapping", "no rule"),
        ]
    }

    #[test]
    fn a_report_on_paper() {
        let text = render(&report(checks()), false, str::to_owned);
        assert_eq!(
            text,
            "Connection shop (c.yaml:2)\n\
             \n  Azure DevOps  https://dev.azure.com/contoso\n    \
             ✓ dns            fine\n    \
             ! secret apiKey  odd\n        next: look\n    \
             ✗ tcp            closed\n        next: open it\n    \
             - http, credential: tcp failed\n    \
             - mapping        no rule\n\
             \nshop: 1 failed, 1 warning, 1 ok, 3 not looked at\n"
        );
    }

    #[test]
    fn colours_only_repeat_what_the_symbols_say() {
        let plain = render(&report(checks()), false, str::to_owned);
        let coloured = render(&report(checks()), true, str::to_owned);
        assert_ne!(plain, coloured);
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}
