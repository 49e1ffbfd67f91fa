-- Format 2: what two-way sync keeps. The same dialect as format 1.

-- 'active', 'ended' or 'unlinked'. It stands behind `base`, which may be long: a query that reads few
-- columns of many links asks the index for the parted ones instead, which are few.
ALTER TABLE link ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
CREATE INDEX link_parted ON link (endpoints, case_id) WHERE state <> 'active';

ALTER TABLE intent ADD COLUMN expected_rev BIGINT;
-- JSON object of what is written, by row; until the outcome is known.
ALTER TABLE intent ADD COLUMN rows TEXT;

-- What a person has to decide or was spared to. Never dropped; only what became of it changes.
CREATE TABLE conflict (
    id                BIGINT PRIMARY KEY,
    endpoints         BIGINT NOT NULL REFERENCES endpoints (id),
    rule              TEXT NOT NULL,
    case_id           BIGINT NOT NULL,
    work_item_id      BIGINT NOT NULL,
    -- 'field', with row_name, cause, sensitive and values, or 'deleted', with side and edited.
    kind              TEXT NOT NULL,
    row_name          TEXT,
    side              TEXT,
    cause             TEXT,
    edited            BIGINT NOT NULL,
    -- Values as JSON; the base is NULL on both sides where the two were never in accord.
    base_testworthy   TEXT,
    base_azure_devops TEXT,
    testworthy        TEXT,
    azure_devops      TEXT,
    sensitive         BIGINT NOT NULL,
    opened_at         TEXT NOT NULL,
    -- 'open', 'decided' (take, decided_at) or 'closed' (closing, closed_at; take, if it was resolved).
    state             TEXT NOT NULL,
    take              TEXT,
    decided_at        TEXT,
    closing           TEXT,
    closed_at         TEXT
);
CREATE INDEX conflict_open ON conflict (endpoints, case_id) WHERE state <> 'closed';

-- A server on this side makes `kept` of `sent`. Digests only.
CREATE TABLE learned (
    endpoints  BIGINT NOT NULL REFERENCES endpoints (id),
    side       TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    sent       TEXT NOT NULL,
    kept       TEXT NOT NULL,
    PRIMARY KEY (endpoints, side, row_digest, sent, kept)
);

-- The last change that was written to a field, and how often that same one in a row. Digests only; what
-- is older than a day counts no longer and is dropped when a run begins.
CREATE TABLE written (
    endpoints     BIGINT NOT NULL REFERENCES endpoints (id),
    case_id       BIGINT NOT NULL,
    row_name      TEXT NOT NULL,
    side          TEXT NOT NULL,
    work_item_id  BIGINT NOT NULL,
    before_digest TEXT NOT NULL,
    after_digest  TEXT NOT NULL,
    times         BIGINT NOT NULL,
    at            TEXT NOT NULL,
    PRIMARY KEY (endpoints, case_id, row_name, side)
);

-- How far the feed of revisions was followed for a rule.
CREATE TABLE watermark (
    endpoints     BIGINT NOT NULL REFERENCES endpoints (id),
    rule          TEXT NOT NULL,
    token         TEXT NOT NULL,
    full_scan_at  TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    -- JSON array of work item ids.
    dirty         TEXT NOT NULL,
    PRIMARY KEY (endpoints, rule)
);
