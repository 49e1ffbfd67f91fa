//! The audit's hash chain: each row's SHA-256 over the previous row's hash and its own content, so a
//! row that was changed, removed or put in between shows.

use sha2::{Digest, Sha256};

use super::codec::time_text;
use super::{AuditCheck, AuditEntry, AuditRow};

/// The hash before the first row.
pub(super) const START: &str = "";

/// The hash of row `number` (from 1) as 64 hexadecimal digits.
pub(super) fn hash(previous: &str, number: u64, entry: &AuditEntry) -> String {
    // JSON delimits the parts, so that no two contents give the same bytes.
    let content = serde_json::json!([
        previous,
        number,
        time_text(entry.at),
        entry.run,
        entry.rule,
        entry.event,
        entry.case,
        entry.work_item,
        entry.detail,
    ]);
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(content.to_string().as_bytes()) {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    text
}

/// Checks rows one by one, in their order.
#[derive(Default)]
pub(super) struct Chain {
    rows: u64,
    head: String,
}

impl Chain {
    /// Takes the next row; the check's outcome, if it breaks the chain.
    pub(super) fn take(&mut self, row: &AuditRow) -> Result<(), AuditCheck> {
        let number = self.rows + 1;
        if row.number != number {
            let reason = format!("row {number} is missing");
            return Err(AuditCheck::Broken { number, reason });
        }
        let previous = if self.rows == 0 { START } else { &self.head };
        if row.hash != hash(previous, number, &row.entry) {
            let reason = "its content does not give its hash".to_owned();
            return Err(AuditCheck::Broken { number, reason });
        }
        self.rows = number;
        self.head.clone_from(&row.hash);
        Ok(())
    }

    /// The outcome after the last row; `recorded` is how many rows the state says there are.
    pub(super) fn finish(self, recorded: u64) -> AuditCheck {
        if recorded == self.rows {
            return AuditCheck::Intact {
                rows: self.rows,
                head: (self.rows > 0).then_some(self.head),
            };
        }
        AuditCheck::Broken {
            number: self.rows.min(recorded) + 1,
            reason: format!("the state recorded {recorded} rows and holds {}", self.rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CaseId, Name, RunId};

    fn entry(detail: &str) -> AuditEntry {
        AuditEntry {
            at: "2026-11-16T08:00:00Z".parse().unwrap(),
            run: RunId("run-1".to_owned()),
            rule: Name::new("regression").unwrap(),
            event: "updated case".to_owned(),
            case: Some(CaseId(7)),
            work_item: None,
            detail: detail.to_owned(),
        }
    }

    fn rows(details: &[&str]) -> Vec<AuditRow> {
        let mut previous = START.to_owned();
        let mut rows = Vec::new();
        for (number, detail) in (1..).zip(details) {
            let hash = hash(&previous, number, &entry(detail));
            previous.clone_from(&hash);
            rows.push(AuditRow {
                number,
                entry: entry(detail),
                hash,
            });
        }
        rows
    }

    fn check(rows: &[AuditRow], recorded: u64) -> AuditCheck {
        let mut chain = Chain::default();
        for row in rows {
            if let Err(broken) = chain.take(row) {
                return broken;
            }
        }
        chain.finish(recorded)
    }

    fn broken_at(check: &AuditCheck) -> Option<u64> {
        match check {
            AuditCheck::Broken { number, .. } => Some(*number),
            AuditCheck::Intact { .. } => None,
        }
    }

    #[test]
    fn an_untouched_chain_is_intact() {
        let rows = rows(&["a", "b", "c"]);
        let head = Some(rows[2].hash.clone());
        assert_eq!(check(&rows, 3), AuditCheck::Intact { rows: 3, head });
        assert_eq!(
            check(&[], 0),
            AuditCheck::Intact {
                rows: 0,
                head: None
            }
        );
    }

    #[test]
    fn every_tampering_shows_where_it_happened() {
        let good = rows(&["a", "b", "c"]);

        let mut changed = good.clone();
        changed[1].entry.detail = "x".to_owned();
        assert_eq!(broken_at(&check(&changed, 3)), Some(2));

        let mut rehashed = changed;
        rehashed[1].hash = hash(&rehashed[0].hash, 2, &rehashed[1].entry);
        assert_eq!(broken_at(&check(&rehashed, 3)), Some(3));

        let mut removed = good.clone();
        removed.remove(1);
        assert_eq!(broken_at(&check(&removed, 3)), Some(2));

        assert_eq!(
            broken_at(&check(&good[..2], 3)),
            Some(3),
            "cut off at the end"
        );
    }

    #[test]
    fn parts_cannot_be_moved_between_columns() {
        let mut left = entry("b");
        left.event = "a".to_owned();
        let mut right = entry("");
        right.event = "ab".to_owned();
        assert_ne!(hash(START, 1, &left), hash(START, 1, &right));
    }
}
