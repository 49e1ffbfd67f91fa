//! Three versions of a sequence: what one side changed and what the other did, put together where they
//! changed different parts.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The most parts of two versions together that are compared: beyond that a person is asked, since the
/// time for wholly different versions grows with the square.
const MOST_PARTS: usize = 10_000;

/// A part of a sequence.
pub(super) trait Part: Clone + Eq + Hash {
    /// Whether `self` is likely what became of `old`, rather than a new part in its place.
    fn resembles(&self, old: &Self) -> bool;

    /// Two different edits of one part put together.
    fn merge(base: &Self, left: &Self, right: &Self) -> Option<Self>;

    /// Whether it is so slight that finding it twice says nothing, as an empty line is.
    fn is_slight(&self) -> bool {
        false
    }
}

/// The sequence with the changes of both sides. `None` where they change the same part in different ways,
/// insert different parts at one place, or where one moves what the other moves or deletes: then a part
/// would stand twice, or would come back.
pub(super) fn merge<P: Part>(base: &[P], left: &[P], right: &[P]) -> Option<Vec<P>> {
    let lefts = changes(base, left)?;
    let rights = changes(base, right)?;
    if crosses(base, &lefts, &rights) || inside(&lefts, &rights) || inside(&rights, &lefts) {
        return None;
    }
    let mut merged = Vec::with_capacity(left.len().max(right.len()));
    let mut copied = 0;
    let mut put = |at: &Range<usize>, parts: &[P]| {
        merged.extend_from_slice(&base[copied..at.start]);
        merged.extend_from_slice(parts);
        copied = at.end;
    };
    let (mut lefts, mut rights) = (lefts.iter().peekable(), rights.iter().peekable());
    loop {
        match (lefts.peek(), rights.peek()) {
            (None, None) => break,
            (Some(one), None) => {
                put(&one.at, one.to);
                lefts.next();
            }
            (None, Some(one)) => {
                put(&one.at, one.to);
                rights.next();
            }
            (Some(l), Some(r)) if l.meets(r) => {
                if l.is_same(r) {
                    put(&l.at, l.to);
                } else if l.edit && r.edit {
                    let part = P::merge(&base[l.at.start], &l.to[0], &r.to[0])?;
                    put(&l.at, std::slice::from_ref(&part));
                } else {
                    return None;
                }
                lefts.next();
                rights.next();
            }
            (Some(l), Some(r)) => {
                if (l.at.start, l.at.end) < (r.at.start, r.at.end) {
                    put(&l.at, l.to);
                    lefts.next();
                } else {
                    put(&r.at, r.to);
                    rights.next();
                }
            }
        }
    }
    put(&(base.len()..base.len()), &[]);
    Some(merged)
}

/// What one side did to some neighbouring parts of the base.
#[derive(Debug)]
struct Change<'a, P> {
    /// The parts of the base; none for an insertion before this one.
    at: Range<usize>,
    /// What stands in their place; nothing for a deletion.
    to: &'a [P],
    /// One part became another that resembles it.
    edit: bool,
}

impl<P: PartialEq> Change<'_, P> {
    fn is_same(&self, other: &Self) -> bool {
        self.at == other.at && self.to == other.to
    }

    /// Whether both touch the same parts, or the same place between two.
    fn meets(&self, other: &Self) -> bool {
        if self.at.is_empty() && other.at.is_empty() {
            return self.at.start == other.at.start;
        }
        self.at.start < other.at.end && other.at.start < self.at.end
    }

    fn is_insertion(&self) -> bool {
        self.at.is_empty()
    }

    fn is_deletion(&self) -> bool {
        self.to.is_empty()
    }
}

/// What a side did, from the front to the back. Deleted parts are changes of their own, parts that were
/// exchanged without resembling each other are one change together.
fn changes<'a, P: Part>(base: &[P], side: &'a [P]) -> Option<Vec<Change<'a, P>>> {
    if base.len().saturating_add(side.len()) > MOST_PARTS {
        return None;
    }
    let mut changes = Vec::new();
    let (mut base_from, mut side_from) = (0, 0);
    for operation in capture_diff_slices(Algorithm::Myers, base, side) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = operation
        {
            gap(
                base,
                side,
                base_from..old_index,
                side_from..new_index,
                &mut changes,
            );
            (base_from, side_from) = (old_index + len, new_index + len);
        }
    }
    gap(
        base,
        side,
        base_from..base.len(),
        side_from..side.len(),
        &mut changes,
    );
    Some(changes)
}

/// Between two matches: parts that resemble each other are paired in order.
fn gap<'a, P: Part>(
    base: &[P],
    side: &'a [P],
    mut olds: Range<usize>,
    news: Range<usize>,
    changes: &mut Vec<Change<'a, P>>,
) {
    let mut from = news.start;
    for at in news.clone() {
        let found = olds.clone().find(|old| side[at].resembles(&base[*old]));
        if let Some(old) = found {
            unpaired(side, olds.start..old, from..at, changes);
            changes.push(Change {
                at: old..old + 1,
                to: &side[at..=at],
                edit: true,
            });
            olds.start = old + 1;
            from = at + 1;
        }
    }
    unpaired(side, olds, from..news.end, changes);
}

fn unpaired<'a, P>(
    side: &'a [P],
    olds: Range<usize>,
    news: Range<usize>,
    changes: &mut Vec<Change<'a, P>>,
) {
    if news.is_empty() {
        let one = |at| Change {
            at: at..at + 1,
            to: &side[..0],
            edit: false,
        };
        changes.extend(olds.map(one));
    } else {
        changes.push(Change {
            at: olds,
            to: &side[news],
            edit: false,
        });
    }
}

/// Whether one inserts something between two neighbours that the other deleted: it belongs to what is gone.
fn inside<P: PartialEq>(inserting: &[Change<'_, P>], deleting: &[Change<'_, P>]) -> bool {
    let deleted: HashSet<usize> = deleting
        .iter()
        .filter(|change| change.is_deletion())
        .map(|change| change.at.start)
        .collect();
    let between_two = |at: usize| at > 0 && deleted.contains(&(at - 1)) && deleted.contains(&at);
    inserting
        .iter()
        .any(|change| change.is_insertion() && between_two(change.at.start))
}

/// Whether both put in an equal part, at different places or with different neighbours, or one puts in what
/// the other takes out. Both are signs of a move: its two ends are changes of their own, and put together
/// with the other side's they would double the part, bring it back or lose one of its copies.
fn crosses<P: Part>(base: &[P], lefts: &[Change<'_, P>], rights: &[Change<'_, P>]) -> bool {
    let (left, both) = apart(lefts, rights);
    let (right, _) = apart(rights, lefts);
    let put_in = |changes: &[&Change<'_, P>]| -> HashSet<P> {
        let parts = changes.iter().flat_map(|change| change.to);
        parts.filter(|part| !part.is_slight()).cloned().collect()
    };
    let taken_out = |changes: &[&Change<'_, P>]| -> HashSet<P> {
        // What became another part is gone too: if it stands elsewhere, it was moved there.
        let parts = changes.iter().flat_map(|change| &base[change.at.clone()]);
        parts.filter(|part| !part.is_slight()).cloned().collect()
    };
    let (in_left, in_right, in_both) = (put_in(&left), put_in(&right), put_in(&both));
    let (out_left, out_right, out_both) = (taken_out(&left), taken_out(&right), taken_out(&both));
    let meet =
        |ins: &HashSet<P>, outs: [&HashSet<P>; 2]| outs.iter().any(|out| !ins.is_disjoint(out));
    !in_left.is_disjoint(&in_right)
        || meet(&in_left, [&out_right, &out_both])
        || meet(&in_right, [&out_left, &out_both])
        || meet(&in_both, [&out_left, &out_right])
}

/// The changes that the other side did not make, and those that it did too.
fn apart<'c, 'a, P: PartialEq>(
    changes: &'c [Change<'a, P>],
    others: &[Change<'a, P>],
) -> (Vec<&'c Change<'a, P>>, Vec<&'c Change<'a, P>>) {
    let is_own = |change: &&Change<'a, P>| !others.iter().any(|other| change.is_same(other));
    changes.iter().partition(is_own)
}

/// Whether two texts share half of their words, markup aside.
pub(super) fn alike(one: &str, other: &str) -> bool {
    let (one, mut other) = (words(one), words(other));
    let all = one.len() + other.len();
    let shared = one.iter().filter(|word| {
        let found = other.iter().position(|candidate| candidate == *word);
        found.map(|at| other.swap_remove(at)).is_some()
    });
    let shared = shared.count();
    shared > 0 && 4 * shared >= all
}

fn words(html: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        in_tag = c == '<' || (in_tag && c != '>');
        if !in_tag && c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests;
