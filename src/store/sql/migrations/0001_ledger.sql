-- The ledger, written in SQL that SQLite and PostgreSQL both take.
-- Instants are milliseconds since 1970 UTC (BIGINT); dates are ISO 8601 texts.
-- Rows that servers hold in memory carry `revision`: what changed since a
-- revision is what a server reads again.

CREATE TABLE installation (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL,              -- 32 bytes: keys the hashes of devices, networks, scan ids
    created_at BIGINT NOT NULL
);

CREATE TABLE register_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO register_revision (id, revision) VALUES (1, 0);

CREATE TABLE enterprises (
    uscc TEXT PRIMARY KEY,             -- unified social credit code, GB 32100-2015
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE licences (
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    expires_on TEXT NOT NULL,
    PRIMARY KEY (enterprise, kind, number)
);

CREATE TABLE products (
    gtin TEXT PRIMARY KEY,             -- 14 digits
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    category TEXT NOT NULL,
    standard TEXT NOT NULL,            -- e.g. GB/T 10781.1
    net_content TEXT NOT NULL,
    shelf_life_days BIGINT,            -- NULL: unlimited (liquor over 10 % vol)
    pictures TEXT NOT NULL,            -- JSON array of https URLs
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE batches (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    gtin TEXT NOT NULL REFERENCES products (gtin),
    lot TEXT NOT NULL,                 -- 1 to 20 characters of the GS1 set 82
    made_on TEXT NOT NULL,
    expires_on TEXT,
    destination BIGINT NOT NULL,       -- GB/T 2260, four digits; 0: anywhere
    dealer TEXT NOT NULL,
    layers TEXT NOT NULL,              -- outer | outer+inner
    label_count BIGINT NOT NULL,
    permutation TEXT NOT NULL,         -- ff1-aes256-radix2-40
    secret BLOB NOT NULL,              -- 32 bytes
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number)
);
CREATE INDEX batches_by_revision ON batches (revision);

-- Facts about ranges of running numbers. A later fact stands over an earlier one.
CREATE TABLE batch_ranges (
    id TEXT PRIMARY KEY,               -- UUID v7
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,       -- inclusive
    state TEXT NOT NULL,               -- activated | spoiled | planted | void | stolen | blocked | recalled
    reason_zh TEXT NOT NULL,
    reason_en TEXT NOT NULL,
    remedy_zh TEXT NOT NULL,
    remedy_en TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    lifted_at BIGINT,
    revision BIGINT NOT NULL,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX batch_ranges_by_batch ON batch_ranges (key_number, batch_number);
CREATE INDEX batch_ranges_by_revision ON batch_ranges (revision);

-- Orders of labels: one row an order, however many labels.
CREATE TABLE orders (
    id TEXT PRIMARY KEY,               -- UUID v7
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    order_key TEXT NOT NULL,           -- given by the caller; the same key is the same order
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    specification TEXT NOT NULL,       -- JSON: format, module size, ...
    state TEXT NOT NULL,               -- queued | running | done | failed | cancelled
    labels_done BIGINT NOT NULL,
    labels_total BIGINT NOT NULL,
    cancel_requested BIGINT NOT NULL,
    problem TEXT,
    directory TEXT,
    lease_until BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    UNIQUE (enterprise, order_key),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX orders_by_state ON orders (state, created_at);

CREATE TABLE accounts (
    login TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,                -- administrator | officer | member
    enterprise TEXT REFERENCES enterprises (uscc),
    password_hash TEXT,                -- argon2id PHC string; NULL: cannot sign in by password
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE api_keys (
    token_hash BLOB PRIMARY KEY,       -- SHA-256 of the token
    login TEXT NOT NULL REFERENCES accounts (login),
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    data BLOB NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Logs of scans that were followed, and how far. A position means something
-- only within its log: a store that is made anew has others.
CREATE TABLE scan_logs (
    id BIGINT PRIMARY KEY,
    identity BLOB NOT NULL UNIQUE,     -- 16 bytes, made by the scan store
    log_major BIGINT NOT NULL,
    log_minor BIGINT NOT NULL
);

-- Scans as they were followed. A scan is told by code and tag, so that one
-- which two logs hold (a restored copy) is one row.
CREATE TABLE scans (
    log BIGINT NOT NULL REFERENCES scan_logs (id),
    log_major BIGINT NOT NULL,
    log_minor BIGINT NOT NULL,
    payload BLOB NOT NULL,             -- 12 bytes
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    device BIGINT NOT NULL,            -- keyed hash, 48 bits
    network BIGINT NOT NULL,           -- keyed hash, 32 bits
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0 unknown
    lat REAL, lon REAL,                -- given by a tap, on a grid of 300 by 600 m
    channel TEXT NOT NULL,
    marks BIGINT NOT NULL,
    scan_tag BIGINT NOT NULL,          -- keyed hash, 48 bits; its upper 40 are what a buyer reads out
    PRIMARY KEY (log, log_major, log_minor)
);
CREATE INDEX scans_by_payload ON scans (payload, seen_at);
CREATE INDEX scans_by_batch ON scans (key_number, batch_number, seen_at);
CREATE UNIQUE INDEX scans_by_tag ON scans (scan_tag, payload);

-- Texts that name a real key or batch but fail before the history: counted,
-- never kept one by one.
CREATE TABLE forgeries (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,      -- 0 where the batch is not one of ours
    place BIGINT NOT NULL,
    day TEXT NOT NULL,                 -- UTC
    outcome TEXT NOT NULL,
    seen BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, place, day, outcome)
);

CREATE TABLE flags (
    payload BLOB PRIMARY KEY,
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    state TEXT NOT NULL,               -- open | decided
    risk REAL NOT NULL,
    reasons TEXT NOT NULL,             -- JSON: the verdict's reasons
    policy TEXT NOT NULL,
    scans BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX flags_by_state ON flags (state, risk);

-- What officers decided on single codes; the latest stands.
CREATE TABLE decisions (
    id TEXT PRIMARY KEY,               -- UUID v7
    payload BLOB NOT NULL,
    decision TEXT NOT NULL,            -- copied | genuine | cannot_tell
    note TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX decisions_by_payload ON decisions (payload, decided_at);
CREATE INDEX decisions_by_revision ON decisions (revision);
