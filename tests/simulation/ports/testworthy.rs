//! TestWorthy's port.

use std::sync::PoisonError;

use accord::model::{Case, CaseId, ClockOffset, SectionId, SuiteId, System, azure_boards_mentions};
use accord::remote::{
    CaseDraft, CaseListing, CasePatch, CaseRead, CaseScope, ReadTestWorthy, RemoteError,
    RemoteErrorKind, Section, Suite, TestWorthyCapabilities, Verification, WriteTestWorthy,
};
use async_trait::async_trait;

use super::{Line, Race, Request};
use crate::sim::Sim;

fn read(what: String, cases: Vec<CaseId>) -> Request {
    Request {
        system: System::TestWorthy,
        what,
        is_write: false,
        is_batch: false,
        race: Race::Cases(cases),
        overwrites: None,
    }
}

fn write(what: String, overwrites: Option<CaseId>) -> Request {
    Request {
        is_write: true,
        overwrites,
        ..read(what, Vec::new())
    }
}

impl Line {
    fn in_suite(&self, scope: CaseScope) -> Vec<CaseId> {
        let sim = self.world.lock();
        let own = sim
            .testworthy
            .live()
            .filter(|case| CaseScope::of(case) == scope);
        own.map(|case| case.id).collect()
    }

    /// What an optional call says about itself.
    fn learn<T>(
        &self,
        answer: &Result<T, RemoteError>,
        which: fn(&mut TestWorthyCapabilities) -> &mut Verification,
    ) {
        let mut known = self
            .capabilities
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(_) => *which(&mut known) = Verification::Verified,
            Err(error) if matches!(error.kind, RemoteErrorKind::Unsupported { .. }) => {
                *which(&mut known) = Verification::Absent;
            }
            Err(_) => {}
        }
    }
}

#[async_trait]
impl ReadTestWorthy for Line {
    fn capabilities(&self) -> TestWorthyCapabilities {
        *self
            .capabilities
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn check(&self, scope: CaseScope) -> Result<(), RemoteError> {
        let request = read(format!("check {scope}"), Vec::new());
        self.ask(request, |_: &mut Sim| Ok(())).await
    }

    async fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        let request = read("suites".to_owned(), Vec::new());
        let answer = self.ask(request, |sim| sim.testworthy.suites()).await;
        self.learn(&answer, |known| &mut known.suites);
        answer
    }

    async fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        let request = read(format!("sections of {suite}"), Vec::new());
        let answer = self
            .ask(request, move |sim| sim.testworthy.sections(suite))
            .await;
        self.learn(&answer, |known| &mut known.sections);
        answer
    }

    async fn cases(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        let request = read(format!("cases of {scope}"), self.in_suite(scope));
        self.ask(request, move |sim| sim.testworthy.listing(scope))
            .await
    }

    async fn case(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        let request = read(format!("case {id}"), vec![id]);
        let answer = self.ask(request, move |sim| sim.testworthy.read(id)).await;
        if !matches!(answer, Ok(CaseRead::Refused)) {
            self.learn(&answer, |known| &mut known.get_case);
        }
        answer
    }

    fn clock(&self) -> Option<ClockOffset> {
        Some(self.world.offset(|sim| sim.ahead.0))
    }
}

#[async_trait]
impl WriteTestWorthy for Line {
    async fn create_case(&self, draft: &CaseDraft) -> Result<Case, RemoteError> {
        let mentions = azure_boards_mentions(&draft.refs);
        let title = draft.fields.get("title").cloned().unwrap_or_default();
        let request = write(
            format!(
                "create case {title:?} for {mentions:?} in suite {}",
                draft.suite
            ),
            None,
        );
        let draft = draft.clone();
        self.ask(request, move |sim| {
            // Accord puts its own mark first.
            sim.about_to_create_case(mentions.first().copied());
            let at = sim.testworthy_time();
            let answer = sim.testworthy.create(&draft, at);
            if let Ok(case) = &answer {
                sim.note(&format!("       case {} is there", case.id));
            }
            answer
        })
        .await
    }

    async fn update_case(&self, id: CaseId, patch: &CasePatch) -> Result<Case, RemoteError> {
        let request = write(format!("update case {id} {}", told(patch)), Some(id));
        let patch = patch.clone();
        let answer = self
            .ask(request, move |sim| {
                let at = sim.testworthy_time();
                sim.testworthy.update(id, &patch, at)
            })
            .await;
        self.learn(&answer, |known| &mut known.update);
        answer
    }

    async fn ensure_section(
        &self,
        suite: SuiteId,
        path: &[String],
    ) -> Result<SectionId, RemoteError> {
        let request = write(format!("ensure section {path:?} of {suite}"), None);
        let path = path.to_vec();
        self.ask(request, move |sim| {
            Ok(sim.testworthy.ensure_section(suite, &path))
        })
        .await
    }
}

fn told(patch: &CasePatch) -> String {
    let fields = patch.fields.iter();
    let mut all: Vec<String> = fields
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    all.extend(patch.refs.as_ref().map(|refs| format!("refs={refs:?}")));
    all.join(" ")
}
