//! Value tables with their laws.
//!
//! With `f` from TestWorthy to Azure DevOps and `g` back, a table keeps two systems in step both ways
//! exactly if f(g(r)) = r for every Azure DevOps value r that has an entry: then what `g` wrote is never
//! written back as something else.

use super::form::{Form, fold, key};
use crate::model::config::{Unmapped, ValueMap};
use crate::model::{System, Value};

/// A value table in canonical forms.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// TestWorthy value to Azure DevOps value, in the order of the manifest.
    forward: Vec<(Value, Value)>,
    /// Azure DevOps value to TestWorthy value, as declared under `reverse`.
    reverse: Vec<(Value, Value)>,
    unmapped: Rest,
}

/// What happens to a value without an entry.
#[derive(Clone, Debug)]
enum Rest {
    Wait {
        skips_item: bool,
    },
    /// The value as each side would hold it; `None` where it is none of that side's form.
    Use {
        testworthy: Option<Value>,
        azure_devops: Option<Value>,
    },
}

/// An entry of a table that a side cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The entry's text or value.
    pub(super) value: String,
    /// The side that cannot hold it.
    pub(super) system: System,
    /// What that side holds.
    pub(super) expected: &'static str,
}

/// What became of a lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The other side's value.
    Found(Value),
    /// No entry: the field waits, or the item.
    Waits { skips_item: bool },
}

impl Table {
    /// Compiles a table for the forms of the two sides.
    pub(super) fn compile(map: &ValueMap, case: &Form, azure: &Form) -> Result<Self, Vec<Misfit>> {
        let mut misfits = Vec::new();
        let mut fit = |system, form: &Form, value: &Value| {
            let canonical = form.canonical(value);
            if canonical.is_none() {
                misfits.push(Misfit {
                    value: value.to_string(),
                    system,
                    expected: form.expected(),
                });
            }
            canonical.unwrap_or_default()
        };
        let forward = map
            .values
            .iter()
            .map(|(left, right)| {
                let left = fit(System::TestWorthy, case, &Value::text(left.as_str()));
                (left, fit(System::AzureDevOps, azure, right))
            })
            .collect();
        let reverse = map
            .reverse
            .iter()
            .map(|(right, left)| {
                let right = fit(System::AzureDevOps, azure, &Value::text(right.as_str()));
                (right, fit(System::TestWorthy, case, left))
            })
            .collect();
        let unmapped = match &map.unmapped {
            Unmapped::Hold => Rest::Wait { skips_item: false },
            Unmapped::SkipItem => Rest::Wait { skips_item: true },
            Unmapped::Use(value) => {
                let (testworthy, azure_devops) = (case.canonical(value), azure.canonical(value));
                if testworthy.is_none() && azure_devops.is_none() {
                    fit(System::AzureDevOps, azure, value);
                }
                Rest::Use {
                    testworthy,
                    azure_devops,
                }
            }
        };
        if misfits.is_empty() {
            Ok(Self {
                forward,
                reverse,
                unmapped,
            })
        } else {
            Err(misfits)
        }
    }

    /// f. Nothing stays nothing unless the table says otherwise.
    pub(super) fn to_azure_devops(&self, value: &Value) -> Lookup {
        match self.entry_to_azure_devops(value) {
            Some(found) => Lookup::Found(found.clone()),
            None => self.rest(value, System::AzureDevOps),
        }
    }

    /// g. An entry of `reverse` goes before those of `values`, and among those the first does.
    pub(super) fn to_testworthy(&self, value: &Value) -> Lookup {
        match self.entry_to_testworthy(value) {
            Some(found) => Lookup::Found(found.clone()),
            None => self.rest(value, System::TestWorthy),
        }
    }

    /// What the table itself says of a value of `from`; `unmapped` is left aside.
    pub(super) fn entry(&self, from: System, value: &Value) -> Option<&Value> {
        match from {
            System::TestWorthy => self.entry_to_azure_devops(value),
            System::AzureDevOps => self.entry_to_testworthy(value),
        }
    }

    /// Whether `value` is an Azure DevOps value under `reverse`.
    pub(super) fn is_reversed(&self, value: &Value) -> bool {
        look_up(self.reverse.iter().map(|(r, l)| (r, l)), value).is_some()
    }

    /// The Azure DevOps values that `values` leads to, each once.
    pub(super) fn azure_values(&self) -> Vec<&Value> {
        let mut values: Vec<&Value> = Vec::new();
        for (_, right) in &self.forward {
            if !values.iter().any(|value| alike(value, right)) {
                values.push(right);
            }
        }
        values
    }

    /// Whether `unmapped: { use: ... }` names a value that `target` cannot hold.
    pub(super) fn substitute_misfits(&self, target: System) -> bool {
        matches!(self.unmapped, Rest::Use { .. }) && self.substitute(target).is_none()
    }

    /// Whether an Azure DevOps value has an entry.
    pub(super) fn covers(&self, value: &Value) -> bool {
        self.entry_to_testworthy(value).is_some()
    }

    /// Whether f(g(r)) = r for a value, `unmapped` counted in; one that waits goes nowhere.
    pub(super) fn comes_back(&self, right: &Value) -> bool {
        match self.to_testworthy(right) {
            Lookup::Waits { .. } => true,
            Lookup::Found(left) => {
                matches!(self.to_azure_devops(&left), Lookup::Found(again) if alike(&again, right))
            }
        }
    }

    /// The Azure DevOps values with an entry for which f(g(r)) = r does not hold.
    pub(super) fn breaches(&self) -> Vec<&Value> {
        let mut rights = self.azure_values();
        for (right, _) in &self.reverse {
            if !rights.iter().any(|value| alike(value, right)) {
                rights.push(right);
            }
        }
        rights.retain(|right| {
            let back = self.entry_to_testworthy(right);
            let again = back.and_then(|left| self.entry_to_azure_devops(left));
            again.is_none_or(|again| !alike(again, right))
        });
        rights
    }

    /// Whether a breach is a declared many-to-one: `values` never leads to the value, and what
    /// `reverse` makes of it has an entry.
    pub(super) fn is_declared(&self, right: &Value) -> bool {
        let reached = self.forward.iter().any(|(_, value)| alike(value, right));
        !reached
            && self
                .entry_to_testworthy(right)
                .is_some_and(|left| self.entry_to_azure_devops(left).is_some())
    }

    /// Azure DevOps values that several TestWorthy values become, with those.
    pub(super) fn merged(&self) -> Vec<(&Value, Vec<&Value>)> {
        self.azure_values()
            .into_iter()
            .map(|right| {
                let lefts = self.forward.iter().filter(|(_, value)| alike(value, right));
                (right, lefts.map(|(left, _)| left).collect::<Vec<_>>())
            })
            .filter(|(_, lefts)| lefts.len() > 1)
            .collect()
    }

    fn entry_to_azure_devops(&self, value: &Value) -> Option<&Value> {
        look_up(self.forward.iter().map(|(l, r)| (l, r)), value)
    }

    fn entry_to_testworthy(&self, value: &Value) -> Option<&Value> {
        look_up(self.reverse.iter().map(|(r, l)| (r, l)), value)
            .or_else(|| look_up(self.forward.iter().map(|(l, r)| (r, l)), value))
    }

    fn rest(&self, value: &Value, target: System) -> Lookup {
        if value.is_null() {
            return Lookup::Found(Value::Null);
        }
        let skips_item = matches!(self.unmapped, Rest::Wait { skips_item: true });
        match self.substitute(target) {
            Some(substitute) => Lookup::Found(substitute.clone()),
            None => Lookup::Waits { skips_item },
        }
    }

    fn substitute(&self, target: System) -> Option<&Value> {
        match (&self.unmapped, target) {
            (Rest::Wait { .. }, _) => None,
            (Rest::Use { testworthy, .. }, System::TestWorthy) => testworthy.as_ref(),
            (Rest::Use { azure_devops, .. }, System::AzureDevOps) => azure_devops.as_ref(),
        }
    }
}

/// Whether two values have one key: without metadata, `4` under `reverse` is a text.
fn alike(left: &Value, right: &Value) -> bool {
    key(left) == key(right)
}

/// The first entry with exactly this key, else the first that differs only by case or space.
fn look_up<'a>(
    entries: impl Iterator<Item = (&'a Value, &'a Value)> + Clone,
    value: &Value,
) -> Option<&'a Value> {
    let wanted = key(value);
    let exact = entries.clone().find(|(from, _)| key(from) == wanted);
    let found = exact.or_else(|| {
        let wanted = fold(&wanted);
        entries
            .into_iter()
            .find(|(from, _)| fold(&key(from)) == wanted)
    });
    found.map(|(_, to)| to)
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::super::form::ChoiceOf;
    use super::*;

    const LEFT: [&str; 4] = ["a", "b", "c", "d"];

    fn table(values: &[(&str, i64)], reverse: &[(i64, &str)], unmapped: Unmapped) -> Table {
        let map = ValueMap {
            values: values
                .iter()
                .map(|(l, r)| ((*l).to_owned(), Value::integer(*r)))
                .collect(),
            reverse: reverse
                .iter()
                .map(|(r, l)| (r.to_string(), Value::text(*l)))
                .collect(),
            unmapped,
        };
        let azure = Form::Choice {
            allowed: vec![],
            of: ChoiceOf::Any,
        };
        // Offline the kind of the Azure DevOps field may be unknown; keys are texts then.
        Table::compile(&map, &Form::Line, &azure).unwrap()
    }

    fn every_pair_of_maps() -> impl Iterator<Item = ([i64; 4], [&'static str; 3])> {
        (0..81_u32).flat_map(|f| {
            (0..64_usize).map(move |g| {
                let f = [0, 1, 2, 3].map(|i| i64::from(f / 3_u32.pow(i) % 3) + 1);
                let g = [0, 1, 2].map(|i| LEFT[g / 4_usize.pow(i) % 4]);
                (f, g)
            })
        })
    }

    fn pair_table(f: [i64; 4], g: [&'static str; 3]) -> Table {
        let values: Vec<_> = LEFT.into_iter().zip(f).collect();
        let reverse: Vec<_> = (1..=3).zip(g).collect();
        table(&values, &reverse, Unmapped::Hold)
    }

    #[test]
    fn exactly_72_of_5184_pairs_of_maps_are_lawful() {
        let mut seen = 0;
        let mut lawful = 0;
        for (f, g) in every_pair_of_maps() {
            seen += 1;
            lawful += u32::from(pair_table(f, g).breaches().is_empty());
        }
        assert_eq!((seen, lawful), (5184, 72));
    }

    /// A reference that knows nothing of tables: from every state in accord, a person sets every right
    /// value; the left follows (it stays if it already maps there), and the next pass must not undo it.
    fn plays_in_step(f: [i64; 4], g: [&'static str; 3]) -> bool {
        let f = |l: &str| f[LEFT.iter().position(|x| *x == l).unwrap()];
        let g = |r: i64| g[usize::try_from(r - 1).unwrap()];
        LEFT.iter().all(|&left| {
            (1..=3).all(|edited| {
                let followed = if f(left) == edited { left } else { g(edited) };
                f(followed) == edited
            })
        })
    }

    #[test]
    fn the_law_holds_for_exactly_the_maps_that_stay_in_step() {
        for (f, g) in every_pair_of_maps() {
            assert_eq!(
                pair_table(f, g).breaches().is_empty(),
                plays_in_step(f, g),
                "{f:?} {g:?}"
            );
        }
    }

    #[test]
    fn a_value_that_only_reverse_knows_is_a_declared_many_to_one() {
        let table = table(&[("must", 1), ("good", 3)], &[(4, "good")], Unmapped::Hold);
        let four = Value::text("4");
        assert_eq!(table.breaches(), [&four]);
        assert!(table.is_declared(&four) && table.is_reversed(&Value::integer(4)));
        assert_eq!(
            table.to_testworthy(&four),
            Lookup::Found(Value::text("good"))
        );
    }

    #[test]
    fn a_contradiction_is_not_declared() {
        let contradicting = table(&[("a", 1), ("c", 2)], &[(1, "c")], Unmapped::Hold);
        assert_eq!(contradicting.breaches(), [&Value::integer(1)]);
        assert!(!contradicting.is_declared(&Value::integer(1)));
        let dangling = table(&[("a", 1)], &[(2, "unknown")], Unmapped::Hold);
        assert!(!dangling.is_declared(&Value::text("2")));
    }

    #[test]
    fn the_first_of_several_is_the_way_back() {
        let table = table(&[("a", 1), ("b", 1)], &[], Unmapped::Hold);
        assert!(table.breaches().is_empty());
        assert_eq!(
            table.to_testworthy(&Value::integer(1)),
            Lookup::Found(Value::text("a"))
        );
        let (one, a, b) = (Value::integer(1), Value::text("a"), Value::text("b"));
        assert_eq!(table.merged(), [(&one, vec![&a, &b])]);
    }

    #[test]
    fn values_without_an_entry_follow_unmapped() {
        let unknown = Value::text("?");
        let hold = table(&[("a", 1)], &[], Unmapped::Hold);
        assert_eq!(
            hold.to_azure_devops(&unknown),
            Lookup::Waits { skips_item: false }
        );
        assert_eq!(
            hold.to_azure_devops(&Value::Null),
            Lookup::Found(Value::Null)
        );
        let skip = table(&[("a", 1)], &[], Unmapped::SkipItem);
        assert_eq!(
            skip.to_azure_devops(&unknown),
            Lookup::Waits { skips_item: true }
        );
        let using = table(&[("a", 1)], &[], Unmapped::Use(Value::integer(9)));
        assert_eq!(
            using.to_azure_devops(&unknown),
            Lookup::Found(Value::integer(9))
        );
        assert_eq!(
            using.to_azure_devops(&Value::text("A")),
            Lookup::Found(Value::integer(1))
        );
        let none = table(&[("", 7)], &[], Unmapped::Hold);
        assert_eq!(
            none.to_azure_devops(&Value::Null),
            Lookup::Found(Value::integer(7))
        );
    }

    #[test]
    fn entries_that_a_side_cannot_hold_are_told() {
        let map = ValueMap {
            values: IndexMap::from([("high".to_owned(), Value::text("one"))]),
            reverse: IndexMap::new(),
            unmapped: Unmapped::Hold,
        };
        let misfits = Table::compile(&map, &Form::Line, &Form::Number { whole: true }).unwrap_err();
        assert_eq!(misfits.len(), 1);
        assert_eq!(
            (misfits[0].value.as_str(), misfits[0].system),
            ("one", System::AzureDevOps)
        );
    }
}
