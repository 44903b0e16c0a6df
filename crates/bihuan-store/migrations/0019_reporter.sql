-- Who reported a matter, sealed in `content`, and who asked to know.

CREATE TABLE reporter (
  matter TEXT NOT NULL PRIMARY KEY,
  ref TEXT NOT NULL,
  kept_ms BIGINT NOT NULL
);
CREATE TABLE reveal (
  id TEXT NOT NULL PRIMARY KEY,
  matter TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_ms BIGINT NOT NULL,
  reason_ref TEXT NOT NULL,
  approved_by TEXT,
  approved_ms BIGINT,
  refused_by TEXT,
  refused_ms BIGINT,
  opened_ms BIGINT
);
CREATE INDEX reveal_matter ON reveal (matter, asked_ms);
