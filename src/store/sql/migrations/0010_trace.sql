-- Traceability: places, events, and the state of what moves on its own.
-- A unit is a text: b1-4.123 a bottle, c1-4.5 a case, pUSCC.CODE a pallet.

CREATE TABLE trace_places (
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    code TEXT NOT NULL,
    kind TEXT NOT NULL,                -- site | dealer | station
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    gln TEXT,                          -- 13 digits
    region BIGINT NOT NULL,            -- GB/T 2260, four digits; 0 not said
    PRIMARY KEY (enterprise, code)
);

-- What an enterprise sets for its goods.
CREATE TABLE trace_customs (
    enterprise TEXT PRIMARY KEY REFERENCES enterprises (uscc),
    name_dealers BIGINT NOT NULL,      -- 1: buyers read the names of dealers
    case_size BIGINT NOT NULL,         -- 0: not checked
    pallet_size BIGINT NOT NULL,
    activates BIGINT NOT NULL          -- 1: what a line packs goes on sale
);

CREATE TABLE trace_events (
    seq BIGINT PRIMARY KEY,            -- in the order in which they were kept
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    id TEXT NOT NULL,                  -- a URI
    digest BLOB NOT NULL,              -- SHA-256 of what it says: the same id says the same
    act TEXT NOT NULL,
    event_at BIGINT NOT NULL,
    zone_offset BIGINT NOT NULL,       -- minutes east of UTC
    recorded_at BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    parent TEXT,
    first_unit TEXT,                   -- the first of those that it names
    unit_count BIGINT NOT NULL,
    place TEXT,
    from_place TEXT,
    to_place TEXT,
    body TEXT NOT NULL,                -- JSON-LD of EPCIS 2.0
    declaration TEXT,                  -- JSON: that it was an error
    UNIQUE (enterprise, id)
);
CREATE INDEX trace_events_by_time ON trace_events (enterprise, event_at);
CREATE INDEX trace_events_by_act ON trace_events (enterprise, act, seq);

-- Units that an event names or changes, and for a change the state before it.
CREATE TABLE trace_event_units (
    unit TEXT NOT NULL,
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    changed BIGINT NOT NULL,
    parent TEXT,
    whereabouts TEXT NOT NULL,
    place TEXT,
    since BIGINT NOT NULL,
    PRIMARY KEY (unit, seq)
);
CREATE INDEX trace_event_units_by_event ON trace_event_units (seq);

-- Batches of which an event speaks; numbers where it names a range.
CREATE TABLE trace_event_batches (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    first_number BIGINT,
    last_number BIGINT,
    PRIMARY KEY (key_number, batch_number, seq)
);

CREATE INDEX trace_event_ranges ON trace_event_batches (key_number, batch_number, first_number)
    WHERE first_number IS NOT NULL;

-- How each unit stands that an event changed. All others are at the maker's.
CREATE TABLE trace_units (
    unit TEXT PRIMARY KEY,
    parent TEXT,
    whereabouts TEXT NOT NULL,         -- at_maker | in_transit | received | returned | destroyed
    place TEXT,
    since BIGINT NOT NULL
);
CREATE INDEX trace_units_by_parent ON trace_units (parent) WHERE parent IS NOT NULL;

-- What a device at a packing line has in hand, and how far its scans were
-- answered.
CREATE TABLE trace_lines (
    enterprise TEXT NOT NULL REFERENCES enterprises (uscc),
    session TEXT NOT NULL,             -- UUID, made by the device
    hand TEXT NOT NULL,                -- JSON
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (enterprise, session)
);
CREATE INDEX trace_lines_by_age ON trace_lines (updated_at);

-- What buyers may hear of a batch, as servers hold it in memory: the first time
-- of each kind, of shipping by region.
CREATE TABLE trace_milestones (
    key_number BIGINT NOT NULL,
    batch_number BIGINT NOT NULL,
    kind TEXT NOT NULL,                -- bottled | inspected | packed | shipped
    name TEXT NOT NULL,                -- of dealer or station, Chinese; '' none
    region BIGINT NOT NULL,
    seq BIGINT NOT NULL REFERENCES trace_events (seq),
    at BIGINT NOT NULL,
    name_en TEXT NOT NULL,
    report TEXT NOT NULL,
    passed BIGINT,
    gone BIGINT NOT NULL,              -- 1: the event was an error
    revision BIGINT NOT NULL,
    PRIMARY KEY (key_number, batch_number, kind, region, name)
);
CREATE INDEX trace_milestones_by_revision ON trace_milestones (revision);
CREATE INDEX trace_milestones_by_event ON trace_milestones (seq);
