//! Which of the old steps each new one is, so that what only the old ones carry (ids, unknown members)
//! stays with the right step.

use std::ops::Range;

/// For each new element the index of the old one that it continues; `None` for an added one. Indices
/// ascend. Equal elements are matched first (a longest common subsequence); between two matches, old and
/// new ones that `may_become` each other are paired in order.
pub(super) fn align<T: PartialEq>(
    old: &[T],
    new: &[T],
    may_become: impl Fn(&T, &T) -> bool,
) -> Vec<Option<usize>> {
    let mut continued = vec![None; new.len()];
    let (mut old_from, mut new_from) = (0, 0);
    for (old_at, new_at) in matches(old, new) {
        pair(
            old,
            new,
            old_from..old_at,
            new_from..new_at,
            &may_become,
            &mut continued,
        );
        continued[new_at] = Some(old_at);
        (old_from, new_from) = (old_at + 1, new_at + 1);
    }
    pair(
        old,
        new,
        old_from..old.len(),
        new_from..new.len(),
        &may_become,
        &mut continued,
    );
    continued
}

fn pair<T>(
    old: &[T],
    new: &[T],
    mut olds: Range<usize>,
    news: Range<usize>,
    may_become: impl Fn(&T, &T) -> bool,
    continued: &mut [Option<usize>],
) {
    for at in news {
        if let Some(before) = olds
            .clone()
            .find(|before| may_become(&old[*before], &new[at]))
        {
            continued[at] = Some(before);
            olds.start = before + 1;
        }
    }
}

/// A longest common subsequence as index pairs. Quadratic in what lies between the common start and the
/// common end; a test case has at most some thousand steps, and beyond [`LIMIT`] cells only start and end
/// are matched.
fn matches<T: PartialEq>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    const LIMIT: usize = 4_000_000;
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest
        .iter()
        .rev()
        .zip(new_rest.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (rows, columns) = (old_rest.len() - end, new_rest.len() - end);
    let mut found: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    if rows.saturating_mul(columns) <= LIMIT {
        let mut longest = vec![0_u32; (rows + 1) * (columns + 1)];
        let cell = |row: usize, column: usize| row * (columns + 1) + column;
        for row in (0..rows).rev() {
            for column in (0..columns).rev() {
                longest[cell(row, column)] = if old_rest[row] == new_rest[column] {
                    longest[cell(row + 1, column + 1)] + 1
                } else {
                    longest[cell(row + 1, column)].max(longest[cell(row, column + 1)])
                };
            }
        }
        let (mut row, mut column) = (0, 0);
        while row < rows && column < columns {
            if old_rest[row] == new_rest[column] {
                found.push((start + row, start + column));
                row += 1;
                column += 1;
            } else if longest[cell(row + 1, column)] >= longest[cell(row, column + 1)] {
                row += 1;
            } else {
                column += 1;
            }
        }
    }
    found.extend((0..end).map(|at| (start + rows + at, start + columns + at)));
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_steps_keep_their_place_and_edited_ones_theirs() {
        let any = |_: &char, _: &char| true;
        for (old, new, wanted) in [
            ("abc", "abc", vec![Some(0), Some(1), Some(2)]),
            ("abc", "axc", vec![Some(0), Some(1), Some(2)]),
            ("abc", "ac", vec![Some(0), Some(2)]),
            ("ac", "abc", vec![Some(0), None, Some(1)]),
            ("abc", "bca", vec![Some(1), Some(2), None]),
            ("", "ab", vec![None, None]),
            ("ab", "", vec![]),
            ("abcd", "axyd", vec![Some(0), Some(1), Some(2), Some(3)]),
        ] {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(
                align(&letters(old), &letters(new), any),
                wanted,
                "{old} {new}"
            );
        }
    }

    proptest! {
        #[test]
        fn indices_ascend_and_an_unchanged_list_continues_itself(
            old in prop::collection::vec(0..4_u8, 0..12),
            new in prop::collection::vec(0..4_u8, 0..12),
        ) {
            let found = align(&old, &new, |_, _| true);
            let used: Vec<usize> = found.iter().flatten().copied().collect();
            prop_assert!(used.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(found.len(), new.len());
            let same: Vec<_> = (0..old.len()).map(Some).collect();
            prop_assert_eq!(align(&old, &old, |_, _| true), same);
        }
    }
}
