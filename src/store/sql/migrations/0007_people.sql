-- Second factors, one-time links, and sessions that people can see and end.

-- Of sessions that began before, nobody knows whose browser they are in:
-- people sign in once more.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN login TEXT;            -- NULL: nobody signed in yet
ALTER TABLE sessions ADD COLUMN begun_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN last_seen_at BIGINT NOT NULL DEFAULT 0; -- in steps of a minute
ALTER TABLE sessions ADD COLUMN origin TEXT NOT NULL DEFAULT '';        -- a network: /24 or /48
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';       -- its family: Edge on Windows
CREATE INDEX sessions_by_login ON sessions (login, last_seen_at);

-- Authenticators (RFC 6238).
CREATE TABLE second_factors (
    login TEXT PRIMARY KEY REFERENCES accounts (login),
    sealed BLOB NOT NULL,              -- the shared secret: src/auth/secrets.rs
    last_step BIGINT NOT NULL,         -- the last that opened; none opens twice
    since BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    hash BLOB PRIMARY KEY,             -- SHA-256 of 80 random bits
    login TEXT NOT NULL REFERENCES accounts (login),
    used_at BIGINT
);
CREATE INDEX recovery_codes_by_login ON recovery_codes (login);

-- Invitations and new passwords. Rows stay: an account without password that
-- never had one is a program's.
CREATE TABLE links (
    token_hash BLOB PRIMARY KEY,       -- SHA-256 of the token
    login TEXT NOT NULL REFERENCES accounts (login),
    purpose TEXT NOT NULL,             -- invitation | reset
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT                     -- or taken back
);
CREATE INDEX links_by_login ON links (login);
