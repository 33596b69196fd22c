-- What codes say of one another, as the worker gathered it from the scans.

-- Raised with every change; servers ask for what came after theirs.
CREATE TABLE across_revision (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO across_revision (id, revision) VALUES (1, 0);

-- Codes of a batch by where they were first seen (page -1), or met again by
-- block of running numbers and town.
CREATE TABLE across_pages (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    page BIGINT NOT NULL,
    destination BIGINT NOT NULL,       -- province, two digits of GB/T 2260; 0 anywhere
    cells BLOB NOT NULL,               -- block u32, place u16, codes u32, big-endian, each
    revision BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, page)
);
CREATE INDEX across_pages_by_revision ON across_pages (revision);

-- Phones and what became of the codes that they scanned.
CREATE TABLE across_phones (
    device BIGINT PRIMARY KEY,         -- keyed hash, 48 bits
    codes BIGINT NOT NULL,
    cases BIGINT NOT NULL,
    days BIGINT NOT NULL,
    last_day BIGINT NOT NULL,          -- days since 1970, UTC
    followed BIGINT NOT NULL,          -- codes that somebody else met
    met BIGINT NOT NULL,               -- of them in another province
    latest BLOB NOT NULL,              -- hashes of the latest cases, u32 each
    revision BIGINT NOT NULL
);
-- Servers hold those that scanned more than one code.
CREATE INDEX across_phones_by_revision ON across_phones (revision) WHERE codes >= 2;

-- Since when a flag answers `suspect`; NULL for a lead that officers alone
-- see. Until an officer decides it does not go away.
ALTER TABLE flags ADD COLUMN accused_at BIGINT;
ALTER TABLE flags ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
UPDATE flags SET accused_at = opened_at WHERE state = 'open';
CREATE INDEX flags_by_revision ON flags (revision);
