//! The table of a row `as: path`: patterns over section paths to areas or iterations.

use super::form::Form;
use super::value_map::Misfit;
use crate::model::config::{Unmapped, ValueMap};
use crate::model::{System, Value, glob};

/// Patterns from the most specific to the least, each with the path it stands for.
#[derive(Clone, Debug)]
pub(super) struct PathTable {
    entries: Vec<(String, Value)>,
    /// Azure DevOps path to TestWorthy path, as declared under `reverse`.
    reverse: Vec<(Value, Value)>,
    unmapped: Unmapped,
}

/// What became of a lookup.
pub(super) enum Found {
    /// The other side's path.
    Path(Value),
    /// No pattern fits: the field waits, or the item.
    Waits { skips_item: bool },
}

impl PathTable {
    /// Compiles a table for the forms of the two sides.
    pub(super) fn compile(map: &ValueMap, case: &Form, azure: &Form) -> Result<Self, Vec<Misfit>> {
        let mut misfits = Vec::new();
        let mut path = |system, form: &Form, value: &Value| match form.canonical(value) {
            Some(value) if !value.is_null() => value,
            _ => {
                misfits.push(Misfit {
                    value: value.to_string(),
                    system,
                    expected: form.expected(),
                });
                Value::Null
            }
        };
        let mut entries: Vec<(String, Value)> = map
            .values
            .iter()
            .map(|(pattern, value)| {
                // As the paths that it is held against are: single spaces, no empty names.
                let pattern = case.canonical(&Value::text(pattern.as_str()));
                let pattern = names(pattern.as_ref().unwrap_or(&Value::Null));
                (pattern, path(System::AzureDevOps, azure, value))
            })
            .collect();
        // The sort is stable: of two equally specific patterns the first one counts.
        entries.sort_by_key(|(pattern, _)| std::cmp::Reverse(glob::specificity(pattern)));
        let reverse = map
            .reverse
            .iter()
            .map(|(right, left)| {
                let right = path(System::AzureDevOps, azure, &Value::text(right.as_str()));
                (right, path(System::TestWorthy, case, left))
            })
            .collect();
        if misfits.is_empty() {
            Ok(Self {
                entries,
                reverse,
                unmapped: map.unmapped.clone(),
            })
        } else {
            Err(misfits)
        }
    }

    /// The path that the most specific fitting pattern stands for. The root is the empty path.
    pub(super) fn to_azure_devops(&self, section: &Value, azure: &Form) -> Found {
        let section = names(section);
        let fitting = self
            .entries
            .iter()
            .find(|(pattern, _)| glob::fits(pattern, &section));
        match fitting {
            Some((_, path)) => Found::Path(path.clone()),
            None => self.rest(azure),
        }
    }

    /// The way back: `reverse`, else the only pattern without a wildcard that leads there.
    pub(super) fn to_testworthy(&self, path: &Value, case: &Form, azure: &Form) -> Found {
        let declared = self
            .reverse
            .iter()
            .find(|(right, _)| azure.same(right, path));
        if let Some((_, left)) = declared {
            return Found::Path(left.clone());
        }
        let mut leading = self
            .entries
            .iter()
            .filter(|(_, right)| azure.same(right, path));
        match (leading.next(), leading.next()) {
            (Some((pattern, _)), None) if !pattern.contains('*') => {
                Found::Path(Value::text(pattern.as_str()))
            }
            _ => self.rest(case),
        }
    }

    /// Whether several sections become one path, so that there is no way back.
    pub(super) fn is_many_to_one(&self) -> bool {
        self.entries.iter().any(|(pattern, path)| {
            let again = self.entries.iter().filter(|(_, other)| other == path);
            pattern.contains('*') || again.count() > 1
        })
    }

    fn rest(&self, form: &Form) -> Found {
        match &self.unmapped {
            Unmapped::Hold => Found::Waits { skips_item: false },
            Unmapped::SkipItem => Found::Waits { skips_item: true },
            Unmapped::Use(value) => match form.canonical(value) {
                Some(path) => Found::Path(path),
                None => Found::Waits { skips_item: false },
            },
        }
    }
}

/// A path as patterns see it, whichever separator its form has.
fn names(path: &Value) -> String {
    path.as_text().unwrap_or_default().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;

    const CASE: Form = Form::Path { separator: '/' };
    const AZURE: Form = Form::Path { separator: '\\' };

    fn table(values: &[(&str, &str)], unmapped: Unmapped) -> PathTable {
        let map = ValueMap {
            values: values
                .iter()
                .map(|(l, r)| ((*l).to_owned(), Value::text(*r)))
                .collect(),
            reverse: IndexMap::new(),
            unmapped,
        };
        PathTable::compile(&map, &CASE, &AZURE).unwrap()
    }

    fn area(table: &PathTable, section: &str) -> Option<String> {
        match table.to_azure_devops(&Value::text(section), &AZURE) {
            Found::Path(path) => Some(path.to_string()),
            Found::Waits { .. } => None,
        }
    }

    #[test]
    fn the_most_specific_pattern_wins_wherever_it_stands() {
        let table = table(
            &[
                ("**", r"Web Shop\QA"),
                ("Checkout/**", r"Web Shop\QA\Checkout"),
                ("Checkout/Cards", r"Web Shop/QA/Cards/"),
                ("Checkout/*", r"Web Shop\QA\One below"),
            ],
            Unmapped::Hold,
        );
        let area = |section| area(&table, section).unwrap();
        assert_eq!(area("Search"), r"Web Shop\QA");
        assert_eq!(area(""), r"Web Shop\QA");
        assert_eq!(area("Checkout"), r"Web Shop\QA\Checkout");
        assert_eq!(area("Checkout/Cards"), r"Web Shop\QA\Cards");
        assert_eq!(area("Checkout/Cash"), r"Web Shop\QA\One below");
        assert_eq!(area("Checkout/Cash/Coins"), r"Web Shop\QA\Checkout");
        assert!(table.is_many_to_one());
    }

    /// A custom field may hold an area, and a section's name a backslash.
    #[test]
    fn patterns_fit_whichever_separator_stands_there() {
        for pattern in ["Checkout/**", r"Checkout\**", " Checkout / ** /"] {
            let map = ValueMap {
                values: IndexMap::from([(pattern.to_owned(), Value::text("X"))]),
                reverse: IndexMap::new(),
                unmapped: Unmapped::Hold,
            };
            for form in [&CASE, &AZURE] {
                let table = PathTable::compile(&map, form, &AZURE).unwrap();
                for held in ["Checkout/Cards", r"Checkout\Cards"] {
                    let held = form.canonical(&Value::text(held)).unwrap();
                    let found = table.to_azure_devops(&held, &AZURE);
                    assert!(matches!(found, Found::Path(_)), "{pattern} {held}");
                }
            }
        }
    }

    #[test]
    fn what_fits_no_pattern_waits_or_takes_the_substitute() {
        let waiting = table(&[("A", "X")], Unmapped::Hold);
        assert_eq!(area(&waiting, "B"), None);
        assert!(!waiting.is_many_to_one());
        let using = table(&[("A", "X")], Unmapped::Use(Value::text("Y/Z")));
        assert_eq!(area(&using, "B").as_deref(), Some(r"Y\Z"));
    }

    #[test]
    fn a_single_literal_pattern_leads_back() {
        let table = table(&[("A", "X"), ("B", "Y"), ("C", "Y")], Unmapped::Hold);
        let back = |path: &str| match table.to_testworthy(&Value::text(path), &CASE, &AZURE) {
            Found::Path(path) => Some(path.to_string()),
            Found::Waits { .. } => None,
        };
        assert_eq!(back("x").as_deref(), Some("A"));
        assert_eq!(back("Y"), None);
    }
}
