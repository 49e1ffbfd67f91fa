//! The workflow that `accord init` writes, judged by other people's software: the schema that editors use, a
//! linter and an auditor. They are installed below `target/`, in pinned versions; without Python or a
//! package registry the test says that it was skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::init::empty;
use crate::project::Project;
use crate::shells::skipped;

const FILE: &str = "new/.github/workflows/accord.yaml";

/// The workflow at the top of a repository, and below it.
fn workflows() -> Vec<(Project, PathBuf)> {
    [false, true]
        .into_iter()
        .map(|below| {
            let project = empty();
            if below {
                fs::create_dir(project.path().join(".git")).expect("a folder");
            }
            project.run(&["-C", "new", "init"]).expect(0);
            let path = project.path().join(FILE);
            (project, path)
        })
        .collect()
}

/// It uses only what this version has.
#[test]
fn its_commands_exist() {
    let (project, _) = &workflows()[0];
    let text = project.read(FILE);
    let commands: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("run: accord "))
        .map(|arguments| arguments.split(' ').collect())
        .collect();
    assert_eq!(commands.len(), 3, "{text}");
    for mut arguments in commands {
        arguments.push("--help");
        project.run(&arguments).expect(0);
    }
}

#[test]
fn credentials_reach_the_plan_of_trusted_branches_only() {
    let (project, _) = &workflows()[0];
    let text = project.read(FILE);
    let (validate, plan) = text.split_once("\n  plan:\n").expect("two jobs");
    assert!(!validate.contains("secrets."), "{validate}");
    assert!(
        plan.contains("head.repo.full_name == github.repository"),
        "{plan}"
    );
    assert_eq!(text.matches("secrets.").count(), 4);
    assert!(text.contains("\npermissions: {}\n"), "{text}");
    assert!(!text.contains("pull_request_target"));
    for line in text.lines().filter(|line| line.contains("uses:")) {
        let (_, revision) = line.split_once('@').expect("a pinned action");
        let hash = &revision[..40];
        assert!(hash.chars().all(|c| c.is_ascii_hexdigit()), "{line}");
    }
}

#[test]
fn others_find_nothing_wrong_with_it() {
    let Some(tools) = tools() else {
        return;
    };
    let judges: [(&str, &[&str]); 3] = [
        (
            "check-jsonschema",
            &["--builtin-schema", "vendor.github-workflows"],
        ),
        ("actionlint", &[]),
        (
            "zizmor",
            &["--offline", "--no-progress", "--persona", "pedantic"],
        ),
    ];
    for (_project, path) in workflows() {
        let text = fs::read_to_string(&path).expect("the workflow");
        for (judge, arguments) in judges {
            let (passed, words) = ask(&tools, judge, arguments, &path);
            assert!(passed, "{judge}:\n{words}\n{text}");
        }
        // Judges that cannot fail judge nothing.
        for (judge, old, new) in [
            ("check-jsonschema", "runs-on:", "runs-at:"),
            ("actionlint", "needs: validate", "needs: validation"),
            ("zizmor", "@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@v6"),
        ] {
            let spoilt = path.with_file_name("spoilt.yaml");
            assert!(text.contains(old));
            fs::write(&spoilt, text.replace(old, new)).expect("a file");
            let arguments = judges
                .iter()
                .find(|(name, _)| *name == judge)
                .expect("a judge")
                .1;
            let (passed, words) = ask(&tools, judge, arguments, &spoilt);
            assert!(!passed, "{judge} does not notice {new}:\n{words}");
        }
    }
}

fn ask(tools: &Path, judge: &str, arguments: &[&str], file: &Path) -> (bool, String) {
    let output = Command::new(tools.join(judge))
        .args(arguments)
        .arg(file)
        .output()
        .expect("the judge runs");
    let words = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}

/// Where the judges are; installs them if they are not what is asked for.
pub(crate) fn tools() -> Option<PathBuf> {
    let asked = include_str!("workflow/requirements.txt");
    let requirements =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/workflow/requirements.txt");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workflow-judges");
    let stamp = folder.join("installed.txt");
    let bin = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let lock = fs::File::create(folder.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == asked) {
        return Some(bin);
    }
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            skipped(&String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(_) => false,
    };
    let made = run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder));
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ];
    if made && run(Command::new(bin.join("python")).args(pip).arg(requirements)) {
        fs::write(&stamp, asked).expect("the stamp");
        return Some(bin);
    }
    skipped("the workflow was NOT judged: that needs Python 3 with venv and a package registry");
    None
}
