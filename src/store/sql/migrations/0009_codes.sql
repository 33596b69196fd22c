-- The book of a batch's labels, in double entry.

-- The balance: runs of running numbers that lie together, without gap from 0 to
-- the batch's last. Moved with the log in one transaction.
CREATE TABLE spans (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,       -- inclusive
    account TEXT NOT NULL,             -- issued | printed | spoiled | applied | returned | destroyed | activated | held
    place TEXT NOT NULL,               -- of custody; empty: the enterprise
    PRIMARY KEY (key_number, batch_number, first_number),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);

-- The log: never changed, only added to.
CREATE TABLE movements (
    id TEXT PRIMARY KEY,               -- UUID v7
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    kind TEXT NOT NULL,                -- print | spoil | ... | undo, as src/registry/movement names them
    undoes TEXT REFERENCES movements (id),
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    request_key TEXT,                  -- given by the caller; the same key is the same request
    request TEXT NOT NULL,             -- what was asked for, to tell another request under the same key
    moved_by TEXT NOT NULL,
    moved_at BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    UNIQUE (key_number, batch_number, request_key),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX movements_by_batch ON movements (key_number, batch_number, revision);
CREATE INDEX movements_undone ON movements (undoes);

-- What a movement took from one holding to one other.
CREATE TABLE movement_legs (
    movement TEXT NOT NULL REFERENCES movements (id),
    leg BIGINT NOT NULL,
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    revision BIGINT NOT NULL,          -- the movement's
    undoes TEXT,                       -- the movement's
    from_account TEXT NOT NULL,
    from_place TEXT NOT NULL,
    to_account TEXT NOT NULL,
    to_place TEXT NOT NULL,
    labels BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    ranges TEXT NOT NULL,              -- all of its numbers: 0-99 200 300-399
    PRIMARY KEY (movement, leg)
);
CREATE INDEX movement_legs_by_batch ON movement_legs (key_number, batch_number, revision);
CREATE INDEX movement_legs_by_revision ON movement_legs (revision);
CREATE INDEX movement_legs_undone ON movement_legs (undoes);

-- Activations that wait for their time.
CREATE TABLE scheduled_activations (
    id TEXT PRIMARY KEY,               -- UUID v7; the movement's too, when it is booked
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    ranges TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    request_key TEXT,
    scheduled_by TEXT NOT NULL,
    scheduled_at BIGINT NOT NULL,
    state TEXT NOT NULL,               -- waiting | booked | cancelled
    UNIQUE (key_number, batch_number, request_key),
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX scheduled_activations_waiting ON scheduled_activations (due_at) WHERE state = 'waiting';

-- A day's count of one holding.
CREATE TABLE closings (
    id TEXT PRIMARY KEY,               -- UUID v7
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    account TEXT NOT NULL,
    place TEXT NOT NULL,
    day TEXT NOT NULL,
    book BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    missing BIGINT NOT NULL,           -- labels that it named
    note TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    FOREIGN KEY (key_number, batch_number) REFERENCES batches (key_number, batch_number)
);
CREATE INDEX closings_by_enterprise ON closings (enterprise, closed_at);

-- What was said of labels so far becomes the book. Of facts that overlap the
-- one stood that spoiled, else the first that activated: each takes the runs
-- over which it stood, and is a movement under its own id.
CREATE TABLE ends AS
SELECT key_number, batch_number, number,
       LEAD(number) OVER (PARTITION BY key_number, batch_number ORDER BY number) - 1 AS last_number
FROM (SELECT key_number, batch_number, 0 AS number FROM batches
      UNION SELECT key_number, batch_number, label_count FROM batches
      UNION SELECT key_number, batch_number, first_number FROM batch_ranges
            WHERE lifted_at IS NULL AND state IN ('activated', 'spoiled')
      UNION SELECT key_number, batch_number, last_number + 1 FROM batch_ranges
            WHERE lifted_at IS NULL AND state IN ('activated', 'spoiled')) AS numbers;

CREATE TABLE stood AS
SELECT ends.key_number, ends.batch_number, ends.number AS first_number, ends.last_number,
       (SELECT f.id FROM batch_ranges f
        WHERE f.key_number = ends.key_number AND f.batch_number = ends.batch_number
          AND f.first_number <= ends.number AND f.last_number >= ends.number
          AND f.lifted_at IS NULL AND f.state IN ('activated', 'spoiled')
        ORDER BY CASE f.state WHEN 'spoiled' THEN 0 ELSE 1 END, f.set_at, f.id LIMIT 1) AS fact
FROM ends WHERE ends.last_number IS NOT NULL;

INSERT INTO movements (id, key_number, batch_number, kind, reason, reference, request, moved_by,
                       moved_at, revision)
SELECT id, key_number, batch_number,
       CASE state WHEN 'spoiled' THEN 'spoil' ELSE 'activate' END,
       reason_zh, '', '', set_by, set_at, revision
FROM batch_ranges WHERE lifted_at IS NULL AND state IN ('activated', 'spoiled');

INSERT INTO movement_legs (movement, leg, key_number, batch_number, revision, from_account,
                           from_place, to_account, to_place, labels, runs, first_number,
                           last_number, ranges)
SELECT stood.fact, ROW_NUMBER() OVER (PARTITION BY stood.fact ORDER BY stood.first_number) - 1,
       stood.key_number, stood.batch_number, f.revision, 'issued', '', f.state, '',
       stood.last_number - stood.first_number + 1, 1, stood.first_number, stood.last_number,
       stood.first_number || '-' || stood.last_number
FROM stood JOIN batch_ranges f ON f.id = stood.fact;

-- Neighbours that lie on one account are one span.
INSERT INTO spans (key_number, batch_number, first_number, last_number, account, place)
SELECT key_number, batch_number, MIN(first_number), MAX(last_number), account, ''
FROM (SELECT key_number, batch_number, first_number, last_number, account,
             SUM(begins) OVER (PARTITION BY key_number, batch_number ORDER BY first_number) AS run
      FROM (SELECT stood.key_number, stood.batch_number, stood.first_number, stood.last_number,
                   COALESCE(f.state, 'issued') AS account,
                   CASE WHEN COALESCE(f.state, 'issued') = LAG(COALESCE(f.state, 'issued')) OVER
                        (PARTITION BY stood.key_number, stood.batch_number
                         ORDER BY stood.first_number) THEN 0 ELSE 1 END AS begins
            FROM stood LEFT JOIN batch_ranges f ON f.id = stood.fact) AS steps) AS runs
GROUP BY key_number, batch_number, run, account;

DELETE FROM batch_ranges WHERE lifted_at IS NULL AND state IN ('activated', 'spoiled');
DROP TABLE stood;
DROP TABLE ends;
