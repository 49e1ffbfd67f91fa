//! Reading one project: connection test, metadata, queries, items by 200.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::OnceCell;

use super::address::{API_VERSION, Addresses, PREVIEW_VERSION};
use super::convert::{self, FieldCatalog};
use super::error::is_result_too_large;
use super::session::{Session, for_each_page, refused};
use super::{feed, lifecycle};
use super::{wiql, wire};
use crate::http::{Client, Request};
use crate::model::config::AzureDevOpsConnection;
use crate::model::{ClockOffset, Rev, WorkItem, WorkItemId, WorkItemType};
use crate::remote::{
    Changes, DescribedType, FeedPlace, PathTree, ReadAzureDevOps, RemoteError, RemoteErrorKind,
    WorkItemQuery,
};

/// Ids per `workitemsbatch` and addresses per `artifacturiquery`; more ids are refused with VS403474.
const PAGE: usize = 200;

/// The service's ids are 32-bit; a larger one in a request fails the whole page.
const LARGEST_ID: u64 = i32::MAX as u64;

/// Reads one project. The fields of the organisation are read once, at the first need: make a new
/// reader for every run, so that changed fields are seen.
#[derive(Debug)]
pub struct Reader {
    session: Arc<Session>,
    fields: OnceCell<Arc<FieldCatalog>>,
}

impl Reader {
    /// A reader of the project that `connection` names. `client` must carry
    /// [`super::credential_header`] and [`super::default_headers`].
    pub fn new(connection: &AzureDevOpsConnection, client: Client) -> Self {
        Self {
            session: Arc::new(Session::new(client, Addresses::new(connection))),
            fields: OnceCell::new(),
        }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The fields of the organisation; one request for the life of the reader.
    pub(super) async fn fields(&self) -> Result<Arc<FieldCatalog>, RemoteError> {
        let read = || async {
            let url = self
                .session
                .addresses
                .project(&["_apis", "wit", "fields"], API_VERSION);
            let listed: wire::Listed<wire::Field> = self.session.get("fields", url).await?;
            Ok(Arc::new(FieldCatalog::new(
                listed.value.unwrap_or_default(),
            )))
        };
        self.fields.get_or_try_init(read).await.cloned()
    }

    /// Finds out who the server takes the caller for.
    async fn check_credential(&self) -> Result<(), RemoteError> {
        const OPERATION: &str = "connectionData";
        let url = self
            .session
            .addresses
            .organization(&["_apis", OPERATION], PREVIEW_VERSION);
        let answer = self.session.send(OPERATION, Request::get(url)).await?;
        let data: wire::ConnectionData = answer.json(OPERATION)?;
        match data.authenticated_user {
            Some(user) if !user.is_anonymous() => Ok(()),
            _ => Err(RemoteError {
                kind: RemoteErrorKind::Unauthenticated {
                    answer: "status 200, but as the anonymous identity".to_owned(),
                },
                ..answer.protocol("")
            }),
        }
    }

    /// Finds out whether the project is there and may be seen.
    pub(super) async fn check_project(&self) -> Result<(), RemoteError> {
        let name = self.session.addresses.project_name();
        let url = self
            .session
            .addresses
            .organization(&["_apis", "projects", name], API_VERSION);
        let answer = self.session.send("projects", Request::get(url)).await;
        let Err(mut error) = answer else {
            return Ok(());
        };
        error.kind = match error.kind {
            // The credential was accepted a moment ago, so it is not the token that is bad.
            RemoteErrorKind::Unauthenticated { answer } => RemoteErrorKind::Forbidden {
                reason: format!(
                    "the credential is good, but not for project {name} ({answer}); the token may \
                     lack the scope Project and Team (Read), or the organisation may block it"
                ),
            },
            RemoteErrorKind::NotFound { reason } => RemoteErrorKind::NotFound {
                reason: format!("project {name}: {reason}"),
            },
            other => other,
        };
        Err(error)
    }

    /// A work item type with its help texts.
    pub(super) async fn read_type(&self, name: &str) -> Result<DescribedType, RemoteError> {
        let path = ["_apis", "wit", "workitemtypes", name];
        let address = |tail: &[&str], query: &str| {
            self.session
                .addresses
                .project(&[&path, tail].concat(), query)
        };
        let catalog = self.fields().await?;
        let found: wire::Type = self
            .session
            .get("workitemtypes", address(&[], API_VERSION))
            .await?;
        let expanded = format!("{API_VERSION}&$expand=allowedValues");
        let fields: wire::Listed<wire::TypeField> = self
            .session
            .get("workitemtypes/fields", address(&["fields"], &expanded))
            .await?;
        let states = match found.states {
            Some(states) if !states.is_empty() => states,
            _ => {
                let listed: wire::Listed<wire::State> = self
                    .session
                    .get("workitemtypes/states", address(&["states"], API_VERSION))
                    .await?;
                listed.value.unwrap_or_default()
            }
        };
        let fields = fields.value.unwrap_or_default();
        let help = fields
            .iter()
            .filter_map(|field| Some((field.reference_name.clone(), field.help_text.clone()?)))
            .collect();
        let work_item_type = WorkItemType {
            name: if found.name.is_empty() {
                name.to_owned()
            } else {
                found.name
            },
            fields: fields
                .into_iter()
                .map(|field| catalog.type_field(field))
                .collect(),
            states: convert::states(states),
            transitions: convert::transitions(&found.transitions),
        };
        Ok(DescribedType {
            work_item_type,
            help,
        })
    }

    /// All ids of one statement, page after page: each page starts after the last id before it.
    async fn pages(
        session: Arc<Session>,
        statement: wiql::Statement,
    ) -> Result<BTreeSet<WorkItemId>, RemoteError> {
        let mut ids = BTreeSet::new();
        let mut page = wiql::PAGE;
        loop {
            let last = ids.last().copied();
            let mut query = format!("{API_VERSION}&$top={page}");
            if statement.time_precision {
                query.push_str("&timePrecision=true");
            }
            let url = session.addresses.project(&["_apis", "wit", "wiql"], &query);
            let body = json!({ "query": statement.after(last) });
            let result: Result<wire::QueryResult, _> = session.ask("wiql", url, &body).await;
            let found = match result {
                Ok(result) => result.work_items.unwrap_or_default(),
                // `$top` below the limit avoids this on Azure DevOps Services; a server of one's own
                // may have a lower limit.
                Err(error) if is_result_too_large(&error.kind) && page > 1_000 => {
                    page /= 2;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let count = found.len();
            let before = ids.len();
            ids.extend(found.into_iter().map(|reference| WorkItemId(reference.id)));
            if count < page {
                return Ok(ids);
            }
            if ids.len() == before {
                return Err(RemoteError {
                    system: crate::model::System::AzureDevOps,
                    kind: RemoteErrorKind::Protocol {
                        reason: "wiql: the next page repeats the one before it".to_owned(),
                    },
                    request: None,
                });
            }
        }
    }
}

#[async_trait]
impl ReadAzureDevOps for Reader {
    async fn check(&self) -> Result<(), RemoteError> {
        self.check_credential().await?;
        self.check_project().await
    }

    async fn work_item_type(&self, name: &str) -> Result<WorkItemType, RemoteError> {
        Ok(self.read_type(name).await?.work_item_type)
    }

    async fn query(&self, query: &WorkItemQuery) -> Result<Vec<WorkItemId>, RemoteError> {
        let project = self.session.addresses.project_name();
        let statements = wiql::statements(project, query).map_err(refused)?;
        let pages = for_each_page(&self.session, statements, Self::pages).await?;
        let ids: BTreeSet<WorkItemId> = pages.into_iter().flatten().collect();
        Ok(ids.into_iter().collect())
    }

    async fn read(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeMap<WorkItemId, WorkItem>, RemoteError> {
        let ids = possible(ids);
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let catalog = self.fields().await?;
        let read_page = |session: Arc<Session>, page: Vec<u64>| {
            let catalog = Arc::clone(&catalog);
            async move { read_page(&session, &catalog, &page).await }
        };
        let pages = ids.chunks(PAGE).map(<[u64]>::to_vec);
        let pages = for_each_page(&self.session, pages, read_page).await?;
        Ok(pages
            .into_iter()
            .flatten()
            .map(|item| (item.id, item))
            .collect())
    }

    async fn find_by_hyperlink(
        &self,
        urls: &[String],
    ) -> Result<BTreeMap<String, Vec<WorkItemId>>, RemoteError> {
        let distinct: BTreeSet<&String> = urls.iter().collect();
        let distinct: Vec<String> = distinct.into_iter().cloned().collect();
        let pages = distinct.chunks(PAGE).map(<[String]>::to_vec);
        let pages = for_each_page(&self.session, pages, find_page).await?;
        Ok(pages.into_iter().flatten().collect())
    }

    async fn paths(&self, tree: PathTree) -> Result<Vec<String>, RemoteError> {
        self.tree(tree).await
    }

    async fn changes(&self, since: &FeedPlace) -> Result<Changes, RemoteError> {
        feed::changes(&self.session, since).await
    }

    async fn in_recycle_bin(
        &self,
        ids: &[WorkItemId],
    ) -> Result<BTreeSet<WorkItemId>, RemoteError> {
        let ids = possible(ids);
        let pages = ids.chunks(PAGE).map(<[u64]>::to_vec);
        let pages = for_each_page(&self.session, pages, lifecycle::in_recycle_bin).await?;
        Ok(pages.into_iter().flatten().collect())
    }

    async fn revision(&self, id: WorkItemId, rev: Rev) -> Result<Option<WorkItem>, RemoteError> {
        let catalog = self.fields().await?;
        lifecycle::revision(&self.session, &catalog, id, rev).await
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.session.client().clock()
    }
}

/// The ids that an item can have, each once: another one would fail its whole page, and people write such
/// ids as `AB#n`.
fn possible(ids: &[WorkItemId]) -> Vec<u64> {
    let ids: BTreeSet<u64> = ids.iter().map(|id| id.0).collect();
    let possible = ids.into_iter();
    possible
        .filter(|id| (1..=LARGEST_ID).contains(id))
        .collect()
}

/// Reads up to 200 items with all fields and relations. Naming fields is not allowed together with
/// relations, so all fields come.
async fn read_page(
    session: &Session,
    catalog: &FieldCatalog,
    ids: &[u64],
) -> Result<Vec<WorkItem>, RemoteError> {
    const OPERATION: &str = "workitemsbatch";
    let url = session
        .addresses
        .organization(&["_apis", "wit", OPERATION], API_VERSION);
    // No `fields`: with them the service does not tell which long texts are Markdown.
    let body = json!({ "ids": ids, "$expand": "relations", "errorPolicy": "omit" });
    let request = Request::post_json(url, &body, crate::http::Repeat::Safe);
    let answer = session.send(OPERATION, request).await?;
    // With `omit`, an id that does not exist or may not be seen leaves a null in its place.
    let listed: wire::Listed<Option<wire::Item>> = answer.json(OPERATION)?;
    let items = listed.value.unwrap_or_default().into_iter().flatten();
    items
        .map(|item| {
            catalog
                .work_item(item)
                .map_err(|lack| answer.protocol(format!("{OPERATION}: {lack}")))
        })
        .collect()
}

/// Looks up to 200 addresses up. Servers may answer under another letter case than was asked for.
async fn find_page(
    session: Arc<Session>,
    urls: Vec<String>,
) -> Result<BTreeMap<String, Vec<WorkItemId>>, RemoteError> {
    const OPERATION: &str = "artifacturiquery";
    let url = session
        .addresses
        .project(&["_apis", "wit", OPERATION], API_VERSION);
    let body = json!({ "artifactUris": urls });
    let result: wire::ArtifactUriQueryResult = session.ask(OPERATION, url, &body).await?;
    let mut by_lower: BTreeMap<String, BTreeSet<WorkItemId>> = BTreeMap::new();
    for (url, references) in result.artifact_uris_query_result.unwrap_or_default() {
        let ids = references.unwrap_or_default();
        by_lower
            .entry(url.to_lowercase())
            .or_default()
            .extend(ids.into_iter().map(|reference| WorkItemId(reference.id)));
    }
    Ok(urls
        .into_iter()
        .filter_map(|url| {
            let ids = by_lower.get(&url.to_lowercase())?;
            (!ids.is_empty()).then(|| (url, ids.iter().copied().collect()))
        })
        .collect())
}
