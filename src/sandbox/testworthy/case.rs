//! Cases: create, change, copy, delete.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::edit::{CaseEdit, Edit};
use super::entity::{Audit, Case, FLAGS, TEXT_FIELDS};
use super::lookup::{self, DEFAULT_PRIORITY, DEFAULT_TYPE};
use super::{NextIds, Refusal, Server};

const TEXT_TEMPLATE: u64 = 1;

impl Server {
    /// Adds a case to a suite, in the name of a user. A wanted id must be free. Runs of the suite that
    /// include all cases take it in.
    pub fn add_case(
        &mut self,
        id: Option<u64>,
        suite: u64,
        edit: &CaseEdit,
        (by, now): (u64, Timestamp),
    ) -> Result<u64, Refusal> {
        if !self.suites.contains_key(&suite) {
            return Err(Refusal::unknown("Suite"));
        }
        if id.is_some_and(|id| self.cases.contains_key(&id)) {
            return Err(Refusal::invalid("The case id is taken."));
        }
        let Edit::Set(title) = &edit.title else {
            return Err(Refusal::invalid("Field title is required."));
        };
        let Edit::Set(section) = edit.section else {
            return Err(Refusal::invalid("Field section_id is required."));
        };
        self.check(suite, edit)?;
        let id = NextIds::take(&mut self.next.case, id);
        let mut case = Case {
            id,
            suite,
            section,
            title: title.clone(),
            display_order: 0,
            estimate: None,
            milestone: None,
            template: TEXT_TEMPLATE,
            priority: DEFAULT_PRIORITY,
            kind: DEFAULT_TYPE,
            texts: [const { None }; TEXT_FIELDS.len()],
            flags: [false; FLAGS.len()],
            steps: None,
            custom: BTreeMap::new(),
            copy_of: None,
            audit: Audit::new(by, now),
        };
        apply(&mut case, edit);
        self.place(&mut case);
        self.cases.insert(id, case);
        self.enlist(suite, id);
        Ok(id)
    }

    /// Changes a case, in the name of a user. Its section may become another one of its suite.
    pub fn update_case(
        &mut self,
        id: u64,
        edit: &CaseEdit,
        (by, now): (u64, Timestamp),
    ) -> Result<(), Refusal> {
        let mut case = self
            .cases
            .get(&id)
            .cloned()
            .ok_or_else(|| Refusal::unknown("Test case"))?;
        if matches!(edit.title, Edit::Clear) {
            return Err(Refusal::invalid("Field title is required."));
        }
        if matches!(edit.section, Edit::Clear) {
            return Err(Refusal::invalid("Field section_id is required."));
        }
        self.check(case.suite, edit)?;
        let section = case.section;
        apply(&mut case, edit);
        if case.section != section {
            self.place(&mut case);
        }
        case.audit.touch(by, now);
        self.cases.insert(id, case);
        Ok(())
    }

    /// Deletes a case with its tests and results in every run.
    pub fn delete_case(&mut self, id: u64) -> Result<(), Refusal> {
        let case = self
            .cases
            .remove(&id)
            .ok_or_else(|| Refusal::unknown("Test case"))?;
        if let Some(suite) = self.suites.get_mut(&case.suite) {
            suite.cases.remove(&id);
            for run in &suite.runs {
                if let Some(test) = self.runs.get_mut(run).and_then(|run| run.tests.remove(&id)) {
                    self.tests.remove(&test.id);
                }
            }
        }
        Ok(())
    }

    /// Copies a case into a section (its own by default), as a person would: everything is copied,
    /// `refs` too, so that two cases claim the same references. A wanted id
    /// must be free.
    pub fn copy_case(
        &mut self,
        wanted: Option<u64>,
        id: u64,
        section: Option<u64>,
        (by, now): (u64, Timestamp),
    ) -> Result<u64, Refusal> {
        let mut copy = self
            .cases
            .get(&id)
            .cloned()
            .ok_or_else(|| Refusal::unknown("Test case"))?;
        copy.section = section.unwrap_or(copy.section);
        copy.suite = self
            .sections
            .get(&copy.section)
            .ok_or_else(|| Refusal::unknown("Section"))?
            .suite;
        if wanted.is_some_and(|id| self.cases.contains_key(&id)) {
            return Err(Refusal::invalid("The case id is taken."));
        }
        copy.id = NextIds::take(&mut self.next.case, wanted);
        copy.copy_of = Some(id);
        copy.audit = Audit::new(by, now);
        self.place(&mut copy);
        let (suite, id) = (copy.suite, copy.id);
        self.cases.insert(id, copy);
        self.enlist(suite, id);
        Ok(id)
    }

    /// Moves a case into a section of any suite of the project, as a person would. Its id stays.
    pub fn move_case(
        &mut self,
        id: u64,
        section: u64,
        (by, now): (u64, Timestamp),
    ) -> Result<(), Refusal> {
        let mut case = self
            .cases
            .get(&id)
            .cloned()
            .ok_or_else(|| Refusal::unknown("Test case"))?;
        let target = self
            .sections
            .get(&section)
            .ok_or_else(|| Refusal::unknown("Section"))?
            .suite;
        let project = |suite: u64| self.suites.get(&suite).map(|suite| suite.project);
        if project(target) != project(case.suite) {
            return Err(Refusal::unknown("Section"));
        }
        let source = case.suite;
        case.section = section;
        case.suite = target;
        self.place(&mut case);
        case.audit.touch(by, now);
        self.cases.insert(id, case);
        if source != target {
            if let Some(suite) = self.suites.get_mut(&source) {
                suite.cases.remove(&id);
            }
            self.enlist(target, id);
        }
        Ok(())
    }

    /// Puts a case behind the others of its section.
    fn place(&mut self, case: &mut Case) {
        if let Some(section) = self.sections.get_mut(&case.section) {
            case.display_order = section.places;
            section.places += 1;
        }
    }

    /// Enters a case into its suite and into the suite's open runs that include all.
    fn enlist(&mut self, suite: u64, case: u64) {
        let Some(suite) = self.suites.get_mut(&suite) else {
            return;
        };
        suite.cases.insert(case);
        for id in &suite.runs {
            let Some(run) = self.runs.get_mut(id) else {
                continue;
            };
            if run.include_all && run.completed_on.is_none() {
                let test = run.enlist(case, &mut self.next.test);
                self.tests.insert(test, (*id, case));
            }
        }
    }

    fn check(&self, suite: u64, edit: &CaseEdit) -> Result<(), Refusal> {
        if let Edit::Set(title) = &edit.title
            && title.trim().is_empty()
        {
            return Err(Refusal::invalid("Field title is required."));
        }
        if let Edit::Set(section) = edit.section
            && self.sections.get(&section).map(|known| known.suite) != Some(suite)
        {
            return Err(Refusal::invalid(
                "Field section_id is not a section of the suite.",
            ));
        }
        if let Edit::Set(id) = edit.priority
            && lookup::priority(id).is_none()
        {
            return Err(Refusal::invalid("Field priority_id is not a priority."));
        }
        if let Edit::Set(id) = edit.kind
            && lookup::type_by_id(id).is_none()
        {
            return Err(Refusal::invalid("Field type_id is not a case type."));
        }
        if let Edit::Set(id) = edit.template
            && !(1..=3).contains(&id)
        {
            return Err(Refusal::invalid("Field template_id is not a template."));
        }
        if let Edit::Set(seconds) = edit.estimate
            && seconds < 0
        {
            return Err(Refusal::invalid("Field estimate must not be negative."));
        }
        Ok(())
    }
}

fn apply(case: &mut Case, edit: &CaseEdit) {
    if let Edit::Set(title) = &edit.title {
        case.title.clone_from(title);
    }
    if let Edit::Set(section) = edit.section {
        case.section = section;
    }
    let choose = |edit: &Edit<u64>, current: u64, default: u64| match edit {
        Edit::Keep => current,
        Edit::Clear => default,
        Edit::Set(id) => *id,
    };
    case.priority = choose(&edit.priority, case.priority, DEFAULT_PRIORITY);
    case.kind = choose(&edit.kind, case.kind, DEFAULT_TYPE);
    case.template = choose(&edit.template, case.template, TEXT_TEMPLATE);
    edit.milestone.apply(&mut case.milestone);
    edit.estimate.apply(&mut case.estimate);
    edit.steps.apply(&mut case.steps);
    for (index, name) in TEXT_FIELDS.iter().enumerate() {
        if let Some(text) = edit.texts.get(name) {
            text.apply(&mut case.texts[index]);
        }
    }
    for (index, name) in FLAGS.iter().enumerate() {
        if let Some(flag) = edit.flags.get(name) {
            case.flags[index] = *flag;
        }
    }
    for (name, value) in &edit.custom {
        match value {
            Edit::Keep => {}
            Edit::Clear => drop(case.custom.remove(name)),
            Edit::Set(value) => drop(case.custom.insert(name.clone(), value.clone())),
        }
    }
}
