//! Which existing item of the other side is this one? By marker, by id, by title, in the rule's order.
//!
//! Pure and symmetric: the same indexes answer for cases and for work items. Whatever is not certain
//! is quarantined, never guessed: a wrong pair overwrites somebody's work.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::deletion::told;
use super::pair::is_mapped;
use super::parted::Parted;
use crate::model::config::MatchBy;
use crate::model::{Case, CaseId, WorkItem, WorkItemId, azure_boards_mentions};
use crate::plan::observed::{ItemKey, RuleInput};

/// What the search for a counterpart gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// Nothing: the item may be created on the other side.
    None,
    /// This one.
    One {
        /// The counterpart.
        target: ItemKey,
        /// How it was recognised.
        by: MatchBy,
    },
    /// More than one, or one that is taken: a person has to look.
    Ambiguous(String),
}

/// Indexes over what was observed, built once per rule.
pub(super) struct Matcher<'a> {
    input: &'a RuleInput<'a>,
    parted: Rc<Parted<'a>>,
    items_by_marker: BTreeMap<CaseId, Vec<WorkItemId>>,
    cases_by_mention: BTreeMap<WorkItemId, Vec<CaseId>>,
    free_cases_by_title: BTreeMap<&'a str, Vec<CaseId>>,
    free_items_by_title: BTreeMap<&'a str, Vec<WorkItemId>>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(input: &'a RuleInput<'a>, parted: Rc<Parted<'a>>) -> Self {
        let mut matcher = Self {
            input,
            parted,
            items_by_marker: BTreeMap::new(),
            cases_by_mention: BTreeMap::new(),
            free_cases_by_title: BTreeMap::new(),
            free_items_by_title: BTreeMap::new(),
        };
        matcher.index_mentions();
        matcher.index_items();
        matcher.index_cases();
        matcher
    }

    fn index_mentions(&mut self) {
        for case in self.input.observed.cases.values() {
            for id in azure_boards_mentions(&case.refs) {
                self.cases_by_mention.entry(id).or_default().push(case.id);
            }
        }
    }

    fn index_items(&mut self) {
        let by_id = self.matches_by(MatchBy::Id);
        let input = self.input;
        for item in input.observed.work_items.values() {
            if !self.is_mapped(item) {
                continue;
            }
            let markers = self.own_markers(item);
            for &case in &markers {
                self.items_by_marker.entry(case).or_default().push(item.id);
            }
            let in_scope = input.observed.work_items_in_scope.contains(&item.id)
                || input.rule.scope.azure_devops.is_none();
            let free = markers.is_empty()
                && self.linked_case(item.id).is_none()
                && self.parted.get(ItemKey::WorkItem(item.id)).is_none()
                && (!by_id || !self.cases_by_mention.contains_key(&item.id));
            if free && in_scope {
                self.free_items_by_title
                    .entry(item.title().trim())
                    .or_default()
                    .push(item.id);
            }
        }
    }

    fn index_cases(&mut self) {
        let by_id = self.matches_by(MatchBy::Id);
        let input = self.input;
        for case in input.observed.cases.values() {
            let in_scope = input.observed.cases_in_scope.contains(&case.id)
                || input.rule.scope.testworthy.is_none();
            let free = self.linked_item(case.id).is_none()
                && self.parted.get(ItemKey::Case(case.id)).is_none()
                && !self.items_by_marker.contains_key(&case.id)
                && (!by_id || self.mentioned_items(case).is_empty());
            if in_scope && free {
                self.free_cases_by_title
                    .entry(case.title().trim())
                    .or_default()
                    .push(case.id);
            }
        }
    }

    /// The case that a work item is linked to, by whatever rule.
    fn linked_case(&self, item: WorkItemId) -> Option<CaseId> {
        self.input.pairs.case(item)
    }

    /// The work item that a case is linked to, by whatever rule.
    fn linked_item(&self, case: CaseId) -> Option<WorkItemId> {
        self.input.pairs.work_item(case)
    }

    fn matches_by(&self, way: MatchBy) -> bool {
        self.input.rule.match_by.contains(&way)
    }

    /// Work items of the mapped type that the case's references name, as far as they were read.
    fn mentioned_items(&self, case: &Case) -> Vec<WorkItemId> {
        let observed = self.input.observed;
        let mut mentioned = azure_boards_mentions(&case.refs);
        mentioned.retain(|id| {
            let kept = observed.work_item(*id);
            observed.unchanged.has_work_item(*id) || kept.is_some_and(|item| self.is_mapped(item))
        });
        mentioned
    }

    /// Whether the mapping and the connection's project cover this item.
    fn is_mapped(&self, item: &WorkItem) -> bool {
        is_mapped(self.input.mapping, self.input.connection, item)
    }

    fn own_markers(&self, item: &WorkItem) -> BTreeSet<CaseId> {
        self.input.connection.testworthy.marked_cases(item)
    }

    /// The one case that a work item's markers name. A case that was deleted and made anew leaves its marker
    /// behind: of several markers the one counts whose case is there and names the work item in turn, if no
    /// other's is there. `Err` if that is not certain.
    fn marked_case(&self, item: &WorkItem) -> Result<Option<CaseId>, String> {
        let markers = self.own_markers(item);
        if markers.len() < 2 {
            return Ok(markers.first().copied());
        }
        let observed = self.input.observed;
        let there: Vec<CaseId> = markers
            .into_iter()
            .filter(|case| observed.has_case(*case))
            .collect();
        let naming = self.cases_by_mention.get(&item.id);
        match there[..] {
            [case] if naming.is_some_and(|naming| naming.contains(&case)) => Ok(Some(case)),
            _ => Err(format!(
                "work item {} carries the markers of several cases; remove the wrong hyperlinks",
                item.id
            )),
        }
    }

    /// Work items beside `linked` that claim to belong to `case`: late duplicates, for a finding.
    pub(super) fn duplicates(&self, case: CaseId, linked: WorkItemId) -> Vec<WorkItemId> {
        let claiming = self.items_by_marker.get(&case).into_iter().flatten();
        claiming
            .copied()
            .filter(|id| *id != linked && self.linked_case(*id).is_none())
            .collect()
    }

    /// Looks for the counterpart of an unlinked item, in the ways of the rule.
    pub(super) fn find(&self, source: ItemKey) -> Match {
        let ways = &self.input.rule.match_by;
        match self.find_by(source, ways) {
            Match::None => self.claimed_elsewhere(source),
            Match::One { target, .. } if self.parted.is_unlinked(target) => {
                let target = told(target);
                Match::Ambiguous(format!(
                    "{target} is its counterpart by the marks, and was unlinked; join the right pair with `accord link`"
                ))
            }
            found => found,
        }
    }

    /// Looks for the counterpart of an unlinked item in these ways, in their order.
    pub(super) fn find_by(&self, source: ItemKey, ways: &[MatchBy]) -> Match {
        for by in ways {
            let found = match (by, source) {
                (MatchBy::Marker, ItemKey::Case(case)) => self.case_by_marker(case),
                (MatchBy::Marker, ItemKey::WorkItem(item)) => self.item_by_marker(item),
                (MatchBy::Id, ItemKey::Case(case)) => self.case_by_mention(case),
                (MatchBy::Id, ItemKey::WorkItem(item)) => self.item_by_mention(item),
                (MatchBy::Title, _) => self.by_title(source),
            };
            if found != Match::None {
                return found;
            }
        }
        Match::None
    }

    /// An item that some mark ties to another one is never the start of a new pair, whatever the rule
    /// matches by: that is how duplicates are made.
    fn claimed_elsewhere(&self, source: ItemKey) -> Match {
        let reason = match source {
            ItemKey::Case(case) => self.case_claimed_elsewhere(case),
            ItemKey::WorkItem(id) => self.item_claimed_elsewhere(id),
        };
        reason.map_or(Match::None, Match::Ambiguous)
    }

    fn case_claimed_elsewhere(&self, case: CaseId) -> Option<String> {
        let item = *self.items_by_marker.get(&case)?.first()?;
        Some(match self.linked_case(item) {
            Some(other) => format!(
                "work item {item} carries the marker of case {case} and is linked to case {other}; remove the wrong hyperlink, no second work item is made"
            ),
            None => format!(
                "work item {item} carries the marker of case {case}, and the rule does not match by `marker`; no second work item is made"
            ),
        })
    }

    fn item_claimed_elsewhere(&self, id: WorkItemId) -> Option<String> {
        let item = self.input.observed.work_item(id)?;
        if let Some(case) = self.own_markers(item).first() {
            let why = if self.input.observed.has_case(*case) {
                "and the rule does not match by `marker`"
            } else {
                "which is not among the cases that were read"
            };
            return Some(format!(
                "work item {id} carries the marker of case {case}, {why}; no second case is made for it"
            ));
        }
        // Accord's own mark on a case looks like a reference that a person wrote.
        let case = self.cases_by_mention.get(&id)?.first()?;
        Some(format!(
            "case {case} names AB#{id} in its references, and the rule does not match by `id`; no second case is made for it"
        ))
    }

    fn case_by_marker(&self, case: CaseId) -> Match {
        let all = self
            .items_by_marker
            .get(&case)
            .map_or(&[][..], Vec::as_slice);
        let free: Vec<WorkItemId> = all
            .iter()
            .copied()
            .filter(|id| self.linked_case(*id).is_none())
            .collect();
        match free[..] {
            [] => Match::None,
            [one] => {
                let marked = self.input.observed.work_item(one);
                if let Some(Err(reason)) = marked.map(|item| self.marked_case(item)) {
                    return Match::Ambiguous(reason);
                }
                Match::One {
                    target: ItemKey::WorkItem(one),
                    by: MatchBy::Marker,
                }
            }
            _ => Match::Ambiguous(format!(
                "work items {} all carry the marker of case {case}; keep one and remove the `accord/1` hyperlink from the others",
                list(&free)
            )),
        }
    }

    fn item_by_marker(&self, id: WorkItemId) -> Match {
        let Some(item) = self.input.observed.work_item(id) else {
            return Match::None;
        };
        let case = match self.marked_case(item) {
            Ok(Some(case)) => case,
            Ok(None) => return Match::None,
            Err(reason) => return Match::Ambiguous(reason),
        };
        if !self.input.observed.has_case(case) {
            return Match::None;
        }
        if let Some(other) = self.linked_item(case) {
            return Match::Ambiguous(format!(
                "work item {id} carries the marker of case {case}, which is linked to work item {other}"
            ));
        }
        let claiming = self
            .items_by_marker
            .get(&case)
            .map_or(&[][..], Vec::as_slice);
        if claiming.len() > 1 {
            return Match::Ambiguous(format!(
                "work items {} all carry the marker of case {case}; keep one and remove the `accord/1` hyperlink from the others",
                list(claiming)
            ));
        }
        Match::One {
            target: ItemKey::Case(case),
            by: MatchBy::Marker,
        }
    }

    fn case_by_mention(&self, id: CaseId) -> Match {
        let Some(case) = self.input.observed.case(id) else {
            return Match::None;
        };
        let candidates = self.mentioned_items(case);
        match candidates[..] {
            [] => Match::None,
            [item] => self
                .pair_by_mention(id, item)
                .map_or_else(Match::Ambiguous, |()| Match::One {
                    target: ItemKey::WorkItem(item),
                    by: MatchBy::Id,
                }),
            _ => Match::Ambiguous(format!(
                "case {id} names several work items of the mapped type in its references: {}",
                list(&candidates)
            )),
        }
    }

    fn item_by_mention(&self, id: WorkItemId) -> Match {
        if self.input.observed.work_item(id).is_none() {
            return Match::None;
        }
        match self
            .cases_by_mention
            .get(&id)
            .map_or(&[][..], Vec::as_slice)
        {
            [] => Match::None,
            [case] => self
                .pair_by_mention(*case, id)
                .map_or_else(Match::Ambiguous, |()| Match::One {
                    target: ItemKey::Case(*case),
                    by: MatchBy::Id,
                }),
            several => Match::Ambiguous(format!(
                "cases {} all name AB#{id} in their references; a copied case keeps the reference of its original",
                list(several)
            )),
        }
    }

    /// Whether a case that mentions a work item may be paired with it.
    fn pair_by_mention(&self, case: CaseId, item: WorkItemId) -> Result<(), String> {
        if let Some(other) = self.linked_case(item) {
            return Err(format!(
                "case {case} names AB#{item}, which is linked to case {other}; a copied case keeps the reference of its original: remove it from the copy"
            ));
        }
        if let Some(other) = self.linked_item(case) {
            return Err(format!(
                "case {case} names AB#{item} and is linked to work item {other}"
            ));
        }
        let named = self.input.observed.case(case);
        let named = named.map_or(0, |case| self.mentioned_items(case).len());
        if named > 1 {
            return Err(format!(
                "case {case} names AB#{item} and other work items of the mapped type"
            ));
        }
        let seen = self.input.observed.work_item(item);
        let marked = seen.map(|item| self.own_markers(item)).unwrap_or_default();
        let is_ours = || seen.is_some_and(|item| self.marked_case(item) == Ok(Some(case)));
        if let Some(other) = marked.iter().find(|marked| **marked != case)
            && !is_ours()
        {
            return Err(format!(
                "case {case} names AB#{item}, which carries the marker of case {other}"
            ));
        }
        let mentioned_by = self
            .cases_by_mention
            .get(&item)
            .map_or(&[][..], Vec::as_slice);
        if mentioned_by.len() > 1 {
            return Err(format!(
                "cases {} all name AB#{item} in their references; a copied case keeps the reference of its original: remove it from the copies",
                list(mentioned_by)
            ));
        }
        Ok(())
    }

    fn by_title(&self, source: ItemKey) -> Match {
        let observed = self.input.observed;
        let title = match source {
            ItemKey::Case(id) => observed.case(id).map(crate::model::Case::title),
            ItemKey::WorkItem(id) => observed.work_item(id).map(WorkItem::title),
        };
        let Some(title) = title.map(str::trim).filter(|title| !title.is_empty()) else {
            return Match::None;
        };
        let cases = self
            .free_cases_by_title
            .get(title)
            .map_or(&[][..], Vec::as_slice);
        let items = self
            .free_items_by_title
            .get(title)
            .map_or(&[][..], Vec::as_slice);
        match (source, cases, items) {
            // A source that is not among the free ones belongs to another item by a stronger sign.
            (ItemKey::Case(id), _, _) if !cases.contains(&id) => Match::None,
            (ItemKey::WorkItem(id), _, _) if !items.contains(&id) => Match::None,
            (ItemKey::Case(_), _, []) | (ItemKey::WorkItem(_), [], _) => Match::None,
            _ if observed.incomplete.is_some() => Match::Ambiguous(
                "whether its title is unique is not certain: a listing may lack items".to_owned(),
            ),
            (ItemKey::Case(_), [_], [item]) => Match::One {
                target: ItemKey::WorkItem(*item),
                by: MatchBy::Title,
            },
            (ItemKey::WorkItem(_), [case], [_]) => Match::One {
                target: ItemKey::Case(*case),
                by: MatchBy::Title,
            },
            _ => Match::Ambiguous(format!(
                "the title is not unique: it is that of {} {} and of {} {}; link the right pair by its id",
                plural(cases.len(), "case", "cases"),
                list(cases),
                plural(items.len(), "work item", "work items"),
                list(items)
            )),
        }
    }
}

fn list<T: std::fmt::Display>(ids: &[T]) -> String {
    const SHOWN: usize = 10;
    let mut text: Vec<String> = ids.iter().take(SHOWN).map(ToString::to_string).collect();
    if ids.len() > SHOWN {
        text.push(format!("{} more", ids.len() - SHOWN));
    }
    text.join(", ")
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
