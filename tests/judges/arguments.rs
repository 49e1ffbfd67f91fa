//! The arguments of a test program, as far as `cargo test` and cargo-nextest use them.

/// What the person asked for.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    filters: Vec<String>,
    skipped: Vec<String>,
    exact: bool,
    /// Only tests that are marked as ignored, of which there are none.
    ignored: bool,
    pub(crate) list: bool,
    /// Print what every script says, not only those that failed.
    pub(crate) verbose: bool,
    pub(crate) threads: Option<usize>,
}

/// Options that take a value and that mean nothing here.
const WITH_VALUE: [&str; 5] = ["--color", "--format", "--logfile", "--shuffle-seed", "-Z"];

impl Arguments {
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Self {
        let mut read = Self::default();
        let mut rest = arguments;
        while let Some(argument) = rest.next() {
            let (name, mut value) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name.to_owned(), Some(value.to_owned()))
                }
                _ => (argument, None),
            };
            let mut value = || value.take().or_else(|| rest.next()).unwrap_or_default();
            match name.as_str() {
                "--list" => read.list = true,
                "--exact" => read.exact = true,
                "--ignored" => read.ignored = true,
                "--nocapture" | "--no-capture" | "--show-output" => read.verbose = true,
                "--skip" => read.skipped.push(value()),
                "--test-threads" => {
                    read.threads = value().parse().ok().filter(|count| *count > 0);
                }
                known if WITH_VALUE.contains(&known) => drop(value()),
                option if option.starts_with('-') => {}
                _ => read.filters.push(name),
            }
        }
        read
    }

    /// Whether a test of this name is to run: a filter is a part of the name, or with `--exact` all of it.
    pub(crate) fn wants(&self, name: &str) -> bool {
        let fits = |filter: &String| {
            if self.exact {
                filter == name
            } else {
                name.contains(filter.as_str())
            }
        };
        !self.ignored
            && (self.filters.is_empty() || self.filters.iter().any(fits))
            && !self.skipped.iter().any(fits)
    }
}
