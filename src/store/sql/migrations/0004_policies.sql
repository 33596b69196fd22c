-- Policies of detection: data that a named person signs off.

CREATE TABLE policies (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL,                -- JSON, as src/scan/judge/policy.rs reads it
    added_by TEXT REFERENCES accounts (login), -- NULL: came with the software
    added_at BIGINT NOT NULL,
    comparison TEXT                    -- JSON: what a replay of the scans says of it
);

-- From when on a policy decides. The latest instant that has come stands.
CREATE TABLE policy_terms (
    id TEXT PRIMARY KEY,               -- UUID v7
    policy TEXT NOT NULL REFERENCES policies (name),
    effective_at BIGINT NOT NULL,
    signed_by TEXT NOT NULL REFERENCES accounts (login),
    signed_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX policy_terms_by_revision ON policy_terms (revision);

-- A replay reads the scans in the order in which they were made.
CREATE INDEX scans_by_time ON scans (seen_at);
