//! Which rows of an intent an item holds as they were sent.

use std::collections::BTreeMap;

use crate::mapping::{CompiledMapping, CompiledRow, Problem};
use crate::model::{Base, BaseField, Equivalence, Learned, System, Value, digest_of};
use crate::reconcile::executor::base_after;
use crate::store::IntentRow;

/// What of an intent is recognised.
pub(super) struct Recognised {
    /// The new bases of the rows that arrived; `None` for one that is to have none.
    pub(super) fields: BTreeMap<String, Option<BaseField>>,
    /// Whether all of the write arrived.
    pub(super) whole: bool,
}

impl Recognised {
    /// Puts the bases into a link's.
    pub(super) fn put_into(self, base: &mut Base) {
        for (name, field) in self.fields {
            match field {
                Some(field) => base.fields.insert(name, field),
                None => base.fields.remove(&name),
            };
        }
    }
}

/// Holds the rows of an intent that wrote `side` against what `read` says the item held behind the write.
///
/// A row that reads as it was sent has its base, whoever put that there: both sides held these values at
/// one time. One that only got its base renewed has it if the two values say the same. A row whose
/// definition changed says nothing.
pub(super) fn recognise(
    rows: &BTreeMap<String, IntentRow>,
    (mapping, learned): (&CompiledMapping, &Learned),
    side: System,
    read: impl Fn(&CompiledRow) -> Result<Value, Problem>,
    old: &Base,
) -> Recognised {
    let mut fields = BTreeMap::new();
    let (mut arrived, mut all) = (false, true);
    for (name, kept) in rows {
        let row = mapping.row(name);
        let row = row.filter(|row| row.digest() == kept.digest);
        let Some((row, now)) = row.and_then(|row| Some((row, read(row).ok()?))) else {
            all = false;
            continue;
        };
        let holds = match &kept.to {
            Some(sent) => row.same(side, sent, &now) || is_spelling(row, side, sent, &now, learned),
            None => match side {
                System::AzureDevOps => row.in_accord(&kept.from, &now),
                System::TestWorthy => row.in_accord(&now, &kept.from),
            },
        };
        if !holds {
            all = false;
            continue;
        }
        arrived |= kept.to.is_some();
        let field = base_after(
            row,
            side,
            kept.part,
            (&kept.from, &now),
            old.fields.get(name),
        );
        fields.insert(name.clone(), field);
    }
    Recognised {
        fields,
        whole: all && arrived,
    }
}

fn is_spelling(
    row: &CompiledRow,
    system: System,
    sent: &Value,
    kept: &Value,
    learned: &Learned,
) -> bool {
    !learned.is_empty()
        && learned.holds(&Equivalence {
            system,
            row_digest: row.digest().to_owned(),
            sent: digest_of(sent),
            kept: digest_of(kept),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{compiled, field_row, priority_row, walking, work_item};
    use crate::model::WorkItem;
    use crate::store::IntentPart;

    fn mapping() -> CompiledMapping {
        let rows = vec![field_row("title", "System.Title"), priority_row()];
        walking(compiled(rows, System::AzureDevOps), &[])
    }

    fn sent(mapping: &CompiledMapping, name: &str, from: Value, to: Option<Value>) -> IntentRow {
        IntentRow {
            from,
            to,
            digest: mapping.row(name).unwrap().digest().to_owned(),
            part: IntentPart::Whole,
        }
    }

    fn title(mapping: &CompiledMapping) -> (String, IntentRow) {
        let pay = Value::text("Pay");
        (
            "title".to_owned(),
            sent(mapping, "title", pay.clone(), Some(pay)),
        )
    }

    fn item(title: &str, priority: i64) -> WorkItem {
        let fields = [
            ("System.Title", Value::text(title)),
            ("System.State", Value::text("Ready")),
            ("Microsoft.VSTS.Common.Priority", Value::integer(priority)),
        ];
        work_item(&fields, &[])
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "the rows are made where they are asked about"
    )]
    fn look(
        mapping: &CompiledMapping,
        rows: BTreeMap<String, IntentRow>,
        item: &WorkItem,
        learned: &Learned,
    ) -> Recognised {
        let read = |row: &CompiledRow| row.read_work_item(item);
        recognise(
            &rows,
            (mapping, learned),
            System::AzureDevOps,
            read,
            &Base::default(),
        )
    }

    #[test]
    fn what_reads_as_it_was_sent_has_its_base_from_that_revision() {
        let mapping = mapping();
        let rows = BTreeMap::from([title(&mapping)]);
        let found = look(&mapping, rows, &item("Pay", 1), &Learned::default());
        assert!(found.whole);
        let base = found.fields["title"].clone().unwrap();
        assert_eq!(base.testworthy, Value::text("Pay"));
        assert_eq!(base.azure_devops, Value::text("Pay"));
    }

    #[test]
    fn somebody_elses_revision_is_not_taken_for_ours() {
        let mapping = mapping();
        let rows = BTreeMap::from([title(&mapping)]);
        let found = look(&mapping, rows, &item("Pay later", 1), &Learned::default());
        assert!(!found.whole && found.fields.is_empty());
    }

    #[test]
    fn a_row_that_did_not_arrive_takes_no_other_with_it() {
        let mapping = mapping();
        let first = Value::text("P1 - Must Test");
        let priority = sent(&mapping, "priority", first, Some(Value::integer(1)));
        let rows = BTreeMap::from([title(&mapping), ("priority".to_owned(), priority)]);
        let found = look(&mapping, rows, &item("Pay", 2), &Learned::default());
        assert!(!found.whole);
        assert_eq!(found.fields.keys().collect::<Vec<_>>(), ["title"]);
    }

    #[test]
    fn a_row_whose_definition_changed_gets_no_base() {
        let mapping = mapping();
        let (name, mut row) = title(&mapping);
        row.digest = "0123456789abcdef".to_owned();
        let rows = BTreeMap::from([(name, row)]);
        let found = look(&mapping, rows, &item("Pay", 1), &Learned::default());
        assert!(!found.whole && found.fields.is_empty());
    }

    #[test]
    fn a_row_that_was_only_renewed_has_to_be_in_accord_and_is_no_evidence_by_itself() {
        let mapping = mapping();
        for (priority, agrees) in [(1, true), (2, false)] {
            let first = Value::text("P1 - Must Test");
            let row = sent(&mapping, "priority", first, None);
            let rows = BTreeMap::from([("priority".to_owned(), row)]);
            let found = look(&mapping, rows, &item("Pay", priority), &Learned::default());
            assert!(!found.whole);
            assert_eq!(found.fields.contains_key("priority"), agrees);
        }
    }

    #[test]
    fn a_state_on_its_way_stays_on_its_way() {
        let mapping = mapping();
        let mut row = sent(
            &mapping,
            "disabled",
            Value::Boolean(true),
            Some(Value::text("Ready")),
        );
        row.part = IntentPart::UnderWay;
        let rows = BTreeMap::from([("disabled".to_owned(), row)]);
        let found = look(&mapping, rows, &item("Pay", 1), &Learned::default());
        let base = found.fields["disabled"].clone().unwrap();
        assert!(found.whole && base.is_under_way());
        assert_eq!(base.azure_devops, Value::text("Ready"));
    }

    #[test]
    fn a_servers_own_spelling_counts_as_what_was_sent() {
        let mapping = mapping();
        let rows = BTreeMap::from([title(&mapping)]);
        let spelled = Equivalence {
            system: System::AzureDevOps,
            row_digest: mapping.row("title").unwrap().digest().to_owned(),
            sent: digest_of(&Value::text("Pay")),
            kept: digest_of(&Value::text("PAY!")),
        };
        let learned: Learned = [spelled].into_iter().collect();
        let found = look(&mapping, rows, &item("PAY!", 1), &learned);
        assert!(found.whole);
        assert_eq!(
            found.fields["title"].clone().unwrap().azure_devops,
            Value::text("PAY!")
        );
    }
}
