-- Packages of evidence: what is to be built, and what was. The files lie under
-- the data directory, each under its id.
CREATE TABLE evidence_packages (
    id TEXT PRIMARY KEY,               -- UUID v7
    office TEXT NOT NULL,              -- that had the case when it was asked for
    case_id TEXT NOT NULL REFERENCES case_files (id),
    case_number TEXT NOT NULL,         -- that office's
    entries BIGINT NOT NULL,           -- of the case file that are in it, from the first on
    asked_by TEXT NOT NULL,            -- login
    asked_name TEXT NOT NULL,
    asked_seat TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,      -- whoever builds it has it so long
    problem TEXT,                      -- why the last try built nothing
    ready_at BIGINT,
    kid TEXT,                          -- name of the key that signed it
    bytes BIGINT,
    files BIGINT,
    sha256 TEXT,
    dated_by TEXT,                     -- authority that dated it
    dated_at BIGINT,
    undated TEXT,                      -- why none did, where one was asked
    downloads BIGINT NOT NULL,
    -- The same state of a case is one package.
    UNIQUE (case_id, entries)
);
CREATE INDEX evidence_waiting ON evidence_packages (leased_until) WHERE ready_at IS NULL;

-- Questions to an authority for the time: the courier asks them, since whoever
-- signs calls nobody.
CREATE TABLE evidence_stamps (
    package TEXT PRIMARY KEY REFERENCES evidence_packages (id),
    query BLOB NOT NULL,               -- TimeStampReq, DER
    leased_until BIGINT NOT NULL,
    response BLOB,                     -- TimeStampResp, DER
    problem TEXT
);
