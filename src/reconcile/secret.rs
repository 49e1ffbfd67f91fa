//! Secrets: from a reference in a manifest to a value that cannot be printed.

use std::path::{Component, Path, PathBuf};

use secrecy::SecretString;

use crate::model::Name;
use crate::model::config::{SecretRef, TextOrSecret};

/// Where secrets come from. The process's environment in production.
pub trait Environment: Send + Sync {
    /// A variable's value; `None` if it is not set or not text.
    fn variable(&self, name: &str) -> Option<String>;

    /// The folder that secret files must be in, if the operator allows any.
    fn secrets_dir(&self) -> Option<PathBuf>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn secrets_dir(&self) -> Option<PathBuf> {
        std::env::var_os("ACCORD_SECRETS_DIR").map(PathBuf::from)
    }
}

/// A secret that could not be had. Names the connection and the reference, never a value. Exit 8.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connection `{connection}`: {key} needs {reference}: {reason}")]
pub struct SecretError {
    /// The connection.
    pub connection: Name,
    /// The key in the manifest.
    pub key: &'static str,
    /// `environment variable X` or `file X`.
    pub reference: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// The secret that opens the state could not be had. Names the reference, never a value. Exit 8.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` needs {reference}: {reason}")]
pub struct StateSecretError {
    /// The key in the project's manifest.
    pub key: &'static str,
    /// `environment variable X` or `file X`.
    pub reference: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// Reads the secret that opens the state, as those of connections are read.
pub fn resolve_for_state(
    environment: &dyn Environment,
    key: &'static str,
    reference: &SecretRef,
) -> Result<SecretString, StateSecretError> {
    match read(environment, reference) {
        Ok(text) => Ok(SecretString::from(text.trim().to_owned())),
        Err(reason) => Err(StateSecretError {
            key,
            reference: describe(reference),
            reason,
        }),
    }
}

/// The reference as a person reads it.
pub(super) fn describe(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("environment variable {name}"),
        SecretRef::File(path) => format!("file {}", path.display()),
    }
}

/// What can be said of a secret without showing it: how it looks where it was put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Appearance {
    /// Characters, without surrounding white space.
    pub(super) length: usize,
    /// Whether white space or a line end surrounds it.
    pub(super) surrounded: bool,
    /// Whether there is white space inside.
    pub(super) spaced: bool,
    /// Whether it is in quotes.
    pub(super) quoted: bool,
    /// Whether it begins with a scheme (`Basic `, `Bearer `, `Authorization:`).
    pub(super) with_scheme: bool,
    /// Whether it looks like a JSON Web Token.
    pub(super) web_token: bool,
    /// Whether there is exactly one `@` between two texts.
    pub(super) email: bool,
    /// Whether every character is one that a header can carry.
    pub(super) sendable: bool,
}

impl Appearance {
    fn of(raw: &str) -> Self {
        let value = raw.trim();
        let lower = value.to_ascii_lowercase();
        let begins = |marks: &[&str]| marks.iter().any(|mark| lower.starts_with(mark));
        let quoted =
            |mark: char| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
        Self {
            length: value.chars().count(),
            surrounded: value.len() != raw.len(),
            spaced: value.contains(char::is_whitespace),
            quoted: quoted('"') || quoted('\''),
            with_scheme: begins(&["basic ", "bearer ", "authorization:"]),
            web_token: value.starts_with("eyJ") && value.matches('.').count() == 2,
            email: value.split_once('@').is_some_and(|(user, host)| {
                !user.is_empty() && !host.is_empty() && !host.contains('@')
            }),
            sendable: value.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
        }
    }
}

/// Reads a secret. Surrounding white space and line ends are no part of it.
pub(super) fn resolve(
    environment: &dyn Environment,
    connection: &Name,
    key: &'static str,
    reference: &SecretRef,
) -> Result<SecretString, SecretError> {
    match read(environment, reference) {
        Ok(text) => Ok(SecretString::from(text.trim().to_owned())),
        Err(reason) => Err(SecretError {
            connection: connection.clone(),
            key,
            reference: describe(reference),
            reason,
        }),
    }
}

/// Looks at a secret as [`resolve`] does, and says how it looks or why there is none.
pub(super) fn inspect(
    environment: &dyn Environment,
    reference: &SecretRef,
) -> Result<Appearance, &'static str> {
    read(environment, reference).map(|text| Appearance::of(&text))
}

/// The value as it stands there, or what is wrong with it.
fn read(environment: &dyn Environment, reference: &SecretRef) -> Result<String, &'static str> {
    let text = match reference {
        SecretRef::Env(name) => environment.variable(name).ok_or("it is not set")?,
        SecretRef::File(path) => {
            let dir = environment.secrets_dir().ok_or(
                "secret files are only read below the folder that ACCORD_SECRETS_DIR names, and it is not set",
            )?;
            read_file(&dir, path)?
        }
    };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("it is empty");
    }
    if trimmed.chars().any(char::is_control) {
        return Err("it holds control characters or several lines");
    }
    Ok(text)
}

/// Reads a text that may be written out.
pub(super) fn resolve_text(
    environment: &dyn Environment,
    connection: &Name,
    key: &'static str,
    value: &TextOrSecret,
) -> Result<SecretString, SecretError> {
    match value {
        TextOrSecret::Text(text) => Ok(SecretString::from(text.clone())),
        TextOrSecret::Secret(reference) => resolve(environment, connection, key, reference),
    }
}

fn read_file(dir: &Path, path: &Path) -> Result<String, &'static str> {
    if path
        .components()
        .any(|part| !matches!(part, Component::Normal(_)))
    {
        return Err("its path leaves the secrets folder");
    }
    let dir = dir
        .canonicalize()
        .map_err(|_| "the folder that ACCORD_SECRETS_DIR names cannot be read")?;
    let file = dir
        .join(path)
        .canonicalize()
        .map_err(|_| "it cannot be read")?;
    if !file.starts_with(&dir) {
        return Err("its path leaves the secrets folder");
    }
    std::fs::read_to_string(file).map_err(|_| "it cannot be read")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::PathBuf;

    use secrecy::ExposeSecret;

    use super::{Appearance, Environment, resolve};
    use crate::model::Name;
    use crate::model::config::SecretRef;

    struct Fake(HashMap<&'static str, &'static str>, Option<PathBuf>);

    impl Environment for Fake {
        fn variable(&self, name: &str) -> Option<String> {
            self.0.get(name).map(|value| (*value).to_owned())
        }

        fn secrets_dir(&self) -> Option<PathBuf> {
            self.1.clone()
        }
    }

    fn read(fake: &Fake, reference: &SecretRef) -> Result<String, String> {
        let name = Name::new("web-shop").unwrap();
        resolve(fake, &name, "apiKey", reference)
            .map(|secret| secret.expose_secret().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn variables() {
        let fake = Fake(
            HashMap::from([("ACCORD_A", " s3cret\n"), ("ACCORD_B", " ")]),
            None,
        );
        let env = |name: &str| SecretRef::Env(name.to_owned());
        assert_eq!(read(&fake, &env("ACCORD_A")).unwrap(), "s3cret");
        let empty = read(&fake, &env("ACCORD_B")).unwrap_err();
        assert_eq!(
            empty,
            "connection `web-shop`: apiKey needs environment variable ACCORD_B: it is empty"
        );
        assert!(
            read(&fake, &env("ACCORD_C"))
                .unwrap_err()
                .ends_with("it is not set")
        );
    }

    #[test]
    fn appearances() {
        let plain = Appearance {
            length: 6,
            sendable: true,
            ..Appearance::default()
        };
        let of = Appearance::of;
        assert_eq!(of("s3cret"), plain);
        let surrounded = Appearance {
            surrounded: true,
            ..plain
        };
        assert_eq!(of(" s3cret\n"), surrounded);
        assert!(of("Basic abc").with_scheme && of("bearer abc").with_scheme);
        assert!(!of("basically").with_scheme);
        assert!(of("\"abc\"").quoted && of("'abc'").quoted && !of("\"").quoted);
        assert!(of("two words").spaced && !of("two words").surrounded);
        assert!(of("eyJhbGciOiJub25lIn0.e30.x").web_token && !of("eyJ").web_token);
        assert!(of("ada@example.test").email);
        assert!(!of("ada").email && !of("@x").email && !of("a@b@c").email);
        assert!(!of("s\u{e9}cret").sendable);
        // How it looks is all that is kept.
        assert!(!format!("{:?}", of("s3cret")).contains("s3cret"));
    }

    #[test]
    fn files_only_inside_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("stolen"), "no").unwrap();
        std::fs::write(inside.path().join("key"), "yes\n").unwrap();
        let fake = Fake(HashMap::new(), Some(inside.path().to_owned()));
        let file = |path: &str| SecretRef::File(PathBuf::from(path));
        assert_eq!(read(&fake, &file("key")).unwrap(), "yes");
        assert!(read(&fake, &file("../stolen")).is_err());
        assert!(
            read(
                &fake,
                &file(outside.path().join("stolen").to_str().unwrap())
            )
            .is_err()
        );
        #[cfg(unix)]
        {
            let link = inside.path().join("link");
            std::os::unix::fs::symlink(outside.path().join("stolen"), link).unwrap();
            assert!(read(&fake, &file("link")).is_err());
        }
        let none = Fake(HashMap::new(), None);
        assert!(
            read(&none, &file("key"))
                .unwrap_err()
                .contains("ACCORD_SECRETS_DIR")
        );
    }
}
