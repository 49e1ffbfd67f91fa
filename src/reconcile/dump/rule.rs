//! The proposed rule of one suite and one mapping. It creates nothing, and it is a comment where its first
//! plan would not be empty.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::mapping::MappingProposal;
use super::seen::{Known, Seen, SeenSuite, SeenType};
use super::text::{canonical, comment, commented, quoted, shortened};
use crate::model::Value;
use crate::remote::CaseScope;

/// A rule in the making.
#[derive(Clone, Debug)]
pub(super) struct RuleProposal {
    /// `metadata.name`.
    pub(super) name: String,
    /// `spec.mapping`.
    pub(super) mapping: String,
    connection: String,
    scope: CaseScope,
    suite_name: String,
    area: Option<String>,
    cases: usize,
    /// Pairs in the state.
    linked: usize,
    /// Pairs that only Accord's marker tells, with one of them.
    marked: (usize, Option<String>),
    /// Pairs that only `AB#n` tells, with one of them.
    mentioned: (usize, Option<String>),
    /// Why the whole rule is a comment.
    pub(super) refused: Option<String>,
}

impl RuleProposal {
    pub(super) fn new(
        seen: &Seen,
        of: &SeenType,
        suite: &SeenSuite,
        name: String,
        mapping: &str,
    ) -> Self {
        let pairs: Vec<_> = of
            .pairs
            .iter()
            .filter(|pair| suite.cases.contains(&pair.case))
            .collect();
        let known = |by: Known| {
            let mut found = pairs.iter().filter(|pair| pair.by == by);
            let count = found.clone().count();
            let example = found.next();
            (
                count,
                example.map(|pair| format!("case {} and work item {}", pair.case, pair.item)),
            )
        };
        let (marked, mentioned) = (known(Known::Marker), known(Known::Mention));
        let refused = (marked.0 > 0).then(|| {
            format!(
                "{} {} Accord's marker and no link in this state, for example {}. A plan would link them, so this \
                 rule is a comment: uncomment it to have them linked.",
                marked.0,
                if marked.0 == 1 { "pair has" } else { "pairs have" },
                marked.1.as_deref().unwrap_or_default()
            )
        });
        Self {
            name,
            mapping: mapping.to_owned(),
            connection: seen.connection.name.to_string(),
            scope: suite.scope,
            suite_name: suite.name.clone(),
            area: area(seen, of, suite),
            cases: suite.cases.len(),
            linked: known(Known::Linked).0,
            marked,
            mentioned,
            refused,
        }
    }

    /// The suite that it selects; `None` for a whole project.
    pub(super) fn selects(&self) -> CaseScope {
        self.scope
    }

    /// The file; the reason if it cannot be written in canonical form.
    pub(super) fn text(&self, mapping: Option<&MappingProposal>) -> Result<String, String> {
        let mut text = comment(0, &self.head());
        let scope = match self.scope {
            CaseScope::Suite(id) => format!("{{ testworthy: {{ suites: [{id}] }} }}"),
            CaseScope::Project => "{ testworthy: {} }".to_owned(),
        };
        let _ = writeln!(
            text,
            "apiVersion: accord/v1\nkind: SyncRule\nmetadata: {{ name: {} }}\nspec:\n  connection: {}\n  mapping: \
             {}\n  scope: {scope}\n  direction: toAzureDevOps",
            self.name, self.connection, self.mapping
        );
        text.push_str(&comment(2, &self.about_creating(mapping)));
        text.push_str("  create: none\n");
        if let Some(area) = &self.area {
            text.push_str(&comment(2, "Where new work items would go."));
            let area = quoted(area);
            let _ = writeln!(
                text,
                "  createIn: {{ azureDevOps: {{ areaPath: {area} }} }}"
            );
        }
        if let (count @ 1.., example) = &self.mentioned {
            let told = format!(
                "`match: [marker, id]` would also take {count} {} that only `AB#n` in the references tells, and \
                 put Accord's marker on the work item: {}.",
                if *count == 1 { "pair" } else { "pairs" },
                example.as_deref().unwrap_or_default()
            );
            text.push_str(&comment(2, &told));
            text.push_str("  match: [marker]\n");
        } else {
            text.push_str("  match: [marker, id]\n");
        }
        let no_mapping = "Its mapping is a comment, so it is one too.".to_owned();
        let refused = match (&self.refused, mapping.is_some_and(MappingProposal::is_live)) {
            (Some(reason), _) => Some(reason),
            (None, false) => Some(&no_mapping),
            (None, true) => None,
        };
        match refused {
            None => canonical(&text),
            // What a comment says is held to the same form as what is live.
            Some(reason) => Ok(comment(0, reason) + &commented(0, &canonical(&text)?)),
        }
    }

    /// Whether it is live beside this mapping.
    pub(super) fn is_live(&self, mapping: Option<&MappingProposal>) -> bool {
        self.refused.is_none() && mapping.is_some_and(MappingProposal::is_live)
    }

    fn head(&self) -> String {
        let place = match self.scope {
            CaseScope::Suite(id) if self.suite_name.is_empty() => format!("suite {id}"),
            CaseScope::Suite(id) => format!("suite {id} \"{}\"", shortened(&self.suite_name, 60)),
            CaseScope::Project => "the TestWorthy project".to_owned(),
        };
        format!(
            "Proposed for {place}: {} {}; {} linked, {} told by Accord's marker, {} by `AB#n` alone.",
            self.cases,
            if self.cases == 1 { "case" } else { "cases" },
            self.linked,
            self.marked.0,
            self.mentioned.0
        )
    }

    fn about_creating(&self, mapping: Option<&MappingProposal>) -> String {
        let missing = self
            .cases
            .saturating_sub(self.linked + self.marked.0 + self.mentioned.0);
        let mut text = format!(
            "`create: azureDevOps` would make a work item for every case without one: {missing} now."
        );
        if mapping.is_none_or(|mapping| !mapping.has_title()) {
            text.push_str(" That needs a live row to System.Title.");
        }
        text
    }
}

/// Where the work items of a suite are: the area of most of those that exist, else the one that is called
/// like the suite, else the project's top.
fn area(seen: &Seen, of: &SeenType, suite: &SeenSuite) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let pairs = of
        .pairs
        .iter()
        .filter(|pair| suite.cases.contains(&pair.case));
    for item in pairs.filter_map(|pair| seen.items.get(&pair.item)) {
        if let Some(path) = item.fields.get("System.AreaPath").and_then(Value::as_text) {
            *counts.entry(path).or_default() += 1;
        }
    }
    let most = counts.values().copied().max();
    let common = counts
        .iter()
        .find(|(_, count)| Some(**count) == most)
        .map(|(path, _)| *path);
    let is_called = |path: &&String| {
        let last = path.rsplit('\\').next().unwrap_or_default();
        !suite.name.is_empty() && last.eq_ignore_ascii_case(suite.name.trim())
    };
    let named = || seen.areas.iter().find(is_called).map(String::as_str);
    let area = common
        .or_else(named)
        .or_else(|| seen.areas.first().map(String::as_str));
    // A path that rules could not name is left out.
    let is_path = |path: &&str| {
        path.split('\\')
            .all(|name| !name.trim().is_empty() && !name.contains('/'))
    };
    area.filter(is_path).map(str::to_owned)
}
