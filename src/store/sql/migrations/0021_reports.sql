-- Photos by the hash of what was sent. The file of what is shown lies beside the
-- ledger under its own hash; of an officer's photo the original too.
CREATE TABLE media (
    original BLOB PRIMARY KEY,         -- SHA-256 of what was sent
    shown BLOB NOT NULL,               -- SHA-256 of what is shown
    kind TEXT NOT NULL,                -- of the original: jpeg | png | webp
    bytes BIGINT NOT NULL,             -- of the original
    shown_bytes BIGINT NOT NULL,
    width BIGINT NOT NULL,             -- pixels of what is shown
    height BIGINT NOT NULL,
    exif TEXT NOT NULL,                -- JSON; {} of a buyer's photo
    purpose TEXT NOT NULL,             -- report | office
    added_at BIGINT NOT NULL,
    added_by TEXT NOT NULL             -- login; empty for a buyer
);
CREATE INDEX media_by_purpose ON media (purpose, added_at);
CREATE INDEX media_shown ON media (shown);

-- What buyers report of a label that they scanned. A report is bound to the scan,
-- whose answer had the form; nobody gives an account or a name for it.
CREATE TABLE reports (
    id TEXT PRIMARY KEY,               -- UUID v7
    seq BIGINT NOT NULL UNIQUE,        -- the order in which they came, for whoever follows
    number TEXT NOT NULL UNIQUE,       -- 12 characters, which the reporter keeps
    payload BLOB,                      -- of the code; none where it could not be read
    outcome TEXT NOT NULL,             -- what the answer had said, and why
    reason TEXT NOT NULL,
    wrong TEXT NOT NULL,               -- slugs of what is wrong, by commas
    note TEXT NOT NULL,                -- free texts; emptied by the clock
    shop TEXT NOT NULL,
    place TEXT NOT NULL,
    region BIGINT NOT NULL,            -- prefecture of the scan; 0 where it is not known
    scan BIGINT NOT NULL UNIQUE,       -- tag of the scan: one report each
    device BIGINT NOT NULL,            -- keyed hashes, as in `scans`; 0 when forgotten
    network BIGINT NOT NULL,
    contact BLOB,                      -- sealed: telephone or mail; none when forgotten
    received_at BIGINT NOT NULL,
    looked_by TEXT,
    looked_at BIGINT,
    case_id TEXT,                      -- of case_files
    case_number TEXT,
    closed_as TEXT,                    -- handled | no_grounds | passed_on | repeated
    closed_by TEXT,
    closed_at BIGINT,
    told_by TEXT,                      -- who told the reporter, and when
    told_at BIGINT
);
CREATE INDEX reports_of_code ON reports (payload, received_at);
CREATE INDEX reports_by_device ON reports (device, received_at);
CREATE INDEX reports_waiting ON reports (received_at) WHERE closed_at IS NULL AND looked_at IS NULL;
CREATE INDEX reports_of_case ON reports (case_id);

CREATE TABLE report_photos (
    report TEXT NOT NULL REFERENCES reports (id),
    position BIGINT NOT NULL,          -- from 1
    media BLOB NOT NULL REFERENCES media (original),
    PRIMARY KEY (report, position)
);
CREATE INDEX report_photos_of ON report_photos (media);

-- Files that no row names any more, until they are off the disk: a process that is
-- killed in between leaves none behind.
CREATE TABLE media_gone (
    file BLOB PRIMARY KEY              -- SHA-256 of it
);

-- What a buyer's note said, so that a copy of it can be compared: no person in it.
CREATE TABLE notes (
    check_value TEXT PRIMARY KEY,      -- 20 characters: a keyed hash of the content
    content TEXT NOT NULL,             -- JSON
    made_at BIGINT NOT NULL
);
CREATE INDEX notes_made ON notes (made_at);

-- Whoever asks what is held about their own device is told its scans.
CREATE INDEX scans_by_device ON scans (device, seen_at) WHERE device <> 0;
