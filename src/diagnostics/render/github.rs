//! Annotations as workflow commands of GitHub Actions (GitHub Docs, Workflow commands for GitHub Actions,
//! setting an error message).

use std::fmt::Write as _;

use super::annotation::{self, Annotation};
use crate::diagnostics::{Finding, Severity, SourceFile};

/// Findings as commands; `prefix` as in [`annotation::of_findings`].
pub fn render(findings: &[Finding], sources: &[SourceFile], prefix: &str) -> String {
    let all = annotation::of_findings(findings, sources, prefix);
    commands(&all, "`--format json` has them all")
}

/// One command on each line: those that GitHub shows ([`annotation::chosen`]).
pub fn commands(annotations: &[Annotation], elsewhere: &str) -> String {
    let mut text = String::new();
    for annotation in annotation::chosen(annotations, elsewhere) {
        command(&mut text, &annotation);
    }
    text
}

fn command(text: &mut String, annotation: &Annotation) {
    text.push_str(match annotation.level {
        Severity::Error => "::error ",
        Severity::Warning => "::warning ",
        Severity::Info => "::notice ",
    });
    if let Some(spot) = &annotation.spot {
        let _ = write!(
            text,
            "file={},line={},",
            property(&spot.shown_file()),
            spot.line
        );
        if let Some(column) = spot.column {
            let _ = write!(text, "col={column},");
        }
    }
    let _ = writeln!(
        text,
        "title={}::{}",
        property(&annotation.shown_title()),
        data(&annotation.shown_message())
    );
}

/// Escaped as the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escaped as the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::annotation::Spot;
    use super::*;

    fn error(file: &str, title: &str, message: &str) -> Annotation {
        Annotation {
            level: Severity::Error,
            spot: Some(Spot {
                file: file.to_owned(),
                line: 3,
                column: None,
            }),
            title: title.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn no_value_can_end_its_command() {
        let hostile = error("a,b:c%.yaml", "x,y::z", "one\n::error::two 100% ##[debug]");
        assert_eq!(
            commands(&[hostile], ""),
            "::error file=a%2Cb%3Ac%25.yaml,line=3,title=x%2Cy%3A%3Az::\
             one%0A:\\u{3a}error::two 100%25 #\\u{23}[debug]\n"
        );
    }

    proptest! {
        #[test]
        fn one_line_each_whatever_the_text(file in any::<String>(), message in any::<String>()) {
            let text = commands(&[error(&file, &message, &message)], "");
            prop_assert_eq!(text.lines().count(), 1);
            prop_assert!(!text.trim_end_matches('\n').contains(['\n', '\r']));
        }
    }
}
