//! For people: code, message, `file:line:column`, excerpt with caret, and what to do.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::Excerpt;
use crate::diagnostics::{
    Finding, Location, Place, Resolved, Resolver, Severity, SourceFile, defused, printable,
};

/// Findings in order of file and position, separated by empty lines, and a line that counts them.
/// `colour` adds ANSI styles. Empty without findings.
pub fn render(findings: &[Finding], sources: &[SourceFile], colour: bool) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let resolver = Resolver::new(sources);
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
    .decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for (finding, at) in resolver.in_order(findings) {
        let report = report(finding, at.as_ref(), &resolver);
        out.push_str(renderer.render(&report).trim_end());
        out.push_str("\n\n");
    }
    out.push_str(&summary(findings));
    out.push('\n');
    // Excerpts show lines of strangers, and build agents look for commands on both streams.
    defused(&out).into_owned()
}

/// `2 errors, 1 warning`.
pub fn summary(findings: &[Finding]) -> String {
    let count = |severity: Severity| {
        let number = findings
            .iter()
            .filter(|finding| finding.code.severity == severity)
            .count();
        let plural = if number == 1 { "" } else { "s" };
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        (number > 0).then(|| format!("{number} {word}{plural}"))
    };
    let parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .filter_map(count)
        .collect();
    parts.join(", ")
}

fn report<'a>(
    finding: &'a Finding,
    at: Option<&Resolved>,
    resolver: &Resolver<'_>,
) -> Vec<Group<'a>> {
    let level = match finding.code.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level
        .primary_title(printable(&finding.message))
        .id(finding.code.code);
    let mut group = Group::with_title(title);
    if let Some(location) = &finding.location {
        group = place(group, location, at, resolver, AnnotationKind::Primary, None);
    }
    for (location, note) in &finding.related {
        let at = resolver.resolve(location);
        let kind = AnnotationKind::Context;
        group = place(group, location, at.as_ref(), resolver, kind, Some(note));
    }
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    vec![group]
}

fn place<'a>(
    group: Group<'a>,
    location: &'a Location,
    at: Option<&Resolved>,
    resolver: &Resolver<'_>,
    kind: AnnotationKind,
    label: Option<&'a String>,
) -> Group<'a> {
    let path = printable(&location.file);
    let file = resolver.file(&location.file);
    let (Some(at), Some(file), false) = (at, file, location.place == Place::File) else {
        let group = group.element(Origin::path(path));
        return match label {
            Some(label) => group.element(Level::NOTE.message(printable(label))),
            None => group,
        };
    };
    let start = file.lines().get(at.start.line - 1).copied().unwrap_or(0);
    let excerpt = Excerpt::new(&file.text, start, &at.range, file.hidden());
    let annotation = kind
        .span(excerpt.marked)
        .label(label.map(|label| printable(label)));
    group.element(
        Snippet::source(excerpt.line)
            .path(path)
            .line_start(at.start.line)
            .annotation(annotation),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::catalog;

    #[test]
    fn no_line_of_a_manifest_reads_as_a_command_of_a_build_agent() {
        let text = "a: 1\nkey: 2 # ##vso[task.x]y ##[error]z\n::debug::x\n";
        let sources = [SourceFile::new("##[group]::a.yaml", text)];
        let at = |mark: &str| {
            let start = text.find(mark).unwrap();
            Location {
                file: sources[0].path.clone(),
                place: Place::bytes(start..start + mark.len()),
            }
        };
        let code = catalog::find("unknown-key").unwrap();
        let findings = [
            Finding::new(code, "::notice::##vso[task.y]a\n::error::b").at(at("key")),
            Finding::new(code, "x")
                .at(at("::debug"))
                .with_help("::warning::##[command]"),
        ];
        for colour in [false, true] {
            let shown = render(&findings, &sources, colour);
            assert!(shown.contains("task.x"), "{shown}");
            for line in shown.lines() {
                let lower = line.to_ascii_lowercase();
                assert!(
                    !lower.contains("##vso[") && !lower.contains("##["),
                    "{line}"
                );
                assert!(!line.trim_start().starts_with("::"), "{line}");
            }
        }
    }
}
