-- Shows a file of format 1 as format 2 would, to a connection that may not change it: temporary views and
-- tables stand before the file's own. A test compares their columns with the real ones.

CREATE TEMP VIEW link AS SELECT *, 'active' AS state FROM main.link;
CREATE TEMP VIEW intent AS SELECT *, NULL AS expected_rev, NULL AS rows FROM main.intent;
CREATE TEMP TABLE conflict (
    id, endpoints, rule, case_id, work_item_id, kind, row_name, side, cause, edited, base_testworthy,
    base_azure_devops, testworthy, azure_devops, sensitive, opened_at, state, take, decided_at, closing,
    closed_at
);
CREATE TEMP TABLE learned (endpoints, side, row_digest, sent, kept);
CREATE TEMP TABLE written (
    endpoints, case_id, row_name, side, work_item_id, before_digest, after_digest, times, at
);
CREATE TEMP TABLE watermark (endpoints, rule, token, full_scan_at, config_digest, dirty);
