//! Suites and sections.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::edit::Edit;
use super::entity::{Audit, Section, Suite};
use super::{NextIds, Refusal, Server};

impl Server {
    /// Adds a suite to a project. A wanted id must be free.
    pub fn add_suite(
        &mut self,
        id: Option<u64>,
        project: u64,
        name: impl Into<String>,
        description: Option<String>,
    ) -> Result<u64, Refusal> {
        if !self.projects.iter().any(|known| known.id == project) {
            return Err(Refusal::unknown("Project"));
        }
        if id.is_some_and(|id| self.suites.contains_key(&id)) {
            return Err(Refusal::invalid("The suite id is taken."));
        }
        let id = NextIds::take(&mut self.next.suite, id);
        self.suites.insert(
            id,
            Suite {
                id,
                project,
                name: name.into(),
                description,
                sections: BTreeSet::new(),
                cases: BTreeSet::new(),
                runs: BTreeSet::new(),
            },
        );
        Ok(id)
    }

    /// Adds a section to a suite, in the name of a user. A wanted id must be free.
    pub fn add_section(
        &mut self,
        id: Option<u64>,
        suite: u64,
        parent: Option<u64>,
        name: impl Into<String>,
        description: Option<String>,
        (by, now): (u64, Timestamp),
    ) -> Result<u64, Refusal> {
        if id.is_some_and(|id| self.sections.contains_key(&id)) {
            return Err(Refusal::invalid("The section id is taken."));
        }
        let holder = parent.map(|parent| self.sections.get(&parent).map(|section| section.suite));
        if holder.is_some_and(|holder| holder != Some(suite)) {
            return Err(Refusal::invalid(
                "Field parent_id is not a section of the suite.",
            ));
        }
        let owner = self
            .suites
            .get_mut(&suite)
            .ok_or_else(|| Refusal::unknown("Suite"))?;
        let id = NextIds::take(&mut self.next.section, id);
        owner.sections.insert(id);
        let mut audit = Audit::new(by, now);
        // The published sample: modified a few microseconds after created, though never edited.
        audit.modified_on = now
            .checked_add(SignedDuration::from_nanos(3400))
            .unwrap_or(now);
        self.sections.insert(
            id,
            Section {
                id,
                suite,
                parent,
                name: name.into(),
                description,
                places: 0,
                audit,
            },
        );
        Ok(id)
    }

    /// Renames a suite, as a person would.
    pub fn rename_suite(&mut self, id: u64, name: impl Into<String>) -> Result<(), Refusal> {
        let suite = self
            .suites
            .get_mut(&id)
            .ok_or_else(|| Refusal::unknown("Suite"))?;
        suite.name = name.into();
        Ok(())
    }

    /// Renames a section or hangs it under another one of its suite, as a person would.
    pub fn change_section(
        &mut self,
        id: u64,
        name: Option<String>,
        parent: &Edit<u64>,
        (by, now): (u64, Timestamp),
    ) -> Result<(), Refusal> {
        let suite = self
            .sections
            .get(&id)
            .ok_or_else(|| Refusal::unknown("Section"))?
            .suite;
        if let Edit::Set(parent) = parent {
            let inside = self.sections.get(parent).map(|section| section.suite) == Some(suite);
            if !inside || self.section_tree(id).contains(parent) {
                return Err(Refusal::invalid(
                    "parent is not a section of the suite outside this one.",
                ));
            }
        }
        if let Some(section) = self.sections.get_mut(&id) {
            if let Some(name) = name {
                section.name = name;
            }
            parent.apply(&mut section.parent);
            section.audit.touch(by, now);
        }
        Ok(())
    }

    /// Deletes a section with all below it, as a person would.
    pub fn delete_section(&mut self, id: u64) -> Result<(), Refusal> {
        let suite = self
            .sections
            .get(&id)
            .ok_or_else(|| Refusal::unknown("Section"))?
            .suite;
        let doomed = self.section_tree(id);
        let cases: Vec<u64> = self
            .cases_of(suite)
            .filter(|case| doomed.contains(&case.section))
            .map(|case| case.id)
            .collect();
        for case in cases {
            self.delete_case(case)?;
        }
        for section in &doomed {
            self.sections.remove(section);
        }
        if let Some(suite) = self.suites.get_mut(&suite) {
            suite.sections.retain(|section| !doomed.contains(section));
        }
        Ok(())
    }

    /// Deletes a suite with its sections, cases and runs, as a person would.
    pub fn delete_suite(&mut self, id: u64) -> Result<(), Refusal> {
        let suite = self
            .suites
            .get(&id)
            .cloned()
            .ok_or_else(|| Refusal::unknown("Suite"))?;
        for run in suite.runs {
            self.delete_run(run)?;
        }
        for case in suite.cases {
            self.cases.remove(&case);
        }
        for section in suite.sections {
            self.sections.remove(&section);
        }
        self.suites.remove(&id);
        Ok(())
    }

    /// A section and every one below it.
    fn section_tree(&self, root: u64) -> BTreeSet<u64> {
        let Some(suite) = self
            .sections
            .get(&root)
            .and_then(|section| self.suites.get(&section.suite))
        else {
            return BTreeSet::new();
        };
        let mut tree = BTreeSet::from([root]);
        loop {
            let before = tree.len();
            for section in suite.sections.iter().filter_map(|id| self.sections.get(id)) {
                if section.parent.is_some_and(|parent| tree.contains(&parent)) {
                    tree.insert(section.id);
                }
            }
            if tree.len() == before {
                return tree;
            }
        }
    }

    /// The section at a path below a suite, `/` between names; sections that lack are made.
    pub fn section_at(
        &mut self,
        suite: u64,
        path: &str,
        stamp: (u64, Timestamp),
    ) -> Result<u64, Refusal> {
        let mut parent = None;
        for name in path
            .split('/')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let known = self
                .suites
                .get(&suite)
                .ok_or_else(|| Refusal::unknown("Suite"))?
                .sections
                .iter()
                .filter_map(|id| self.sections.get(id))
                .find(|section| section.parent == parent && section.name == name)
                .map(|section| section.id);
            parent = Some(match known {
                Some(id) => id,
                None => self.add_section(None, suite, parent, name, None, stamp)?,
            });
        }
        parent.ok_or_else(|| Refusal::invalid("The section path is empty."))
    }
}
