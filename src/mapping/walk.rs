//! What a new state means for the writes of a work item: which of them the first one carries, and what
//! is left for the writes after it.

use std::collections::BTreeMap;

use super::compile::CompiledMapping;
use super::problem::{Problem, RowProblem};
use super::row::{AzureEnd, CompiledRow};
use super::workflow::{Hop, Workflow};
use crate::model::{System, Value, WorkItem};

const STATE: &str = "System.State";
const REASON: &str = "System.Reason";

/// The writes that a work item still needs after its first one, one per transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The rows that are done when the walk is; until then they have no base like the others.
    pub rows: Vec<String>,
    /// Its writes, in order; never empty.
    pub hops: Vec<Hop>,
}

impl Hop {
    /// What its write sends.
    pub fn fields(&self) -> BTreeMap<String, Value> {
        let state = (STATE.to_owned(), Value::text(self.state.as_str()));
        let reason = self.reason.as_ref();
        let reason = reason.map(|reason| (REASON.to_owned(), Value::text(reason.as_str())));
        std::iter::once(state).chain(reason).collect()
    }
}

impl CompiledRow {
    /// The writes that bring an item's state to `to`, a canonical Azure DevOps value of the row; `None`
    /// stands for an item that is to be created. Nothing for a row that is not about the state.
    pub fn route(&self, item: Option<&WorkItem>, to: &Value) -> Result<Vec<Hop>, Problem> {
        let Some(workflow) = self.workflow() else {
            return Ok(Vec::new());
        };
        let Some(to) = to.as_text() else {
            // Without a value a new item gets its initial state, and an item never loses its state.
            return match item {
                None => Ok(Vec::new()),
                Some(_) => Err(Problem::Required {
                    system: System::AzureDevOps,
                }),
            };
        };
        let from = item.map(|item| {
            let state = item.fields.get(STATE).and_then(Value::as_text);
            state.unwrap_or_default()
        });
        let route = workflow.route(from, to);
        route.map_err(|blocked| self.guard(blocked.into()))
    }

    /// Whether the row's value may take several writes.
    pub fn walks(&self) -> bool {
        self.workflow().is_some()
    }

    fn workflow(&self) -> Option<&Workflow> {
        match &self.azure {
            AzureEnd::Field(field) if field.reference_name == STATE => field.workflow.as_ref(),
            AzureEnd::Field(_) | AzureEnd::Tags(_) => None,
        }
    }
}

impl CompiledMapping {
    /// Makes `fields`, which are to be written to `item` (`None`: to a new one), hold the first write of
    /// the route to the state that they hold. Gives the writes that must follow, if there are any.
    ///
    /// A reason that a row of its own maps goes with the last write, because it belongs to the state
    /// that the item ends in.
    pub fn walk(
        &self,
        item: Option<&WorkItem>,
        fields: &mut BTreeMap<String, Value>,
    ) -> Result<Option<Walk>, RowProblem> {
        let mut rows = self.active_rows(System::AzureDevOps);
        let (Some(row), Some(to)) = (rows.find(|row| row.workflow().is_some()), fields.get(STATE))
        else {
            return Ok(None);
        };
        let route = row.route(item, to).map_err(|problem| RowProblem {
            row: row.name.clone(),
            problem,
        })?;
        let mut hops = route.into_iter();
        let Some(first) = hops.next() else {
            return Ok(None);
        };
        let mut hops: Vec<Hop> = hops.collect();
        let mut rows = vec![row.name.clone()];
        let mapped = fields.remove(REASON);
        fields.extend(first.fields());
        match (mapped, hops.last_mut()) {
            (Some(reason), Some(last)) => {
                last.reason = reason.as_text().map(str::to_owned);
                rows.extend(self.writing(REASON));
            }
            (Some(reason), None) => {
                fields.insert(REASON.to_owned(), reason);
            }
            (None, _) => {}
        }
        Ok((!hops.is_empty()).then_some(Walk { rows, hops }))
    }

    /// Names of the rows that write a field.
    fn writing(&self, reference_name: &'static str) -> impl Iterator<Item = String> {
        let rows = self.active_rows(System::AzureDevOps);
        rows.filter(move |row| {
            matches!(&row.azure, AzureEnd::Field(field) if field.reference_name == reference_name)
        })
        .map(|row| row.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{compiled, field_row, walking, work_item};

    fn mapping() -> CompiledMapping {
        let rows = vec![field_row("title", "System.Title")];
        walking(
            compiled(rows, System::AzureDevOps),
            &[("Closed", "Obsolete")],
        )
    }

    fn fields(list: &[(&str, &str)]) -> BTreeMap<String, Value> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), Value::text(*value));
        list.iter().map(owned).collect()
    }

    #[test]
    fn the_first_write_carries_everything_else() {
        let item = work_item(&[("System.State", Value::text("Design"))], &[]);
        let mut sent = fields(&[("System.Title", "Pay"), ("System.State", "Closed")]);
        let walk = mapping().walk(Some(&item), &mut sent).unwrap().unwrap();
        assert_eq!(
            sent,
            fields(&[("System.Title", "Pay"), ("System.State", "Ready")])
        );
        assert_eq!(walk.rows, ["disabled"]);
        let left: Vec<_> = walk.hops.iter().map(Hop::fields).collect();
        let last = fields(&[("System.State", "Closed"), ("System.Reason", "Obsolete")]);
        assert_eq!(left, [last]);
    }

    #[test]
    fn one_transition_is_one_write() {
        let item = work_item(&[("System.State", Value::text("Ready"))], &[]);
        let mut sent = fields(&[("System.State", "Closed")]);
        assert_eq!(mapping().walk(Some(&item), &mut sent).unwrap(), None);
        let all = fields(&[("System.State", "Closed"), ("System.Reason", "Obsolete")]);
        assert_eq!(sent, all);
    }

    #[test]
    fn a_mapped_reason_goes_with_the_last_write() {
        let item = work_item(&[("System.State", Value::text("Design"))], &[]);
        let mut sent = fields(&[("System.State", "Closed"), ("System.Reason", "Duplicate")]);
        let walk = mapping().walk(Some(&item), &mut sent).unwrap().unwrap();
        assert_eq!(sent, fields(&[("System.State", "Ready")]));
        assert_eq!(walk.hops[0].reason.as_deref(), Some("Duplicate"));
    }

    #[test]
    fn fields_without_a_state_stay_as_they_are() {
        let item = work_item(&[("System.State", Value::text("Design"))], &[]);
        let mut sent = fields(&[("System.Title", "Pay")]);
        assert_eq!(mapping().walk(Some(&item), &mut sent).unwrap(), None);
        assert_eq!(sent, fields(&[("System.Title", "Pay")]));
    }

    #[test]
    fn a_state_that_cannot_be_reached_is_the_rows_problem() {
        let item = work_item(&[("System.State", Value::text("Design"))], &[]);
        let mut sent = fields(&[("System.State", "Nowhere")]);
        let problem = mapping().walk(Some(&item), &mut sent).unwrap_err();
        assert_eq!(problem.row, "disabled");
        assert_eq!(problem.problem.code().code, "state-blocked");
        let told = problem.to_string();
        assert!(
            told.contains("`Design`; it can reach `Ready`, `Closed`"),
            "{told}"
        );
    }

    #[test]
    fn an_item_never_loses_its_state() {
        let item = work_item(&[("System.State", Value::text("Design"))], &[]);
        let mapping = mapping();
        let row = mapping.row("disabled").unwrap();
        assert!(row.route(Some(&item), &Value::Null).is_err());
        assert_eq!(row.route(None, &Value::Null).unwrap(), []);
    }

    #[test]
    fn a_sensitive_state_is_not_told() {
        let mut mapping = mapping();
        let row = mapping
            .rows
            .iter_mut()
            .find(|row| row.name == "disabled")
            .unwrap();
        row.sensitive = true;
        let item = work_item(&[("System.State", Value::text("Design"))], &[]);
        let problem = row.route(Some(&item), &Value::text("Nowhere")).unwrap_err();
        let told = problem.to_string();
        for secret in ["Design", "Nowhere", "Ready"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}
