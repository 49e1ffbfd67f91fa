
-- Both values of a conflict stay as they were met, and what is closed stays closed.
CREATE TRIGGER conflict_keeps_rows BEFORE DELETE ON conflict
BEGIN SELECT RAISE(ABORT, 'conflicts are never dropped'); END;
CREATE TRIGGER conflict_keeps_content BEFORE UPDATE OF id, endpoints, rule, case_id, work_item_id,
    kind, row_name, side, cause, edited, base_testworthy, base_azure_devops, testworthy,
    azure_devops, sensitive, opened_at ON conflict
BEGIN SELECT RAISE(ABORT, 'what a conflict is about is never changed'); END;
CREATE TRIGGER conflict_stays_closed BEFORE UPDATE ON conflict WHEN OLD.state = 'closed'
BEGIN SELECT RAISE(ABORT, 'a closed conflict is never changed'); END;
