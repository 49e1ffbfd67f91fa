-- Format 1 of the state. Types are TEXT and BIGINT only and ids and times are text, so that the same
-- script serves PostgreSQL. Times are RFC 3339 in UTC with nine digits, so their order is text order.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The two places that links join.
CREATE TABLE endpoints (
    id           BIGINT PRIMARY KEY,
    testworthy   TEXT NOT NULL,
    azure_devops TEXT NOT NULL,
    UNIQUE (testworthy, azure_devops)
);

-- One case and one work item. The two UNIQUE lines are the law of one pair per item.
CREATE TABLE link (
    id                 TEXT PRIMARY KEY,
    endpoints          BIGINT NOT NULL REFERENCES endpoints (id),
    case_id            BIGINT NOT NULL,
    work_item_id       BIGINT NOT NULL,
    testworthy_project BIGINT,
    rule               TEXT NOT NULL,
    case_mark          TEXT NOT NULL,
    work_item_mark     TEXT NOT NULL,
    rev                BIGINT,
    recorded_at        TEXT,
    -- JSON array of [base_row.id, value in TestWorthy, value in Azure DevOps].
    base               TEXT NOT NULL,
    UNIQUE (endpoints, case_id),
    UNIQUE (endpoints, work_item_id)
);

-- The rows that link.base names, each with the digest of its definition, said once for all links.
CREATE TABLE base_row (
    id     BIGINT PRIMARY KEY,
    name   TEXT NOT NULL,
    digest TEXT NOT NULL,
    UNIQUE (name, digest)
);

-- Remote writes. One without an outcome may have been sent.
CREATE TABLE intent (
    id             TEXT PRIMARY KEY,
    endpoints      BIGINT NOT NULL REFERENCES endpoints (id),
    run            TEXT NOT NULL,
    rule           TEXT NOT NULL,
    kind           TEXT NOT NULL,
    case_id        BIGINT,
    work_item_id   BIGINT,
    payload_digest TEXT NOT NULL,
    prepared_at    TEXT NOT NULL,
    settles_at     TEXT NOT NULL,
    outcome        TEXT,
    reason         TEXT
);
CREATE INDEX intent_open ON intent (endpoints, id) WHERE outcome IS NULL;

-- Values that a write replaced. Never dropped.
CREATE TABLE loss (
    number       BIGINT PRIMARY KEY,
    endpoints    BIGINT NOT NULL REFERENCES endpoints (id),
    operation    TEXT NOT NULL,
    rule         TEXT NOT NULL,
    case_id      BIGINT NOT NULL,
    work_item_id BIGINT NOT NULL,
    row_name     TEXT NOT NULL,
    lost         TEXT NOT NULL,
    written      TEXT NOT NULL,
    at           TEXT NOT NULL
);

-- Items that a server refused.
CREATE TABLE quarantine (
    endpoints      BIGINT NOT NULL REFERENCES endpoints (id),
    item           TEXT NOT NULL,
    rule           TEXT NOT NULL,
    payload_digest TEXT NOT NULL,
    reason         TEXT NOT NULL,
    at             TEXT NOT NULL,
    PRIMARY KEY (endpoints, item)
);

CREATE TABLE run (
    id            TEXT PRIMARY KEY,
    started_at    TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    files         BIGINT NOT NULL,
    plan_id       TEXT NOT NULL,
    finished_at   TEXT,
    exit_code     BIGINT,
    applied       BIGINT,
    failed        BIGINT,
    summary       TEXT
);
CREATE INDEX run_started ON run (started_at, id);

-- Hash chain: hash = SHA-256 over the previous row's hash and this row's content.
CREATE TABLE audit (
    number       BIGINT PRIMARY KEY,
    at           TEXT NOT NULL,
    run          TEXT NOT NULL,
    rule         TEXT NOT NULL,
    event        TEXT NOT NULL,
    case_id      BIGINT,
    work_item_id BIGINT,
    detail       TEXT NOT NULL,
    hash         TEXT NOT NULL
);
