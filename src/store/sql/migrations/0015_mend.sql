-- A second person is one: who has seen the key by which something was asked
-- for, and since when an order is asked for. Beside it the codes of pallets.

ALTER TABLE api_keys ADD COLUMN made_by TEXT;        -- login; NULL: at the machine itself
UPDATE api_keys SET made_by = (
    SELECT login FROM audit
    WHERE audit.action IN ('key.add', 'key.replace')
      AND audit.object = 'account ' || api_keys.login
      AND audit.at = api_keys.created_at AND audit.origin <> 'shell'
    ORDER BY seq DESC LIMIT 1);

ALTER TABLE orders ADD COLUMN created_key_by TEXT;   -- who made the key that placed it
ALTER TABLE orders ADD COLUMN asked_at BIGINT;       -- when it was asked for last; NULL: created_at
ALTER TABLE recalls ADD COLUMN proposed_key_by TEXT;

-- The serial reference of a pallet's SSCC stands behind those of the cases.
ALTER TABLE batches ADD COLUMN pallet_count BIGINT NOT NULL DEFAULT 0;
