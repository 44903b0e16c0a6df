-- Adjustments (考核扣款) in double entry, the dated documents that allow them, and rankings that a
-- person published. Rows follow from the record; only how far something has come is ever updated.
CREATE TABLE rule_document (
  id TEXT NOT NULL PRIMARY KEY,
  pack TEXT NOT NULL,
  body TEXT NOT NULL
);

CREATE TABLE adjustment (
  id TEXT NOT NULL PRIMARY KEY,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  version BIGINT NOT NULL,
  stage TEXT NOT NULL,
  pack TEXT NOT NULL,
  unit TEXT NOT NULL,
  from_day TEXT NOT NULL,
  to_day TEXT NOT NULL,
  document TEXT NOT NULL,
  amount_fen BIGINT NOT NULL,
  reverses TEXT,
  state TEXT NOT NULL
);
CREATE UNIQUE INDEX adjustment_seq ON adjustment (first_seq);
CREATE INDEX adjustment_unit ON adjustment (unit, first_seq);

-- A score is held by one living adjustment at most, and by one living counter-entry.
CREATE TABLE adjustment_case (
  adjustment TEXT NOT NULL,
  place BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  no BIGINT NOT NULL,
  matter TEXT NOT NULL,
  tariff TEXT NOT NULL,
  fen BIGINT NOT NULL,
  is_counter BIGINT NOT NULL,
  held BIGINT NOT NULL,
  PRIMARY KEY (adjustment, place)
);
CREATE UNIQUE INDEX adjustment_case_held ON adjustment_case (seq, no, is_counter) WHERE held = 1;

-- The ledger: two lines for each executed adjustment, whose sum is nothing.
CREATE TABLE posting (
  seq BIGINT NOT NULL,
  no BIGINT NOT NULL,
  adjustment TEXT NOT NULL,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  fen BIGINT NOT NULL,
  PRIMARY KEY (seq, no)
);
CREATE INDEX posting_account ON posting (kind, account, seq);

CREATE TABLE ranking (
  seq BIGINT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  pack TEXT NOT NULL,
  ranking TEXT NOT NULL,
  under TEXT NOT NULL,
  from_day TEXT NOT NULL,
  to_day TEXT NOT NULL,
  as_of BIGINT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL
);
