
-- Both values of a conflict stay as they were met, and what is closed stays closed.
CREATE TRIGGER conflict_keeps_rows BEFORE DELETE OR TRUNCATE ON conflict
    FOR EACH STATEMENT EXECUTE FUNCTION accord_refuse('conflicts are never dropped');
CREATE TRIGGER conflict_keeps_content BEFORE UPDATE OF id, endpoints, rule, case_id, work_item_id,
    kind, row_name, side, cause, edited, base_testworthy, base_azure_devops, testworthy,
    azure_devops, sensitive, opened_at ON conflict
    FOR EACH STATEMENT EXECUTE FUNCTION accord_refuse('what a conflict is about is never changed');
CREATE TRIGGER conflict_stays_closed BEFORE UPDATE ON conflict
    FOR EACH ROW WHEN (OLD.state = 'closed')
    EXECUTE FUNCTION accord_refuse('a closed conflict is never changed');
