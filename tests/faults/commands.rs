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
}

pub(crate) const COMMANDS: &[Command] = &[
    Command {
        name: "plan",
        arguments: &["plan", "--detailed-exitcode"],
        writes: false,
        undisturbed: 2,
    },
    Command {
        name: "apply",
        arguments: &["apply", "--yes"],
        writes: true,
        undisturbed: 0,
    },
];
