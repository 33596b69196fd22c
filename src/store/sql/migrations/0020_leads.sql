-- Leads: what officers look into first.

-- What a flag's latest scan said, of which leads are made. `risk` stays the
-- highest while a flag is open.
ALTER TABLE flags ADD COLUMN latest_risk REAL NOT NULL DEFAULT 0;
ALTER TABLE flags ADD COLUMN people BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flags ADD COLUMN places TEXT NOT NULL DEFAULT '[]';  -- JSON: GB/T 2260, four digits
ALTER TABLE flags ADD COLUMN phone BIGINT;                       -- keyed hash; one known for labels met far away
ALTER TABLE flags ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE flags SET latest_risk = risk, seen_at = updated_at;
CREATE INDEX flags_by_number ON flags (key_number, batch_number, label_number);

CREATE TABLE leads (
    id TEXT PRIMARY KEY,               -- UUID v7
    key TEXT NOT NULL UNIQUE,          -- what it is known by: label/SERIAL, place/USCC/4110, lot/1-4, ...
    kind TEXT NOT NULL,                -- code | run | carton | package | phone | place | lot | told
    state TEXT NOT NULL,               -- open | done | merged
    merged_into TEXT,
    anchor_at BIGINT NOT NULL,         -- of what was found first, and which code that is
    anchor BLOB NOT NULL,
    enterprise TEXT,
    gtin TEXT,
    key_number BIGINT,
    batch_number BIGINT,
    place BIGINT NOT NULL,             -- where most of it was met; 0 unknown
    codes BIGINT NOT NULL,
    people BIGINT NOT NULL,
    provinces BIGINT NOT NULL,
    probability REAL NOT NULL,
    harm REAL NOT NULL,
    freshness REAL NOT NULL,
    reach REAL NOT NULL,
    score BIGINT NOT NULL,             -- tenths of a point
    rescore_at BIGINT,                 -- when its freshness falls next
    why_zh TEXT NOT NULL,
    why_en TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,           -- latest scan or report
    office TEXT,                       -- of whom it is assigned to
    assigned_to TEXT,
    due_on TEXT,
    snoozed_until TEXT,                -- last day of rest
    grounds TEXT NOT NULL,             -- of the snooze, or of what closed it
    closed_by TEXT,                    -- NULL: nothing was left of it
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
-- Counting reads this alone.
CREATE INDEX leads_at_work ON leads (state, assigned_to, due_on, snoozed_until);

-- Each code in one lead. A code that somebody told of and nobody flagged has no
-- risk yet.
CREATE TABLE lead_codes (
    payload BLOB PRIMARY KEY,
    lead TEXT NOT NULL REFERENCES leads (id),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    lane BIGINT NOT NULL,              -- 0 items, 2 cases, 3 pallets: numbers are of one lane
    label_number BIGINT NOT NULL,
    risk REAL NOT NULL,
    people BIGINT NOT NULL,
    places TEXT NOT NULL,
    scans BIGINT NOT NULL,
    settled_scans BIGINT NOT NULL,     -- when its lead was closed; 0: never
    opened_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    parent TEXT,                       -- the packed case
    package TEXT,
    phone BIGINT,
    left_at BIGINT                     -- since an officer decided it
);
CREATE INDEX lead_codes_by_lead ON lead_codes (lead, label_number);
CREATE INDEX lead_codes_by_number ON lead_codes (key_number, batch_number, lane, label_number);
CREATE INDEX lead_codes_by_parent ON lead_codes (parent) WHERE parent IS NOT NULL;
CREATE INDEX lead_codes_by_package ON lead_codes (package) WHERE package IS NOT NULL;
CREATE INDEX lead_codes_by_phone ON lead_codes (phone) WHERE phone IS NOT NULL;

-- What others said, and what is found without a code.
CREATE TABLE lead_sources (
    id TEXT PRIMARY KEY,               -- UUID v7
    lead TEXT NOT NULL REFERENCES leads (id),
    source TEXT NOT NULL,              -- forged | diverted | consumer | enterprise | office
    origin TEXT NOT NULL,              -- enterprise or office; '' of our own
    reference TEXT NOT NULL,           -- what the origin calls it: told again, it is the same
    digest BLOB NOT NULL,              -- SHA-256 of what was told
    payload BLOB,
    place BIGINT NOT NULL,
    probability REAL NOT NULL,
    people BIGINT NOT NULL,
    says_zh TEXT NOT NULL,
    says_en TEXT NOT NULL,
    told_by TEXT NOT NULL,
    told_at BIGINT NOT NULL,
    gone_at BIGINT,                    -- since it holds no more
    UNIQUE (source, origin, reference)
);
CREATE INDEX lead_sources_by_lead ON lead_sources (lead, told_at);

-- Where its codes were met, provinces (4100) and prefectures (4110), with what
-- a list by place is sorted by.
CREATE TABLE lead_places (
    lead TEXT NOT NULL REFERENCES leads (id),
    place BIGINT NOT NULL,
    state TEXT NOT NULL,
    score BIGINT NOT NULL,
    PRIMARY KEY (lead, place)
);
CREATE INDEX lead_places_ranked ON lead_places (place, state, score, lead);

-- What was done with it.
CREATE TABLE lead_acts (
    id TEXT PRIMARY KEY,               -- UUID v7
    lead TEXT NOT NULL REFERENCES leads (id),
    at BIGINT NOT NULL,
    by TEXT NOT NULL,                  -- '' the worker
    act TEXT NOT NULL,                 -- opened | assigned | released | snoozed | woken | due | closed | reopened | merged | case
    says TEXT NOT NULL
);
CREATE INDEX lead_acts_by_lead ON lead_acts (lead, at);

-- What has to be looked at anew, written with what changed.
CREATE TABLE leads_waiting (
    object TEXT PRIMARY KEY,           -- item/KEY/BATCH/NUMBER, forged/KEY/PLACE
    seq BIGINT NOT NULL
);
CREATE INDEX leads_waiting_in_order ON leads_waiting (seq);
-- How far what comes in an order was told.
CREATE TABLE leads_followed (
    source TEXT PRIMARY KEY,           -- reports
    seq BIGINT NOT NULL
);

INSERT INTO leads_waiting (object, seq)
SELECT DISTINCT 'item/' || key_number || '/' || batch_number || '/' || label_number, 0
FROM flags WHERE state = 'open';
INSERT INTO leads_waiting (object, seq)
SELECT DISTINCT 'forged/' || key_number || '/' || place, 0 FROM forgeries;
