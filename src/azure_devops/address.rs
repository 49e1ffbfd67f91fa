//! The addresses of the REST resources, for organisation URLs with and without a path.

use url::Url;

use crate::model::WorkItemId;
use crate::model::config::AzureDevOpsConnection;

/// The released version that every call asks for.
pub(super) const API_VERSION: &str = "api-version=7.1";

/// Connection data never left preview: a released version is answered with 400
/// (`VssInvalidPreviewVersionException`).
pub(super) const PREVIEW_VERSION: &str = "api-version=7.1-preview";

/// Builds addresses below one organisation and one project.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    organization: Url,
    project: String,
}

impl Addresses {
    /// Keeps only scheme, host, port and path of the organisation's address.
    pub(super) fn new(connection: &AzureDevOpsConnection) -> Self {
        Self::of(&connection.organization_url, &connection.project)
    }

    /// As [`Self::new`], without a connection.
    pub(super) fn of(organization: &Url, project: &str) -> Self {
        let mut organization = organization.clone();
        organization.set_query(None);
        organization.set_fragment(None);
        Self {
            organization,
            project: project.to_owned(),
        }
    }

    /// The project's name.
    pub(super) fn project_name(&self) -> &str {
        &self.project
    }

    /// Whether it is Microsoft's own service and not a server of one's own: by the two names under which
    /// it is reached.
    pub(super) fn is_hosted(&self) -> bool {
        let host = self.organization.host_str().unwrap_or_default();
        self.organization.scheme() == "https"
            && (host == "dev.azure.com" || host.ends_with(".visualstudio.com"))
    }

    /// An address below the organisation. `query` must be written as it is to be sent.
    pub(super) fn organization(&self, segments: &[&str], query: &str) -> Url {
        let mut url = with_segments(&self.organization, segments);
        url.set_query(Some(query));
        url
    }

    /// An address below the project. `query` must be written as it is to be sent.
    pub(super) fn project(&self, segments: &[&str], query: &str) -> Url {
        let below = with_segments(&self.organization, &[&self.project]);
        let mut url = with_segments(&below, segments);
        url.set_query(Some(query));
        url
    }

    /// The address inside a `$batch` that creates an item: below the project, without the organisation
    /// (Work Item Batch Update page).
    pub(super) fn create_uri(&self, work_item_type: &str) -> String {
        let typed = format!("${work_item_type}");
        let path = relative(&[&self.project, "_apis", "wit", "workitems", &typed]);
        format!("{path}?{API_VERSION}")
    }

    /// The address inside a `$batch` that changes an item. It must not name a project: servers answer
    /// 404 if it does.
    pub(super) fn update_uri(id: WorkItemId) -> String {
        format!("/_apis/wit/workitems/{id}?{API_VERSION}")
    }

    /// The full address of a `$batch` element, for messages.
    pub(super) fn of_element(&self, uri: &str) -> String {
        let base = self.organization.as_str().trim_end_matches('/');
        let path = uri.split('?').next().unwrap_or_default();
        format!("{base}{path}")
    }
}

fn with_segments(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // Only addresses such as `mailto:` have no segments; the transport refuses those anyway.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn relative(segments: &[&str]) -> String {
    let root = Url::parse("http://localhost/").expect("a constant address");
    with_segments(&root, segments).path().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::SecretRef;

    fn addresses(organization: &str, project: &str) -> Addresses {
        Addresses::new(&AzureDevOpsConnection {
            organization_url: Url::parse(organization).unwrap(),
            project: project.to_owned(),
            credential: SecretRef::Env("AZURE_DEVOPS_EXT_PAT".to_owned()).into(),
        })
    }

    #[test]
    fn every_form_of_an_organisation_url_gives_the_same_shape() {
        for (organization, expected) in [
            (
                "https://dev.azure.com/contoso",
                "https://dev.azure.com/contoso",
            ),
            (
                "https://dev.azure.com/contoso/",
                "https://dev.azure.com/contoso",
            ),
            (
                "https://contoso.visualstudio.com",
                "https://contoso.visualstudio.com",
            ),
            (
                "http://127.0.0.1:8080/contoso",
                "http://127.0.0.1:8080/contoso",
            ),
            (
                "https://tfs.example.test/tfs/Main",
                "https://tfs.example.test/tfs/Main",
            ),
            (
                "https://dev.azure.com/contoso?x=1#y",
                "https://dev.azure.com/contoso",
            ),
        ] {
            let addresses = addresses(organization, "Web Shop");
            assert_eq!(
                addresses
                    .organization(&["_apis", "wit", "$batch"], API_VERSION)
                    .as_str(),
                format!("{expected}/_apis/wit/$batch?api-version=7.1")
            );
            assert_eq!(
                addresses
                    .project(&["_apis", "wit", "wiql"], "$top=5")
                    .as_str(),
                format!("{expected}/Web%20Shop/_apis/wit/wiql?$top=5")
            );
        }
    }

    #[test]
    fn only_the_service_itself_is_hosted() {
        for (organization, hosted) in [
            ("https://dev.azure.com/contoso", true),
            ("https://contoso.visualstudio.com", true),
            ("http://dev.azure.com/contoso", false),
            ("https://dev.azure.com.example.test/contoso", false),
            ("https://visualstudio.com.example.test", false),
            ("https://notvisualstudio.com", false),
            ("https://tfs.example.test/tfs/Main", false),
            ("http://127.0.0.1:8080/contoso", false),
        ] {
            let addresses = addresses(organization, "Web Shop");
            assert_eq!(addresses.is_hosted(), hosted, "{organization}");
        }
    }

    #[test]
    fn names_cannot_leave_their_segment() {
        let addresses = addresses("https://dev.azure.com/contoso", r"a/b?c#d%2f\e é");
        assert_eq!(
            addresses.create_uri("Test Case/?x=1"),
            "/a%2Fb%3Fc%23d%252f%5Ce%20%C3%A9/_apis/wit/workitems/$Test%20Case%2F%3Fx=1?api-version=7.1"
        );
        assert_eq!(
            Addresses::update_uri(WorkItemId(7)),
            "/_apis/wit/workitems/7?api-version=7.1"
        );
        assert_eq!(
            addresses.of_element("/_apis/wit/workitems/7?api-version=7.1"),
            "https://dev.azure.com/contoso/_apis/wit/workitems/7"
        );
    }
}
