-- Labels that an office took off sale at once, until an instant.

CREATE TABLE blocks (
    id TEXT PRIMARY KEY,               -- UUID; given with the form: the same form is one block
    office TEXT NOT NULL REFERENCES offices (id),
    case_id TEXT REFERENCES case_files (id),
    labels BIGINT NOT NULL,            -- that it takes in
    reason_zh TEXT NOT NULL,           -- shown to whoever scans one
    reason_en TEXT NOT NULL,
    blocked_by TEXT NOT NULL,
    blocked_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,          -- over by itself from then on
    lift_asked_by TEXT,
    lift_asked_key_by TEXT,            -- who made the API key by which it was asked
    lift_asked_at BIGINT,
    lift_grounds TEXT,
    lifted_by TEXT,                    -- a second person; empty where it was over by itself
    lifted_at BIGINT
);
CREATE INDEX blocks_by_office ON blocks (office, blocked_at);
CREATE INDEX blocks_by_case ON blocks (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX blocks_standing ON blocks (until_at) WHERE lifted_at IS NULL;

-- From when on a fact says nothing any more, and which block it came with.
ALTER TABLE batch_ranges ADD COLUMN until_at BIGINT;
ALTER TABLE batch_ranges ADD COLUMN block TEXT REFERENCES blocks (id);
CREATE INDEX batch_ranges_by_block ON batch_ranges (block) WHERE block IS NOT NULL;

-- Questions to an enterprise about labels and photos of a case.
CREATE TABLE inquiries (
    id TEXT PRIMARY KEY,               -- UUID; given with the form
    case_id TEXT NOT NULL REFERENCES case_files (id),
    office TEXT NOT NULL REFERENCES offices (id), -- that asked
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    question TEXT NOT NULL,
    units TEXT NOT NULL,               -- JSON: its labels that it is asked about
    photos TEXT NOT NULL,              -- JSON: hashes of what it sees
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    due_on TEXT NOT NULL,
    opinion TEXT,                      -- ours | not_ours | cannot_tell
    grounds TEXT,
    signer TEXT,                       -- a named person of the enterprise
    position TEXT,
    answered_by TEXT,
    answered_at BIGINT,
    dropped_at BIGINT                  -- the office took it back
);
CREATE INDEX inquiries_by_enterprise ON inquiries (enterprise, asked_at);
CREATE INDEX inquiries_by_case ON inquiries (case_id);
