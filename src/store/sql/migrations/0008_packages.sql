-- The hand-off to printing houses: settings, houses, approval, packages, what
-- is picked up, planted, reported and signed off.

CREATE TABLE enterprise_settings (
    enterprise TEXT PRIMARY KEY REFERENCES enterprises (uscc),
    approval_labels BIGINT NOT NULL,   -- an order of more waits for a second person
    sign_off_labels BIGINT NOT NULL,
    pick_up_days BIGINT NOT NULL,
    printed_days BIGINT NOT NULL,
    activated_days BIGINT NOT NULL
);

CREATE TABLE print_houses (
    id TEXT PRIMARY KEY,               -- UUID v7
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    name TEXT NOT NULL,
    contact TEXT NOT NULL,
    recipient TEXT,                    -- age1...; NULL: packages under a passphrase
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX print_houses_by_enterprise ON print_houses (enterprise);

-- States of an order: awaiting_approval | rejected beside the others.
ALTER TABLE orders ADD COLUMN needed_by TEXT;
ALTER TABLE orders ADD COLUMN house TEXT REFERENCES print_houses (id);
ALTER TABLE orders ADD COLUMN approved_by TEXT;
ALTER TABLE orders ADD COLUMN approved_at BIGINT;

-- Items behind the last of the batch: spares of its packages.
ALTER TABLE batches ADD COLUMN spare_count BIGINT NOT NULL DEFAULT 0;

CREATE TABLE packages (
    id TEXT PRIMARY KEY,               -- UUID v7
    number TEXT NOT NULL UNIQUE,       -- what people call it
    order_id TEXT NOT NULL UNIQUE REFERENCES orders (id),
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    house TEXT NOT NULL REFERENCES print_houses (id),
    first_number BIGINT,               -- of its items; NULL where they are cases
    last_number BIGINT,                -- inclusive
    pool_first BIGINT,                 -- NULL: it has no spares
    pool_count BIGINT,
    recipient TEXT NOT NULL,
    key_file BLOB,                     -- an age file under a passphrase that is kept nowhere
    pick_up BIGINT NOT NULL,           -- from 1 on
    code_hash BLOB NOT NULL,           -- SHA-256 of the pick-up code
    wrong_codes BIGINT NOT NULL,
    state TEXT NOT NULL,               -- building | ready | ended
    problem TEXT,
    lease_until BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ready_at BIGINT,
    directory TEXT,                    -- of its files
    sign_off TEXT,                     -- accepted | rejected
    sign_off_reason TEXT,
    sign_off_by TEXT,
    sign_off_at BIGINT,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX packages_by_batch ON packages (key_number, batch_number);
CREATE INDEX packages_by_enterprise ON packages (enterprise, created_at);
CREATE INDEX packages_by_state ON packages (state, created_at);

-- Spare items that may be printed once they are released.
CREATE TABLE spares (
    package TEXT NOT NULL REFERENCES packages (id),
    number BIGINT NOT NULL,
    released_at BIGINT,
    on_sale_at BIGINT,                 -- the book of labels ends with the batch
    PRIMARY KEY (package, number)
);

-- Items that are never to be printed. Servers hold them as planted, and with
-- them every other item of a pool that was not released.
CREATE TABLE planted (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    number BIGINT NOT NULL,
    package TEXT NOT NULL REFERENCES packages (id),
    pick_up BIGINT NOT NULL,
    downloads BIGINT NOT NULL,         -- bits: the downloads of the pick-up that carry it
    PRIMARY KEY (key_number, batch_number, number)
);
CREATE INDEX planted_by_package ON planted (package, pick_up);

-- Items of a pool that somebody scanned though they were not released. Written
-- with the rows of the scans, so that nobody has to look through these.
CREATE TABLE spare_sightings (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    number BIGINT NOT NULL,
    package TEXT NOT NULL REFERENCES packages (id),
    first_seen_at BIGINT NOT NULL,
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0 unknown
    scans BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, number)
);
CREATE INDEX spare_sightings_by_package ON spare_sightings (package);

-- The sealed files of a pick-up, one a download.
CREATE TABLE package_files (
    package TEXT NOT NULL REFERENCES packages (id),
    download BIGINT NOT NULL,          -- over all pick-ups, from 1 on
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (package, download)
);

CREATE TABLE downloads (
    package TEXT NOT NULL REFERENCES packages (id),
    number BIGINT NOT NULL,            -- over all pick-ups, from 1 on
    begun_at BIGINT NOT NULL,
    network TEXT NOT NULL,             -- /24 or /48
    finished_at BIGINT,
    PRIMARY KEY (package, number)
);

-- Parts of a download that were sent: a line that breaks makes more of them.
CREATE TABLE transfers (
    id TEXT PRIMARY KEY,               -- UUID v7
    package TEXT NOT NULL REFERENCES packages (id),
    download BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    network TEXT NOT NULL,
    first_byte BIGINT NOT NULL,
    bytes BIGINT NOT NULL              -- asked for at first, sent in the end
);
CREATE INDEX transfers_by_package ON transfers (package, download);

-- Who came with a pick-up code, right or wrong.
CREATE TABLE pick_up_visits (
    id TEXT PRIMARY KEY,               -- UUID v7
    package TEXT NOT NULL REFERENCES packages (id),
    at BIGINT NOT NULL,
    network TEXT NOT NULL,
    good BIGINT NOT NULL
);
CREATE INDEX pick_up_visits_by_package ON pick_up_visits (package, at);

CREATE TABLE print_reports (
    package TEXT NOT NULL REFERENCES packages (id),
    seq BIGINT NOT NULL,               -- from 1 on: the last word on a label counts
    kind TEXT NOT NULL,                -- printed | spoiled | reprinted
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    network TEXT NOT NULL,
    PRIMARY KEY (package, seq)
);
