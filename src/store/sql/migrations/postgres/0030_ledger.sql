-- The ledger on PostgreSQL, as the migrations of SQLite up to this number make it;
-- their comments say more. What comes later comes in both folders, under one number.
-- Texts are compared by their bytes, as SQLite compares them, whatever the database's
-- collation is. BIGINT for every number: the ledger reads 64 bits everywhere.

CREATE TABLE installation (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    secret BYTEA NOT NULL,             -- 32 bytes: keys the hashes of devices, networks, scan ids
    created_at BIGINT NOT NULL
);

CREATE TABLE register_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO register_revision (id, revision) VALUES (1, 0);

CREATE TABLE enterprises (
    uscc TEXT COLLATE "C" PRIMARY KEY, -- unified social credit code, GB 32100-2015
    name_zh TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    gs1_prefix TEXT COLLATE "C",
    serial_references BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE licences (
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    kind TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    expires_on TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (enterprise, kind, number)
);

CREATE TABLE products (
    gtin TEXT COLLATE "C" PRIMARY KEY, -- 14 digits
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    name_zh TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    standard TEXT COLLATE "C" NOT NULL, -- e.g. GB/T 10781.1
    net_content TEXT COLLATE "C" NOT NULL,
    shelf_life_days BIGINT,            -- NULL: unlimited (liquor over 10 % vol)
    pictures TEXT COLLATE "C" NOT NULL, -- JSON array of https URLs
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX products_by_enterprise ON products (enterprise, gtin);

CREATE TABLE batches (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    gtin TEXT COLLATE "C" NOT NULL REFERENCES products (gtin),
    lot TEXT COLLATE "C" NOT NULL,     -- 1 to 20 characters of the GS1 set 82
    made_on TEXT COLLATE "C" NOT NULL,
    expires_on TEXT COLLATE "C",
    destination BIGINT NOT NULL,       -- GB/T 2260, four digits; 0: anywhere
    dealer TEXT COLLATE "C" NOT NULL,
    layers TEXT COLLATE "C" NOT NULL,  -- outer | outer+inner
    label_count BIGINT NOT NULL,
    permutation TEXT COLLATE "C" NOT NULL, -- ff1-aes256-radix2-40
    secret BYTEA NOT NULL,             -- 32 bytes
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    case_count BIGINT NOT NULL DEFAULT 0,
    gs1_prefix TEXT COLLATE "C",
    serial_reference BIGINT,
    spare_count BIGINT NOT NULL DEFAULT 0,
    pallet_count BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (key_number, batch_number)
);
CREATE INDEX batches_by_revision ON batches (revision);
CREATE INDEX batches_by_enterprise ON batches (enterprise, key_number, batch_number);
CREATE INDEX batches_made ON batches (enterprise, created_at, key_number, batch_number);
CREATE INDEX batches_by_lot ON batches (enterprise, lot, key_number, batch_number);
CREATE INDEX batches_by_day ON batches (enterprise, made_on, key_number, batch_number);
CREATE INDEX batches_by_size ON batches (enterprise, label_count, key_number, batch_number);

CREATE TABLE case_files (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID; given with the form: the same form is one case
    office TEXT COLLATE "C" NOT NULL,  -- that has it now
    number TEXT COLLATE "C" NOT NULL,  -- that office's, such as 2026-000012
    title TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,   -- open | closing | closed | merged | void
    assignee TEXT COLLATE "C",
    region BIGINT NOT NULL,            -- GB/T 2260, four digits; 0: unknown
    lead TEXT COLLATE "C",             -- it was opened from
    units BIGINT NOT NULL,             -- labels in it
    hold BIGINT NOT NULL,              -- 1: a legal hold
    outcome TEXT COLLATE "C",
    due_on TEXT COLLATE "C" NOT NULL,  -- nearest day by which something is due; 9999-12-31: none
    waits BIGINT NOT NULL,             -- 1: a question to an enterprise waits for its answer
    seq BIGINT NOT NULL,               -- of the last entry
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    erased_at BIGINT
);
CREATE UNIQUE INDEX case_files_by_number ON case_files (office, number);
CREATE INDEX case_files_due ON case_files (office, due_on, id);
CREATE INDEX case_files_by_lead ON case_files (lead) WHERE lead IS NOT NULL;
CREATE INDEX case_files_over ON case_files (updated_at)
    WHERE erased_at IS NULL AND state IN ('closed', 'merged', 'void');

CREATE TABLE offices (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID
    name_zh TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL, -- may be empty
    region BIGINT NOT NULL,            -- GB/T 2260, four digits; 0: anywhere
    created_at BIGINT NOT NULL
);
INSERT INTO offices (id, name_zh, name_en, region, created_at)
VALUES ('00000000-0000-0000-0000-000000000001', '市场监督管理局', 'Market regulation office', 0, 0);

CREATE TABLE blocks (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID; given with the form: the same form is one block
    office TEXT COLLATE "C" NOT NULL REFERENCES offices (id),
    case_id TEXT COLLATE "C" REFERENCES case_files (id),
    labels BIGINT NOT NULL,            -- that it takes in
    reason_zh TEXT COLLATE "C" NOT NULL, -- shown to whoever scans one
    reason_en TEXT COLLATE "C" NOT NULL,
    blocked_by TEXT COLLATE "C" NOT NULL,
    blocked_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,          -- over by itself from then on
    lift_asked_by TEXT COLLATE "C",
    lift_asked_key_by TEXT COLLATE "C", -- who made the API key by which it was asked
    lift_asked_at BIGINT,
    lift_grounds TEXT COLLATE "C",
    lifted_by TEXT COLLATE "C",        -- a second person; empty where it was over by itself
    lifted_at BIGINT
);
CREATE INDEX blocks_by_office ON blocks (office, blocked_at);
CREATE INDEX blocks_by_case ON blocks (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX blocks_standing ON blocks (until_at) WHERE lifted_at IS NULL;

CREATE TABLE recalls (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID; given with the form: the same form is one recall
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    kind TEXT COLLATE "C" NOT NULL,    -- recall | loss | lift
    lifts TEXT COLLATE "C" REFERENCES recalls (id), -- of a lift: what it puts back on sale
    state TEXT COLLATE "C" NOT NULL,   -- proposed | approved | rejected | closed
    reason_zh TEXT COLLATE "C" NOT NULL,
    reason_en TEXT COLLATE "C" NOT NULL,
    remedy_zh TEXT COLLATE "C" NOT NULL,
    remedy_en TEXT COLLATE "C" NOT NULL,
    notice_zh TEXT COLLATE "C" NOT NULL, -- for the press and dealers
    notice_en TEXT COLLATE "C" NOT NULL,
    labels BIGINT NOT NULL,            -- that it takes in
    on_sale BIGINT NOT NULL,           -- of them on sale when it was approved
    proposed_by TEXT COLLATE "C" NOT NULL,
    proposed_at BIGINT NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at BIGINT,
    decision_note TEXT COLLATE "C",
    closed_by TEXT COLLATE "C",
    closed_at BIGINT,
    closing_note TEXT COLLATE "C",
    proposed_key_by TEXT COLLATE "C"
);
CREATE INDEX recalls_by_enterprise ON recalls (enterprise, proposed_at);

CREATE TABLE batch_ranges (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,       -- inclusive
    state TEXT COLLATE "C" NOT NULL,   -- activated | spoiled | planted | void | stolen | blocked | recalled
    reason_zh TEXT COLLATE "C" NOT NULL,
    reason_en TEXT COLLATE "C" NOT NULL,
    remedy_zh TEXT COLLATE "C" NOT NULL,
    remedy_en TEXT COLLATE "C" NOT NULL,
    set_by TEXT COLLATE "C" NOT NULL,
    set_at BIGINT NOT NULL,
    lifted_at BIGINT,
    revision BIGINT NOT NULL,
    recall TEXT COLLATE "C" REFERENCES recalls (id),
    until_at BIGINT,
    block TEXT COLLATE "C" REFERENCES blocks (id),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX batch_ranges_by_batch ON batch_ranges (key_number, batch_number);
CREATE INDEX batch_ranges_by_revision ON batch_ranges (revision);
CREATE INDEX batch_ranges_by_recall ON batch_ranges (recall) WHERE recall IS NOT NULL;
CREATE INDEX batch_ranges_by_block ON batch_ranges (block) WHERE block IS NOT NULL;

CREATE TABLE print_houses (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    name TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C",        -- age1...; NULL: packages under a passphrase
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX print_houses_by_enterprise ON print_houses (enterprise);

CREATE TABLE orders (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    order_key TEXT COLLATE "C" NOT NULL, -- given by the caller; the same key is the same order
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    specification TEXT COLLATE "C" NOT NULL, -- JSON: format, module size, ...
    state TEXT COLLATE "C" NOT NULL,   -- queued | running | done | failed | cancelled
    labels_done BIGINT NOT NULL,
    labels_total BIGINT NOT NULL,
    cancel_requested BIGINT NOT NULL,
    problem TEXT COLLATE "C",
    directory TEXT COLLATE "C",
    lease_until BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    needed_by TEXT COLLATE "C",
    house TEXT COLLATE "C" REFERENCES print_houses (id),
    approved_by TEXT COLLATE "C",
    approved_at BIGINT,
    created_key_by TEXT COLLATE "C",
    asked_at BIGINT,
    UNIQUE (enterprise, order_key),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX orders_by_state ON orders (state, created_at);
CREATE INDEX orders_placed ON orders (enterprise, created_at, id);
CREATE INDEX orders_of_state ON orders (enterprise, state, id);
CREATE INDEX orders_by_size ON orders (enterprise, labels_total, id);
CREATE INDEX orders_of_batch ON orders (key_number, batch_number, created_at);

CREATE TABLE accounts (
    login TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,    -- administrator | officer | member
    enterprise TEXT COLLATE "C" REFERENCES enterprises (uscc),
    password_hash TEXT COLLATE "C",    -- argon2id PHC string; NULL: cannot sign in by password
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    duties TEXT COLLATE "C" NOT NULL DEFAULT '',
    office TEXT COLLATE "C" REFERENCES offices (id)
);
CREATE INDEX accounts_by_enterprise ON accounts (enterprise, login);

CREATE TABLE api_keys (
    token_hash BYTEA PRIMARY KEY,      -- SHA-256 of the token
    login TEXT COLLATE "C" NOT NULL REFERENCES accounts (login),
    label TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    scope TEXT COLLATE "C",
    made_by TEXT COLLATE "C"
);

CREATE TABLE sessions (
    id TEXT COLLATE "C" PRIMARY KEY,
    data BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    login TEXT COLLATE "C",
    begun_at BIGINT NOT NULL DEFAULT 0,
    last_seen_at BIGINT NOT NULL DEFAULT 0,
    origin TEXT COLLATE "C" NOT NULL DEFAULT '',
    browser TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX sessions_by_login ON sessions (login, last_seen_at);

CREATE TABLE scan_logs (
    id BIGINT PRIMARY KEY,
    identity BYTEA NOT NULL UNIQUE,    -- 16 bytes, made by the scan store
    log_major BIGINT NOT NULL,
    log_minor BIGINT NOT NULL
);

CREATE TABLE scans (
    log BIGINT NOT NULL REFERENCES scan_logs (id),
    log_major BIGINT NOT NULL,
    log_minor BIGINT NOT NULL,
    payload BYTEA NOT NULL,            -- 12 bytes
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    device BIGINT NOT NULL,            -- keyed hash, 48 bits
    network BIGINT NOT NULL,           -- keyed hash, 32 bits
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0 unknown
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,              -- given by a tap, on a grid of 300 by 600 m
    channel TEXT COLLATE "C" NOT NULL,
    marks BIGINT NOT NULL,
    scan_tag BIGINT NOT NULL,          -- keyed hash, 48 bits; its upper 40 are what a buyer reads out
    PRIMARY KEY (log, log_major, log_minor)
);
CREATE INDEX scans_by_payload ON scans (payload, seen_at);
CREATE INDEX scans_by_batch ON scans (key_number, batch_number, seen_at);
CREATE UNIQUE INDEX scans_by_tag ON scans (scan_tag, payload);
CREATE INDEX scans_by_time ON scans (seen_at);
CREATE INDEX scans_by_device ON scans (device, seen_at) WHERE device <> 0;

CREATE TABLE forgeries (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,      -- 0 where the batch is not one of ours
    place BIGINT NOT NULL,
    day TEXT COLLATE "C" NOT NULL,     -- UTC
    outcome TEXT COLLATE "C" NOT NULL,
    seen BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, place, day, outcome)
);
CREATE INDEX forgeries_by_place ON forgeries (place, day);

CREATE TABLE flags (
    payload BYTEA PRIMARY KEY,
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,   -- open | decided
    risk DOUBLE PRECISION NOT NULL,
    reasons TEXT COLLATE "C" NOT NULL, -- JSON: the verdict's reasons
    policy TEXT COLLATE "C" NOT NULL,
    scans BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    accused_at BIGINT,
    revision BIGINT NOT NULL DEFAULT 0,
    latest_risk DOUBLE PRECISION NOT NULL DEFAULT 0,
    people BIGINT NOT NULL DEFAULT 0,
    places TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    phone BIGINT,
    seen_at BIGINT NOT NULL DEFAULT 0,
    shown_at BIGINT
);
CREATE INDEX flags_by_state ON flags (state, risk);
CREATE INDEX flags_by_revision ON flags (revision);
CREATE INDEX flags_by_number ON flags (key_number, batch_number, label_number);
CREATE INDEX flags_by_opening ON flags (opened_at);
CREATE INDEX flags_by_update ON flags (state, updated_at);

CREATE TABLE decisions (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    payload BYTEA NOT NULL,
    decision TEXT COLLATE "C" NOT NULL, -- copied | genuine | cannot_tell
    note TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX decisions_by_payload ON decisions (payload, decided_at);
CREATE INDEX decisions_by_revision ON decisions (revision);

CREATE TABLE across_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO across_revision (id, revision) VALUES (1, 0);

CREATE TABLE across_pages (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    page BIGINT NOT NULL,
    destination BIGINT NOT NULL,       -- province, two digits of GB/T 2260; 0 anywhere
    cells BYTEA NOT NULL,              -- block u32, place u16, codes u32, big-endian, each
    revision BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, page)
);
CREATE INDEX across_pages_by_revision ON across_pages (revision);

CREATE TABLE across_phones (
    device BIGINT PRIMARY KEY,         -- keyed hash, 48 bits
    codes BIGINT NOT NULL,
    cases BIGINT NOT NULL,
    days BIGINT NOT NULL,
    last_day BIGINT NOT NULL,          -- days since 1970, UTC
    followed BIGINT NOT NULL,          -- codes that somebody else met
    met BIGINT NOT NULL,               -- of them in another province
    latest BYTEA NOT NULL,             -- hashes of the latest cases, u32 each
    revision BIGINT NOT NULL
);
CREATE INDEX across_phones_by_revision ON across_phones (revision) WHERE codes >= 2;

CREATE TABLE policies (
    name TEXT COLLATE "C" PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL,    -- JSON, as src/scan/judge/policy.rs reads it
    added_by TEXT COLLATE "C" REFERENCES accounts (login), -- NULL: came with the software
    added_at BIGINT NOT NULL,
    comparison TEXT COLLATE "C"        -- JSON: what a replay of the scans says of it
);

CREATE TABLE policy_terms (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    policy TEXT COLLATE "C" NOT NULL REFERENCES policies (name),
    effective_at BIGINT NOT NULL,
    signed_by TEXT COLLATE "C" NOT NULL REFERENCES accounts (login),
    signed_at BIGINT NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX policy_terms_by_revision ON policy_terms (revision);

CREATE TABLE causes (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    payload BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,    -- banquet | exhibition | poster | other
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,          -- inclusive
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0: anywhere
    note TEXT COLLATE "C" NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    lifted_by TEXT COLLATE "C",
    lifted_at BIGINT,
    revision BIGINT NOT NULL
);
CREATE INDEX causes_by_payload ON causes (payload, recorded_at);
CREATE INDEX causes_by_revision ON causes (revision);

CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,            -- from 1 on, without a gap
    at BIGINT NOT NULL,
    login TEXT COLLATE "C" NOT NULL,   -- of an account; shell or worker where there is none
    origin TEXT COLLATE "C" NOT NULL,  -- shell, worker, or a network: /24 or /48
    enterprise TEXT COLLATE "C",       -- whom it concerns
    action TEXT COLLATE "C" NOT NULL,  -- noun and verb: range.mark
    object TEXT COLLATE "C" NOT NULL,  -- kind and name: batch 1-4
    was TEXT COLLATE "C" NOT NULL,     -- JSON; null: there was nothing
    became TEXT COLLATE "C" NOT NULL,  -- JSON; null: nothing is left
    seal BYTEA NOT NULL                -- SHA-256
);
CREATE INDEX audit_by_enterprise ON audit (enterprise, seq);
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE second_factors (
    login TEXT COLLATE "C" PRIMARY KEY REFERENCES accounts (login),
    sealed BYTEA NOT NULL,             -- the shared secret: src/auth/secrets.rs
    last_step BIGINT NOT NULL,         -- the last that opened; none opens twice
    since BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    hash BYTEA PRIMARY KEY,            -- SHA-256 of 80 random bits
    login TEXT COLLATE "C" NOT NULL REFERENCES accounts (login),
    used_at BIGINT
);
CREATE INDEX recovery_codes_by_login ON recovery_codes (login);

CREATE TABLE links (
    token_hash BYTEA PRIMARY KEY,      -- SHA-256 of the token
    login TEXT COLLATE "C" NOT NULL REFERENCES accounts (login),
    purpose TEXT COLLATE "C" NOT NULL, -- invitation | reset
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT                     -- or taken back
);
CREATE INDEX links_by_login ON links (login);

CREATE TABLE enterprise_settings (
    enterprise TEXT COLLATE "C" PRIMARY KEY REFERENCES enterprises (uscc),
    approval_labels BIGINT NOT NULL,   -- an order of more waits for a second person
    sign_off_labels BIGINT NOT NULL,
    pick_up_days BIGINT NOT NULL,
    printed_days BIGINT NOT NULL,
    activated_days BIGINT NOT NULL
);

CREATE TABLE packages (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    number TEXT COLLATE "C" NOT NULL UNIQUE, -- what people call it
    order_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES orders (id),
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    house TEXT COLLATE "C" NOT NULL REFERENCES print_houses (id),
    first_number BIGINT,               -- of its items; NULL where they are cases
    last_number BIGINT,                -- inclusive
    pool_first BIGINT,                 -- NULL: it has no spares
    pool_count BIGINT,
    recipient TEXT COLLATE "C" NOT NULL,
    key_file BYTEA,                    -- an age file under a passphrase that is kept nowhere
    pick_up BIGINT NOT NULL,           -- from 1 on
    code_hash BYTEA NOT NULL,          -- SHA-256 of the pick-up code
    wrong_codes BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,   -- building | ready | ended
    problem TEXT COLLATE "C",
    lease_until BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    ready_at BIGINT,
    directory TEXT COLLATE "C",        -- of its files
    sign_off TEXT COLLATE "C",         -- accepted | rejected
    sign_off_reason TEXT COLLATE "C",
    sign_off_by TEXT COLLATE "C",
    sign_off_at BIGINT,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX packages_by_batch ON packages (key_number, batch_number);
CREATE INDEX packages_by_state ON packages (state, created_at);
CREATE INDEX packages_made ON packages (enterprise, created_at, id);
CREATE INDEX packages_by_number ON packages (enterprise, number, id);

CREATE TABLE spares (
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    number BIGINT NOT NULL,
    released_at BIGINT,
    on_sale_at BIGINT,                 -- the book of labels ends with the batch
    PRIMARY KEY (package, number)
);

CREATE TABLE planted (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    number BIGINT NOT NULL,
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    pick_up BIGINT NOT NULL,
    downloads BIGINT NOT NULL,         -- bits: the downloads of the pick-up that carry it
    PRIMARY KEY (key_number, batch_number, number)
);
CREATE INDEX planted_by_package ON planted (package, pick_up);

CREATE TABLE spare_sightings (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    number BIGINT NOT NULL,
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    first_seen_at BIGINT NOT NULL,
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0 unknown
    scans BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, number)
);
CREATE INDEX spare_sightings_by_package ON spare_sightings (package);

CREATE TABLE package_files (
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    download BIGINT NOT NULL,          -- over all pick-ups, from 1 on
    bytes BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (package, download)
);

CREATE TABLE downloads (
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    number BIGINT NOT NULL,            -- over all pick-ups, from 1 on
    begun_at BIGINT NOT NULL,
    network TEXT COLLATE "C" NOT NULL, -- /24 or /48
    finished_at BIGINT,
    PRIMARY KEY (package, number)
);

CREATE TABLE transfers (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    download BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    network TEXT COLLATE "C" NOT NULL,
    first_byte BIGINT NOT NULL,
    bytes BIGINT NOT NULL              -- asked for at first, sent in the end
);
CREATE INDEX transfers_by_package ON transfers (package, download);

CREATE TABLE pick_up_visits (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    at BIGINT NOT NULL,
    network TEXT COLLATE "C" NOT NULL,
    good BIGINT NOT NULL
);
CREATE INDEX pick_up_visits_by_package ON pick_up_visits (package, at);

CREATE TABLE print_reports (
    package TEXT COLLATE "C" NOT NULL REFERENCES packages (id),
    seq BIGINT NOT NULL,               -- from 1 on: the last word on a label counts
    kind TEXT COLLATE "C" NOT NULL,    -- printed | spoiled | reprinted
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    network TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (package, seq)
);

CREATE TABLE spans (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,       -- inclusive
    account TEXT COLLATE "C" NOT NULL, -- issued | printed | spoiled | applied | returned | destroyed | activated | held
    place TEXT COLLATE "C" NOT NULL,   -- of custody; empty: the enterprise
    PRIMARY KEY (key_number, batch_number, first_number),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);

CREATE TABLE movements (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,    -- print | spoil | ... | undo, as src/registry/movement names them
    undoes TEXT COLLATE "C" REFERENCES movements (id),
    reason TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    request_key TEXT COLLATE "C",      -- given by the caller; the same key is the same request
    request TEXT COLLATE "C" NOT NULL, -- what was asked for, to tell another request under the same key
    moved_by TEXT COLLATE "C" NOT NULL,
    moved_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    UNIQUE (key_number, batch_number, request_key),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX movements_by_batch ON movements (key_number, batch_number, revision);
CREATE INDEX movements_undone ON movements (undoes);

CREATE TABLE movement_legs (
    movement TEXT COLLATE "C" NOT NULL REFERENCES movements (id),
    leg BIGINT NOT NULL,
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    revision BIGINT NOT NULL,          -- the movement's
    undoes TEXT COLLATE "C",           -- the movement's
    from_account TEXT COLLATE "C" NOT NULL,
    from_place TEXT COLLATE "C" NOT NULL,
    to_account TEXT COLLATE "C" NOT NULL,
    to_place TEXT COLLATE "C" NOT NULL,
    labels BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    ranges TEXT COLLATE "C" NOT NULL,  -- all of its numbers: 0-99 200 300-399
    PRIMARY KEY (movement, leg)
);
CREATE INDEX movement_legs_by_batch ON movement_legs (key_number, batch_number, revision);
CREATE INDEX movement_legs_by_revision ON movement_legs (revision);
CREATE INDEX movement_legs_undone ON movement_legs (undoes);

CREATE TABLE scheduled_activations (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7; the movement's too, when it is booked
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    ranges TEXT COLLATE "C" NOT NULL,
    due_at BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    request_key TEXT COLLATE "C",
    scheduled_by TEXT COLLATE "C" NOT NULL,
    scheduled_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,   -- waiting | booked | cancelled
    UNIQUE (key_number, batch_number, request_key),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX scheduled_activations_waiting ON scheduled_activations (due_at) WHERE state = 'waiting';

CREATE TABLE closings (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    book BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    missing BIGINT NOT NULL,           -- labels that it named
    note TEXT COLLATE "C" NOT NULL,
    closed_by TEXT COLLATE "C" NOT NULL,
    closed_at BIGINT NOT NULL,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX closings_made ON closings (enterprise, closed_at, id);

CREATE TABLE trace_places (
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    code TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,    -- site | dealer | station
    name_zh TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL,
    gln TEXT COLLATE "C",              -- 13 digits
    region BIGINT NOT NULL,            -- GB/T 2260, four digits; 0 not said
    PRIMARY KEY (enterprise, code)
);

CREATE TABLE trace_customs (
    enterprise TEXT COLLATE "C" PRIMARY KEY REFERENCES enterprises (uscc),
    name_dealers BIGINT NOT NULL,      -- 1: buyers read the names of dealers
    case_size BIGINT NOT NULL,         -- 0: not checked
    pallet_size BIGINT NOT NULL,
    activates BIGINT NOT NULL          -- 1: what a line packs goes on sale
);

CREATE TABLE trace_events (
    seq BIGINT PRIMARY KEY,            -- in the order in which they were kept
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    id TEXT COLLATE "C" NOT NULL,      -- a URI
    digest BYTEA NOT NULL,             -- SHA-256 of what it says: the same id says the same
    act TEXT COLLATE "C" NOT NULL,
    event_at BIGINT NOT NULL,
    zone_offset BIGINT NOT NULL,       -- minutes east of UTC
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C",
    first_unit TEXT COLLATE "C",       -- the first of those that it names
    unit_count BIGINT NOT NULL,
    place TEXT COLLATE "C",
    from_place TEXT COLLATE "C",
    to_place TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,    -- JSON-LD of EPCIS 2.0
    declaration TEXT COLLATE "C",      -- JSON: that it was an error
    UNIQUE (enterprise, id)
);
CREATE INDEX trace_events_by_act ON trace_events (enterprise, act, seq);
CREATE INDEX trace_events_by_time ON trace_events (enterprise, event_at, seq);

CREATE TABLE trace_event_units (
    unit TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    changed BIGINT NOT NULL,
    parent TEXT COLLATE "C",
    whereabouts TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C",
    since BIGINT NOT NULL,
    PRIMARY KEY (unit, seq)
);
CREATE INDEX trace_event_units_by_event ON trace_event_units (seq);
CREATE INDEX trace_event_units_by_parent ON trace_event_units (parent) WHERE parent IS NOT NULL;

CREATE TABLE trace_event_batches (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    first_number BIGINT,
    last_number BIGINT,
    PRIMARY KEY (key_number, batch_number, seq)
);
CREATE INDEX trace_event_ranges ON trace_event_batches (key_number, batch_number, first_number)
    WHERE first_number IS NOT NULL;

CREATE TABLE trace_units (
    unit TEXT COLLATE "C" PRIMARY KEY,
    parent TEXT COLLATE "C",
    whereabouts TEXT COLLATE "C" NOT NULL, -- at_maker | in_transit | received | returned | destroyed
    place TEXT COLLATE "C",
    since BIGINT NOT NULL
);
CREATE INDEX trace_units_by_parent ON trace_units (parent) WHERE parent IS NOT NULL;

CREATE TABLE trace_lines (
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    session TEXT COLLATE "C" NOT NULL, -- UUID, made by the device
    hand TEXT COLLATE "C" NOT NULL,    -- JSON
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (enterprise, session)
);
CREATE INDEX trace_lines_by_age ON trace_lines (updated_at);

CREATE TABLE trace_milestones (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,    -- bottled | inspected | packed | shipped
    name TEXT COLLATE "C" NOT NULL,    -- of dealer or station, Chinese; '' none
    region BIGINT NOT NULL,
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    at BIGINT NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL,
    report TEXT COLLATE "C" NOT NULL,
    passed BIGINT,
    gone BIGINT NOT NULL,              -- 1: the event was an error
    revision BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, kind, region, name)
);
CREATE INDEX trace_milestones_by_revision ON trace_milestones (revision);
CREATE INDEX trace_milestones_by_event ON trace_milestones (seq);

CREATE TABLE recall_ranges (
    recall TEXT COLLATE "C" NOT NULL REFERENCES recalls (id),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,       -- inclusive
    PRIMARY KEY (recall, key_number, batch_number, first_number),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);

CREATE TABLE recall_returns (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID; given with the form
    recall TEXT COLLATE "C" NOT NULL REFERENCES recalls (id),
    outcome TEXT COLLATE "C" NOT NULL, -- recovered | destroyed
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0: unknown
    items BIGINT NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    noted_by TEXT COLLATE "C" NOT NULL,
    noted_at BIGINT NOT NULL
);
CREATE INDEX recall_returns_by_recall ON recall_returns (recall, noted_at);

CREATE TABLE recall_codes (
    recall TEXT COLLATE "C" NOT NULL REFERENCES recalls (id),
    outcome TEXT COLLATE "C" NOT NULL, -- recovered | destroyed
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    noted_in TEXT COLLATE "C" NOT NULL REFERENCES recall_returns (id),
    PRIMARY KEY (recall, outcome, key_number, batch_number, label_number)
);

CREATE TABLE webhook_endpoints (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    url TEXT COLLATE "C" NOT NULL,
    kinds TEXT COLLATE "C" NOT NULL,   -- comma-separated
    secret BYTEA NOT NULL,             -- 32 bytes; a signature needs it whole, so it is not hashed
    old_secret BYTEA,                  -- signs too until then
    old_until BIGINT,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    failing_since BIGINT,              -- first failure that no success has followed
    ended_at BIGINT,                   -- it is not called
    ended_why TEXT COLLATE "C"         -- owner | failing | gone
);
CREATE INDEX webhook_endpoints_by_enterprise ON webhook_endpoints (enterprise);

CREATE TABLE webhook_events (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7; the header webhook-id
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    kind TEXT COLLATE "C" NOT NULL,
    happened_at BIGINT NOT NULL,
    body TEXT COLLATE "C" NOT NULL     -- the bytes that are signed and sent
);
CREATE INDEX webhook_events_by_time ON webhook_events (happened_at);

CREATE TABLE webhook_deliveries (
    endpoint TEXT COLLATE "C" NOT NULL REFERENCES webhook_endpoints (id),
    event TEXT COLLATE "C" NOT NULL REFERENCES webhook_events (id),
    state TEXT COLLATE "C" NOT NULL,   -- pending | done | failed
    tries BIGINT NOT NULL,             -- since it was last asked for
    next_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,       -- 0: nobody has it
    last_at BIGINT,
    last_took_ms BIGINT,
    last_status BIGINT,
    last_trouble TEXT COLLATE "C",
    PRIMARY KEY (endpoint, event)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, state, next_at);
CREATE INDEX webhook_deliveries_taken ON webhook_deliveries (endpoint) WHERE lease_until > 0;
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event);

CREATE TABLE retention (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    done_until BIGINT NOT NULL,        -- scans made before it were looked at
    untold BIGINT NOT NULL             -- thinned and not yet told of in the trail
);
INSERT INTO retention (id, done_until, untold) VALUES (1, 0, 0);

CREATE TABLE scan_days (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    day BIGINT NOT NULL,               -- since 1970, where the worker is
    province BIGINT NOT NULL,          -- two digits of GB/T 2260; 0 unknown
    scans BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, day, province)
);
CREATE INDEX scan_days_by_day ON scan_days (day);

CREATE TABLE lot_replies (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID; given with the form
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    reply TEXT COLLATE "C" NOT NULL,
    replied_by TEXT COLLATE "C" NOT NULL,
    replied_at BIGINT NOT NULL,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX lot_replies_by_batch ON lot_replies (key_number, batch_number, replied_at);

CREATE TABLE own_makers (
    id BIGINT PRIMARY KEY,             -- short: it stands in the row of every serial
    enterprise TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES enterprises (uscc),
    letter_case TEXT COLLATE "C" NOT NULL, -- fold | exact
    url TEXT COLLATE "C",              -- the address on its labels, {serial} in it
    revision BIGINT NOT NULL
);

CREATE TABLE own_imports (
    number BIGINT PRIMARY KEY,         -- stands in the row of every serial
    id TEXT COLLATE "C" NOT NULL UNIQUE, -- UUID v7
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    maker BIGINT NOT NULL REFERENCES own_makers (id),
    specification TEXT COLLATE "C" NOT NULL, -- JSON: product, lot, dates, ...
    state TEXT COLLATE "C" NOT NULL,   -- waiting | running | clearing | done | failed
    serials_done BIGINT NOT NULL,
    serials_total BIGINT NOT NULL,     -- as far as the file was read
    faults TEXT COLLATE "C" NOT NULL,  -- JSON: what is wrong with it, by line
    uploaded BIGINT NOT NULL,          -- 1: its file lies beside the ledger, for the worker
    lease_until BIGINT NOT NULL,
    takes BIGINT NOT NULL,             -- how often it was taken: who took it before may write no more
    asked_by TEXT COLLATE "C" NOT NULL,
    asked_at BIGINT NOT NULL,
    finished_at BIGINT,
    key_number BIGINT,                 -- of the batch that came of it
    batch_number BIGINT,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX own_imports_by_batch ON own_imports (batch_number);
CREATE INDEX own_imports_by_enterprise ON own_imports (enterprise, asked_at);

CREATE TABLE own_serials (
    maker BIGINT NOT NULL,
    serial TEXT COLLATE "C" NOT NULL,
    import BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (maker, serial)
);

CREATE TABLE own_pages (
    import BIGINT NOT NULL,
    first_number BIGINT NOT NULL,      -- a multiple of 500
    serials TEXT COLLATE "C" NOT NULL, -- up to 500, one a line
    PRIMARY KEY (import, first_number)
);

CREATE TABLE alarms_raised (
    kind TEXT COLLATE "C" NOT NULL,    -- of a webhook's event
    object TEXT COLLATE "C" NOT NULL,  -- a package's id, a batch
    since BIGINT NOT NULL,             -- what it waits since: another instant is another alarm
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    raised_at BIGINT NOT NULL,
    PRIMARY KEY (kind, object, since)
);

CREATE TABLE shipped (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    province BIGINT NOT NULL,          -- two digits of GB/T 2260; 0 not said
    bottles BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, province)
);

CREATE TABLE shipped_by_event (
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    province BIGINT NOT NULL,
    bottles BIGINT NOT NULL,
    PRIMARY KEY (seq, key_number, batch_number, province)
);

CREATE TABLE case_entries (
    case_id TEXT COLLATE "C" NOT NULL REFERENCES case_files (id),
    seq BIGINT NOT NULL,               -- from 1, without gaps
    id TEXT COLLATE "C" NOT NULL UNIQUE, -- UUID v7
    office TEXT COLLATE "C" NOT NULL,  -- that had the case
    at BIGINT NOT NULL,
    by_login TEXT COLLATE "C" NOT NULL,
    key_by TEXT COLLATE "C",           -- who made the API key by which it was done
    kind TEXT COLLATE "C" NOT NULL,
    fact TEXT COLLATE "C" NOT NULL,    -- JSON
    PRIMARY KEY (case_id, seq)
);

CREATE TABLE case_units (
    case_id TEXT COLLATE "C" NOT NULL REFERENCES case_files (id),
    entry TEXT COLLATE "C" NOT NULL REFERENCES case_entries (id),
    payload BYTEA NOT NULL,
    serial TEXT COLLATE "C" NOT NULL,
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    PRIMARY KEY (case_id, payload)
);
CREATE INDEX case_units_by_payload ON case_units (payload);
CREATE INDEX case_units_by_serial ON case_units (serial);

CREATE TABLE case_transfers (
    case_id TEXT COLLATE "C" NOT NULL REFERENCES case_files (id),
    office TEXT COLLATE "C" NOT NULL,  -- that gave it away
    number TEXT COLLATE "C" NOT NULL,  -- that it had there
    to_office TEXT COLLATE "C" NOT NULL,
    by_login TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    grounds TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (case_id, at)
);
CREATE INDEX case_transfers_by_office ON case_transfers (office, at);

CREATE TABLE case_numbers (
    office TEXT COLLATE "C" NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (office, year)
);

CREATE TABLE calendar_days (
    day TEXT COLLATE "C" PRIMARY KEY,  -- such as 2026-10-01
    worked BIGINT NOT NULL             -- 1: worked; 0: off
);

CREATE TABLE leads (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    key TEXT COLLATE "C" NOT NULL UNIQUE, -- what it is known by: label/SERIAL, place/USCC/4110, lot/1-4, ...
    kind TEXT COLLATE "C" NOT NULL,    -- code | run | carton | package | phone | place | lot | told
    state TEXT COLLATE "C" NOT NULL,   -- open | done | merged
    merged_into TEXT COLLATE "C",
    anchor_at BIGINT NOT NULL,         -- of what was found first, and which code that is
    anchor BYTEA NOT NULL,
    enterprise TEXT COLLATE "C",
    gtin TEXT COLLATE "C",
    key_number BIGINT,
    batch_number BIGINT,
    place BIGINT NOT NULL,             -- where most of it was met; 0 unknown
    codes BIGINT NOT NULL,
    people BIGINT NOT NULL,
    provinces BIGINT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    harm DOUBLE PRECISION NOT NULL,
    freshness DOUBLE PRECISION NOT NULL,
    reach DOUBLE PRECISION NOT NULL,
    score BIGINT NOT NULL,             -- tenths of a point
    rescore_at BIGINT,                 -- when its freshness falls next
    why_zh TEXT COLLATE "C" NOT NULL,
    why_en TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,           -- latest scan or report
    office TEXT COLLATE "C",           -- of whom it is assigned to
    assigned_to TEXT COLLATE "C",
    due_on TEXT COLLATE "C",
    snoozed_until TEXT COLLATE "C",    -- last day of rest
    grounds TEXT COLLATE "C" NOT NULL, -- of the snooze, or of what closed it
    closed_by TEXT COLLATE "C",        -- NULL: nothing was left of it
    closed_at BIGINT
);
CREATE INDEX leads_ranked ON leads (state, score, id);
CREATE INDEX leads_closed ON leads (state, closed_at, id);
CREATE INDEX leads_by_enterprise ON leads (enterprise, state, score, id);
CREATE INDEX leads_by_product ON leads (gtin, state, score, id);
CREATE INDEX leads_by_kind ON leads (kind, state, score, id);
CREATE INDEX leads_of_officer ON leads (assigned_to, state, score, id) WHERE assigned_to IS NOT NULL;
CREATE INDEX leads_due ON leads (due_on, state) WHERE due_on IS NOT NULL;
CREATE INDEX leads_snoozed ON leads (snoozed_until, state) WHERE snoozed_until IS NOT NULL;
CREATE INDEX leads_to_rescore ON leads (rescore_at) WHERE rescore_at IS NOT NULL;
CREATE INDEX leads_at_work ON leads (state, assigned_to, due_on, snoozed_until);

CREATE TABLE lead_codes (
    payload BYTEA PRIMARY KEY,
    lead TEXT COLLATE "C" NOT NULL REFERENCES leads (id),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    lane BIGINT NOT NULL,              -- 0 items, 2 cases, 3 pallets: numbers are of one lane
    label_number BIGINT NOT NULL,
    risk DOUBLE PRECISION NOT NULL,
    people BIGINT NOT NULL,
    places TEXT COLLATE "C" NOT NULL,
    scans BIGINT NOT NULL,
    settled_scans BIGINT NOT NULL,     -- when its lead was closed; 0: never
    opened_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    parent TEXT COLLATE "C",           -- the packed case
    package TEXT COLLATE "C",
    phone BIGINT,
    left_at BIGINT                     -- since an officer decided it
);
CREATE INDEX lead_codes_by_lead ON lead_codes (lead, label_number);
CREATE INDEX lead_codes_by_number ON lead_codes (key_number, batch_number, lane, label_number);
CREATE INDEX lead_codes_by_parent ON lead_codes (parent) WHERE parent IS NOT NULL;
CREATE INDEX lead_codes_by_package ON lead_codes (package) WHERE package IS NOT NULL;
CREATE INDEX lead_codes_by_phone ON lead_codes (phone) WHERE phone IS NOT NULL;

CREATE TABLE lead_sources (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    lead TEXT COLLATE "C" NOT NULL REFERENCES leads (id),
    source TEXT COLLATE "C" NOT NULL,  -- forged | diverted | consumer | enterprise | office
    origin TEXT COLLATE "C" NOT NULL,  -- enterprise or office; '' of our own
    reference TEXT COLLATE "C" NOT NULL, -- what the origin calls it: told again, it is the same
    digest BYTEA NOT NULL,             -- SHA-256 of what was told
    payload BYTEA,
    place BIGINT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    people BIGINT NOT NULL,
    says_zh TEXT COLLATE "C" NOT NULL,
    says_en TEXT COLLATE "C" NOT NULL,
    told_by TEXT COLLATE "C" NOT NULL,
    told_at BIGINT NOT NULL,
    gone_at BIGINT,                    -- since it holds no more
    UNIQUE (source, origin, reference)
);
CREATE INDEX lead_sources_by_lead ON lead_sources (lead, told_at);

CREATE TABLE lead_places (
    lead TEXT COLLATE "C" NOT NULL REFERENCES leads (id),
    place BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    score BIGINT NOT NULL,
    PRIMARY KEY (lead, place)
);
CREATE INDEX lead_places_ranked ON lead_places (place, state, score, lead);

CREATE TABLE lead_acts (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    lead TEXT COLLATE "C" NOT NULL REFERENCES leads (id),
    at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,      -- '' the worker
    act TEXT COLLATE "C" NOT NULL,     -- opened | assigned | released | snoozed | woken | due | closed | reopened | merged | case
    says TEXT COLLATE "C" NOT NULL
);
CREATE INDEX lead_acts_by_lead ON lead_acts (lead, at);

CREATE TABLE leads_waiting (
    object TEXT COLLATE "C" PRIMARY KEY, -- item/KEY/BATCH/NUMBER, forged/KEY/PLACE
    seq BIGINT NOT NULL
);
CREATE INDEX leads_waiting_in_order ON leads_waiting (seq);

CREATE TABLE leads_followed (
    source TEXT COLLATE "C" PRIMARY KEY, -- reports
    seq BIGINT NOT NULL
);

CREATE TABLE media (
    original BYTEA PRIMARY KEY,        -- SHA-256 of what was sent
    shown BYTEA NOT NULL,              -- SHA-256 of what is shown
    kind TEXT COLLATE "C" NOT NULL,    -- of the original: jpeg | png | webp
    bytes BIGINT NOT NULL,             -- of the original
    shown_bytes BIGINT NOT NULL,
    width BIGINT NOT NULL,             -- pixels of what is shown
    height BIGINT NOT NULL,
    exif TEXT COLLATE "C" NOT NULL,    -- JSON; {} of a buyer's photo
    purpose TEXT COLLATE "C" NOT NULL, -- report | office
    added_at BIGINT NOT NULL,
    added_by TEXT COLLATE "C" NOT NULL -- login; empty for a buyer
);
CREATE INDEX media_by_purpose ON media (purpose, added_at);
CREATE INDEX media_shown ON media (shown);

CREATE TABLE reports (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    seq BIGINT NOT NULL UNIQUE,        -- the order in which they came, for whoever follows
    number TEXT COLLATE "C" NOT NULL UNIQUE, -- 12 characters, which the reporter keeps
    payload BYTEA,                     -- of the code; none where it could not be read
    outcome TEXT COLLATE "C" NOT NULL, -- what the answer had said, and why
    reason TEXT COLLATE "C" NOT NULL,
    wrong TEXT COLLATE "C" NOT NULL,   -- slugs of what is wrong, by commas
    note TEXT COLLATE "C" NOT NULL,    -- free texts; emptied by the clock
    shop TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    region BIGINT NOT NULL,            -- prefecture of the scan; 0 where it is not known
    scan BIGINT NOT NULL UNIQUE,       -- tag of the scan: one report each
    device BIGINT NOT NULL,            -- keyed hashes, as in `scans`; 0 when forgotten
    network BIGINT NOT NULL,
    contact BYTEA,                     -- sealed: telephone or mail; none when forgotten
    received_at BIGINT NOT NULL,
    looked_by TEXT COLLATE "C",
    looked_at BIGINT,
    case_id TEXT COLLATE "C",          -- of case_files
    case_number TEXT COLLATE "C",
    closed_as TEXT COLLATE "C",        -- handled | no_grounds | passed_on | repeated
    closed_by TEXT COLLATE "C",
    closed_at BIGINT,
    told_by TEXT COLLATE "C",          -- who told the reporter, and when
    told_at BIGINT
);
CREATE INDEX reports_of_code ON reports (payload, received_at);
CREATE INDEX reports_by_device ON reports (device, received_at);
CREATE INDEX reports_waiting ON reports (received_at) WHERE closed_at IS NULL AND looked_at IS NULL;
CREATE INDEX reports_of_case ON reports (case_id);
CREATE INDEX reports_by_region ON reports (region, seq);

CREATE TABLE report_photos (
    report TEXT COLLATE "C" NOT NULL REFERENCES reports (id),
    position BIGINT NOT NULL,          -- from 1
    media BYTEA NOT NULL REFERENCES media (original),
    PRIMARY KEY (report, position)
);
CREATE INDEX report_photos_of ON report_photos (media);

CREATE TABLE media_gone (
    file BYTEA PRIMARY KEY             -- SHA-256 of it
);

CREATE TABLE notes (
    check_value TEXT COLLATE "C" PRIMARY KEY, -- 20 characters: a keyed hash of the content
    content TEXT COLLATE "C" NOT NULL, -- JSON
    made_at BIGINT NOT NULL
);
CREATE INDEX notes_made ON notes (made_at);

CREATE TABLE field_records (
                                       -- Made on the phone: what is sent again is known by it.
    id TEXT COLLATE "C" PRIMARY KEY,
                                       -- Counts up as records arrive.
    seq BIGINT NOT NULL UNIQUE,
    office TEXT COLLATE "C" NOT NULL,
                                       -- The record that began the visit; NULL for a label that was checked outside of one.
    visit TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
                                       -- SHA-256 of the record; another content under the same id is refused.
    hash BYTEA NOT NULL,
                                       -- The record as JSON.
    body TEXT COLLATE "C" NOT NULL,
                                       -- The label of a check, where it was issued.
    payload BYTEA,
    phone TEXT COLLATE "C" NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    taken_in_by TEXT COLLATE "C" NOT NULL,
                                       -- The phone's clock twice, the server's once; milliseconds since 1970.
    made_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
                                       -- What the register said of a check on arrival, as JSON.
    says TEXT COLLATE "C",
    overtaken BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX field_records_of_a_visit ON field_records (visit, seq);
CREATE INDEX field_records_of_an_office ON field_records (office, kind, seq);
CREATE INDEX field_records_of_a_label ON field_records (payload) WHERE payload IS NOT NULL;

CREATE TABLE visit_cases (
    visit TEXT COLLATE "C" NOT NULL,
    case_file TEXT COLLATE "C" NOT NULL,
    noted_by TEXT COLLATE "C" NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (visit, case_file)
);

CREATE TABLE kits (
    version BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,          -- of the register from which it was made
    made_at BIGINT NOT NULL,
    manifest TEXT COLLATE "C" NOT NULL, -- JWS
    parts TEXT COLLATE "C" NOT NULL    -- JSON array of [name, SHA-256 in hex]
);

CREATE TABLE kit_parts (
    name TEXT COLLATE "C" PRIMARY KEY,
    sha256 TEXT COLLATE "C" NOT NULL,  -- of the body, hex
    body TEXT COLLATE "C" NOT NULL     -- JSON
);

CREATE TABLE key_revocations (
    key_number BIGINT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

CREATE TABLE inquiries (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID; given with the form
    case_id TEXT COLLATE "C" NOT NULL REFERENCES case_files (id),
    office TEXT COLLATE "C" NOT NULL REFERENCES offices (id), -- that asked
    enterprise TEXT COLLATE "C" NOT NULL REFERENCES enterprises (uscc),
    question TEXT COLLATE "C" NOT NULL,
    units TEXT COLLATE "C" NOT NULL,   -- JSON: its labels that it is asked about
    photos TEXT COLLATE "C" NOT NULL,  -- JSON: hashes of what it sees
    asked_by TEXT COLLATE "C" NOT NULL,
    asked_at BIGINT NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    opinion TEXT COLLATE "C",          -- ours | not_ours | cannot_tell
    grounds TEXT COLLATE "C",
    signer TEXT COLLATE "C",           -- a named person of the enterprise
    position TEXT COLLATE "C",
    answered_by TEXT COLLATE "C",
    answered_at BIGINT,
    dropped_at BIGINT,                 -- the office took it back
    files TEXT COLLATE "C" NOT NULL DEFAULT '[]'
);
CREATE INDEX inquiries_by_enterprise ON inquiries (enterprise, asked_at);
CREATE INDEX inquiries_by_case ON inquiries (case_id);

CREATE TABLE evidence_packages (
    id TEXT COLLATE "C" PRIMARY KEY,   -- UUID v7
    office TEXT COLLATE "C" NOT NULL,  -- that had the case when it was asked for
    case_id TEXT COLLATE "C" NOT NULL REFERENCES case_files (id),
    case_number TEXT COLLATE "C" NOT NULL, -- that office's
    entries BIGINT NOT NULL,           -- of the case file that are in it, from the first on
    state TEXT COLLATE "C" NOT NULL,   -- hash of all that is in it; empty: made before it was kept
    asked_by TEXT COLLATE "C" NOT NULL, -- login
    asked_name TEXT COLLATE "C" NOT NULL,
    asked_seat TEXT COLLATE "C" NOT NULL,
    asked_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,      -- whoever builds it has it so long
    problem TEXT COLLATE "C",          -- why the last try built nothing
    ready_at BIGINT,
    kid TEXT COLLATE "C",              -- name of the key that signed it
    bytes BIGINT,
    files BIGINT,
    sha256 TEXT COLLATE "C",
    dated_by TEXT COLLATE "C",         -- authority that dated it
    dated_at BIGINT,
    undated TEXT COLLATE "C",          -- why none did, where one was asked
    downloads BIGINT NOT NULL
);
CREATE INDEX evidence_waiting ON evidence_packages (leased_until) WHERE ready_at IS NULL;
CREATE INDEX evidence_of_a_state ON evidence_packages (case_id, state);

CREATE TABLE evidence_stamps (
    package TEXT COLLATE "C" PRIMARY KEY REFERENCES evidence_packages (id),
    query BYTEA NOT NULL,              -- TimeStampReq, DER
    leased_until BIGINT NOT NULL,
    response BYTEA,                    -- TimeStampResp, DER
    problem TEXT COLLATE "C"
);

CREATE TABLE case_units_gone (
    payload BYTEA PRIMARY KEY
);

CREATE TABLE evidence_gone (
    package TEXT COLLATE "C" PRIMARY KEY
);

CREATE TABLE case_terms (
    id BIGINT PRIMARY KEY,             -- 1: there is one row
    check_days BIGINT NOT NULL,        -- working days to decide whether to file
    check_more BIGINT NOT NULL,        -- that the head of an office may add
    decide_days BIGINT NOT NULL,       -- days from filing to the decision
    decide_more BIGINT NOT NULL
);
