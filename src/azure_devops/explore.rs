//! Who am I, what may I do, what is there: the questions of a connection test and of live schemas.

use async_trait::async_trait;
use serde_json::json;

use super::address::{API_VERSION, PREVIEW_VERSION};
use super::auth;
use super::error::ServerError;
use super::reader::Reader;
use super::wire;
use crate::http::{Request, Response};
use crate::remote::{
    DescribedType, ExploreAzureDevOps, Greeting, Identity, PathTree, RemoteError, RemoteErrorKind,
};

/// Deeper than any tree may be (Microsoft Learn, Work tracking, process, and project limits: 14 levels).
const DEPTH: u32 = 20;

/// Headers that the service's answers carry and a stranger's do not.
const OWN_HEADERS: [&str; 5] = [
    "activityid",
    "x-vss-e2eid",
    "x-tfs-processid",
    "x-tfs-serviceerror",
    "x-vss-authorizationendpoint",
];

#[async_trait]
impl ExploreAzureDevOps for Reader {
    async fn greet(&self) -> Result<Greeting, RemoteError> {
        const OPERATION: &str = "connectionData";
        let session = self.session();
        let url = session
            .addresses
            .organization(&["_apis", OPERATION], PREVIEW_VERSION);
        let response = session.client().send(Request::get(url)).await?;
        let mut outcome = judge(&response, OPERATION);
        if let Err(kind) = &mut outcome {
            session.hide_secrets(kind);
        }
        Ok(Greeting {
            status: response.status,
            date: response.date(),
            recognised: Some(is_recognised(&response, &outcome)),
            page: response
                .page_title()
                .map(|title| session.client().redact(&title)),
            asks_to_sign_in: response.status == 203,
            outcome,
        })
    }

    async fn project(&self) -> Result<(), RemoteError> {
        self.check_project().await
    }

    async fn projects(&self) -> Result<Vec<String>, RemoteError> {
        let query = format!("{API_VERSION}&$top=1000");
        let session = self.session();
        let url = session
            .addresses
            .organization(&["_apis", "projects"], &query);
        let listed: wire::Listed<wire::Named> = session.get("projects", url).await?;
        let mut names: Vec<String> = names(listed).collect();
        names.sort_by_key(|name| name.to_lowercase());
        Ok(names)
    }

    async fn may_query(&self) -> Result<(), RemoteError> {
        let session = self.session();
        let query = format!("{API_VERSION}&$top=1");
        let url = session.addresses.project(&["_apis", "wit", "wiql"], &query);
        let statement = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project";
        let body = json!({ "query": statement });
        let _: wire::QueryResult = session.ask("wiql", url, &body).await?;
        Ok(())
    }

    async fn work_item_types(&self) -> Result<Vec<String>, RemoteError> {
        let session = self.session();
        let url = session
            .addresses
            .project(&["_apis", "wit", "workitemtypes"], API_VERSION);
        let listed: wire::Listed<wire::Named> = session.get("workitemtypes", url).await?;
        Ok(names(listed).collect())
    }

    async fn describe(&self, name: &str) -> Result<DescribedType, RemoteError> {
        self.read_type(name).await
    }
}

impl Reader {
    /// What [`crate::remote::ReadAzureDevOps::paths`] answers.
    pub(super) async fn tree(&self, tree: PathTree) -> Result<Vec<String>, RemoteError> {
        const OPERATION: &str = "classificationnodes";
        let group = match tree {
            PathTree::Areas => "areas",
            PathTree::Iterations => "iterations",
        };
        let query = format!("{API_VERSION}&$depth={DEPTH}");
        let session = self.session();
        let url = session
            .addresses
            .project(&["_apis", "wit", OPERATION, group], &query);
        let root: wire::Node = session.get(OPERATION, url).await?;
        let mut paths = Vec::new();
        collect(&root, "", 0, &mut paths);
        Ok(paths)
    }
}

/// What the answer to the question who the caller is means.
fn judge(response: &Response, operation: &str) -> Result<Identity, RemoteErrorKind> {
    if let Some(answer) = auth::turned_down(response) {
        return Err(RemoteErrorKind::Unauthenticated { answer });
    }
    if !response.is_success() {
        let error = ServerError::from_response(response);
        return Err(error.classify(response.status, operation, false));
    }
    let data: wire::ConnectionData = response.json().map_err(|error| {
        let reason = format!("{operation}: {error}");
        RemoteErrorKind::Protocol { reason }
    })?;
    let Some(user) = data.authenticated_user else {
        let reason = format!("{operation}: it names no user");
        return Err(RemoteErrorKind::Protocol { reason });
    };
    Ok(Identity {
        anonymous: user.is_anonymous(),
        display_name: user.provider_display_name,
        deployment: data.deployment_type,
    })
}

/// Whether Azure DevOps itself answered, and not a proxy or a stranger's server.
fn is_recognised(response: &Response, outcome: &Result<Identity, RemoteErrorKind>) -> bool {
    let own = OWN_HEADERS
        .iter()
        .any(|name| response.headers.contains_key(*name));
    // An emulator or a gateway may take the headers away; the data and the two challenges speak too.
    let challenged = response
        .headers
        .get_all("www-authenticate")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("authorization_uri") || value.contains("visualstudio.com"));
    let signs_in = response
        .header("location")
        .is_some_and(|target| target.contains("_signin") || target.contains("visualstudio.com"));
    own || challenged || signs_in || outcome.is_ok()
}

fn names(listed: wire::Listed<wire::Named>) -> impl Iterator<Item = String> {
    let named = listed.value.unwrap_or_default().into_iter();
    named
        .filter(|one| !one.name.is_empty() && !one.is_disabled)
        .map(|one| one.name)
}

/// Writes the paths of a node and of all below it. The names are joined: the node's own `path` has the
/// tree's name in it, which fields do not hold.
fn collect(node: &wire::Node, above: &str, level: u32, paths: &mut Vec<String>) {
    if node.name.is_empty() || level > DEPTH {
        return;
    }
    let path = match above {
        "" => node.name.clone(),
        above => format!("{above}\\{}", node.name),
    };
    paths.push(path.clone());
    for child in node.children.iter().flatten() {
        collect(child, &path, level + 1, paths);
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn response(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Response {
            status,
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    fn judged(response: &Response) -> (Result<Identity, RemoteErrorKind>, bool) {
        let outcome = judge(response, "connectionData");
        let recognised = is_recognised(response, &outcome);
        (outcome, recognised)
    }

    #[test]
    fn a_known_caller_is_named() {
        let body = r#"{"authenticatedUser":{"id":"9f1c","providerDisplayName":"Ada"},"deploymentType":"hosted"}"#;
        let (outcome, recognised) = judged(&response(200, &[], body));
        let identity = outcome.unwrap();
        assert_eq!(identity.display_name.as_deref(), Some("Ada"));
        assert_eq!(identity.deployment.as_deref(), Some("hosted"));
        assert!(!identity.anonymous && recognised);
    }

    #[test]
    fn nobody_is_anonymous() {
        let body = r#"{"authenticatedUser":{"id":"aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"}}"#;
        let (outcome, _) = judged(&response(200, &[], body));
        assert!(outcome.unwrap().anonymous);
    }

    #[test]
    fn strangers_are_told_from_the_service() {
        let html = ("content-type", "text/html");
        for (answer, recognised) in [
            (response(200, &[html], "<html><title>Hotel"), false),
            (response(200, &[], "{}"), false),
            (response(404, &[], "not found"), false),
            (response(203, &[html, ("activityid", "1")], "<html>"), true),
            (response(302, &[("location", "/_signin?realm=x")], ""), true),
            (
                response(
                    401,
                    &[(
                        "www-authenticate",
                        "Basic realm=\"https://x.visualstudio.com/\"",
                    )],
                    "",
                ),
                true,
            ),
            (
                response(401, &[("www-authenticate", "Basic realm=\"proxy\"")], ""),
                false,
            ),
        ] {
            let (outcome, found) = judged(&answer);
            assert!(outcome.is_err(), "{answer:?}");
            assert_eq!(found, recognised, "{answer:?} {outcome:?}");
        }
    }

    #[test]
    fn paths_are_joined_names() {
        let root: wire::Node = serde_json::from_str(
            r#"{"name":"Web Shop","path":"\\Web Shop\\Area","children":[
                {"name":"QA","children":[{"name":"Checkout"}]},{"name":"Ops","children":null}]}"#,
        )
        .unwrap();
        let mut paths = Vec::new();
        collect(&root, "", 0, &mut paths);
        assert_eq!(
            paths,
            [
                "Web Shop",
                r"Web Shop\QA",
                r"Web Shop\QA\Checkout",
                r"Web Shop\Ops"
            ]
        );
    }
}
