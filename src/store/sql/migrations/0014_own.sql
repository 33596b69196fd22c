-- Serials that enterprises made themselves, without a signature: from what stands
-- on a label to the running number of a batch.

-- Enterprises that have such labels, and how they are compared and asked for.
CREATE TABLE own_makers (
    id BIGINT PRIMARY KEY,             -- short: it stands in the row of every serial
    enterprise TEXT NOT NULL UNIQUE REFERENCES enterprises (uscc),
    letter_case TEXT NOT NULL,         -- fold | exact
    url TEXT,                          -- the address on its labels, {serial} in it
    revision BIGINT NOT NULL
);

-- One list, from its file to its batch.
CREATE TABLE own_imports (
    number BIGINT PRIMARY KEY,         -- stands in the row of every serial
    id TEXT NOT NULL UNIQUE,           -- UUID v7
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    maker BIGINT NOT NULL REFERENCES own_makers (id),
    specification TEXT NOT NULL,       -- JSON: product, lot, dates, ...
    state TEXT NOT NULL,               -- waiting | running | clearing | done | failed
    serials_done BIGINT NOT NULL,
    serials_total BIGINT NOT NULL,     -- as far as the file was read
    faults TEXT NOT NULL,              -- JSON: what is wrong with it, by line
    uploaded BIGINT NOT NULL,          -- 1: its file lies beside the ledger, for the worker
    lease_until BIGINT NOT NULL,
    takes BIGINT NOT NULL,             -- how often it was taken: who took it before may write no more
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    finished_at BIGINT,
    key_number BIGINT,                 -- of the batch that came of it
    batch_number BIGINT,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX own_imports_by_batch ON own_imports (batch_number);
CREATE INDEX own_imports_by_enterprise ON own_imports (enterprise, asked_at);

-- A row a serial. Those of an import that is not done count for nothing.
CREATE TABLE own_serials (
    maker BIGINT NOT NULL,
    serial TEXT NOT NULL,
    import BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (maker, serial)
);

-- The same the other way, in the order of the file: from a number to its serial.
CREATE TABLE own_pages (
    import BIGINT NOT NULL,
    first_number BIGINT NOT NULL,      -- a multiple of 500
    serials TEXT NOT NULL,             -- up to 500, one a line
    PRIMARY KEY (import, first_number)
);
