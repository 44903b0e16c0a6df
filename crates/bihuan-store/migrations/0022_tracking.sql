-- Tracking codes (查询码) of reports without an account: the digest of each, and the matters that it
-- follows. Nobody who reads this table can follow anything.

CREATE TABLE tracking (
  code TEXT NOT NULL,
  matter TEXT NOT NULL,
  made_ms BIGINT NOT NULL,
  PRIMARY KEY (code, matter)
);
