-- What officers recorded on the spot: one row a record, never changed.
CREATE TABLE field_records (
    -- Made on the phone: what is sent again is known by it.
    id TEXT PRIMARY KEY,
    -- Counts up as records arrive.
    seq BIGINT NOT NULL UNIQUE,
    office TEXT NOT NULL,
    -- The record that began the visit; NULL for a label that was checked outside of one.
    visit TEXT,
    kind TEXT NOT NULL,
    -- SHA-256 of the record; another content under the same id is refused.
    hash BLOB NOT NULL,
    -- The record as JSON.
    body TEXT NOT NULL,
    -- The label of a check, where it was issued.
    payload BLOB,
    phone TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    taken_in_by TEXT NOT NULL,
    -- The phone's clock twice, the server's once; milliseconds since 1970.
    made_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    -- What the register said of a check on arrival, as JSON.
    says TEXT,
    overtaken BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX field_records_of_a_visit ON field_records (visit, seq);
CREATE INDEX field_records_of_an_office ON field_records (office, kind, seq);
CREATE INDEX field_records_of_a_label ON field_records (payload) WHERE payload IS NOT NULL;

-- Cases that visits stand in.
CREATE TABLE visit_cases (
    visit TEXT NOT NULL,
    case_file TEXT NOT NULL,
    noted_by TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (visit, case_file)
);
