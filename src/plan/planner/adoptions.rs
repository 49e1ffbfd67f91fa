//! Pairs that belong together by the marks on their items and are not linked: what a state that was lost
//! gets back, without a write to either system.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::PlanRequest;
use super::claims::Claims;
use super::collector::{Collector, address};
use super::matching::{Match, Matcher};
use super::pair::is_mapped;
use super::parted::Parted;
use super::selection::selected;
use super::unchanged::went_down;
use crate::diff::{CompareContext, RowDecision, compare_pair};
use crate::model::config::MatchBy;
use crate::model::{Base, BaseField, Case, Endpoints, Link, LinkState, WorkItem};
use crate::plan::conservation::{Class, Tally, Violation};
use crate::plan::observed::{ItemKey, RuleInput};
use crate::plan::{Operation, Pair, Step, glob};

/// The records that link every selected pair which is recognised by marker, or by id where the rule
/// matches by id, and is not linked yet. Rows in accord get a base, others none: they are met as those of
/// a new pair by the next plan. A linked pair whose work item was set back to an older revision begins anew
/// in the same way. Nothing is written to either system, and no conflict is opened. Steps
/// stand by rule and item. `Err` is a defect of this program, as in [`super::plan`].
pub fn adoptions(mut request: PlanRequest<'_>) -> Result<Vec<Step>, Violation<ItemKey>> {
    request
        .rules
        .sort_by(|one, other| one.rule.name.cmp(&other.rule.name));
    let mut claims: BTreeMap<&Endpoints, Claims<'_>> = BTreeMap::new();
    let mut steps = Vec::new();
    for input in &request.rules {
        let claims = claims.entry(&input.endpoints).or_default();
        steps.extend(adopt(input, &request.inputs.only, claims)?);
    }
    Ok(steps)
}

fn adopt<'a>(
    input: &'a RuleInput<'a>,
    only: &[String],
    claims: &mut Claims<'a>,
) -> Result<Vec<Step>, Violation<ItemKey>> {
    let parted = Rc::new(Parted::new(input));
    let matcher = Matcher::new(input, Rc::clone(&parted));
    let mut collector = Collector::new(input, Rc::clone(&parted));
    let wanted = |key: &ItemKey| glob::selects(only, &format!("{}/{key}", address(input.rule)));
    let keys: Vec<ItemKey> = selected(input, &matcher, &parted)
        .into_iter()
        .filter(wanted)
        .collect();
    let mut tally = Tally::new(keys.iter().copied());
    let by_id = input.rule.match_by.contains(&MatchBy::Id);
    let ways = if by_id {
        &[MatchBy::Marker, MatchBy::Id][..]
    } else {
        &[MatchBy::Marker][..]
    };
    let mut set_back = set_back(input);
    for source in keys {
        if let Some((link, case, item)) = set_back.remove(&source) {
            set_back.remove(&ItemKey::of(link, source.system().other()));
            tally.add(&source, Class::Link)?;
            collector.push_record(source, begun_anew(input, link, case, item));
            continue;
        }
        let found = if is_free(input, &parted, source) && !claims.contains_key(&source) {
            matcher.find_by(source, ways)
        } else {
            Match::None
        };
        let pair = match found {
            Match::One { target, .. }
                if !parted.is_unlinked(target)
                    && !claims.contains_key(&target)
                    && !input.settling.contains(&target) =>
            {
                both(input, source, target)
            }
            Match::One { .. } | Match::None | Match::Ambiguous(_) => None,
        };
        let Some((case, item)) = pair else {
            tally.add(&source, Class::Filtered)?;
            continue;
        };
        tally.add(&source, Class::Link)?;
        claims.insert(ItemKey::Case(case.id), &input.rule.name);
        claims.insert(ItemKey::WorkItem(item.id), &input.rule.name);
        let operation = Operation::Record {
            pair: Pair {
                link: None,
                case: case.id,
                testworthy_project: case.project,
                work_item: item.id,
            },
            base: in_accord(input, case, item),
            rev: Some(item.rev),
            state: LinkState::Active,
            conflicts: Vec::new(),
        };
        collector.push_record(source, operation);
    }
    tally.finish()?;
    Ok(collector.output.steps)
}

/// Linked pairs whose work item is at an older revision than their base, by either item: a server was set
/// back. What both sides held last was not what they hold now, so such a pair begins anew.
fn set_back<'a>(input: &'a RuleInput<'a>) -> BTreeMap<ItemKey, (&'a Link, &'a Case, &'a WorkItem)> {
    let mut found = BTreeMap::new();
    for link in input.links {
        let is_own = link.state == LinkState::Active && link.rule == input.rule.name;
        let (case, item) = (ItemKey::Case(link.case), ItemKey::WorkItem(link.work_item));
        let waits = input.settling.contains(&case) || input.settling.contains(&item);
        if let Some((one, other)) = both(input, case, item)
            && is_own
            && !waits
            && went_down(link, other)
        {
            found.insert(case, (link, one, other));
            found.insert(item, (link, one, other));
        }
    }
    found
}

fn begun_anew(input: &RuleInput<'_>, link: &Link, case: &Case, item: &WorkItem) -> Operation {
    Operation::Record {
        pair: Pair {
            link: Some(link.id.clone()),
            case: link.case,
            testworthy_project: link.testworthy_project,
            work_item: link.work_item,
        },
        base: in_accord(input, case, item),
        rev: Some(item.rev),
        state: LinkState::Active,
        conflicts: Vec::new(),
    }
}

/// Whether an item is in no pair, waits for nothing and was not parted from its counterpart for good.
fn is_free(input: &RuleInput<'_>, parted: &Parted<'_>, key: ItemKey) -> bool {
    let linked = match key {
        ItemKey::Case(case) => input.pairs.work_item(case).is_some(),
        ItemKey::WorkItem(item) => input.pairs.case(item).is_some(),
    };
    !linked && parted.get(key).is_none() && !input.settling.contains(&key)
}

/// Both items, if they were read and the mapping covers them.
fn both<'a>(
    input: &RuleInput<'a>,
    source: ItemKey,
    target: ItemKey,
) -> Option<(&'a Case, &'a WorkItem)> {
    let ((ItemKey::Case(case), ItemKey::WorkItem(item))
    | (ItemKey::WorkItem(item), ItemKey::Case(case))) = (source, target)
    else {
        return None;
    };
    let observed = input.observed;
    let (case, item) = observed.case(case).zip(observed.work_item(item))?;
    is_mapped(input.mapping, input.connection, item).then_some((case, item))
}

fn in_accord(input: &RuleInput<'_>, case: &Case, item: &WorkItem) -> BTreeMap<String, BaseField> {
    let context = CompareContext {
        latest: None,
        decided: &BTreeMap::new(),
        learned: &input.known.learned,
        repetitions: &input.known.repetitions,
    };
    let none = Base::default();
    let compared = compare_pair(input.mapping, input.rule, &none, case, item, &context);
    let rows = compared.rows.into_iter();
    let agreed = rows.filter(|row| row.decision == RowDecision::Refresh);
    agreed
        .map(|row| {
            let field = BaseField {
                testworthy: row.now.testworthy,
                azure_devops: row.now.azure_devops,
                row_digest: row.row.digest().to_owned(),
            };
            (row.row.name().to_owned(), field)
        })
        .collect()
}
