//! Every SQL statement of the state, one set for all databases.
//!
//! The rules that keep it one set: placeholders `$1..$n` that first appear in ascending order (SQLite
//! numbers named parameters by first appearance, PostgreSQL by their digit), no dialect functions,
//! `INSERT .. ON CONFLICT .. DO UPDATE` for upserts. A test holds every statement to them.

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(in crate::store) const $name: &str = $sql;)*
        #[cfg(test)]
        pub(in crate::store) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

macro_rules! conflict_columns {
    () => {
        "SELECT c.id, e.testworthy, e.azure_devops, c.rule, c.case_id, c.work_item_id, c.kind, \
            c.row_name, c.side, c.cause, c.edited, c.base_testworthy, c.base_azure_devops, \
            c.testworthy, c.azure_devops, c.sensitive, c.opened_at, c.state, c.take, c.decided_at, \
            c.closing, c.closed_at FROM conflict c JOIN endpoints e ON e.id = c.endpoints "
    };
}

statements! {
    ENDPOINTS_ID = "SELECT id FROM endpoints WHERE testworthy = $1 AND azure_devops = $2";
    ENDPOINTS_NEXT = "SELECT COALESCE(MAX(id), 0) + 1 FROM endpoints";
    ENDPOINTS_INSERT = "INSERT INTO endpoints (id, testworthy, azure_devops) VALUES ($1, $2, $3)";
    ENDPOINTS_ALL = "SELECT id, testworthy, azure_devops FROM endpoints \
        ORDER BY testworthy, azure_devops";

    LINKS = "SELECT id, case_id, work_item_id, testworthy_project, rule, case_mark, \
        work_item_mark, rev, recorded_at, base, state FROM link \
        WHERE endpoints = $1 AND state = 'active' ORDER BY case_id";
    LINKS_PARTED = "SELECT id, case_id, work_item_id, testworthy_project, rule, case_mark, \
        work_item_mark, rev, recorded_at, base, state FROM link \
        WHERE endpoints = $1 AND state <> 'active' ORDER BY case_id";
    LINK_OF_CASE = "SELECT id, case_id, work_item_id, testworthy_project, rule, case_mark, \
        work_item_mark, rev, recorded_at, base, state FROM link \
        WHERE endpoints = $1 AND case_id = $2 AND state = 'active'";
    /// Leaves the parted ones out by their index: `state` stands behind long bases.
    PAIRS = "SELECT rule, case_id, work_item_id FROM link WHERE endpoints = $1 AND case_id NOT IN \
        (SELECT case_id FROM link WHERE endpoints = $1 AND state <> 'active') \
        ORDER BY rule, case_id";
    /// The link of this id, and every one that holds either item.
    LINKS_STANDING = "SELECT id, endpoints, case_id, work_item_id, state FROM link WHERE id = $1 \
        OR (endpoints = $2 AND case_id = $3) OR (endpoints = $2 AND work_item_id = $4)";
    LINK_PUT = "INSERT INTO link (id, endpoints, case_id, work_item_id, testworthy_project, rule, \
        case_mark, work_item_mark, rev, recorded_at, base, state) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
        ON CONFLICT (id) DO UPDATE SET endpoints = excluded.endpoints, \
        case_id = excluded.case_id, work_item_id = excluded.work_item_id, \
        testworthy_project = excluded.testworthy_project, rule = excluded.rule, \
        case_mark = excluded.case_mark, work_item_mark = excluded.work_item_mark, \
        rev = excluded.rev, recorded_at = excluded.recorded_at, base = excluded.base, \
        state = excluded.state";
    LINK_REMOVE = "DELETE FROM link WHERE id = $1";
    LINKS_BY_RULE = "SELECT rule, COUNT(*) FROM link \
        WHERE id NOT IN (SELECT id FROM link WHERE state <> 'active') GROUP BY rule ORDER BY rule";
    /// Every rule that something is kept for that is forgotten with it.
    RULES = "SELECT rule FROM link UNION SELECT rule FROM quarantine \
        UNION SELECT rule FROM watermark";
    LINKS_FORGET = "DELETE FROM link WHERE rule = $1";

    BASE_ROWS = "SELECT id, name, digest FROM base_row";
    BASE_ROW_ID = "SELECT id FROM base_row WHERE name = $1 AND digest = $2";
    BASE_ROW_NEXT = "SELECT COALESCE(MAX(id), 0) + 1 FROM base_row";
    BASE_ROW_INSERT = "INSERT INTO base_row (id, name, digest) VALUES ($1, $2, $3)";

    INTENT = "SELECT i.id, i.run, e.testworthy, e.azure_devops, i.rule, i.kind, i.case_id, \
        i.work_item_id, i.payload_digest, i.prepared_at, i.settles_at, i.outcome, i.reason, \
        i.expected_rev, i.rows FROM intent i JOIN endpoints e ON e.id = i.endpoints WHERE i.id = $1";
    INTENTS_OPEN = "SELECT i.id, i.run, e.testworthy, e.azure_devops, i.rule, i.kind, i.case_id, \
        i.work_item_id, i.payload_digest, i.prepared_at, i.settles_at, i.outcome, i.reason, \
        i.expected_rev, i.rows FROM intent i JOIN endpoints e ON e.id = i.endpoints \
        WHERE i.endpoints = $1 AND i.outcome IS NULL ORDER BY i.id";
    INTENT_INSERT = "INSERT INTO intent (id, endpoints, run, rule, kind, case_id, work_item_id, \
        payload_digest, prepared_at, settles_at, outcome, reason, expected_rev, rows) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    INTENT_OUTCOME = "SELECT outcome, reason FROM intent WHERE id = $1";
    /// What was written is of use only until it is known to have arrived or not.
    INTENT_END = "UPDATE intent SET outcome = $1, reason = $2, rows = NULL \
        WHERE id = $3 AND outcome IS NULL";

    LOSSES = "SELECT l.operation, e.testworthy, e.azure_devops, l.rule, l.case_id, \
        l.work_item_id, l.row_name, l.lost, l.written, l.at \
        FROM loss l JOIN endpoints e ON e.id = l.endpoints ORDER BY l.number DESC LIMIT $1";
    LOSS_COUNT = "SELECT COUNT(*) FROM loss";
    LOSS_NEXT = "SELECT COALESCE(MAX(number), 0) + 1 FROM loss";
    LOSS_INSERT = "INSERT INTO loss (number, endpoints, operation, rule, case_id, work_item_id, \
        row_name, lost, written, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    QUARANTINE = "SELECT item, rule, payload_digest, reason, at, class, type_digest FROM quarantine \
        WHERE endpoints = $1 ORDER BY item";
    QUARANTINE_PUT = "INSERT INTO quarantine (endpoints, item, rule, payload_digest, reason, at, \
        class, type_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
        ON CONFLICT (endpoints, item) DO UPDATE SET \
        rule = excluded.rule, payload_digest = excluded.payload_digest, \
        reason = excluded.reason, at = excluded.at, class = excluded.class, \
        type_digest = excluded.type_digest";
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

    CONFLICTS_OPEN = concat!(
        conflict_columns!(),
        "WHERE c.endpoints = $1 AND c.state <> 'closed' ORDER BY c.id"
    );
    CONFLICTS_OPEN_OF_PAIR = concat!(
        conflict_columns!(),
        "WHERE c.endpoints = $1 AND c.case_id = $2 AND c.work_item_id = $3 \
            AND c.state <> 'closed' ORDER BY c.id"
    );
    CONFLICTS_NEWEST = concat!(conflict_columns!(), "ORDER BY c.id DESC LIMIT $1");
    CONFLICT = concat!(conflict_columns!(), "WHERE c.id = $1");
    CONFLICT_NEXT = "SELECT COALESCE(MAX(id), 0) + 1 FROM conflict";
    CONFLICT_INSERT = "INSERT INTO conflict (id, endpoints, rule, case_id, work_item_id, kind, \
        row_name, side, cause, edited, base_testworthy, base_azure_devops, testworthy, \
        azure_devops, sensitive, opened_at, state) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open')";
    CONFLICT_DECIDE = "UPDATE conflict SET state = $1, take = $2, decided_at = $3 \
        WHERE id = $4 AND state <> 'closed'";
    CONFLICT_CLOSE = "UPDATE conflict SET state = 'closed', closing = $1, \
        take = COALESCE($2, take), closed_at = $3 WHERE id = $4 AND state <> 'closed'";
    /// The time is the given one, else that of the run that does it.
    CONFLICTS_CLOSE_OF_PAIR = "UPDATE conflict SET state = 'closed', closing = 'unlinked', \
        closed_at = COALESCE($1, (SELECT MAX(started_at) FROM run), opened_at) \
        WHERE endpoints = $2 AND case_id = $3 AND work_item_id = $4 AND state <> 'closed'";
    CONFLICTS_CLOSE_OF_RULE = "UPDATE conflict SET state = 'closed', closing = 'unlinked', \
        closed_at = COALESCE((SELECT MAX(started_at) FROM run), opened_at) \
        WHERE state <> 'closed' AND EXISTS (SELECT 1 FROM link l \
        WHERE l.endpoints = conflict.endpoints AND l.case_id = conflict.case_id \
        AND l.work_item_id = conflict.work_item_id AND l.rule = $1)";

    LEARNED = "SELECT side, row_digest, sent, kept FROM learned WHERE endpoints = $1";
    LEARNED_PUT = "INSERT INTO learned (endpoints, side, row_digest, sent, kept) \
        VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (endpoints, side, row_digest, sent, kept) DO NOTHING";

    WRITTEN = "SELECT case_id, work_item_id, row_name, side, before_digest, after_digest, times, at \
        FROM written WHERE endpoints = $1";
    /// The last parameter is the oldest time that still counts.
    WRITTEN_PUT = "INSERT INTO written (endpoints, case_id, row_name, side, work_item_id, \
        before_digest, after_digest, times, at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8) \
        ON CONFLICT (endpoints, case_id, row_name, side) DO UPDATE SET \
        times = CASE WHEN written.work_item_id = excluded.work_item_id \
        AND written.before_digest = excluded.before_digest \
        AND written.after_digest = excluded.after_digest AND written.at >= $9 \
        THEN written.times + 1 ELSE 1 END, work_item_id = excluded.work_item_id, \
        before_digest = excluded.before_digest, after_digest = excluded.after_digest, \
        at = excluded.at";
    WRITTEN_EXPIRE = "DELETE FROM written WHERE at < $1";
    WRITTEN_FORGET_CASE = "DELETE FROM written WHERE endpoints = $1 AND case_id = $2";
    WRITTEN_FORGET_RULE = "DELETE FROM written WHERE EXISTS (SELECT 1 FROM link l \
        WHERE l.endpoints = written.endpoints AND l.case_id = written.case_id AND l.rule = $1)";

    WATERMARK = "SELECT token, full_scan_at, config_digest, dirty FROM watermark \
        WHERE endpoints = $1 AND rule = $2";
    WATERMARK_PUT = "INSERT INTO watermark (endpoints, rule, token, full_scan_at, config_digest, \
        dirty) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (endpoints, rule) DO UPDATE SET \
        token = excluded.token, full_scan_at = excluded.full_scan_at, \
        config_digest = excluded.config_digest, dirty = excluded.dirty";
    WATERMARK_REMOVE = "DELETE FROM watermark WHERE endpoints = $1 AND rule = $2";
    WATERMARK_FORGET = "DELETE FROM watermark WHERE rule = $1";

    CHECK_LINKS = "SELECT id, case_id, work_item_id, testworthy_project, rule, case_mark, \
        work_item_mark, rev, recorded_at, base, state FROM link ORDER BY endpoints, case_id";
    CHECK_LINKS_NOWHERE = "SELECT case_id, work_item_id FROM link \
        WHERE endpoints NOT IN (SELECT id FROM endpoints) ORDER BY case_id";
    CHECK_CASES_TWICE = "SELECT case_id, COUNT(*) FROM link WHERE state = 'active' \
        GROUP BY endpoints, case_id HAVING COUNT(*) > 1 ORDER BY case_id";
    CHECK_WORK_ITEMS_TWICE = "SELECT work_item_id, COUNT(*) FROM link WHERE state = 'active' \
        GROUP BY endpoints, work_item_id HAVING COUNT(*) > 1 ORDER BY work_item_id";
    CHECK_INTENTS = "SELECT i.id, i.run, e.testworthy, e.azure_devops, i.rule, i.kind, i.case_id, \
        i.work_item_id, i.payload_digest, i.prepared_at, i.settles_at, i.outcome, i.reason, \
        i.expected_rev, i.rows FROM intent i JOIN endpoints e ON e.id = i.endpoints ORDER BY i.id";
    CHECK_INTENTS_WITHOUT_RUN = "SELECT id, run FROM intent \
        WHERE run NOT IN (SELECT id FROM run) ORDER BY id";
    CHECK_CONFLICTS = concat!(conflict_columns!(), "ORDER BY c.id");
    CHECK_CONFLICTS_OF_NO_PAIR = "SELECT c.id, c.case_id, c.work_item_id FROM conflict c \
        WHERE c.state <> 'closed' AND NOT EXISTS (SELECT 1 FROM link l \
        WHERE l.endpoints = c.endpoints AND l.case_id = c.case_id \
        AND l.work_item_id = c.work_item_id AND l.state = 'active') ORDER BY c.id";
    CHECK_CONFLICTS_TWICE = "SELECT case_id, work_item_id, COALESCE(row_name, side), COUNT(*) \
        FROM conflict WHERE state <> 'closed' \
        GROUP BY endpoints, case_id, work_item_id, kind, COALESCE(row_name, side) \
        HAVING COUNT(*) > 1 ORDER BY case_id";

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
