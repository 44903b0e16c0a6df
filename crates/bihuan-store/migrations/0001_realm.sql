-- One realm: its head, its record, its rows. See docs/decisions for the ten dialect rules.
-- The dialect renames the column types for SQLite and makes its tables strict; nothing else differs.

CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

-- The one row that every batch locks first.
CREATE TABLE head (
  id BIGINT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  rules_rev BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  was_ms BIGINT NOT NULL,
  frontier BYTEA NOT NULL
);

CREATE TABLE event (
  seq BIGINT NOT NULL PRIMARY KEY,
  matter TEXT,
  at_ms BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  leaf BYTEA NOT NULL
);
CREATE INDEX event_matter ON event (matter, seq);

-- Roots of complete subtrees of 256, 65,536, … leaves.
CREATE TABLE tile (
  level BIGINT NOT NULL,
  no BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (level, no)
);

-- Accepted commands, never pruned. The id comes first: ids begin with their time, so that a batch
-- touches the end of the index and not a place for each actor.
CREATE TABLE command (
  actor TEXT NOT NULL,
  id TEXT NOT NULL,
  digest BYTEA NOT NULL,
  matter TEXT NOT NULL,
  version BIGINT NOT NULL,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  PRIMARY KEY (id, actor)
);

-- Commands that came back with another body.
CREATE TABLE quarantine (
  actor TEXT NOT NULL,
  id TEXT NOT NULL,
  digest BYTEA NOT NULL,
  at_ms BIGINT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (actor, id, digest)
);

CREATE TABLE matter (
  id TEXT NOT NULL PRIMARY KEY,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  pack TEXT NOT NULL,
  stage TEXT NOT NULL,
  meaning TEXT NOT NULL,
  class TEXT NOT NULL,
  source TEXT NOT NULL,
  number TEXT,
  clear_number TEXT,
  responsible TEXT NOT NULL,
  owner_unit TEXT,
  owner_person TEXT,
  place_unit TEXT,
  point TEXT,
  lon_e7 BIGINT,
  lat_e7 BIGINT,
  cell BIGINT,
  opened_ms BIGINT NOT NULL,
  due_ms BIGINT,
  next_ms BIGINT,
  cleared_ms BIGINT,
  overdue_ms BIGINT,
  rework BIGINT NOT NULL,
  supervised TEXT,
  span_seq BIGINT NOT NULL,
  state TEXT NOT NULL
);
CREATE UNIQUE INDEX matter_seq ON matter (first_seq);
CREATE UNIQUE INDEX matter_number ON matter (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX matter_clear_number ON matter (clear_number) WHERE clear_number IS NOT NULL;
CREATE INDEX matter_ledger ON matter (responsible, stage, class, first_seq);
CREATE INDEX matter_stage ON matter (stage, first_seq);
CREATE INDEX matter_next ON matter (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX matter_cell ON matter (cell) WHERE cell IS NOT NULL;

-- Where a matter stood, and how long: the fact table. Only the left_* columns are ever updated.
CREATE TABLE span (
  matter TEXT NOT NULL,
  from_seq BIGINT NOT NULL,
  from_ms BIGINT NOT NULL,
  entered TEXT,
  pack TEXT NOT NULL,
  stage TEXT NOT NULL,
  meaning TEXT NOT NULL,
  suspended BIGINT NOT NULL,
  responsible TEXT NOT NULL,
  owner_unit TEXT,
  due_ms BIGINT,
  class TEXT NOT NULL,
  source TEXT NOT NULL,
  weight_milli BIGINT NOT NULL,
  place_unit TEXT,
  left_seq BIGINT,
  left_ms BIGINT,
  left_as TEXT,
  PRIMARY KEY (matter, from_seq)
);
CREATE INDEX span_entered ON span (responsible, from_ms) WHERE entered IS NOT NULL;
CREATE INDEX span_left ON span (responsible, left_ms) WHERE left_as IS NOT NULL;

-- What a number in a form was, and for how long. Only left_seq is ever updated.
CREATE TABLE measure (
  matter TEXT NOT NULL,
  field TEXT NOT NULL,
  value BIGINT NOT NULL,
  from_seq BIGINT NOT NULL,
  left_seq BIGINT,
  PRIMARY KEY (matter, field, from_seq)
);

CREATE TABLE score (
  seq BIGINT NOT NULL,
  no BIGINT NOT NULL,
  matter TEXT NOT NULL,
  unit TEXT NOT NULL,
  tariff TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  points_milli BIGINT NOT NULL,
  fen BIGINT NOT NULL,
  PRIMARY KEY (seq, no)
);
CREATE INDEX score_unit ON score (unit, at_ms);
CREATE INDEX score_matter ON score (matter);

CREATE TABLE outbox (
  seq BIGINT NOT NULL,
  no BIGINT NOT NULL,
  kind TEXT NOT NULL,
  matter TEXT NOT NULL,
  role TEXT,
  unit TEXT,
  person TEXT,
  at_ms BIGINT NOT NULL,
  done_ms BIGINT,
  PRIMARY KEY (seq, no)
);

CREATE TABLE counter (
  name TEXT NOT NULL PRIMARY KEY,
  next BIGINT NOT NULL
);

-- Free text, names and numbers of persons, sealed places. Erasure empties salt and bytes.
CREATE TABLE content (
  ref TEXT NOT NULL PRIMARY KEY,
  matter TEXT,
  kind TEXT NOT NULL,
  salt BYTEA,
  bytes BYTEA,
  erased_seq BIGINT
);
CREATE INDEX content_matter ON content (matter) WHERE matter IS NOT NULL;

CREATE TABLE file (
  digest TEXT NOT NULL PRIMARY KEY,
  bytes_len BIGINT NOT NULL,
  media TEXT NOT NULL,
  arrived_ms BIGINT NOT NULL,
  erased_seq BIGINT
);

-- Rules of the realm: plain rows; each change leaves one event and raises head.rules_rev.
CREATE TABLE unit (
  id TEXT NOT NULL PRIMARY KEY,
  parent TEXT,
  kind TEXT NOT NULL,
  scope TEXT NOT NULL,
  zh TEXT NOT NULL,
  en TEXT NOT NULL,
  code TEXT,
  functions TEXT NOT NULL,
  from_ms BIGINT,
  to_ms BIGINT
);

CREATE TABLE area (
  unit TEXT NOT NULL PRIMARY KEY,
  datum TEXT NOT NULL,
  geometry TEXT NOT NULL
);

CREATE TABLE point (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  zh TEXT NOT NULL,
  en TEXT NOT NULL,
  unit TEXT NOT NULL,
  person TEXT,
  leader TEXT,
  lon_e7 BIGINT NOT NULL,
  lat_e7 BIGINT NOT NULL,
  from_ms BIGINT,
  to_ms BIGINT
);

CREATE TABLE person (
  id TEXT NOT NULL PRIMARY KEY,
  name_ref TEXT,
  identity BYTEA
);
CREATE UNIQUE INDEX person_identity ON person (identity) WHERE identity IS NOT NULL;

CREATE TABLE account (
  id TEXT NOT NULL PRIMARY KEY,
  person TEXT NOT NULL,
  status TEXT NOT NULL
);

CREATE TABLE membership (
  person TEXT NOT NULL,
  role TEXT NOT NULL,
  unit TEXT NOT NULL,
  area TEXT NOT NULL,
  from_ms BIGINT,
  to_ms BIGINT,
  status TEXT NOT NULL,
  PRIMARY KEY (person, role, unit, area)
);

CREATE TABLE deputy (
  person TEXT NOT NULL,
  stands_for TEXT NOT NULL,
  from_ms BIGINT NOT NULL,
  to_ms BIGINT NOT NULL,
  PRIMARY KEY (person, stands_for, from_ms)
);

CREATE TABLE calendar_year (
  year BIGINT NOT NULL PRIMARY KEY,
  rev BIGINT NOT NULL,
  source TEXT NOT NULL
);

CREATE TABLE pack (
  id TEXT NOT NULL,
  rev BIGINT NOT NULL,
  digest TEXT NOT NULL,
  files TEXT NOT NULL,
  published_ms BIGINT NOT NULL,
  PRIMARY KEY (id, rev)
);
