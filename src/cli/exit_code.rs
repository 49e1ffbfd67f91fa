//! Exit codes, a documented interface: scripts and workflows decide by them.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitCode {
    /// It did what it was asked.
    Success,
    /// It failed in a way that has no code of its own.
    Failure,
    /// There are changes (`--detailed-exitcode`).
    Changes,
    /// Files are not as they would be written.
    Unformatted,
    /// The manifests do not hold.
    Invalid,
    /// A safety rule refused it; a host that is not allowed included.
    Refused,
    /// The plan is stale or not the expected one.
    Stale,
    /// Another run holds the lock.
    Locked,
    /// Authentication or permission.
    Authentication,
    /// Some operations failed or were skipped.
    Partial,
    /// A system is not reachable, or out of its rate budget.
    Unavailable,
    /// The command line.
    Usage,
    /// A defect of accord.
    Internal,
    /// Stopped by SIGINT after a clean stop.
    Interrupted,
    /// Stopped by SIGTERM after a clean stop.
    Terminated,
}

impl ExitCode {
    /// Every code, by number.
    pub const ALL: [Self; 15] = [
        Self::Success,
        Self::Failure,
        Self::Changes,
        Self::Unformatted,
        Self::Invalid,
        Self::Refused,
        Self::Stale,
        Self::Locked,
        Self::Authentication,
        Self::Partial,
        Self::Unavailable,
        Self::Usage,
        Self::Internal,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Changes => 2,
            Self::Unformatted => 3,
            Self::Invalid => 4,
            Self::Refused => 5,
            Self::Stale => 6,
            Self::Locked => 7,
            Self::Authentication => 8,
            Self::Partial => 9,
            Self::Unavailable => 10,
            Self::Usage => 64,
            Self::Internal => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What it says, in a few words, as `--help` and the documentation list it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failed in a way that has no code of its own",
            Self::Changes => "there are changes (with --detailed-exitcode)",
            Self::Unformatted => "files are not as they would be written",
            Self::Invalid => "manifests, mapping rules or tests do not hold",
            Self::Refused => "refused by a safety rule, or a host that is not allowed",
            Self::Stale => "the plan is stale or not the expected one",
            Self::Locked => "locked by another run",
            Self::Authentication => "authentication or permission",
            Self::Partial => "partial apply: some operations failed or were skipped",
            Self::Unavailable => "a system is unavailable or out of its rate budget",
            Self::Usage => "the command line is not understood",
            Self::Internal => "a defect of accord",
            Self::Interrupted => "stopped by SIGINT, cleanly",
            Self::Terminated => "stopped by SIGTERM, cleanly",
        }
    }

    /// One line per code, for help texts.
    pub fn table() -> String {
        let line = |code: &Self| format!("{:>5}  {}", code.code(), code.meaning());
        let mut lines: Vec<String> = Self::ALL.iter().map(line).collect();
        lines.push(String::new());
        lines.join("\n")
    }

    /// The code with this number; a number that has none is a plain failure.
    pub fn from_number(number: u8) -> Self {
        Self::ALL
            .into_iter()
            .find(|code| code.code() == number)
            .unwrap_or(Self::Failure)
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn numbers_are_those_of_the_contract_and_distinct() {
        let numbers: Vec<u8> = ExitCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(
            numbers,
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 64, 70, 130, 143]
        );
        for code in ExitCode::ALL {
            assert_eq!(ExitCode::from_number(code.code()), code);
        }
        assert_eq!(ExitCode::from_number(77), ExitCode::Failure);
    }

    #[test]
    fn every_code_has_its_line() {
        let table = ExitCode::table();
        assert_eq!(table.lines().count(), ExitCode::ALL.len());
        assert!(table.contains("    7  locked by another run\n"), "{table}");
        let meanings: std::collections::BTreeSet<_> =
            ExitCode::ALL.iter().map(|code| code.meaning()).collect();
        assert_eq!(meanings.len(), ExitCode::ALL.len());
    }
}
