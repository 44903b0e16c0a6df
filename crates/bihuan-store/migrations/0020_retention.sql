-- How long personal content of ended matters is kept, what is held back from erasure, and what
-- persons asked for.

CREATE TABLE retention (
  pack TEXT NOT NULL,
  what TEXT NOT NULL,
  days BIGINT NOT NULL,
  set_ms BIGINT NOT NULL,
  PRIMARY KEY (pack, what)
);
CREATE TABLE legal_hold (
  matter TEXT NOT NULL PRIMARY KEY,
  by_account TEXT NOT NULL,
  reason_ref TEXT NOT NULL,
  since_ms BIGINT NOT NULL,
  until_ms BIGINT,
  ended_ms BIGINT
);
CREATE TABLE person_request (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  text_ref TEXT NOT NULL,
  received_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL,
  by_account TEXT NOT NULL,
  outcome TEXT,
  note_ref TEXT,
  decided_by TEXT,
  decided_ms BIGINT
);
CREATE INDEX person_request_open ON person_request (due_ms) WHERE outcome IS NULL;
-- What people are told of how their data is used; a version never changes.
CREATE TABLE notice (
  rev BIGINT NOT NULL PRIMARY KEY,
  zh TEXT NOT NULL,
  en TEXT NOT NULL,
  published_ms BIGINT NOT NULL
);
