//! The calls of the automation surface and where they are: templates with documented or inferred
//! defaults, each of which a manifest may override.

use std::collections::BTreeMap;

use url::Url;

use crate::model::config::Operations;
use crate::model::{CaseId, SectionId, SuiteId};

/// A call of the automation surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Lists the cases of a suite.
    GetCases,
    /// Reads one case.
    GetCase,
    /// Lists suites.
    GetSuites,
    /// Lists the sections of a suite.
    GetSections,
    /// Lists priorities.
    GetPriorities,
    /// Lists case types.
    GetCaseTypes,
    /// Creates a case.
    AddCase,
    /// Changes a case.
    UpdateCase,
    /// Creates a section.
    AddSection,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::GetCases,
        Self::GetCase,
        Self::GetSuites,
        Self::GetSections,
        Self::GetPriorities,
        Self::GetCaseTypes,
        Self::AddCase,
        Self::UpdateCase,
        Self::AddSection,
    ];

    /// The key under `operations` in a manifest.
    pub const fn key(self) -> &'static str {
        match self {
            Self::GetCases => "getCases",
            Self::GetCase => "getCase",
            Self::GetSuites => "getSuites",
            Self::GetSections => "getSections",
            Self::GetPriorities => "getPriorities",
            Self::GetCaseTypes => "getCaseTypes",
            Self::AddCase => "addCase",
            Self::UpdateCase => "updateCase",
            Self::AddSection => "addSection",
        }
    }

    /// The path below `/api/tests/` unless a manifest overrides it.
    pub const fn default_template(self) -> &'static str {
        match self {
            Self::GetCases => "get_cases/{suite_id}",
            Self::GetCase => "get_case/{case_id}",
            Self::GetSuites => "get_suites",
            Self::GetSections => "get_sections/{suite_id}",
            Self::GetPriorities => "get_priorities",
            Self::GetCaseTypes => "get_case_types",
            Self::AddCase => "add_case/{suite_id}",
            Self::UpdateCase => "update_case/{case_id}",
            Self::AddSection => "add_section/{suite_id}",
        }
    }

    fn find(key: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.key() == key)
    }
}

/// An override under `operations` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operations.{key}: `{template}` cannot be used: {problem}")]
pub struct InvalidOperation {
    /// The key in the manifest.
    pub key: String,
    /// The template in the manifest.
    pub template: String,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

/// The ids that a path may need.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ids {
    pub(super) suite: Option<SuiteId>,
    pub(super) case: Option<CaseId>,
    pub(super) section: Option<SectionId>,
}

impl Ids {
    pub(super) fn suite(id: SuiteId) -> Self {
        Self {
            suite: Some(id),
            ..Self::default()
        }
    }

    pub(super) fn case(id: CaseId) -> Self {
        Self {
            case: Some(id),
            ..Self::default()
        }
    }

    fn get(self, name: &str) -> Option<u64> {
        match name {
            "suite_id" => self.suite.map(|id| id.0),
            "case_id" => self.case.map(|id| id.0),
            "section_id" => self.section.map(|id| id.0),
            _ => None,
        }
    }
}

const PLACEHOLDERS: [&str; 3] = ["suite_id", "case_id", "section_id"];

/// Where every operation of one server is.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    /// Ends with `/api/tests/`.
    root: Url,
    templates: BTreeMap<Operation, String>,
}

impl Paths {
    /// `base` is the connection's address, with or without a trailing slash.
    pub(super) fn new(base: &Url, overrides: &Operations) -> Result<Self, InvalidOperation> {
        let mut templates: BTreeMap<Operation, String> = Operation::ALL
            .into_iter()
            .map(|operation| (operation, operation.default_template().to_owned()))
            .collect();
        for (key, template) in &overrides.0 {
            let invalid = |problem: String| InvalidOperation {
                key: key.clone(),
                template: template.clone(),
                problem,
            };
            let operation = Operation::find(key).ok_or_else(|| {
                let known = Operation::ALL.map(Operation::key).join(", ");
                invalid(format!("there is no such operation; there are {known}"))
            })?;
            check_template(template).map_err(invalid)?;
            templates.insert(operation, template.clone());
        }
        let mut root = base.clone();
        root.set_query(None);
        root.set_fragment(None);
        let path = format!("{}/api/tests/", base.path().trim_end_matches('/'));
        root.set_path(&path);
        Ok(Self { root, templates })
    }

    /// The address of an operation. `Err` names the placeholder for which there is no id.
    pub(super) fn url(&self, operation: Operation, ids: Ids) -> Result<Url, String> {
        // Every operation has a template: `new` starts from all defaults.
        let template = self
            .templates
            .get(&operation)
            .map_or(operation.default_template(), String::as_str);
        let mut filled = template.to_owned();
        for name in PLACEHOLDERS {
            let placeholder = format!("{{{name}}}");
            if !filled.contains(&placeholder) {
                continue;
            }
            let id = ids.get(name).ok_or_else(|| {
                format!(
                    "its path `{template}` needs {placeholder}, which is not known here; \
                     set operations.{} in the connection",
                    operation.key()
                )
            })?;
            filled = filled.replace(&placeholder, &id.to_string());
        }
        let (path, query) = match filled.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (filled.as_str(), None),
        };
        let mut url = self.root.clone();
        url.set_path(&format!("{}{path}", self.root.path()));
        url.set_query(query);
        Ok(url)
    }

    /// Resolves a link that the server gave in the answer to `from`; `None` if it leaves the host or the
    /// root of the surface. The credentials would go along.
    pub(super) fn follow(&self, from: &Url, link: &str) -> Option<Url> {
        let start = link.trim();
        let base = if start.starts_with('?') {
            from
        } else {
            &self.root
        };
        let url = base.join(start).ok()?;
        let same_place = url.origin() == self.root.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path().starts_with(self.root.path());
        same_place.then_some(url)
    }
}

/// A template must be a plain relative path below the root, whatever ids are put in.
fn check_template(template: &str) -> Result<(), String> {
    let mut plain = template.to_owned();
    for name in PLACEHOLDERS {
        plain = plain.replace(&format!("{{{name}}}"), "0");
    }
    if plain.contains(['{', '}']) {
        return Err("only {suite_id}, {case_id} and {section_id} are filled in".to_owned());
    }
    let (path, query) = match plain.split_once('?') {
        Some((path, query)) => (path, query),
        None => (plain.as_str(), ""),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    if !path.chars().all(|c| is_plain(c) || c == '/')
        || !query.chars().all(|c| is_plain(c) || c == '=' || c == '&')
    {
        return Err("letters, digits and - . _ ~ / are allowed, and ? = & for a query".to_owned());
    }
    let segments = path.strip_suffix('/').unwrap_or(path).split('/');
    for segment in segments {
        match segment {
            "" => return Err("write it relative to /api/tests/, without empty parts".to_owned()),
            "." | ".." => return Err("it must stay below /api/tests/".to_owned()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paths(base: &str, overrides: &[(&str, &str)]) -> Result<Paths, InvalidOperation> {
        let overrides = overrides
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Paths::new(&Url::parse(base).unwrap(), &Operations(overrides))
    }

    #[test]
    fn defaults_are_the_published_paths() {
        let all = Ids {
            suite: Some(SuiteId(41)),
            case: Some(CaseId(7)),
            section: Some(SectionId(9)),
        };
        for base in [
            "https://testworthy.us",
            "https://testworthy.us/",
            "https://testworthy.us/tw",
        ] {
            let paths = paths(base, &[]).unwrap();
            let root = format!("{}/api/tests/", base.trim_end_matches('/'));
            for (operation, path) in [
                (Operation::GetCases, "get_cases/41"),
                (Operation::GetCase, "get_case/7"),
                (Operation::GetSuites, "get_suites"),
                (Operation::GetSections, "get_sections/41"),
                (Operation::GetPriorities, "get_priorities"),
                (Operation::GetCaseTypes, "get_case_types"),
                (Operation::AddCase, "add_case/41"),
                (Operation::UpdateCase, "update_case/7"),
                (Operation::AddSection, "add_section/41"),
            ] {
                assert_eq!(
                    paths.url(operation, all).unwrap().as_str(),
                    format!("{root}{path}")
                );
            }
        }
    }

    #[test]
    fn overrides_are_used() {
        let paths = paths(
            "https://testworthy.us",
            &[
                ("addCase", "add_case/{section_id}"),
                ("getSections", "sections?suite_id={suite_id}&x=1"),
            ],
        )
        .unwrap();
        let ids = Ids {
            section: Some(SectionId(9)),
            ..Ids::suite(SuiteId(41))
        };
        let url = |operation, ids| paths.url(operation, ids).map(String::from);
        assert_eq!(
            url(Operation::AddCase, ids).unwrap(),
            "https://testworthy.us/api/tests/add_case/9"
        );
        assert_eq!(
            url(Operation::GetSections, ids).unwrap(),
            "https://testworthy.us/api/tests/sections?suite_id=41&x=1"
        );
        let problem = url(Operation::AddCase, Ids::suite(SuiteId(41))).unwrap_err();
        assert!(problem.contains("{section_id}") && problem.contains("operations.addCase"));
    }

    #[test]
    fn unsafe_templates_are_refused() {
        for template in [
            "",
            "/",
            "/add_case",
            "//evil.example/x",
            "https://evil.example/",
            "../admin",
            "a/../b",
            "a/./b",
            "a//b",
            "a\\b",
            "a%2e%2e/b",
            "add_case/{suite}",
            "add_case/{suite_id",
            "a#b",
            "a b",
            "a@b",
            "a:b",
            "a?b?c",
            "a\n",
            "a?b=c/d",
            "\u{e9}",
        ] {
            let result = paths("https://testworthy.us", &[("addCase", template)]);
            assert!(result.is_err(), "{template:?}");
        }
        let unknown = paths("https://testworthy.us", &[("addcase", "x")]).unwrap_err();
        assert!(unknown.to_string().contains("addCase"), "{unknown}");
    }

    #[test]
    fn links_stay_on_the_host_and_below_the_root() {
        let paths = paths("https://testworthy.us/tw", &[]).unwrap();
        let from = Url::parse("https://testworthy.us/tw/api/tests/get_cases/41?limit=2").unwrap();
        let follow = |link: &str| paths.follow(&from, link).map(String::from);
        for (link, path) in [
            ("?offset=2", "get_cases/41?offset=2"),
            ("get_cases/41?offset=2", "get_cases/41?offset=2"),
            (
                "/tw/api/tests/get_cases/41&offset=2",
                "get_cases/41&offset=2",
            ),
            ("https://testworthy.us:443/tw/api/tests/x", "x"),
            ("//testworthy.us/tw/api/tests/x", "x"),
        ] {
            let expected = format!("https://testworthy.us/tw/api/tests/{path}");
            assert_eq!(follow(link), Some(expected), "{link}");
        }
        for link in [
            "https://evil.example/tw/api/tests/x",
            "http://testworthy.us/tw/api/tests/x",
            "https://testworthy.us:8443/tw/api/tests/x",
            "//evil.example/tw/api/tests/x",
            "\\\\evil.example/tw/api/tests/x",
            "/api/tests/get_cases/41",
            "/tw/api/tests",
            "../../admin",
            "/tw/api/tests/../../admin",
            "/tw/api/tests/%2e%2e/x",
            "https://ada:pw@testworthy.us/tw/api/tests/x",
            "javascript:alert(1)",
            "https://",
        ] {
            assert_eq!(follow(link), None, "{link}");
        }
    }

    proptest! {
        /// Whatever a manifest says, a request never leaves the root of the surface.
        #[test]
        fn no_template_leaves_the_root(template in "[a-z./?{}_=%\\\\@:#-]{0,20}", id in any::<u64>()) {
            let Ok(paths) = paths("https://testworthy.us/tw", &[("getCases", &template)]) else {
                return Ok(());
            };
            if let Ok(url) = paths.url(Operation::GetCases, Ids::suite(SuiteId(id))) {
                prop_assert!(url.as_str().starts_with("https://testworthy.us/tw/api/tests/"), "{}", url);
            }
        }
    }
}
