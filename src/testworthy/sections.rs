//! The sections of a suite and the paths that they give its cases.

use std::collections::{BTreeMap, HashSet};

use super::convert;
use super::operations::{Ids, Operation};
use super::reader::Reader;
use crate::model::{Case, SectionId, SuiteId};
use crate::remote::{RemoteError, RemoteErrorKind, Section, Verification};

impl Reader {
    /// Reads all sections of a suite afresh and remembers them.
    pub(super) async fn load_sections(
        &self,
        suite: SuiteId,
    ) -> Result<(BTreeMap<SectionId, Section>, Option<String>), RemoteError> {
        let listing = self
            .list(Operation::GetSections, Ids::suite(suite), "sections")
            .await?;
        let sections: BTreeMap<SectionId, Section> = listing
            .items
            .iter()
            .filter_map(convert::section)
            .map(|section| (section.id, section))
            .collect();
        self.state().sections.insert(suite, sections.clone());
        Ok((sections, listing.incomplete))
    }

    /// As [`Self::load_sections`], empty where the server does not list sections. What would pass is an
    /// error, and so is a user who may not list them: else paths would change from run to run and from
    /// user to user, and with them what is written on the other side.
    pub(super) async fn sections_if_offered(
        &self,
        suite: SuiteId,
    ) -> Result<(BTreeMap<SectionId, Section>, Option<String>), RemoteError> {
        let refused = match self.load_sections(suite).await {
            Err(refused) => refused,
            found => return found,
        };
        match refused.kind {
            RemoteErrorKind::Unsupported { .. }
            | RemoteErrorKind::Rejected { .. }
            | RemoteErrorKind::NotFound { .. } => {
                self.state().capabilities.sections = Verification::Absent;
                Ok((BTreeMap::new(), None))
            }
            // It is offered, but this answer is useless: paths may be wrong, so nothing may rest on them.
            RemoteErrorKind::Protocol { reason } => Ok((BTreeMap::new(), Some(reason))),
            _ => Err(refused),
        }
    }

    /// Completes the section path from the sections that are known, without a request.
    pub(super) fn complete_path(&self, case: &mut Case) {
        if let Some(suite) = case.suite
            && let Some(sections) = self.state().sections.get(&suite)
        {
            set_path(case, sections);
        }
    }

    /// Completes the section path of a case that was read alone, reading the sections if its own is not
    /// known yet.
    pub(super) async fn place(&self, case: &mut Case) -> Result<(), RemoteError> {
        let (Some(section), Some(suite)) = (case.section, case.suite) else {
            return Ok(());
        };
        if !self.can_place(suite, section) {
            let _alone = self.shared.placing.lock().await;
            if !self.can_place(suite, section) {
                let (sections, _) = self.sections_if_offered(suite).await?;
                if !sections.contains_key(&section) {
                    self.state().unlisted.insert(section);
                }
            }
        }
        self.complete_path(case);
        Ok(())
    }

    /// Whether nothing more can be learnt of a section by reading those of its suite.
    fn can_place(&self, suite: SuiteId, section: SectionId) -> bool {
        let state = self.state();
        let listed = state.sections.get(&suite);
        listed.is_some_and(|sections| sections.contains_key(&section))
            || state.unlisted.contains(&section)
            || state.capabilities.sections == Verification::Absent
    }
}

/// The names from the outermost section to the case's own. A section that is not listed, or whose
/// parents go in a circle, keeps the path it has.
pub(super) fn set_path(case: &mut Case, sections: &BTreeMap<SectionId, Section>) {
    let Some(own) = case.section.filter(|id| sections.contains_key(id)) else {
        return;
    };
    let (mut path, mut visited, mut next) = (Vec::new(), HashSet::new(), Some(own));
    while let Some(section) = next.and_then(|id| sections.get(&id)) {
        if !visited.insert(section.id) {
            return;
        }
        path.push(section.name.clone());
        next = section.parent;
    }
    path.reverse();
    case.section_path = path;
}

#[cfg(test)]
mod tests;
