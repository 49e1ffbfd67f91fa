//! Annotations as logging commands of Azure Pipelines (Microsoft Learn, Logging commands; escaping as
//! Microsoft's task library does it: percent sign and line ends everywhere, in properties `;` and `]` too).

use std::fmt::Write as _;

use super::annotation::{self, Annotation};
use crate::diagnostics::{Finding, Severity, SourceFile};

/// Findings as commands; `prefix` as in [`annotation::of_findings`].
pub fn render(findings: &[Finding], sources: &[SourceFile], prefix: &str) -> String {
    let all = annotation::of_findings(findings, sources, prefix);
    issues(&all, "`--format json` has them all")
}

/// One `task.logissue` on each line, of as many annotations as GitHub would show
/// ([`annotation::chosen`]). The service has no level below warnings: what is only worth knowing becomes
/// a line of the log.
pub fn issues(annotations: &[Annotation], elsewhere: &str) -> String {
    let mut text = String::new();
    for annotation in annotation::chosen(annotations, elsewhere) {
        let kind = match annotation.level {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => {
                notice(&mut text, &annotation);
                continue;
            }
        };
        let _ = write!(text, "##vso[task.logissue type={kind};");
        if let Some(spot) = &annotation.spot {
            let file = property(&spot.shown_file());
            let _ = write!(text, "sourcepath={file};linenumber={};", spot.line);
            if let Some(column) = spot.column {
                let _ = write!(text, "columnnumber={column};");
            }
        }
        let _ = writeln!(
            text,
            "code={}]{}",
            property(&annotation.shown_title()),
            data(&annotation.shown_message())
        );
    }
    text
}

fn notice(text: &mut String, annotation: &Annotation) {
    if let Some(spot) = &annotation.spot {
        let _ = write!(text, "{}:{}: ", spot.shown_file(), spot.line);
    }
    let message = annotation.shown_message().replace('\n', " ");
    let _ = writeln!(text, "{}: {message}", annotation.shown_title());
}

/// `task.setvariable`, as an output that later jobs can read: `name` is ours, the value may be anyone's.
pub fn output_variable(name: &str, value: &str) -> String {
    format!(
        "##vso[task.setvariable variable={};isOutput=true]{}\n",
        property(name),
        data(value)
    )
}

/// `task.uploadsummary` of a Markdown file; the path has to be absolute.
pub fn upload_summary(path: &str) -> String {
    format!("##vso[task.uploadsummary]{}\n", data(path))
}

/// Escaped as the text of a command.
pub fn data(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escaped as the value of a property.
pub fn property(text: &str) -> String {
    data(text).replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::annotation::Spot;
    use super::*;

    fn warning(file: &str, title: &str, message: &str) -> Annotation {
        Annotation {
            level: Severity::Warning,
            spot: Some(Spot {
                file: file.to_owned(),
                line: 3,
                column: Some(7),
            }),
            title: title.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn no_value_can_end_its_command_or_begin_another() {
        let hostile = warning("a;b]%.yaml", "x]y", "one\n##vso[task.complete]100%");
        assert_eq!(
            issues(&[hostile], ""),
            "##vso[task.logissue type=warning;sourcepath=a%3Bb%5D%AZP25.yaml;linenumber=3;\
             columnnumber=7;code=x%5Dy]one%0A#\\u{23}vso[task.complete]100%AZP25\n"
        );
        assert_eq!(
            output_variable("planId", "a\r\nb%;"),
            "##vso[task.setvariable variable=planId;isOutput=true]a%0D%0Ab%AZP25;\n"
        );
    }

    #[test]
    fn what_is_only_worth_knowing_is_no_issue() {
        let mut notice = warning("a.yaml", "rule", "3 to update");
        notice.level = Severity::Info;
        assert_eq!(issues(&[notice], ""), "a.yaml:3: rule: 3 to update\n");
    }

    proptest! {
        #[test]
        fn one_command_on_one_line(
            text in "(##vso\\[|##\\[|]|;|\n|\r|%|x| ){0,20}", info: bool,
        ) {
            let mut hostile = warning(&text, &text, &text);
            if info {
                hostile.level = Severity::Info;
            }
            let shown = issues(&[hostile], "");
            prop_assert_eq!(shown.matches('\n').count(), 1);
            // The agent looks for the first of these anywhere in a line.
            prop_assert_eq!(shown.rfind("##vso["), (!info).then_some(0));
            prop_assert!(!shown.contains("##["));
        }
    }
}
