//! TestWorthy in memory: cases in suites and sections, no versions, ids that are refused once they are gone.

use std::collections::BTreeMap;

use accord::model::{Case, CaseId, SectionId, SuiteId, Value, WorkItemId, azure_boards_mentions};
use accord::remote::{
    CaseDraft, CaseListing, CasePatch, CaseRead, CaseScope, RemoteError, Section, Suite,
};
use jiff::Timestamp;

use crate::azure_devops::{Habits, normalised};
use crate::error::{rejected, testworthy, unsupported};

/// Rules select the first two suites.
pub(crate) const SUITES: [SuiteId; 3] = [SuiteId(41), SuiteId(43), SuiteId(47)];
pub(crate) const HTML_FIELDS: [&str; 2] = ["description", "mission"];
const TEST_PROJECT: u64 = 7;

/// Calls that the vendor does not document and that a server may lack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offered {
    pub(crate) suites: bool,
    pub(crate) sections: bool,
    pub(crate) get_case: bool,
    pub(crate) update: bool,
}

impl Offered {
    pub(crate) const ALL: Self = Self {
        suites: true,
        sections: true,
        get_case: true,
        update: true,
    };
    pub(crate) const DOCUMENTED: Self = Self {
        suites: false,
        sections: false,
        get_case: false,
        update: false,
    };
}

pub(crate) struct TestCase {
    pub(crate) case: Case,
    pub(crate) deleted: bool,
    /// Work items that Accord made it name.
    pub(crate) mentioned_by_accord: Vec<WorkItemId>,
}

pub(crate) struct TestWorthy {
    pub(crate) cases: BTreeMap<CaseId, TestCase>,
    sections: BTreeMap<SectionId, (SuiteId, Section)>,
    pub(crate) habits: Habits,
    pub(crate) offered: Offered,
    pub(crate) writes: u64,
}

impl Default for TestWorthy {
    fn default() -> Self {
        let mut server = Self {
            cases: BTreeMap::new(),
            sections: BTreeMap::new(),
            habits: Habits::default(),
            offered: Offered::ALL,
            writes: 0,
        };
        for suite in SUITES {
            server.section(suite, None, "Main");
        }
        server
    }
}

impl TestWorthy {
    pub(crate) fn live(&self) -> impl Iterator<Item = &Case> {
        let live = self.cases.values().filter(|case| !case.deleted);
        live.map(|case| &case.case)
    }

    pub(crate) fn case(&self, id: CaseId) -> Option<&Case> {
        let case = self.cases.get(&id).filter(|case| !case.deleted)?;
        Some(&case.case)
    }

    fn section(&mut self, suite: SuiteId, parent: Option<SectionId>, name: &str) -> SectionId {
        let known = self.sections.values().find(|(own, section)| {
            *own == suite && section.parent == parent && section.name == name
        });
        if let Some((_, section)) = known {
            return section.id;
        }
        let id = SectionId(self.sections.len() as u64 + 301);
        let section = Section {
            id,
            name: name.to_owned(),
            parent,
        };
        self.sections.insert(id, (suite, section));
        id
    }

    /// The path of a section, as far as this server tells it.
    pub(crate) fn path(&self, section: Option<SectionId>) -> Vec<String> {
        let mut path = Vec::new();
        let mut next = section;
        while let Some((_, section)) = next.and_then(|id| self.sections.get(&id)) {
            path.insert(0, section.name.clone());
            next = section.parent.filter(|_| self.offered.sections);
        }
        path
    }

    fn seen(&self, case: &Case) -> Case {
        let mut case = case.clone();
        case.section_path = self.path(case.section);
        case
    }

    /// Adds a case to the top section of a suite.
    pub(crate) fn add(
        &mut self,
        suite: SuiteId,
        refs: Vec<String>,
        fields: BTreeMap<String, Value>,
        at: Timestamp,
    ) -> CaseId {
        let section = self.section(suite, None, "Main");
        let id = CaseId(self.cases.keys().last().map_or(101, |id| id.0 + 1));
        let case = Case {
            id,
            suite: Some(suite),
            project: Some(TEST_PROJECT),
            section: Some(section),
            section_path: Vec::new(),
            refs,
            fields,
            modified_on: None,
        };
        let entry = TestCase {
            case,
            deleted: false,
            mentioned_by_accord: Vec::new(),
        };
        self.cases.insert(id, entry);
        self.touch(id, at, |case| {
            let at = Value::DateTime(at);
            case.fields.insert("createdOn".to_owned(), at);
        });
        id
    }

    pub(crate) fn touch(&mut self, id: CaseId, at: Timestamp, change: impl FnOnce(&mut Case)) {
        if let Some(entry) = self.cases.get_mut(&id) {
            change(&mut entry.case);
            entry.case.modified_on = Some(at);
            let at = Value::DateTime(at);
            entry.case.fields.insert("modifiedOn".to_owned(), at);
        }
    }

    pub(crate) fn move_to(&mut self, id: CaseId, suite: SuiteId, at: Timestamp) {
        let section = self.section(suite, None, "Main");
        self.touch(id, at, |case| {
            case.suite = Some(suite);
            case.section = Some(section);
        });
    }

    pub(crate) fn suites(&self) -> Result<Vec<Suite>, RemoteError> {
        if !self.offered.suites {
            return Err(testworthy(unsupported("get_suites")));
        }
        Ok(SUITES
            .map(|id| Suite {
                id,
                name: format!("Suite {id}"),
                project: Some(TEST_PROJECT),
            })
            .to_vec())
    }

    pub(crate) fn sections(&self, suite: SuiteId) -> Result<Vec<Section>, RemoteError> {
        if !self.offered.sections {
            return Err(testworthy(unsupported("get_sections")));
        }
        let own = self.sections.values().filter(|(own, _)| *own == suite);
        Ok(own.map(|(_, section)| section.clone()).collect())
    }

    pub(crate) fn listing(&self, scope: CaseScope) -> Result<CaseListing, RemoteError> {
        let CaseScope::Suite(suite) = scope else {
            return Err(testworthy(unsupported("listing a project")));
        };
        let cases = self.live().filter(|case| case.suite == Some(suite));
        Ok(CaseListing {
            cases: cases.map(|case| (case.id, self.seen(case))).collect(),
            incomplete: None,
        })
    }

    pub(crate) fn read(&self, id: CaseId) -> Result<CaseRead, RemoteError> {
        if !self.offered.get_case {
            return Err(testworthy(unsupported("get_case")));
        }
        let present = |case| CaseRead::Present(Box::new(self.seen(case)));
        Ok(self.case(id).map_or(CaseRead::Refused, present))
    }

    /// Carries out a create of Accord.
    pub(crate) fn create(&mut self, draft: &CaseDraft, at: Timestamp) -> Result<Case, RemoteError> {
        self.writes += 1;
        if !SUITES.contains(&draft.suite) {
            return Err(testworthy(rejected("no such suite")));
        }
        if draft.fields.get("title").is_none_or(Value::is_null) {
            return Err(testworthy(rejected("a case needs a title")));
        }
        let fields = draft.fields.iter().filter(|(_, value)| !value.is_null());
        let fields = fields.map(|(name, value)| (name.clone(), self.kept(name, value)));
        let fields = fields.collect();
        let id = self.add(draft.suite, draft.refs.clone(), fields, at);
        let entry = self.cases.get_mut(&id).expect("just added");
        if draft.section.is_some() {
            entry.case.section = draft.section;
        }
        // Its own mark comes first; what follows a person wrote.
        let mentions = azure_boards_mentions(&draft.refs);
        entry.mentioned_by_accord = mentions.into_iter().take(1).collect();
        Ok(self.seen(&self.cases[&id].case))
    }

    /// Carries out an update of Accord.
    pub(crate) fn update(
        &mut self,
        id: CaseId,
        patch: &CasePatch,
        at: Timestamp,
    ) -> Result<Case, RemoteError> {
        if !self.offered.update {
            return Err(testworthy(unsupported("update_case")));
        }
        self.writes += 1;
        if self.case(id).is_none() {
            return Err(testworthy(rejected("no such case")));
        }
        let fields = patch.fields.iter();
        let fields: Vec<(String, Value)> = fields
            .map(|(name, value)| (name.clone(), self.kept(name, value)))
            .collect();
        let entry = self.cases.get_mut(&id).expect("just looked at");
        if let Some(refs) = &patch.refs {
            let before = azure_boards_mentions(&entry.case.refs);
            let new = azure_boards_mentions(refs).into_iter();
            let new = new.filter(|item| !before.contains(item));
            entry.mentioned_by_accord.extend(new);
        }
        self.touch(id, at, |case| {
            for (name, value) in fields {
                set(case, &name, value);
            }
            if let Some(refs) = &patch.refs {
                case.refs.clone_from(refs);
            }
        });
        Ok(self.seen(&self.cases[&id].case))
    }

    pub(crate) fn ensure_section(&mut self, suite: SuiteId, path: &[String]) -> SectionId {
        let mut parent = None;
        for name in path {
            parent = Some(self.section(suite, parent, name));
        }
        parent.unwrap_or(SectionId(301))
    }

    fn kept(&self, field: &str, value: &Value) -> Value {
        match value {
            Value::Text(html) if HTML_FIELDS.contains(&field) => {
                Value::text(normalised(html, self.habits))
            }
            _ => value.clone(),
        }
    }
}

pub(crate) fn set(case: &mut Case, name: &str, value: Value) {
    if value.is_null() {
        case.fields.remove(name);
    } else {
        case.fields.insert(name.to_owned(), value);
    }
}
