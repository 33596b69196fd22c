-- Causes that explain scans of one code, as officers recorded them.
CREATE TABLE causes (
    id TEXT PRIMARY KEY,               -- UUID v7
    payload BLOB NOT NULL,
    kind TEXT NOT NULL,                -- banquet | exhibition | poster | other
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,          -- inclusive
    place BIGINT NOT NULL,             -- GB/T 2260, four digits; 0: anywhere
    note TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    lifted_by TEXT,
    lifted_at BIGINT,
    revision BIGINT NOT NULL
);
CREATE INDEX causes_by_payload ON causes (payload, recorded_at);
CREATE INDEX causes_by_revision ON causes (revision);
