//! Safety rules: pure functions that measure what a plan would do against the limits.
//!
//! Limits hold per rule. An override is the absolute number that a person has seen and accepts, for
//! the whole run: it covers the rules that are over their limit only if their sum stays within it.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::{SafetyReport, SafetyRule, SafetyVerdict};
use crate::diagnostics::Code;
use crate::diagnostics::catalog::safety::{
    EMPTY_LISTING, INCOMPLETE_READ, MANIFESTS_MISSING, REVISION_WENT_DOWN, TOO_MANY_DELETES,
    TOO_MANY_UPDATES,
};
use crate::model::System;
use crate::model::config::{ChangeLimit, Safety};

/// What one rule would do, and how sure its reads are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMeasure {
    /// `SyncRule/NAME`.
    pub address: String,
    /// The side that is read.
    pub source: System,
    /// The rule's active links before the run: what shares are taken of.
    pub linked: u64,
    /// Items to be updated for any other reason than a changed mapping.
    pub updates: u64,
    /// Items to be updated only because the mapping of a field changed; not part of `updates`.
    pub mapping_changed: u64,
    /// Items to be closed or removed.
    pub deletes: u64,
    /// Items to be created.
    pub creates: u64,
    /// Whether the source lists nothing while the rule has active links.
    pub source_empty_with_links: bool,
    /// Whether the target lists nothing while the rule has active links.
    pub target_empty_with_links: bool,
    /// Whether either side may be the one that was emptied on purpose.
    pub two_way: bool,
    /// Links whose work item is at an older revision than the one that was seen last.
    pub set_back: u64,
    /// Why a listing may lack items, if it may.
    pub incomplete: Option<String>,
}

impl RuleMeasure {
    /// A rule that does nothing, to be filled in.
    pub fn new(address: impl Into<String>, source: System) -> Self {
        Self {
            address: address.into(),
            source,
            linked: 0,
            updates: 0,
            mapping_changed: 0,
            deletes: 0,
            creates: 0,
            source_empty_with_links: false,
            target_empty_with_links: false,
            two_way: false,
            set_back: 0,
            incomplete: None,
        }
    }

    /// Everything that was there is to be deleted: the one case of an empty listing that can be meant.
    fn emptied_source(&self) -> bool {
        let emptied =
            self.source_empty_with_links || (self.two_way && self.target_empty_with_links);
        emptied && self.deletes > 0
    }
}

/// How many manifest files there are and were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCounts {
    /// Now.
    pub now: u64,
    /// At the last apply, if there was one.
    pub last_apply: Option<u64>,
}

/// What a person accepts for this run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--allow-updates N`.
    pub allow_updates: Option<u64>,
    /// `--allow-deletes N`.
    pub allow_deletes: Option<u64>,
}

/// The outcome of all safety rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// For the plan: blocked if any rule is. A rule that only blocks creates and deletes is blocked if
    /// the plan has some for it, else it passes and is still listed.
    pub report: SafetyReport,
    /// Rules for which nothing may be created or deleted in this run, whatever the plan holds.
    pub blocks_creates_and_deletes: BTreeSet<String>,
}

/// Measures every rule. The report's order is that of `rules`, the files' rule first; equal inputs
/// give equal reports.
pub fn assess(
    rules: &[RuleMeasure],
    limits: &Safety,
    overrides: Overrides,
    files: FileCounts,
) -> Assessment {
    let mut outcome = Collector::default();
    files_rule(&mut outcome, rules, overrides, files);

    let over = |limit: &ChangeLimit, measure: fn(&RuleMeasure) -> u64| {
        let total: u64 = rules
            .iter()
            .filter(|rule| exceeds(limit, measure(rule), rule.linked).is_some())
            .map(measure)
            .fold(0, u64::saturating_add);
        total
    };
    let updates_over = over(&limits.updates, |rule| rule.updates);
    // An emptied source is a mass deletion too, whatever its size, and counts towards the number.
    let deletes_over = rules
        .iter()
        .filter(|rule| {
            rule.emptied_source() || exceeds(&limits.deletes, rule.deletes, rule.linked).is_some()
        })
        .map(|rule| rule.deletes)
        .fold(0, u64::saturating_add);

    for rule in rules {
        reads_rules(&mut outcome, rule, overrides, deletes_over);
        limit_rule(
            &mut outcome,
            &Limited {
                code: &TOO_MANY_UPDATES,
                rule,
                limit: &limits.updates,
                count: rule.updates,
                verb: "updated",
                also: mapping_note(rule),
                flag: "--allow-updates",
                needed: updates_over,
                allowed: overrides.allow_updates,
            },
        );
        limit_rule(
            &mut outcome,
            &Limited {
                code: &TOO_MANY_DELETES,
                rule,
                limit: &limits.deletes,
                count: rule.deletes,
                verb: "closed or removed",
                also: String::new(),
                flag: "--allow-deletes",
                needed: deletes_over,
                allowed: overrides.allow_deletes,
            },
        );
    }
    outcome.finish()
}

#[derive(Default)]
struct Collector {
    rules: Vec<SafetyRule>,
    blocks: BTreeSet<String>,
}

impl Collector {
    fn push(
        &mut self,
        code: Code,
        address: &str,
        verdict: SafetyVerdict,
        measured: String,
        limit: String,
        help: Option<String>,
    ) {
        self.rules.push(SafetyRule {
            code: code.code.to_owned(),
            address: address.to_owned(),
            verdict,
            measured,
            limit,
            help,
        });
    }

    fn finish(self) -> Assessment {
        let verdict = self
            .rules
            .iter()
            .map(|rule| rule.verdict)
            .max()
            .unwrap_or(SafetyVerdict::Pass);
        Assessment {
            report: SafetyReport {
                verdict,
                rules: self.rules,
            },
            blocks_creates_and_deletes: self.blocks,
        }
    }
}

fn files_rule(
    outcome: &mut Collector,
    rules: &[RuleMeasure],
    overrides: Overrides,
    files: FileCounts,
) {
    let Some(last) = files.last_apply else { return };
    // `now * 2 < last` without overflow.
    if files.now >= last.div_ceil(2) {
        return;
    }
    let sum =
        |measure: fn(&RuleMeasure) -> u64| rules.iter().map(measure).fold(0, u64::saturating_add);
    let deletes = sum(|rule| rule.deletes);
    let stopped = deletes.saturating_add(sum(|rule| rule.creates)) > 0;
    let accepted = overrides.allow_deletes.is_some_and(|n| n >= deletes);
    if !accepted {
        outcome
            .blocks
            .extend(rules.iter().map(|rule| rule.address.clone()));
    }
    let verdict = match (accepted, stopped) {
        (true, _) => SafetyVerdict::Overridden,
        (false, true) => SafetyVerdict::Blocked,
        (false, false) => SafetyVerdict::Pass,
    };
    outcome.push(
        &MANIFESTS_MISSING,
        "Project",
        verdict,
        format!(
            "{} where the last apply read {last}",
            counted(files.now, "manifest file", "manifest files")
        ),
        "at least half of them".to_owned(),
        (!accepted).then(|| {
            format!(
                "Check the checkout and `spec.manifests`. If the files were removed or merged on \
                 purpose, run again with `--allow-deletes {deletes}`."
            )
        }),
    );
}

fn reads_rules(
    outcome: &mut Collector,
    rule: &RuleMeasure,
    overrides: Overrides,
    deletes_over: u64,
) {
    let stopped = rule.creates > 0 || rule.deletes > 0;
    let verdict = |accepted: bool| match (accepted, stopped) {
        (true, _) => SafetyVerdict::Overridden,
        (false, true) => SafetyVerdict::Blocked,
        (false, false) => SafetyVerdict::Pass,
    };
    let name = rule
        .address
        .strip_prefix("SyncRule/")
        .unwrap_or(&rule.address);
    for (empty, system, is_source) in [
        (rule.source_empty_with_links, rule.source, true),
        (rule.target_empty_with_links, rule.source.other(), false),
    ] {
        if !empty {
            continue;
        }
        let can_be_meant = (is_source || rule.two_way) && rule.emptied_source();
        let accepted = can_be_meant && overrides.allow_deletes.is_some_and(|n| n >= deletes_over);
        if !accepted {
            outcome.blocks.insert(rule.address.clone());
        }
        let way_out = if can_be_meant {
            format!(
                "If it was emptied on purpose, run again with `--allow-deletes {deletes_over}`."
            )
        } else {
            "To run the other rules meanwhile, name them with `--only`.".to_owned()
        };
        outcome.push(
            &EMPTY_LISTING,
            &rule.address,
            verdict(accepted),
            format!(
                "{system} lists none of the rule's linked items ({})",
                rule.linked
            ),
            "no creates or deletes while a side lists none of them".to_owned(),
            (!accepted).then(|| {
                format!(
                    "Check the scope of {name} and what the credential for {system} may see. {way_out}"
                )
            }),
        );
    }
    if rule.set_back > 0 {
        let writes = rule.updates + rule.mapping_changed + rule.deletes > 0;
        outcome.push(
            &REVISION_WENT_DOWN,
            &rule.address,
            if writes {
                SafetyVerdict::Blocked
            } else {
                SafetyVerdict::Pass
            },
            format!(
                "{} at an older revision than at the last apply",
                of_linked(rule.set_back, rule.linked)
            ),
            "no updates or deletes after a server was set back".to_owned(),
            Some(
                "Find out what was restored from a backup, then let `accord state rebuild` begin anew from what both sides hold. To run the other rules meanwhile, name them with `--only`."
                    .to_owned(),
            ),
        );
    }
    if let Some(reason) = &rule.incomplete {
        outcome.blocks.insert(rule.address.clone());
        outcome.push(
            &INCOMPLETE_READ,
            &rule.address,
            verdict(false),
            format!("a listing may lack items: {reason}"),
            "no creates or deletes on the strength of an incomplete listing".to_owned(),
            Some(
                "Run again. To run the other rules meanwhile, name them with `--only`.".to_owned(),
            ),
        );
    }
}

/// One limit of one rule, and what is needed to pass it.
struct Limited<'a> {
    code: Code,
    rule: &'a RuleMeasure,
    limit: &'a ChangeLimit,
    count: u64,
    verb: &'static str,
    /// What was counted apart.
    also: String,
    flag: &'static str,
    /// The number that a person has to accept: over all rules beyond this limit.
    needed: u64,
    allowed: Option<u64>,
}

fn limit_rule(outcome: &mut Collector, it: &Limited<'_>) {
    if it.count == 0 && it.also.is_empty() {
        return;
    }
    let linked = it.rule.linked;
    let excess = exceeds(it.limit, it.count, linked);
    let accepted = it.allowed.is_some_and(|allowed| allowed >= it.needed);
    let verdict = match (excess, accepted) {
        (None, _) => SafetyVerdict::Pass,
        (Some(_), true) => SafetyVerdict::Overridden,
        (Some(_), false) => SafetyVerdict::Blocked,
    };
    let measured = format!(
        "{}{} would be {}{}",
        of_linked(it.count, linked),
        share(it.count, linked),
        it.verb,
        it.also
    );
    let help = (verdict == SafetyVerdict::Blocked).then(|| {
        let sum = if it.needed > it.count {
            " (all rules over this limit together)"
        } else {
            ""
        };
        let short = match it.allowed {
            Some(allowed) => format!("`{} {allowed}` is not enough. ", it.flag),
            None => String::new(),
        };
        format!(
            "{short}If this is meant, run again with `{} {}`{sum}, or apply in parts with `--only`.",
            it.flag, it.needed
        )
    });
    let limit = match excess {
        Some(Excess::Percent(percent)) => percent_text(percent),
        Some(Excess::Count(count)) => counted(count, "item", "items"),
        None => limit_text(it.limit, linked),
    };
    outcome.push(it.code, &it.rule.address, verdict, measured, limit, help);
}

/// Which part of a limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Excess {
    Percent(f64),
    Count(u64),
}

fn exceeds(limit: &ChangeLimit, count: u64, linked: u64) -> Option<Excess> {
    if let Some(percent) = limit.max_percent
        && linked >= ChangeLimit::FROM
        && over_share(count, linked, percent)
    {
        return Some(Excess::Percent(percent));
    }
    limit
        .max_count
        .filter(|max| count > *max)
        .map(Excess::Count)
}

/// Whether `count` is more than `percent` of `of`. Exactly at the limit is not over it, also where
/// the limit as a binary fraction falls a hair short of what the manifest says.
fn over_share(count: u64, of: u64, percent: f64) -> bool {
    let allowed = percent * float(of);
    float(count) * 100.0 > allowed + allowed.abs() * 1e-12
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of items are far below 2^53"
)]
fn float(count: u64) -> f64 {
    count as f64
}

fn share(count: u64, linked: u64) -> String {
    if linked == 0 {
        return String::new();
    }
    let percent = float(count) * 100.0 / float(linked);
    format!(" ({percent:.1} %)")
}

fn of_linked(count: u64, linked: u64) -> String {
    format!(
        "{count} of {}",
        counted(linked, "linked item", "linked items")
    )
}

fn mapping_note(rule: &RuleMeasure) -> String {
    match rule.mapping_changed {
        0 => String::new(),
        n => format!("; {n} more because the mapping changed, outside the limit"),
    }
}

fn limit_text(limit: &ChangeLimit, linked: u64) -> String {
    let mut parts = Vec::new();
    if let Some(percent) = limit.max_percent {
        let from = ChangeLimit::FROM;
        parts.push(if linked < from {
            format!("{} from {from} linked items on", percent_text(percent))
        } else {
            percent_text(percent)
        });
    }
    if let Some(count) = limit.max_count {
        parts.push(counted(count, "item", "items"));
    }
    if parts.is_empty() {
        return "none".to_owned();
    }
    parts.join(", ")
}

fn percent_text(percent: f64) -> String {
    format!("{percent} %")
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
