
-- What was lost and what was done are only ever added to. (Trigger bodies differ between databases.)
CREATE TRIGGER audit_keeps_rows BEFORE DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION accord_refuse('the audit is only ever added to');
CREATE TRIGGER audit_keeps_content BEFORE UPDATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION accord_refuse('the audit is only ever added to');
CREATE TRIGGER loss_keeps_rows BEFORE DELETE OR TRUNCATE ON loss
    FOR EACH STATEMENT EXECUTE FUNCTION accord_refuse('recorded losses are never dropped');
CREATE TRIGGER loss_keeps_content BEFORE UPDATE ON loss
    FOR EACH STATEMENT EXECUTE FUNCTION accord_refuse('recorded losses are never changed');
