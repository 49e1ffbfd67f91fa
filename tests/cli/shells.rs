//! Completions as shells load them, and manual pages as `man` reads them. What is not installed here is
//! skipped, and a line says so.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::project::Project;

fn script(project: &Project, shell: &str) -> String {
    project.run(&["completions", shell]).expect(0).stdout
}

/// Runs a program, or says that it is not there.
fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    if output.is_err() {
        skipped(&format!(
            "{program} is not installed, so nothing was checked with it"
        ));
    }
    output.ok()
}

/// Says that something was not checked, past the test runner, which shows only what failed.
pub(crate) fn skipped(what: &str) {
    writeln!(std::io::stderr(), "skipped: {what}").expect("stderr");
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn bash_completes_commands_flags_and_words() {
    let project = Project::web_shop();
    project.write("accord.bash", &script(&project, "bash"));
    let file = project.path().join("accord.bash");
    let complete = |words: &str, last: &str, before: &str, count: usize| {
        let line = format!(
            "source '{}' && complete -p accord >/dev/null && COMP_WORDS=({words}) && COMP_CWORD={count} \
             && _accord accord '{last}' '{before}' && printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            file.display()
        );
        run("bash", &["--norc", "-c", &line]).map(|output| stdout(&output))
    };
    for (words, last, before, count, expected) in [
        ("accord pl", "pl", "accord", 1, "plan\n"),
        (
            "accord plan --det",
            "--det",
            "plan",
            2,
            "--detailed-exitcode\n",
        ),
        (
            "accord plan --format ''",
            "",
            "--format",
            3,
            "human\njson\njsonl\nmarkdown\nsarif\ngithub\nazure-pipelines\n",
        ),
        ("accord schema Sy", "Sy", "schema", 2, "SyncRule\n"),
        (
            "accord explain empty",
            "empty",
            "explain",
            2,
            "empty-listing\n",
        ),
        ("accord man fm", "fm", "man", 2, "fmt\n"),
        ("accord completions z", "z", "completions", 2, "zsh\n"),
    ] {
        let Some(found) = complete(words, last, before, count) else {
            return;
        };
        assert_eq!(found, expected, "{words}");
    }
}

#[test]
fn zsh_loads_its_function() {
    let project = Project::web_shop();
    project.write("site/_accord", &script(&project, "zsh"));
    let folder = project.path().join("site");
    let line = format!(
        "zsh -n '{0}/_accord' && fpath=('{0}' $fpath) && autoload -U compinit && compinit -D -u && print \
         $_comps[accord] && autoload +X _accord && whence -w _accord",
        folder.display()
    );
    if let Some(output) = run("zsh", &["-f", "-c", &line]) {
        assert_eq!(stdout(&output), "_accord\n_accord: function\n");
    }
}

#[test]
fn fish_completes_commands_and_words() {
    let project = Project::web_shop();
    project.write("accord.fish", &script(&project, "fish"));
    let file = project.path().join("accord.fish");
    let complete = |words: &str| {
        let line = format!("source '{}'; complete -C '{words}'", file.display());
        run("fish", &["--no-config", "-c", &line]).map(|output| stdout(&output))
    };
    for (words, expected) in [
        ("accord pl", "plan\t"),
        ("accord plan --det", "--detailed-exitcode\t"),
        ("accord schema Sy", "SyncRule"),
        ("accord explain empty", "empty-listing"),
        ("accord completions z", "zsh"),
    ] {
        let Some(found) = complete(words) else {
            return;
        };
        assert!(found.starts_with(expected), "{words}: {found}");
        assert_eq!(found.lines().count(), 1, "{words}: {found}");
    }
}

#[test]
fn powershell_and_elvish_parse_theirs() {
    let project = Project::web_shop();
    for (shell, name) in [("powershell", "accord.ps1"), ("elvish", "accord.elv")] {
        let text = script(&project, shell);
        for command in ["plan", "completions", "fmt"] {
            assert!(text.contains(command), "{shell}: {command}");
        }
        project.write(name, &text);
    }
    let file = project.path().join("accord.ps1");
    let line = format!(
        ". '{}'; (TabExpansion2 -inputScript 'accord pl' -cursorColumn 9).CompletionMatches[0].CompletionText",
        file.display()
    );
    if let Some(output) = run("pwsh", &["-NoProfile", "-Command", &line]) {
        assert_eq!(stdout(&output).trim(), "plan");
    }
    let file = project.path().join("accord.elv");
    if let Some(output) = run("elvish", &["-compileonly", file.to_str().expect("UTF-8")]) {
        assert!(output.status.success(), "{output:?}");
    }
}

/// The commands that a help text lists.
fn commands_in(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn there_is_a_page_for_every_command_and_man_has_no_complaint() {
    let project = Project::web_shop();
    let listed = project.run(&["man", "--out", "pages"]).expect(0).stdout;
    let mut expected = vec!["accord.1".to_owned()];
    for name in commands_in(&project.run(&["--help"]).expect(0).stdout) {
        expected.push(format!("accord-{name}.1"));
        let below = project.run(&[name.as_str(), "--help"]).expect(0).stdout;
        let below = commands_in(&below).into_iter();
        expected.extend(below.map(|below| format!("accord-{name}-{below}.1")));
    }
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    let one = project.run(&["man", "plan"]).expect(0).stdout;
    assert_eq!(one, project.read("pages/accord-plan.1"));
    assert_eq!(
        project.run(&["man"]).expect(0).stdout,
        project.read("pages/accord.1")
    );
    for code in ["EXIT STATUS", "143"] {
        assert!(project.read("pages/accord.1").contains(code), "{code}");
    }
    for page in &expected {
        let path = project.path().join("pages").join(page);
        let path = path.to_str().expect("UTF-8");
        let Some(output) = run("groff", &["-man", "-ww", "-z", "-Tutf8", path]) else {
            return;
        };
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && words.is_empty(),
            "{page}: {words}"
        );
        let text = fs::read_to_string(path).expect("a page");
        assert!(
            text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"),
            "{page}"
        );
    }
}

#[test]
fn pages_of_unknown_commands_are_a_usage_error() {
    let project = Project::web_shop();
    let outcome = project.run(&["man", "plam"]).expect(64);
    assert!(outcome.stderr.contains("`plam`"), "{}", outcome.stderr);
    project.run(&["man", "plan", "--out", "pages"]).expect(64);
    project.run(&["completions", "tcsh"]).expect(64);
}
