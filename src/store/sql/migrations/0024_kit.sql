-- Kits for officers' phones, and what they hold.
CREATE TABLE kits (
    version BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,          -- of the register from which it was made
    made_at BIGINT NOT NULL,
    manifest TEXT NOT NULL,            -- JWS
    parts TEXT NOT NULL                -- JSON array of [name, SHA-256 in hex]
);

-- Parts of the latest kit.
CREATE TABLE kit_parts (
    name TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,              -- of the body, hex
    body TEXT NOT NULL                 -- JSON
);

-- Since when a key is known to be revoked: its file says only that it is.
CREATE TABLE key_revocations (
    key_number BIGINT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
