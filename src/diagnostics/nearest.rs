//! The known name that a misspelt one was probably meant to be.

/// Names longer than this are no misspelling of anything, and the comparison is quadratic.
const LONGEST: usize = 80;

/// The candidate nearest to `wanted`, if it is near enough to be suggested: at most a third of its
/// letters differ. Case does not count; of equally near ones the first in alphabetical order wins.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let letters = folded(wanted);
    let most = (letters.len() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(&letters, &folded(candidate)), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Optimal string alignment distance: inserted, lost, replaced and swapped neighbouring letters.
pub(super) fn distance(left: &[char], right: &[char]) -> usize {
    let width = right.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (i, l) in left.iter().enumerate() {
        let mut row = vec![i + 1; width];
        for (j, r) in right.iter().enumerate() {
            let mut best = (last[j] + usize::from(l != r))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        before = std::mem::replace(&mut last, row);
    }
    last[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let keys = ["direction", "drift", "create", "createIn", "azureDevOps"];
        for (wanted, expected) in [
            ("direcion", Some("direction")),
            ("dirction", Some("direction")),
            ("drfit", Some("drift")),
            ("createin", Some("createIn")),
            ("azuredevops", Some("azureDevOps")),
            ("schedule", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, keys), expected, "{wanted}");
        }
    }

    #[test]
    fn counts_a_swap_as_one() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&letters("drfit"), &letters("drift")), 1);
        assert_eq!(distance(&letters(""), &letters("abc")), 3);
        assert_eq!(distance(&letters("abc"), &letters("abc")), 0);
    }
}
