//! What a build service shows at a line of a file, before it is written in the service's own commands.
//!
//! Services show few annotations and drop the others unseen: GitHub ten of each level for one step (GitHub
//! Docs, Workflow commands; the runner's source cuts a message at 4,096 characters). So the worst come
//! first, and where there are more the last place says how many.

use crate::diagnostics::printable::{defused, is_hostile};
use crate::diagnostics::{Finding, Resolver, Severity, SourceFile};

/// The most annotations of each level.
pub const MOST: usize = 10;

/// The longest message, in characters.
pub const LONGEST: usize = 4_096;

/// A place in a file, as build services count it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// Path below the repository's top folder, with `/`.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters; `None` where only the line is known.
    pub column: Option<usize>,
}

impl Spot {
    /// The file's path on one line that no build agent takes for a command.
    pub(super) fn shown_file(&self) -> String {
        shown(&self.file.replace(['\n', '\r'], " "), LONGEST)
    }
}

/// One annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// `Error`, `Warning`, or `Info` for what is worth knowing.
    pub level: Severity,
    /// Where it is shown; `None` for the run as a whole.
    pub spot: Option<Spot>,
    /// A few words: a code, or the name of what it is about.
    pub title: String,
    /// What and what to do next.
    pub message: String,
}

impl Annotation {
    /// The message without what could drive a terminal or a build agent, at most [`LONGEST`] characters.
    pub(super) fn shown_message(&self) -> String {
        shown(&self.message, LONGEST)
    }

    /// The title alike, on one line.
    pub(super) fn shown_title(&self) -> String {
        shown(&self.title.replace(['\n', '\r'], " "), 200)
    }
}

/// Text with its control characters spelled out, cut to `longest` characters. Line breaks stay.
fn shown(text: &str, longest: usize) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars().take(longest + 1) {
        match c {
            '\n' => safe.push(c),
            c if is_hostile(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    let safe = defused(&safe);
    if safe.chars().nth(longest).is_none() {
        return safe.into_owned();
    }
    let mut short: String = safe.chars().take(longest - 1).collect();
    short.push('…');
    short
}

/// The annotations that a service shows of these: the worst level first, each level in the given order; of
/// a level with more than [`MOST`], one less than that and one that counts the others. `elsewhere` says
/// where all of them are, for example "`--format json` has them all".
pub fn chosen(annotations: &[Annotation], elsewhere: &str) -> Vec<Annotation> {
    let mut chosen = Vec::new();
    for level in [Severity::Error, Severity::Warning, Severity::Info] {
        let all: Vec<&Annotation> = annotations.iter().filter(|a| a.level == level).collect();
        if all.len() <= MOST {
            chosen.extend(all.into_iter().cloned());
            continue;
        }
        let more = all.len() - (MOST - 1);
        let word = match level {
            Severity::Error => "errors",
            Severity::Warning => "warnings",
            Severity::Info => "notices",
        };
        chosen.extend(all.into_iter().take(MOST - 1).cloned());
        chosen.push(Annotation {
            level,
            spot: None,
            title: format!("{more} more {word}"),
            message: format!("{more} more {word} are not shown here; {elsewhere}."),
        });
    }
    chosen
}

/// Findings as annotations, in order of file and place. `prefix` is the way from the repository's top folder
/// to the project's, with `/` behind it, or empty.
pub fn of_findings(findings: &[Finding], sources: &[SourceFile], prefix: &str) -> Vec<Annotation> {
    let resolver = Resolver::new(sources);
    let annotation = |(finding, at): (&Finding, Option<crate::diagnostics::Resolved>)| {
        let spot = finding.location.as_ref().map(|location| Spot {
            file: format!("{prefix}{}", location.file),
            line: at.as_ref().map_or(1, |at| at.start.line),
            column: at.as_ref().map(|at| at.start.column),
        });
        let mut message = finding.message.clone();
        if let Some(help) = &finding.help {
            message.push_str("\nhelp: ");
            message.push_str(help);
        }
        Annotation {
            level: finding.code.severity,
            spot,
            title: finding.code.code.to_owned(),
            message,
        }
    };
    resolver
        .in_order(findings)
        .into_iter()
        .map(annotation)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(level: Severity, n: usize) -> Annotation {
        Annotation {
            level,
            spot: None,
            title: format!("t{n}"),
            message: format!("m{n}"),
        }
    }

    #[test]
    fn the_worst_come_first_and_the_rest_is_counted() {
        let mut all: Vec<Annotation> = (0..12).map(|n| annotation(Severity::Info, n)).collect();
        all.extend((0..10).map(|n| annotation(Severity::Warning, n)));
        all.push(annotation(Severity::Error, 0));
        let chosen = chosen(&all, "`--format json` has them all");
        let levels: Vec<Severity> = chosen.iter().map(|a| a.level).collect();
        assert!(levels.is_sorted_by(|a, b| a >= b));
        assert_eq!(chosen.len(), 1 + 10 + 10);
        assert_eq!(chosen[11].title, "t0");
        assert_eq!(
            chosen[20].message,
            "3 more notices are not shown here; `--format json` has them all."
        );
    }

    #[test]
    fn a_message_keeps_its_lines_and_is_cut() {
        let mut long = annotation(Severity::Error, 0);
        long.message = format!("a\nb\u{1b}{}", "é".repeat(5_000));
        let shown = long.shown_message();
        assert_eq!(shown.chars().count(), LONGEST);
        assert!(shown.starts_with("a\nb\\u{1b}éé") && shown.ends_with('…'));
    }
}
