//! Who may call: users with keys, and projects with theirs.

use std::collections::BTreeSet;

use axum::http::HeaderMap;

use super::refusal::Refusal;

/// `X-USER-EMAIL` of the sandbox. Not a real address.
pub const USER_EMAIL: &str = "robot@web-shop.example";
/// `X-TMA-KEY` of the sandbox. Public and worthless on purpose.
pub const API_KEY: &str = "sandbox-testworthy-key-not-a-secret";
/// `X-PROJECT-KEY` of the sandbox's web shop.
pub const PROJECT_KEY: &str = "sandbox-web-shop-project-key";
/// `X-PROJECT-KEY` of a second project of the same tenant, for foreign ids.
pub const OTHER_PROJECT_KEY: &str = "sandbox-back-office-project-key";
/// The bearer token of [`USER_EMAIL`] on the second surface. Public and worthless on purpose.
pub const TOKEN: &str = "sandbox-testworthy-token-not-a-secret";
/// The bearer token of [`GUEST_EMAIL`].
pub const GUEST_TOKEN: &str = "sandbox-guest-token-not-a-secret";
/// A user who may not open the web shop, with [`GUEST_KEY`].
pub const GUEST_EMAIL: &str = "guest@web-shop.example";
/// `X-TMA-KEY` of [`GUEST_EMAIL`].
pub const GUEST_KEY: &str = "sandbox-guest-key-not-a-secret";

/// The web shop's project id.
pub const PROJECT_ID: u64 = 7;
/// The second project's id.
pub const OTHER_PROJECT_ID: u64 = 8;
/// The user id behind [`USER_EMAIL`].
pub const ROBOT_ID: u64 = 512;
/// The user in whose name the control routes edit.
pub const PERSON_ID: u64 = 513;
/// The user id behind [`GUEST_EMAIL`].
pub const GUEST_ID: u64 = 514;
/// The one tenant of the sandbox.
pub const TENANT_ID: u64 = 88;

/// A user of the tenant.
#[derive(Clone, Debug)]
pub struct User {
    /// Global id.
    pub id: u64,
    /// Shown name.
    pub name: String,
    /// Sent as `X-USER-EMAIL`, compared without regard to case.
    pub email: String,
    /// Sent as `X-TMA-KEY`.
    pub api_key: String,
    /// Sent as bearer token on the second surface; empty: none works.
    pub token: String,
    /// Projects that the user may open.
    pub projects: BTreeSet<u64>,
}

/// A project of the tenant.
#[derive(Clone, Debug)]
pub struct Project {
    /// Global id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Sent as `X-PROJECT-KEY`.
    pub key: String,
    /// Shown by the second surface.
    pub description: Option<String>,
}

/// Who calls, in which project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) user: u64,
    pub(super) project: u64,
}

pub(super) fn users() -> Vec<User> {
    let user = |id, name: &str, email: &str, (key, token): (&str, &str), projects: &[u64]| User {
        id,
        name: name.to_owned(),
        email: email.to_owned(),
        api_key: key.to_owned(),
        token: token.to_owned(),
        projects: projects.iter().copied().collect(),
    };
    let all = [PROJECT_ID, OTHER_PROJECT_ID];
    vec![
        user(ROBOT_ID, "Accord Robot", USER_EMAIL, (API_KEY, TOKEN), &all),
        user(
            PERSON_ID,
            "Tess Example",
            "tess@web-shop.example",
            (
                "sandbox-person-key-not-a-secret",
                "sandbox-person-token-not-a-secret",
            ),
            &all,
        ),
        user(
            GUEST_ID,
            "Gus Example",
            GUEST_EMAIL,
            (GUEST_KEY, GUEST_TOKEN),
            &[OTHER_PROJECT_ID],
        ),
    ]
}

pub(super) fn projects() -> Vec<Project> {
    vec![
        Project {
            id: PROJECT_ID,
            name: "Web Shop".to_owned(),
            key: PROJECT_KEY.to_owned(),
            description: None,
        },
        Project {
            id: OTHER_PROJECT_ID,
            name: "Back Office".to_owned(),
            key: OTHER_PROJECT_KEY.to_owned(),
            description: None,
        },
    ]
}

/// Checks the three headers. The vendor's introduction names them; of the refusals only 400 for a
/// suite outside the project is published, the others follow `TestRail`, from which the API descends.
pub(super) fn authenticate(
    headers: &HeaderMap,
    users: &[User],
    projects: &[Project],
) -> Result<Caller, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(email), Some(api_key), Some(project_key)) = (
        header("x-user-email"),
        header("x-tma-key"),
        header("x-project-key"),
    ) else {
        return Err(Refusal::unauthorized());
    };
    let user = users
        .iter()
        .find(|user| user.email.eq_ignore_ascii_case(email) && user.api_key == api_key)
        .ok_or_else(Refusal::unauthorized)?;
    let project = projects
        .iter()
        .find(|project| project.key == project_key)
        .ok_or_else(|| Refusal::invalid("The project key is not valid."))?;
    if !user.projects.contains(&project.id) {
        return Err(Refusal::forbidden());
    }
    Ok(Caller {
        user: user.id,
        project: project.id,
    })
}
