-- A package of evidence is of a whole state of its case: of its entries, and of the
-- records, photos, scans, questions and blocks that they lead to. A later record of a
-- visit is another state, though no entry was added.
CREATE TABLE evidence_of_states (
    id TEXT PRIMARY KEY,               -- UUID v7
    office TEXT NOT NULL,              -- that had the case when it was asked for
    case_id TEXT NOT NULL REFERENCES case_files (id),
    case_number TEXT NOT NULL,         -- that office's
    entries BIGINT NOT NULL,           -- of the case file that are in it, from the first on
    state TEXT NOT NULL,               -- hash of all that is in it; empty: made before it was kept
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
    downloads BIGINT NOT NULL
);
INSERT INTO evidence_of_states (id, office, case_id, case_number, entries, state, asked_by,
    asked_name, asked_seat, asked_at, leased_until, problem, ready_at, kid, bytes, files, sha256,
    dated_by, dated_at, undated, downloads)
SELECT id, office, case_id, case_number, entries, '', asked_by, asked_name, asked_seat, asked_at,
    leased_until, problem, ready_at, kid, bytes, files, sha256, dated_by, dated_at, undated, downloads
FROM evidence_packages;

CREATE TABLE stamps_of_states (
    package TEXT PRIMARY KEY REFERENCES evidence_of_states (id),
    query BLOB NOT NULL,               -- TimeStampReq, DER
    leased_until BIGINT NOT NULL,
    response BLOB,                     -- TimeStampResp, DER
    problem TEXT
);
INSERT INTO stamps_of_states (package, query, leased_until, response, problem)
SELECT package, query, leased_until, response, problem FROM evidence_stamps;

DROP TABLE evidence_stamps;
DROP TABLE evidence_packages;
ALTER TABLE evidence_of_states RENAME TO evidence_packages;
ALTER TABLE stamps_of_states RENAME TO evidence_stamps;
CREATE INDEX evidence_waiting ON evidence_packages (leased_until) WHERE ready_at IS NULL;
CREATE INDEX evidence_of_a_state ON evidence_packages (case_id, state);

-- A buyer's photo in a case is evidence and a buyer's still: its original was never here.
UPDATE media SET purpose = 'case' WHERE purpose = 'office' AND added_by = '';
