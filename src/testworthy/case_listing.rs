//! The cases of a suite, handed over while their pages come in.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tokio::sync::mpsc::Sender;

use super::calls::error;
use super::operations::{Ids, Operation};
use super::paging::Pages;
use super::reader::Reader;
use super::sections::set_path;
use crate::model::{Case, SectionId, SuiteId};
use crate::remote::{RemoteError, RemoteErrorKind, Section};

/// Cases that are handed over at once.
const HANDED_OVER: usize = 1_000;

/// Cases that wait for the address of a person until the end of their listing. A person who made no case
/// is never named, so not all cases may wait: they would all be in memory.
const WAITING: usize = 5_000;

/// An entry of a suite's listing.
enum Listed {
    Case(Box<Case>),
    /// It shows only the id of a person whom a later entry may name.
    Nameless(Box<Case>),
    /// It shows only the id of a priority or type, which a later entry may name.
    Unnamed(Json),
    /// No case: the list may not be whole.
    Unreadable(String),
}

impl Reader {
    /// Hands the cases of a suite over while their pages come in. Why the listing may not be whole, if so.
    pub(super) async fn hand_over_cases(
        &self,
        suite: SuiteId,
        sender: &Sender<Vec<Case>>,
    ) -> Result<Option<String>, RemoteError> {
        let (sections, doubt) = self.sections_if_offered(suite).await?;
        let mut incomplete = None;
        let mut pages = Pages::default();
        // One case may show only the id of a priority that a later one shows with its name.
        let mut unnamed = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(self.url(Operation::GetCases, Ids::suite(suite))?);
        while let Some(url) = next {
            let (response, info) = self
                .exchange_at(Operation::GetCases, url.clone(), None)
                .await?;
            let mut cases = Vec::new();
            let each = |json| match self.listed_case(json, suite, &sections) {
                Listed::Case(case) => cases.push(*case),
                Listed::Nameless(case) if waiting.len() < WAITING => waiting.push(*case),
                Listed::Nameless(case) => cases.push(*case),
                Listed::Unnamed(json) => unnamed.push(json),
                Listed::Unreadable(reason) => {
                    incomplete.get_or_insert(reason);
                }
            };
            next = pages
                .take_each(&response.body, "cases", &url, &self.shared.paths, each)
                .map_err(|reason| error(RemoteErrorKind::Protocol { reason }, Some(info)))?;
            drop(response);
            if hand_over(cases, sender).await.is_err() {
                return Ok(incomplete);
            }
        }
        let mut cases = waiting;
        for json in unnamed {
            match self.placed_case(&json, suite, &sections) {
                Ok(case) => cases.push(case),
                Err(reason) => {
                    incomplete.get_or_insert(reason);
                }
            }
        }
        {
            let state = self.state();
            for case in &mut cases {
                state.names.name_people(case);
            }
        }
        if hand_over(cases, sender).await.is_err() {
            return Ok(incomplete);
        }
        let doubt = doubt.map(|reason| format!("its sections: {reason}"));
        Ok(pages.finish().incomplete.or(doubt).or(incomplete))
    }

    /// Reads a case that a suite listed, unless it must wait for a name.
    fn listed_case(
        &self,
        json: Json,
        suite: SuiteId,
        sections: &BTreeMap<SectionId, Section>,
    ) -> Listed {
        let waits = {
            let mut state = self.state();
            state.names.learn(&json);
            state.names.lacks_a_name(&json)
        };
        if waits {
            return Listed::Unnamed(json);
        }
        match self.placed_case(&json, suite, sections) {
            Ok(case) if self.state().names.lacks_a_person(&case) => {
                Listed::Nameless(Box::new(case))
            }
            Ok(case) => Listed::Case(Box::new(case)),
            Err(reason) => Listed::Unreadable(reason),
        }
    }

    /// Reads a case that a suite listed, with its full section path.
    fn placed_case(
        &self,
        json: &Json,
        suite: SuiteId,
        sections: &BTreeMap<SectionId, Section>,
    ) -> Result<Case, String> {
        let mut case = self.read_case(json, Some(suite))?;
        set_path(&mut case, sections);
        Ok(case)
    }
}

/// Hands cases over a few at a time, however many came in one answer. `Err`: nobody wants more.
async fn hand_over(mut cases: Vec<Case>, sender: &Sender<Vec<Case>>) -> Result<(), Vec<Case>> {
    while !cases.is_empty() {
        let rest = cases.split_off(cases.len().min(HANDED_OVER));
        sender.send(cases).await.map_err(|unsent| unsent.0)?;
        cases = rest;
    }
    Ok(())
}
