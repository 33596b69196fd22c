-- What a case keeps, and for how long.

-- Labels that were taken out of a case: their scans are looked at again.
CREATE TABLE case_units_gone (
    payload BLOB PRIMARY KEY
);

-- Blocks that stayed with an office when their case went to another.
UPDATE blocks SET office = (SELECT c.office FROM case_files c WHERE c.id = blocks.case_id),
    lift_asked_by = NULL, lift_asked_key_by = NULL, lift_asked_at = NULL, lift_grounds = NULL
WHERE case_id IS NOT NULL AND lifted_at IS NULL
AND office <> (SELECT c.office FROM case_files c WHERE c.id = blocks.case_id);

-- When persons and precise places went from a case that is over.
ALTER TABLE case_files ADD COLUMN erased_at BIGINT;
CREATE INDEX case_files_over ON case_files (updated_at)
    WHERE erased_at IS NULL AND state IN ('closed', 'merged', 'void');

-- Packages of evidence of such cases, until their files are off the disk.
CREATE TABLE evidence_gone (
    package TEXT PRIMARY KEY
);

-- Terms of the procedure, where the county set others than the rules of 2021 have.
CREATE TABLE case_terms (
    id BIGINT PRIMARY KEY,             -- 1: there is one row
    check_days BIGINT NOT NULL,        -- working days to decide whether to file
    check_more BIGINT NOT NULL,        -- that the head of an office may add
    decide_days BIGINT NOT NULL,       -- days from filing to the decision
    decide_more BIGINT NOT NULL
);

-- Photos that an enterprise put to its answer: a JSON list of hashes.
ALTER TABLE inquiries ADD COLUMN files TEXT NOT NULL DEFAULT '[]';
