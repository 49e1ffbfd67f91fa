
-- What was lost and what was done are only ever added to. (Trigger bodies differ between databases.)
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_keeps_content BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
CREATE TRIGGER loss_keeps_rows BEFORE DELETE ON loss
BEGIN SELECT RAISE(ABORT, 'recorded losses are never dropped'); END;
CREATE TRIGGER loss_keeps_content BEFORE UPDATE ON loss
BEGIN SELECT RAISE(ABORT, 'recorded losses are never changed'); END;
