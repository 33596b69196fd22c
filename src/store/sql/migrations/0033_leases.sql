-- Who does the work behind the servers: one row a kind. Each holder has the next
-- number, and writes only while it is still the last.
CREATE TABLE leases (
    work TEXT PRIMARY KEY,             -- worker | courier
    term BIGINT NOT NULL,
    taken_at BIGINT NOT NULL
);
