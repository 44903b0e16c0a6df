-- Secrets by which calendar programs read the deadlines of an account: the SHA-256 of each.
-- Nothing here is part of the record.
CREATE TABLE calendar_feed (
  account TEXT NOT NULL PRIMARY KEY,
  digest BYTEA NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX calendar_feed_digest ON calendar_feed (digest);
