//! What a plan has to say at the lines of the manifests: for annotations of build services and for SARIF.

use std::collections::{BTreeMap, HashMap};

use super::words::counted;
use crate::diagnostics::Severity;
use crate::diagnostics::render::annotation::{Annotation, Spot};
use crate::plan::order::declaration;
use crate::plan::{Action, Change, OriginEntry, Plan, PlanFinding, SafetyRule, SafetyVerdict};

/// Where declarations stand, as far as the plan tells.
pub(super) struct Places<'a> {
    origins: HashMap<&'a str, &'a OriginEntry>,
    prefix: &'a str,
}

impl<'a> Places<'a> {
    /// `prefix` is the way from the repository's top folder to the project's, with `/` behind it, or empty.
    pub(super) fn new(plan: &'a Plan, prefix: &'a str) -> Self {
        let mut origins = HashMap::new();
        for change in &plan.changes {
            origins
                .entry(declaration(&change.address))
                .or_insert(&change.origin);
        }
        for finding in &plan.findings {
            if let Some(origin) = &finding.origin {
                origins
                    .entry(declaration(&finding.address))
                    .or_insert(origin);
            }
        }
        Self { origins, prefix }
    }

    pub(super) fn spot(&self, origin: &OriginEntry) -> Spot {
        Spot {
            file: format!("{}{}", self.prefix, origin.file),
            line: usize::try_from(origin.line).unwrap_or(1).max(1),
            column: None,
        }
    }

    /// The place that an entry names, or that of what its address belongs to.
    pub(super) fn at(&self, origin: Option<&OriginEntry>, address: &str) -> Option<Spot> {
        match origin {
            Some(origin) => Some(self.spot(origin)),
            None => self.of(address),
        }
    }

    /// The place of what an address belongs to, if the plan names one.
    pub(super) fn of(&self, address: &str) -> Option<Spot> {
        let origin = self.origins.get(declaration(address))?;
        Some(self.spot(origin))
    }
}

/// How bad a finding of a plan is.
pub(super) fn severity(finding: &PlanFinding) -> Severity {
    match finding.severity.as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    }
}

/// What a rule of safety measured, in one sentence, and the way out.
pub(super) fn measured(rule: &SafetyRule) -> String {
    let mut text = format!("{}: {}; limit {}", rule.address, rule.measured, rule.limit);
    if let Some(help) = &rule.help {
        text.push_str(". ");
        text.push_str(help);
    }
    text
}

/// What a reader of the manifests has to know, in the order of weight inside each level: blocked rules and
/// errors; conflicts, warnings, accepted rules, and what would be deleted; then what else would change.
pub(super) fn annotations(plan: &Plan, prefix: &str) -> Vec<Annotation> {
    let places = Places::new(plan, prefix);
    let mut all = Vec::new();
    let safety = |verdict: SafetyVerdict, level: Severity| {
        let places = &places;
        let rules = plan.safety.rules.iter();
        rules
            .filter(move |rule| rule.verdict == verdict)
            .map(move |rule| Annotation {
                level,
                spot: places.of(&rule.address),
                title: rule.code.clone(),
                message: measured(rule),
            })
    };
    all.extend(safety(SafetyVerdict::Blocked, Severity::Error));
    all.extend(findings(plan, &places));
    all.extend(conflicts(plan, &places));
    all.extend(safety(SafetyVerdict::Overridden, Severity::Warning));
    all.extend(changes(plan, &places));
    all
}

/// Findings, one that many items share told once.
fn findings(plan: &Plan, places: &Places<'_>) -> Vec<Annotation> {
    let mut told: Vec<(&PlanFinding, usize)> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in &plan.findings {
        let place = finding.origin.as_ref().map(|o| (o.file.as_str(), o.line));
        let key = (
            finding.severity.as_str(),
            finding.code.as_str(),
            finding.message.as_str(),
            place,
        );
        let at = *known.entry(key).or_insert_with(|| {
            told.push((finding, 0));
            told.len() - 1
        });
        told[at].1 += 1;
    }
    let annotation = |(finding, count): (&PlanFinding, usize)| {
        let more = match count {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Annotation {
            level: severity(finding),
            spot: places.at(finding.origin.as_ref(), &finding.address),
            title: finding.code.clone(),
            message: format!("{}{more}: {}", finding.address, finding.message),
        }
    };
    told.into_iter().map(annotation).collect()
}

/// Conflicts of one declaration about one field with one code are told together.
fn conflicts(plan: &Plan, places: &Places<'_>) -> Vec<Annotation> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
    for (at, conflict) in plan.conflicts.iter().enumerate() {
        let path = conflict.path.as_deref().unwrap_or("");
        let key = (declaration(&conflict.address), conflict.code.as_str(), path);
        groups.entry(key).or_default().push(at);
    }
    let annotation = |((_, code, path), members): ((&str, &str, &str), Vec<usize>)| {
        let first = &plan.conflicts[members[0]];
        let field = match path {
            "" => String::new(),
            path => format!(", {path}"),
        };
        let more = match members.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Annotation {
            level: Severity::Warning,
            spot: places.at(first.origin.as_ref(), &first.address),
            title: code.to_owned(),
            message: format!("{}{field}{more}: {}", first.address, first.message),
        }
    };
    groups.into_iter().map(annotation).collect()
}

/// What would change because of each declaration: a warning if anything is deleted.
fn changes(plan: &Plan, places: &Places<'_>) -> Vec<Annotation> {
    let mut groups: BTreeMap<(&str, u32, &str), Vec<&Change>> = BTreeMap::new();
    for change in &plan.changes {
        let origin = &change.origin;
        let key = (
            origin.file.as_str(),
            origin.line,
            declaration(&change.address),
        );
        groups.entry(key).or_default().push(change);
    }
    let mut all = Vec::new();
    for ((_, _, declaration), changes) in groups {
        let count = |action| changes.iter().filter(|c| c.action == action).count() as u64;
        let spot = Some(places.spot(&changes[0].origin));
        let deletes = count(Action::Delete);
        if deletes > 0 {
            let items = counted(deletes, "item", "items");
            all.push(Annotation {
                level: Severity::Warning,
                spot: spot.clone(),
                title: declaration.to_owned(),
                message: format!("{items} would be closed or removed"),
            });
        }
        let parts: Vec<String> = [
            (Action::Create, "create"),
            (Action::Update, "update"),
            (Action::Link, "link"),
        ]
        .into_iter()
        .map(|(action, verb)| (count(action), verb))
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{count} to {verb}"))
        .collect();
        if !parts.is_empty() {
            all.push(Annotation {
                level: Severity::Info,
                spot,
                title: declaration.to_owned(),
                message: parts.join(", "),
            });
        }
    }
    // Deletes of every declaration before what follows; the order inside is by place.
    all.sort_by_key(|annotation| std::cmp::Reverse(annotation.level));
    all
}
