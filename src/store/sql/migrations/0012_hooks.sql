-- Webhooks (src/hooks): where enterprises are told, of what, and how far it is.

CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY,               -- UUID v7
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,               -- comma-separated
    secret BLOB NOT NULL,              -- 32 bytes; a signature needs it whole, so it is not hashed
    old_secret BLOB,                   -- signs too until then
    old_until BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    failing_since BIGINT,              -- first failure that no success has followed
    ended_at BIGINT,                   -- it is not called
    ended_why TEXT                     -- owner | failing | gone
);
CREATE INDEX webhook_endpoints_by_enterprise ON webhook_endpoints (enterprise);

-- The outbox: written in the transaction of the change that it tells of.
CREATE TABLE webhook_events (
    id TEXT PRIMARY KEY,               -- UUID v7; the header webhook-id
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    kind TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    body TEXT NOT NULL                 -- the bytes that are signed and sent
);
CREATE INDEX webhook_events_by_time ON webhook_events (happened_at);

CREATE TABLE webhook_deliveries (
    endpoint TEXT NOT NULL REFERENCES webhook_endpoints (id),
    event TEXT NOT NULL REFERENCES webhook_events (id),
    state TEXT NOT NULL,               -- pending | done | failed
    tries BIGINT NOT NULL,             -- since it was last asked for
    next_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,       -- 0: nobody has it
    last_at BIGINT,
    last_took_ms BIGINT,
    last_status BIGINT,
    last_trouble TEXT,
    PRIMARY KEY (endpoint, event)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, state, next_at);
CREATE INDEX webhook_deliveries_taken ON webhook_deliveries (endpoint) WHERE lease_until > 0;
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event);

-- How far old scans were thinned (src/guide/privacy.md).
CREATE TABLE retention (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    done_until BIGINT NOT NULL,        -- scans made before it were looked at
    untold BIGINT NOT NULL             -- thinned and not yet told of in the trail
);
INSERT INTO retention (id, done_until, untold) VALUES (1, 0, 0);
