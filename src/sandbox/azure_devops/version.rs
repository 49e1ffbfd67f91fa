//! `api-version`: where it stands, which ones a resource takes (Microsoft Learn, REST API versioning).

use super::error::ApiError;
use super::request::ApiRequest;

/// The newest version of the service, preview only.
const NEWEST: (u32, u32) = (7, 2);
/// The newest released version.
const RELEASED: (u32, u32) = (7, 1);

/// Which versions a resource takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The oldest.
    pub(crate) since: (u32, u32),
    /// The newest revision of its preview, `N` in `7.1-preview.N`.
    pub(crate) resource: u32,
    /// Whether it was ever released.
    pub(crate) released: bool,
}

impl Versions {
    /// A released resource that has been there since 1.0.
    pub(crate) const fn released(resource: u32) -> Self {
        Self {
            since: (1, 0),
            resource,
            released: true,
        }
    }

    /// The same, but only since a version.
    pub(crate) const fn since(self, major: u32, minor: u32) -> Self {
        Self {
            since: (major, minor),
            ..self
        }
    }

    /// A resource that never left preview.
    pub(crate) const fn preview(resource: u32) -> Self {
        Self {
            since: (1, 0),
            resource,
            released: false,
        }
    }

    /// The version under which a request is answered, as it stands in the answer's `Content-Type`.
    pub(crate) fn negotiate(self, request: &ApiRequest<'_>) -> Result<String, ApiError> {
        let Some(asked) = asked(request) else {
            if matches!(request.method, "GET" | "HEAD" | "OPTIONS") {
                return Ok(if self.released {
                    "7.1".to_owned()
                } else {
                    format!("7.1-preview.{}", self.resource)
                });
            }
            return Err(ApiError::version_missing(request.method));
        };
        self.accept(&asked)
    }

    /// Whether the resource takes a version.
    pub(crate) fn accept(self, asked: &str) -> Result<String, ApiError> {
        let Some(version) = Version::parse(asked) else {
            return Err(ApiError::version_out_of_range(
                asked,
                "It is not a version.",
            ));
        };
        if version.number > NEWEST {
            let bound = "The latest REST API version this server supports is 7.2.";
            return Err(ApiError::version_out_of_range(asked, bound));
        }
        if version.number < self.since {
            let bound = format!(
                "The earliest version this resource supports is {}.{}.",
                self.since.0, self.since.1
            );
            return Err(ApiError::version_out_of_range(asked, &bound));
        }
        match version.preview {
            Preview::No if !self.released || version.number > RELEASED => {
                Err(ApiError::preview_needed(asked))
            }
            Preview::Revision(revision) if revision > self.resource => {
                let bound = format!(
                    "The latest preview revision this resource supports is {}.",
                    self.resource
                );
                Err(ApiError::version_out_of_range(asked, &bound))
            }
            _ => Ok(asked.to_owned()),
        }
    }
}

/// The version that a request names, in its query or in `Accept`.
pub(crate) fn asked(request: &ApiRequest<'_>) -> Option<String> {
    let query = request.query("api-version").map(str::to_owned);
    query.or_else(|| in_accept(request.header("accept")?))
}

/// Whether a version is older than this one.
pub(crate) fn is_before(asked: &str, number: (u32, u32)) -> bool {
    Version::parse(asked).is_some_and(|version| version.number < number)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    number: (u32, u32),
    preview: Preview,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preview {
    No,
    /// `-preview`.
    Newest,
    /// `-preview.N`.
    Revision(u32),
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase();
        let (number, preview) = match lower.split_once('-') {
            None => (lower.as_str(), Preview::No),
            Some((number, rest)) => {
                let rest = rest.strip_prefix("preview")?;
                let revision = match rest.strip_prefix('.') {
                    Some(revision) => Preview::Revision(revision.parse().ok()?),
                    None if rest.is_empty() => Preview::Newest,
                    None => return None,
                };
                (number, revision)
            }
        };
        let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
        Some(Self {
            number: (major.parse().ok()?, minor.parse().ok()?),
            preview,
        })
    }
}

fn in_accept(accept: &str) -> Option<String> {
    accept.split([';', ',']).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("api-version")
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resource_takes_the_versions_that_it_has() {
        let items = Versions::released(3);
        let many = Versions::released(1).since(5, 0);
        let connection = Versions::preview(1);
        for (versions, asked, taken) in [
            (items, "7.1", true),
            (items, "7.0", true),
            (items, "5.0", true),
            (items, "7.1-preview", true),
            (items, "7.1-Preview.3", true),
            (items, "7.2-preview.3", true),
            (items, "7.1-preview.4", false),
            (items, "7.2", false),
            (items, "7.3-preview", false),
            (items, "8.0", false),
            (items, "latest", false),
            (items, "7.1-beta", false),
            (many, "7.2-preview.3", false),
            (many, "4.1", false),
            (many, "5.0", true),
            (connection, "7.1", false),
            (connection, "7.1-preview", true),
            (connection, "7.1-preview.1", true),
        ] {
            assert_eq!(versions.accept(asked).is_ok(), taken, "{asked}");
        }
    }

    #[test]
    fn the_version_may_stand_in_the_accept_header() {
        for (accept, version) in [
            (
                "application/json;api-version=7.1-preview.3",
                Some("7.1-preview.3"),
            ),
            (
                "application/json; api-version=7.0; excludeUrls=true",
                Some("7.0"),
            ),
            ("application/json", None),
        ] {
            assert_eq!(in_accept(accept).as_deref(), version);
        }
    }
}
