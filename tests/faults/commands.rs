//! The commands that contact a system. A new one is one line here.

/// A command line and what may come of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// What is typed.
    pub(crate) arguments: &'static [&'static str],
    /// Whether it may write to a system.
    pub(crate) writes: bool,
    /// Its exit code when nothing goes wrong.
    pub(crate) undisturbed: u8,
    /// Whether it tests the connection: it sends everything once, and its report on stdout tells what is
    /// wrong and what to do next.
    pub(crate) is_test: bool,
}

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "plan",
        arguments: &["plan", "--detailed-exitcode"],
        writes: false,
        undisturbed: 2,
        is_test: false,
    },
    Command {
        name: "apply",
        arguments: &["apply", "--yes"],
        writes: true,
        undisturbed: 0,
        is_test: false,
    },
    Command {
        name: "drift",
        arguments: &["drift", "--detailed-exitcode"],
        writes: false,
        undisturbed: 2,
        is_test: false,
    },
    Command {
        name: "state rebuild",
        arguments: &["state", "rebuild"],
        writes: false,
        undisturbed: 0,
        is_test: false,
    },
    Command {
        name: "verify",
        arguments: &["verify", "--sample", "2"],
        writes: false,
        undisturbed: 0,
        is_test: false,
    },
    Command {
        name: "schema --live",
        arguments: &["schema", "--live", "web-shop"],
        writes: false,
        undisturbed: 0,
        is_test: false,
    },
    Command {
        name: "dump",
        arguments: &["dump", "web-shop", "--suite", "41"],
        writes: false,
        undisturbed: 0,
        is_test: false,
    },
    // A pair of the sample that nothing has linked yet; only the state is written.
    Command {
        name: "link",
        arguments: &[
            "link",
            "account-ideas",
            "--case",
            "210511",
            "--work-item",
            "5110",
        ],
        writes: false,
        undisturbed: 0,
        is_test: false,
    },
    Command {
        name: "doctor",
        arguments: &["doctor"],
        writes: false,
        undisturbed: 0,
        is_test: true,
    },
];
