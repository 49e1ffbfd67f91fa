//! Writing to one TestWorthy project. Everything that can be refused here is refused before anything is
//! sent; what was sent is never repeated.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Map, Value as Json};
use tokio::sync::Mutex;

use super::calls::{Answer, error};
use super::convert;
use super::members::rejected;
use super::operations::{Ids, Operation};
use super::reader::{Reader, case_in};
use super::wire::Object;
use crate::model::{Case, CaseId, ClockOffset, SectionId, SuiteId, Value};
use crate::remote::{
    CaseDraft, CaseListing, CasePatch, CaseRead, CaseScope, ReadTestWorthy, RemoteError,
    RemoteErrorKind, RequestInfo, Section, Suite, TestWorthyCapabilities, WriteTestWorthy,
};

/// Reads and writes one TestWorthy project.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
    /// Two tasks that miss the same section must not both create it.
    sections: Mutex<()>,
}

impl Writer {
    /// A writer that shares what `reader` learnt.
    pub fn new(reader: Reader) -> Self {
        Self {
            reader,
            sections: Mutex::new(()),
        }
    }

    /// Reads a case back after a write that was accepted. `Err` does not take the write back.
    async fn read_back(&self, id: CaseId) -> Result<Case, RemoteError> {
        match self.reader.case(id).await {
            Ok(CaseRead::Present(case)) => return Ok(*case),
            Ok(CaseRead::Refused | CaseRead::Missing) => {
                let reason = format!("case {id} cannot be read");
                return Err(error(RemoteErrorKind::NotFound { reason }, None));
            }
            Err(failed) if matches!(failed.kind, RemoteErrorKind::Unsupported { .. }) => {}
            Err(failed) => return Err(failed),
        }
        let suite = self.reader.state().suite_of.get(&id).copied();
        let reason = match suite {
            None => format!("the suite of case {id} is not known"),
            Some(suite) => match self
                .reader
                .cases(CaseScope::Suite(suite))
                .await?
                .cases
                .remove(&id)
            {
                Some(case) => return Ok(case),
                None => format!("case {id} is not listed in suite {suite}"),
            },
        };
        Err(error(RemoteErrorKind::NotFound { reason }, None))
    }

    /// Creates one section.
    async fn add_section(
        &self,
        suite: SuiteId,
        parent: Option<SectionId>,
        name: &str,
    ) -> Result<SectionId, RemoteError> {
        let mut body = Map::new();
        body.insert("name".to_owned(), name.into());
        if let Some(parent) = parent {
            body.insert("parent_id".to_owned(), parent.0.into());
        }
        let ids = Ids {
            section: parent,
            ..Ids::suite(suite)
        };
        let body = Json::Object(body);
        let Answer { body, info } = self
            .reader
            .call(Operation::AddSection, ids, Some(&body))
            .await?;
        let wrapped = |json: &Json| Object::of(json)?.get("section").and_then(convert::section);
        let answered = body
            .ok()
            .and_then(|json| convert::section(&json).or_else(|| wrapped(&json)));
        let id = match answered {
            Some(section) => section.id,
            None => self
                .reader
                .load_sections(suite)
                .await
                .ok()
                .and_then(|(sections, _)| child(sections.values(), parent, name))
                .ok_or_else(|| accepted("the section's id is not in the answer", Some(info)))?,
        };
        let section = Section {
            id,
            name: name.to_owned(),
            parent,
        };
        self.reader
            .state()
            .sections
            .entry(suite)
            .or_default()
            .insert(id, section);
        Ok(id)
    }
}

#[async_trait]
impl WriteTestWorthy for Writer {
    async fn create_case(&self, draft: &CaseDraft) -> Result<Case, RemoteError> {
        if draft.fields.get("title").and_then(Value::as_text).is_none() {
            return Err(rejected("a case needs a title".to_owned()));
        }
        // What is null stays the server's default.
        let fields: BTreeMap<String, Value> = draft
            .fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let refs = (!draft.refs.is_empty()).then_some(draft.refs.as_slice());
        let mut body = self.reader.members(&fields, refs).await?;
        if let Some(section) = draft.section {
            body.insert("section_id".to_owned(), section.0.into());
        }
        let ids = Ids {
            section: draft.section,
            ..Ids::suite(draft.suite)
        };
        let body = Json::Object(body);
        let Answer { body, info } = self
            .reader
            .call(Operation::AddCase, ids, Some(&body))
            .await?;
        let json = body.unwrap_or_default();
        let mut case = case_in(&json)
            .ok_or_else(|| "the answer holds no case".to_owned())
            .and_then(|case| self.reader.read_case(case, Some(draft.suite)))
            .map_err(|reason| accepted(&reason, Some(info)))?;
        self.reader.complete_path(&mut case);
        Ok(case)
    }

    async fn update_case(&self, id: CaseId, patch: &CasePatch) -> Result<Case, RemoteError> {
        let body = Json::Object(
            self.reader
                .members(&patch.fields, patch.refs.as_deref())
                .await?,
        );
        let Answer { body, info } = self
            .reader
            .call(Operation::UpdateCase, Ids::case(id), Some(&body))
            .await?;
        let json = body.unwrap_or_default();
        // An answer without the title is a receipt, not the case.
        let whole = case_in(&json).filter(|case| {
            Object::of(case).is_some_and(|c| c.id("id") == Some(id.0) && c.text("title").is_some())
        });
        if let Some(Ok(mut case)) = whole.map(|case| self.reader.read_case(case, None)) {
            self.reader.complete_path(&mut case);
            return Ok(case);
        }
        self.read_back(id).await.map_err(|failed| {
            let reason = format!("it could not be read back: {}", failed.kind);
            accepted(&reason, failed.request.or(Some(info)))
        })
    }

    async fn ensure_section(
        &self,
        suite: SuiteId,
        path: &[String],
    ) -> Result<SectionId, RemoteError> {
        if path.is_empty() || path.iter().any(|name| name.trim().is_empty()) {
            return Err(rejected("a section needs a name".to_owned()));
        }
        let _alone = self.sections.lock().await;
        let known = self.reader.state().sections.get(&suite).cloned();
        if let Some((Some(id), found)) = known.map(|sections| walk(&sections, path))
            && found == path.len()
        {
            return Ok(id);
        }
        let (sections, incomplete) = self.reader.load_sections(suite).await?;
        let (mut parent, found) = walk(&sections, path);
        if let (Some(reason), true) = (incomplete, found < path.len()) {
            let reason = format!(
                "whether the section {} exists is not certain: {reason}",
                path.join("/")
            );
            return Err(error(RemoteErrorKind::Protocol { reason }, None));
        }
        for name in &path[found..] {
            parent = Some(self.add_section(suite, parent, name.trim()).await?);
        }
        parent.ok_or_else(|| rejected("a section needs a name".to_owned()))
    }
}

/// The deepest section along the path that exists, and how many names it covers.
fn walk(sections: &BTreeMap<SectionId, Section>, path: &[String]) -> (Option<SectionId>, usize) {
    let (mut parent, mut found) = (None, 0);
    for name in path {
        match child(sections.values(), parent, name) {
            Some(id) => (parent, found) = (Some(id), found + 1),
            None => break,
        }
    }
    (parent, found)
}

/// The section of this name below `parent`; the oldest, should there be several.
fn child<'a>(
    sections: impl Iterator<Item = &'a Section>,
    parent: Option<SectionId>,
    name: &str,
) -> Option<SectionId> {
    sections
        .filter(|section| section.parent == parent && section.name.trim() == name.trim())
        .map(|section| section.id)
        .min()
}

/// The server accepted a write but did not tell what became of it.
fn accepted(reason: &str, request: Option<RequestInfo>) -> RemoteError {
    let reason = format!("the server accepted the write, but {reason}");
    error(
        RemoteErrorKind::Unavailable {
            reason,
            maybe_sent: true,
        },
        request,
    )
}

#[async_trait]
impl ReadTestWorthy for Writer {
    fn capabilities(&self) -> TestWorthyCapabilities {
        self.reader.capabilities()
    }

    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError> {
        self.reader.check(scope).await
    }

    async fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        self.reader.suites().await
    }

    async fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        self.reader.sections(suite).await
    }

    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        self.reader.cases(scope).await
    }

    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        self.reader.case(id).await
    }

    fn clock(&self) -> Option<ClockOffset> {
        self.reader.clock()
    }
}
