//! Laws of merging sequences.

use proptest::prelude::*;

use super::*;

/// A part with an identity and a version: versions of one identity resemble each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Piece(char, u8);

impl Part for Piece {
    fn resembles(&self, old: &Self) -> bool {
        self.0 == old.0
    }

    /// Versions are sums of bits, which merge; a version of 8 or more merges with nothing.
    fn merge(base: &Self, left: &Self, right: &Self) -> Option<Self> {
        let bits = |piece: &Self| piece.1 & !base.1;
        let merges = left.1 < 8 && right.1 < 8 && bits(left) & bits(right) == 0;
        merges.then_some(Self(base.0, left.1 | right.1))
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for c in text.chars() {
        match (c.to_digit(10), pieces.last_mut()) {
            (Some(version), Some(last)) => last.1 = u8::try_from(version).unwrap(),
            _ => pieces.push(Piece(c, 0)),
        }
    }
    pieces
}

fn merged(base: &str, left: &str, right: &str) -> Option<Vec<Piece>> {
    let (base, left, right) = (pieces(base), pieces(left), pieces(right));
    let one = merge(&base, &left, &right);
    assert_eq!(one, merge(&base, &right, &left), "symmetric");
    one
}

#[test]
fn changes_of_different_parts_are_put_together() {
    for (base, left, right, wanted) in [
        ("abc", "a1bc", "abc1", "a1bc1"),
        ("abc", "a1bc", "ab1c", "a1b1c"),
        ("abc", "a1bc", "a2bc", "a3bc"),
        ("abc", "bc", "abcx", "bcx"),
        ("abc", "bc", "ac", "c"),
        ("abc", "c", "ac", "c"),
        ("abc", "axbc", "abyc", "axbyc"),
        ("abc", "axbc", "a1bc", "a1xbc"),
        ("abc", "axbc", "ab1c", "axb1c"),
        ("abc", "xyc", "abcz", "xycz"),
        ("ab", "xyb", "azb", "xyzb"),
        ("ab", "xb", "ay", "xy"),
        ("abcd", "axbcd", "axbcyd", "axbcyd"),
        ("abc", "bca", "bac", "bca"),
        ("abxy", "cabxy", "cabxyc", "cabxyc"),
        ("", "", "a", "a"),
    ] {
        assert_eq!(
            merged(base, left, right),
            Some(pieces(wanted)),
            "{base} {left} {right}"
        );
    }
}

#[test]
fn changes_of_one_part_are_not() {
    for (base, left, right, why) in [
        ("abc", "a8bc", "a9bc", "both edited a part"),
        ("abc", "a8bc", "bc", "one edited it, the other deleted it"),
        ("abc", "xbc", "ybc", "both exchanged a part"),
        (
            "abc",
            "xbc",
            "a1bc",
            "one exchanged it, the other edited it",
        ),
        (
            "abc",
            "axbc",
            "aybc",
            "both inserted something at one place",
        ),
        ("abc", "axbc", "axybc", "they inserted more at one place"),
        ("", "a", "b", "both began"),
        (
            "abcd",
            "ad",
            "abxcd",
            "one inserted where the other deleted all around",
        ),
        (
            "abcd",
            "xyzd",
            "acd",
            "one deleted what the other exchanged",
        ),
        ("abcd", "bcda", "bcad", "both moved a part"),
        (
            "abc",
            "cab",
            "cabc",
            "one moved a part to where the other copied it",
        ),
        ("abc", "bca", "bc", "one moved a part, the other deleted it"),
        (
            "abc",
            "bca",
            "a1bc",
            "one moved a part, the other edited it",
        ),
        (
            "abc",
            "axbc",
            "abcx",
            "both inserted one part at different places",
        ),
        (
            "ac",
            "a1",
            "a1ca",
            "both edited a part, which one put elsewhere as it was",
        ),
        (
            "abc",
            "abcx",
            "xbc",
            "one inserted what the other put in another's place",
        ),
    ] {
        assert_eq!(merged(base, left, right), None, "{why}");
    }
}

#[test]
fn wholly_different_sequences_of_great_length_are_left_to_a_person() {
    let long = |version| (0..6_000).map(move |at| Piece(char::from_u32(at + 65).unwrap(), version));
    let (base, side): (Vec<_>, Vec<_>) = (long(0).collect(), long(1).collect());
    assert_eq!(merge(&base, &side, &base), None);
}

#[test]
fn texts_are_alike_if_half_of_their_words_are_shared() {
    assert!(alike("<p>Pay by card</p>", "<div>pay by <b>cash</b></div>"));
    assert!(!alike("<p>Pay</p>", "<p>Wait</p>"), "markup is no word");
    assert!(!alike("", ""));
    assert!(alike("a a b", "a a c"));
    assert!(!alike("a b c d", "a x y z"));
}

fn any_sequence() -> impl Strategy<Value = Vec<Piece>> {
    let piece = (prop::sample::select(vec!['a', 'b', 'c', 'd']), 0..3_u8);
    prop::collection::vec(piece.prop_map(|(id, version)| Piece(id, version)), 0..7)
}

/// Every identity at most once in a sequence: a base, and two versions of it that were edited.
fn edited() -> impl Strategy<Value = (Vec<Piece>, Vec<Piece>, Vec<Piece>)> {
    let base = prop::sample::subsequence(('a'..='g').collect::<Vec<_>>(), 0..=7);
    base.prop_flat_map(|base| {
        let base: Vec<Piece> = base.into_iter().map(|id| Piece(id, 0)).collect();
        let side = |fresh: &'static [char]| edit(base.clone(), fresh);
        let (left, right) = (side(&['t', 'u', 'x']), side(&['v', 'w', 'x']));
        (Just(base), left, right)
    })
}

fn edit(base: Vec<Piece>, fresh: &'static [char]) -> impl Strategy<Value = Vec<Piece>> {
    let fates = prop::collection::vec(0..8_u8, base.len());
    let inserted = prop::collection::vec((0..=base.len(), prop::sample::select(fresh)), 0..3);
    (fates, inserted).prop_map(move |(fates, inserted)| {
        let mut side = Vec::new();
        for at in 0..=base.len() {
            for (_, id) in inserted.iter().filter(|(place, _)| *place == at) {
                let new = Piece(*id, 0);
                if !side.contains(&new) {
                    side.push(new);
                }
            }
            match (base.get(at), fates.get(at)) {
                (Some(_), Some(0)) => {}
                (Some(part), Some(fate @ 1..=3)) => side.push(Piece(part.0, *fate)),
                (Some(part), _) => side.push(*part),
                (None, _) => {}
            }
        }
        side
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn swapped_sides_merge_to_the_same(base in any_sequence(), left in any_sequence(), right in any_sequence()) {
        prop_assert_eq!(merge(&base, &left, &right), merge(&base, &right, &left));
    }

    #[test]
    fn what_one_side_did_alone_or_both_did_alike_holds(base in any_sequence(), side in any_sequence()) {
        prop_assert_eq!(merge(&base, &side, &base), Some(side.clone()));
        prop_assert_eq!(merge(&base, &side, &side), Some(side.clone()));
    }

    /// Counted: no insertion and no deletion of either side is lost, whatever stands twice.
    #[test]
    fn no_insertion_or_deletion_is_lost(base in "[abcd]{0,7}", left in "[abcd]{0,7}", right in "[abcd]{0,7}") {
        let Some(all) = merged(&base, &left, &right) else { return Ok(()); };
        for id in 'a'..='d' {
            let of = |text: &str| text.chars().filter(|c| *c == id).count();
            let (b, l, r) = (of(&base), of(&left), of(&right));
            let m = all.iter().filter(|piece| piece.0 == id).count();
            if l >= b && r >= b {
                prop_assert!(m >= l.max(r), "{}: {} {} {} {}", id, b, l, r, m);
            } else if l <= b && r <= b {
                prop_assert!(m <= l.min(r), "{}: {} {} {} {}", id, b, l, r, m);
            } else {
                return Err(TestCaseError::fail(format!("{id} is added and taken away: {m}")));
            }
        }
    }

    /// Where nothing stands twice: each part is what the side that changed it made of it, both edits of one
    /// part are in it, and either side's order is kept.
    #[test]
    fn every_edit_of_both_sides_is_in_the_result((base, left, right) in edited()) {
        let find = |sequence: &[Piece], id: char| sequence.iter().find(|piece| piece.0 == id).copied();
        let Some(all) = merge(&base, &left, &right) else { return Ok(()); };
        for id in ('a'..='g').chain('t'..='x') {
            let (b, l, r) = (find(&base, id), find(&left, id), find(&right, id));
            let wanted = match (b, l, r) {
                _ if l == r || r == b => l,
                _ if l == b => r,
                (Some(_), Some(l), Some(r)) => Some(Piece(id, l.1 | r.1)),
                met => return Err(TestCaseError::fail(format!("merged {met:?}"))),
            };
            prop_assert_eq!(find(&all, id), wanted);
        }
        for side in [&left, &right] {
            let places: Vec<usize> = side
                .iter()
                .filter_map(|piece| all.iter().position(|one| one.0 == piece.0))
                .collect();
            prop_assert!(places.is_sorted(), "{all:?} keeps the order of {side:?}");
        }
    }

    /// Parts that neither side shares with the other are merged, not given up.
    #[test]
    fn changes_far_apart_are_merged(l in "[xy]{0,2}", r in "[vw]{0,2}") {
        let merged = merged("abcd", &format!("{l}bcd"), &format!("abc{r}"));
        prop_assert_eq!(merged, Some(pieces(&format!("{l}bc{r}"))));
    }
}
