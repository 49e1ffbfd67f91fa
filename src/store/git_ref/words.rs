//! What git and the server behind it say, made fit to be shown: short, without control characters, without
//! credentials.

/// What is shown in place of a credential.
const MASK: &str = "[redacted]";

/// Shorter texts are no secrets, and masking them would shred every message.
const SHORTEST: usize = 4;

/// More of a complaint is not shown.
const SHOWN: usize = 400;

/// Texts that must not be shown.
#[derive(Default)]
pub(super) struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Secrets {
    /// Whatever of the settings may be a credential: headers, and what stands before the `@` of an address.
    pub(super) fn of<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut found = Vec::new();
        for (key, value) in settings {
            if key.ends_with(".extraheader") {
                found.push(value.to_owned());
                found.extend(value.split_whitespace().last().map(str::to_owned));
            }
            for text in [key, value] {
                let Some((user, password)) = user_and_password(text) else {
                    continue;
                };
                found.extend(password.map(str::to_owned));
                found.push(user.to_owned());
            }
        }
        found.retain(|secret| secret.len() >= SHORTEST && secret != "git");
        found.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        found.dedup();
        Self(found)
    }

    /// The text with each of them masked.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            text = text.replace(secret, MASK);
        }
        text
    }
}

/// What stands before the `@` of an address with a scheme.
fn user_and_password(address: &str) -> Option<(&str, Option<&str>)> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (login, _) = authority.rsplit_once('@')?;
    Some(match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    })
}

/// The lines of a complaint that say what happened, in one.
pub(super) fn tidy(text: &str, secrets: &Secrets) -> String {
    let masked = secrets.mask(text);
    let mut lines: Vec<String> = Vec::new();
    for line in masked.lines() {
        let line: String = line
            .trim()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let line = without_logins(&line);
        let noise = line.is_empty() || line.starts_with("hint:") || line.starts_with("To ");
        if !noise && !lines.contains(&line) {
            lines.push(line);
        }
    }
    let joined = lines.join("; ");
    if joined.chars().count() <= SHOWN {
        return joined;
    }
    let cut: String = joined.chars().take(SHOWN).collect();
    format!("{cut}…")
}

/// Masks what stands before the `@` of every address in a text.
fn without_logins(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find("://") {
        let (before, address) = rest.split_at(start + 3);
        kept.push_str(before);
        let end = address
            .find(|c: char| c.is_whitespace() || "/'\"?#".contains(c))
            .unwrap_or(address.len());
        match address[..end].rfind('@') {
            Some(at) => {
                kept.push_str(MASK);
                rest = &address[at..];
            }
            None => rest = address,
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_in_every_form_that_settings_hold_them() {
        let secrets = Secrets::of([
            (
                "http.https://github.com/.extraheader",
                "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46aHVudGVyMg==",
            ),
            ("remote.origin.url", "https://ada:hunter2@git.example/x.git"),
            (
                "url.https://tokentoken@git.example/.insteadof",
                "https://git.example/",
            ),
        ]);
        let text = "fatal: unable to access 'https://ada:hunter2@git.example/x.git/': it echoed \
            eC1hY2Nlc3MtdG9rZW46aHVudGVyMg== and hunter2 and tokentoken";
        let told = tidy(text, &secrets);
        for secret in ["hunter2", "eC1hY2", "tokentoken"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(told.contains("git.example/x.git"), "{told}");
    }

    #[test]
    fn logins_of_unknown_addresses_are_masked_too() {
        let told = tidy(
            "fatal: https://u:p@a.example/x and ssh://git@b.example",
            &Secrets::default(),
        );
        assert_eq!(
            told,
            "fatal: https://[redacted]@a.example/x and ssh://[redacted]@b.example"
        );
    }

    #[test]
    fn what_is_said_is_short_and_on_one_line() {
        let text = format!(
            "hint: do this\nremote: no\u{1b}[31m\nremote: no\u{1b}[31m\nfatal: {}\n",
            "x".repeat(900)
        );
        let told = tidy(&text, &Secrets::default());
        assert!(told.starts_with("remote: no [31m; fatal: xxx"), "{told}");
        assert_eq!(told.chars().count(), SHOWN + 1);
    }
}
