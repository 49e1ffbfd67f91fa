//! What must hold for every row.

use accord::cli::Ran;
use accord::sandbox::log::System;

use crate::commands::Command;
use crate::oddities::{Class, When};

/// The exit codes that a row may end with.
fn allowed(command: &Command, class: Class, when: When) -> Vec<u8> {
    let fine = command.undisturbed;
    let write = when.strikes_writes_only();
    let late = command.writes && when != When::First;
    let mut codes = match class {
        Class::Legal => vec![fine],
        // A page with 200 may be that of a stranger between.
        Class::Credential if command.is_test => vec![8, 10],
        Class::Credential => vec![8],
        // What passes is there when it is tested, and so is what cannot be read.
        Class::Passing | Class::Long if command.is_test => vec![10, fine],
        Class::Unusable | Class::Refusal if command.is_test => vec![10, 4, fine],
        Class::Passing if matches!(when, When::Always | When::EveryWrite) => vec![10],
        Class::Passing => vec![fine],
        // Longer than a request may take.
        Class::Long => vec![10],
        // An optional read may be done without, but then nothing is created on its strength.
        Class::Unusable => vec![10, 5, fine],
        Class::Refusal => vec![4, fine],
        Class::Partial => vec![9, fine],
    };
    // Once something was written, what is left undone makes a partial apply.
    if class != Class::Legal && (write || late) {
        codes.push(9);
    }
    codes
}

/// What is wrong with how a row ended; empty if nothing is.
pub(crate) fn broken(
    command: &Command,
    class: Class,
    when: When,
    system: System,
    ran: &Ran,
) -> Vec<String> {
    let mut broken = Vec::new();
    let code = ran.code.code();
    let mut allowed = allowed(command, class, when);
    // What is not needed and may not be seen is told, and is no failure.
    if command.is_test
        && ran
            .stdout
            .contains("not looked at, so that nothing is said")
    {
        allowed.push(command.undisturbed);
    }
    if !allowed.contains(&code) {
        broken.push(format!("exit {code} is not among {allowed:?}"));
    }
    if matches!(code, 1 | 70) {
        broken.push(format!("exit {code} says nothing"));
    }
    if ran.stderr.contains("panicked") {
        broken.push("a panic".to_owned());
    }
    if command.is_test {
        if code != command.undisturbed && !ran.stdout.contains("next:") {
            broken.push("the report does not name what to do next".to_owned());
        }
    } else if ran
        .stderr
        .contains("does not exist, or is not of the project")
    {
        // A refused read of one case is how TestWorthy says that there is none.
        if class != Class::Refusal || system != System::Testworthy {
            broken.push("nobody said that the case does not exist".to_owned());
        }
    } else if matches!(code, 4 | 8 | 10) {
        let name = match system {
            System::AzureDevOps => "Azure DevOps",
            System::Testworthy => "TestWorthy",
        };
        for (what, part) in [
            ("the system", name),
            ("the request", "http://"),
            ("the connection", "web-shop"),
            ("what to do next", "help: "),
        ] {
            if !ran.stderr.contains(part) {
                broken.push(format!("stderr does not name {what}"));
            }
        }
    }
    if code == 9 && !ran.stderr.contains("! SyncRule/") {
        broken.push("stderr does not name what was left undone".to_owned());
    }
    broken
}
