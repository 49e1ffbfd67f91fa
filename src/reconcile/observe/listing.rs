//! Listings of cases: page by page, and kept whole only where several rules read the same one.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Observer, SLICE, Sight};
use crate::model::{Case, CaseId};
use crate::reconcile::connect::remote_error;
use crate::reconcile::error::ReconcileError;
use crate::remote::{CaseListing, CaseScope};

/// The cases of a suite or a project, shared between the rules that read it.
pub(super) struct Listing {
    pub(super) cases: BTreeMap<CaseId, Arc<Case>>,
    pub(super) incomplete: Option<String>,
}

impl Observer<'_> {
    pub(super) async fn read_cases(
        &mut self,
        listed: CaseScope,
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        let incomplete = if self.shared.contains(&listed) {
            let listing = self.listing(listed).await?;
            let cases: Vec<Arc<Case>> = listing.cases.values().cloned().collect();
            self.take_page(cases, sight).await?;
            listing.incomplete.clone()
        } else {
            self.read_pages(listed, sight).await?
        };
        if let Some(reason) = incomplete {
            sight.observed.incomplete = Some(format!("{listed}: {reason}"));
        }
        Ok(())
    }

    /// Reads a listing page by page, comparing what is linked while the next page is on its way.
    async fn read_pages(
        &mut self,
        listed: CaseScope,
        sight: &mut Sight<'_>,
    ) -> Result<Option<String>, ReconcileError> {
        let what = format!("reading {listed} of TestWorthy and its work items");
        self.context.progress.begin(&what, None);
        let (send, mut pages) = mpsc::channel(1);
        let (testworthy, connection) = (self.readers.testworthy.clone(), self.connection);
        // A task of its own reads ahead on another thread; it ends with this call.
        let mut reading = JoinSet::new();
        reading.spawn(async move { testworthy.cases_in_pages(listed, send).await });
        let read = async {
            match reading.join_next().await {
                Some(Ok(read)) => read.map_err(|error| remote_error(connection, error)),
                Some(Err(failure)) => match failure.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(ReconcileError::Stopped),
                },
                None => Err(ReconcileError::Stopped),
            }
        };
        let take = async {
            while let Some(page) = pages.recv().await {
                let units = page.len() as u64;
                let page = page.into_iter().map(Arc::new).collect();
                self.take_page(page, sight).await?;
                self.context.progress.advance(units);
            }
            Ok(())
        };
        let done = tokio::try_join!(read, take);
        self.context.progress.end();
        done.map(|(incomplete, ())| incomplete)
    }

    async fn take_page(
        &mut self,
        page: Vec<Arc<Case>>,
        sight: &mut Sight<'_>,
    ) -> Result<(), ReconcileError> {
        for case in &page {
            sight.note_case(case, &self.pairs);
        }
        self.settle_membership(page.iter().map(|case| case.id), sight)
            .await?;
        let (passed, page): (Vec<_>, Vec<_>) = page
            .into_iter()
            .partition(|case| self.passes_by(case, sight));
        for case in passed {
            if let Some(item) = self.pairs.work_item(case.id) {
                self.drop_pair(case.id, item, sight);
            }
        }
        let (own, others): (Vec<_>, Vec<_>) = page
            .into_iter()
            .partition(|case| self.compares(case.id, sight));
        for case in others {
            Self::keep(sight, case);
        }
        for slice in own.chunks(SLICE) {
            self.compare(slice, sight).await?;
        }
        Ok(())
    }

    async fn listing(&mut self, listed: CaseScope) -> Result<Arc<Listing>, ReconcileError> {
        if let Some(known) = self.listings.get(&listed) {
            return Ok(known.clone());
        }
        let progress = self.context.progress;
        progress.begin(&format!("reading {listed} of TestWorthy"), None);
        let listing = self.readers.testworthy.cases(listed).await;
        progress.end();
        let CaseListing { cases, incomplete } = listing.map_err(|error| self.failed(error))?;
        let cases = cases.into_iter().map(|(id, case)| (id, Arc::new(case)));
        let listing = Arc::new(Listing {
            cases: cases.collect(),
            incomplete,
        });
        self.listings.insert(listed, listing.clone());
        Ok(listing)
    }
}
