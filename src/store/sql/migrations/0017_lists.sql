-- Lists of the consoles begin behind a row: each way in which a long one is
-- sorted is an index that ends with what tells its rows apart. Those that begin
-- the same way and lack that end are not needed any more.
CREATE INDEX batches_made ON batches (enterprise, created_at, key_number, batch_number);
CREATE INDEX batches_by_lot ON batches (enterprise, lot, key_number, batch_number);
CREATE INDEX batches_by_day ON batches (enterprise, made_on, key_number, batch_number);
CREATE INDEX batches_by_size ON batches (enterprise, label_count, key_number, batch_number);
CREATE INDEX orders_placed ON orders (enterprise, created_at, id);
CREATE INDEX orders_of_state ON orders (enterprise, state, id);
CREATE INDEX orders_by_size ON orders (enterprise, labels_total, id);
DROP INDEX packages_by_enterprise;
CREATE INDEX packages_made ON packages (enterprise, created_at, id);
CREATE INDEX packages_by_number ON packages (enterprise, number, id);
DROP INDEX closings_by_enterprise;
CREATE INDEX closings_made ON closings (enterprise, closed_at, id);
DROP INDEX trace_events_by_time;
CREATE INDEX trace_events_by_time ON trace_events (enterprise, event_at, seq);
CREATE INDEX products_by_enterprise ON products (enterprise, gtin);
CREATE INDEX accounts_by_enterprise ON accounts (enterprise, login);
