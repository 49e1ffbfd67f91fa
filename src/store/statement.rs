//! Every SQL statement of the state, one set for all databases.
//!
//! The rules that keep it one set: placeholders `$1..$n` that first appear in ascending order (SQLite
//! numbers named parameters by first appearance, PostgreSQL by their digit), no dialect functions,
//! `INSERT .. ON CONFLICT .. DO UPDATE` for upserts. A test holds every statement to them.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)*
        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

statements! {
    ENDPOINTS_ID = "SELECT id FROM endpoints WHERE testworthy = $1 AND azure_devops = $2";
    ENDPOINTS_NEXT = "SELECT COALESCE(MAX(id), 0) + 1 FROM endpoints";
    ENDPOINTS_INSERT = "INSERT INTO endpoints (id, testworthy, azure_devops) VALUES ($1, $2, $3)";
    ENDPOINTS_ALL = "SELECT id, testworthy, azure_devops FROM endpoints \
        ORDER BY testworthy, azure_devops";

    LINKS = "SELECT id, case_id, work_item_id, testworthy_project, rule, case_mark, \
        work_item_mark, rev, recorded_at, base FROM link WHERE endpoints = $1 ORDER BY case_id";
    LINK_OF_CASE = "SELECT id, case_id, work_item_id, testworthy_project, rule, case_mark, \
        work_item_mark, rev, recorded_at, base FROM link WHERE endpoints = $1 AND case_id = $2";
    PAIRS = "SELECT rule, case_id, work_item_id FROM link WHERE endpoints = $1 \
        ORDER BY rule, case_id";
    LINK_OF_PAIR = "SELECT id FROM link \
        WHERE endpoints = $1 AND case_id = $2 AND work_item_id = $3";
    LINK_PUT = "INSERT INTO link (id, endpoints, case_id, work_item_id, testworthy_project, rule, \
        case_mark, work_item_mark, rev, recorded_at, base) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        ON CONFLICT (id) DO UPDATE SET endpoints = excluded.endpoints, \
        case_id = excluded.case_id, work_item_id = excluded.work_item_id, \
        testworthy_project = excluded.testworthy_project, rule = excluded.rule, \
        case_mark = excluded.case_mark, work_item_mark = excluded.work_item_mark, \
        rev = excluded.rev, recorded_at = excluded.recorded_at, base = excluded.base";
    LINKS_BY_RULE = "SELECT rule, COUNT(*) FROM link GROUP BY rule ORDER BY rule";
    LINK_RULES = "SELECT rule FROM link UNION SELECT rule FROM quarantine";
    LINKS_FORGET = "DELETE FROM link WHERE rule = $1";

    BASE_ROWS = "SELECT id, name, digest FROM base_row";
    BASE_ROW_ID = "SELECT id FROM base_row WHERE name = $1 AND digest = $2";
    BASE_ROW_NEXT = "SELECT COALESCE(MAX(id), 0) + 1 FROM base_row";
    BASE_ROW_INSERT = "INSERT INTO base_row (id, name, digest) VALUES ($1, $2, $3)";

    INTENT = "SELECT i.id, i.run, e.testworthy, e.azure_devops, i.rule, i.kind, i.case_id, \
        i.work_item_id, i.payload_digest, i.prepared_at, i.settles_at, i.outcome, i.reason \
        FROM intent i JOIN endpoints e ON e.id = i.endpoints WHERE i.id = $1";
    INTENTS_OPEN = "SELECT i.id, i.run, e.testworthy, e.azure_devops, i.rule, i.kind, i.case_id, \
        i.work_item_id, i.payload_digest, i.prepared_at, i.settles_at, i.outcome, i.reason \
        FROM intent i JOIN endpoints e ON e.id = i.endpoints \
        WHERE i.endpoints = $1 AND i.outcome IS NULL ORDER BY i.id";
    INTENT_INSERT = "INSERT INTO intent (id, endpoints, run, rule, kind, case_id, work_item_id, \
        payload_digest, prepared_at, settles_at, outcome, reason) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    INTENT_OUTCOME = "SELECT outcome, reason FROM intent WHERE id = $1";
    INTENT_END = "UPDATE intent SET outcome = $1, reason = $2 WHERE id = $3 AND outcome IS NULL";

    LOSSES = "SELECT l.operation, e.testworthy, e.azure_devops, l.rule, l.case_id, \
        l.work_item_id, l.row_name, l.lost, l.written, l.at \
        FROM loss l JOIN endpoints e ON e.id = l.endpoints ORDER BY l.number DESC LIMIT $1";
    LOSS_COUNT = "SELECT COUNT(*) FROM loss";
    LOSS_NEXT = "SELECT COALESCE(MAX(number), 0) + 1 FROM loss";
    LOSS_INSERT = "INSERT INTO loss (number, endpoints, operation, rule, case_id, work_item_id, \
        row_name, lost, written, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    QUARANTINE = "SELECT item, rule, payload_digest, reason, at FROM quarantine \
        WHERE endpoints = $1 ORDER BY item";
    QUARANTINE_PUT = "INSERT INTO quarantine (endpoints, item, rule, payload_digest, reason, at) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (endpoints, item) DO UPDATE SET \
        rule = excluded.rule, payload_digest = excluded.payload_digest, \
        reason = excluded.reason, at = excluded.at";
    QUARANTINE_RELEASE = "DELETE FROM quarantine WHERE endpoints = $1 AND item = $2";
    QUARANTINE_FORGET = "DELETE FROM quarantine WHERE rule = $1";

    RUNS = "SELECT id, started_at, config_digest, files, plan_id, finished_at, exit_code, \
        applied, failed, summary FROM run ORDER BY started_at DESC, id DESC LIMIT $1";
    /// Exit codes 0 and 9: the runs that carried out their plan, wholly or in part.
    RUN_CARRIED_OUT = "SELECT id, started_at, config_digest, files, plan_id, finished_at, \
        exit_code, applied, failed, summary FROM run WHERE exit_code IN (0, 9) \
        ORDER BY started_at DESC, id DESC LIMIT 1";
    RUN_INSERT = "INSERT INTO run (id, started_at, config_digest, files, plan_id) \
        VALUES ($1, $2, $3, $4, $5)";
    RUN_END = "UPDATE run SET finished_at = $1, exit_code = $2, applied = $3, failed = $4, \
        summary = $5 WHERE id = $6";

    AUDIT_LAST = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    AUDIT_INSERT = "INSERT INTO audit (number, at, run, rule, event, case_id, work_item_id, \
        detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    AUDIT_NEWEST = "SELECT number, at, run, rule, event, case_id, work_item_id, detail, hash \
        FROM audit ORDER BY number DESC LIMIT $1";
    AUDIT_ALL = "SELECT number, at, run, rule, event, case_id, work_item_id, detail, hash \
        FROM audit ORDER BY number";

    META = "SELECT value FROM meta WHERE key = $1";
    META_PUT = "INSERT INTO meta (key, value) VALUES ($1, $2) \
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    /// The numbers of the placeholders in order of their first appearance.
    fn placeholders(sql: &str) -> Vec<usize> {
        let mut seen = Vec::new();
        for part in sql.split('$').skip(1) {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            let number = digits.parse().expect("a number behind every $");
            if !seen.contains(&number) {
                seen.push(number);
            }
        }
        seen
    }

    #[test]
    fn the_check_sees_a_wrong_order() {
        assert_eq!(placeholders("SELECT $2, $1, $2"), [2, 1]);
    }

    #[test]
    fn placeholders_first_appear_in_ascending_order() {
        for (name, sql) in ALL {
            let found = placeholders(sql);
            let expected: Vec<usize> = (1..=found.len()).collect();
            assert_eq!(found, expected, "{name}: {sql}");
        }
    }

    #[test]
    fn no_statement_leaves_the_common_dialect() {
        for (name, sql) in ALL {
            let upper = sql.to_uppercase();
            for foreign in [
                "?",
                "OR REPLACE",
                "OR IGNORE",
                "ROWID",
                "IFNULL",
                "DATETIME(",
                "::",
            ] {
                assert!(!upper.contains(foreign), "{name} uses {foreign}: {sql}");
            }
        }
    }
}
