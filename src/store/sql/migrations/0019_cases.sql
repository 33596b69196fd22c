-- Case files. A case is its entries, which are only ever added to; what stands
-- beside them is worked out from them in the transaction that adds one.

CREATE TABLE case_files (
    id TEXT PRIMARY KEY,               -- UUID; given with the form: the same form is one case
    office TEXT NOT NULL,              -- that has it now
    number TEXT NOT NULL,              -- that office's, such as 2026-000012
    title TEXT NOT NULL,
    state TEXT NOT NULL,               -- open | closing | closed | merged | void
    assignee TEXT,
    region BIGINT NOT NULL,            -- GB/T 2260, four digits; 0: unknown
    lead TEXT,                         -- it was opened from
    units BIGINT NOT NULL,             -- labels in it
    hold BIGINT NOT NULL,              -- 1: a legal hold
    outcome TEXT,
    due_on TEXT NOT NULL,              -- nearest day by which something is due; 9999-12-31: none
    waits BIGINT NOT NULL,             -- 1: a question to an enterprise waits for its answer
    seq BIGINT NOT NULL,               -- of the last entry
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX case_files_by_number ON case_files (office, number);
CREATE INDEX case_files_due ON case_files (office, due_on, id);
CREATE INDEX case_files_by_lead ON case_files (lead) WHERE lead IS NOT NULL;

CREATE TABLE case_entries (
    case_id TEXT NOT NULL REFERENCES case_files (id),
    seq BIGINT NOT NULL,               -- from 1, without gaps
    id TEXT NOT NULL UNIQUE,           -- UUID v7
    office TEXT NOT NULL,              -- that had the case
    at BIGINT NOT NULL,
    by_login TEXT NOT NULL,
    key_by TEXT,                       -- who made the API key by which it was done
    kind TEXT NOT NULL,
    fact TEXT NOT NULL,                -- JSON
    PRIMARY KEY (case_id, seq)
);

-- Labels of cases, those that were taken back left out.
CREATE TABLE case_units (
    case_id TEXT NOT NULL REFERENCES case_files (id),
    entry TEXT NOT NULL REFERENCES case_entries (id),
    payload BLOB NOT NULL,
    serial TEXT NOT NULL,
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    label_number BIGINT NOT NULL,
    PRIMARY KEY (case_id, payload)
);
CREATE INDEX case_units_by_payload ON case_units (payload);
CREATE INDEX case_units_by_serial ON case_units (serial);

-- Cases that an office gave away: all that it sees of them.
CREATE TABLE case_transfers (
    case_id TEXT NOT NULL REFERENCES case_files (id),
    office TEXT NOT NULL,              -- that gave it away
    number TEXT NOT NULL,              -- that it had there
    to_office TEXT NOT NULL,
    by_login TEXT NOT NULL,
    at BIGINT NOT NULL,
    grounds TEXT NOT NULL,
    PRIMARY KEY (case_id, at)
);
CREATE INDEX case_transfers_by_office ON case_transfers (office, at);

-- Numbers given out, per office and year.
CREATE TABLE case_numbers (
    office TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (office, year)
);

-- Days that are not as their weekday says: public holidays, and weekend days
-- that are worked instead.
CREATE TABLE calendar_days (
    day TEXT PRIMARY KEY,              -- such as 2026-10-01
    worked BIGINT NOT NULL             -- 1: worked; 0: off
);
