-- What is kept beside the record of matters: messages to persons, links for those who fix without
-- an account, and acceptances that a second person looks at.

CREATE TABLE message (
  place BIGINT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  person TEXT NOT NULL,
  seq BIGINT NOT NULL,
  no BIGINT NOT NULL,
  kind TEXT NOT NULL,
  matter TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  delivered_ms BIGINT,
  read_ms BIGINT,
  received_ms BIGINT
);
CREATE UNIQUE INDEX message_id ON message (id);
CREATE UNIQUE INDEX message_once ON message (person, seq, no);
CREATE INDEX message_person ON message (person, place);
CREATE INDEX message_matter ON message (matter, place);
CREATE INDEX message_at ON message (at_ms);
CREATE INDEX outbox_waiting ON outbox (seq, no) WHERE done_ms IS NULL;

CREATE TABLE link (
  id TEXT NOT NULL PRIMARY KEY,
  digest BYTEA NOT NULL,
  matter TEXT NOT NULL,
  account TEXT NOT NULL,
  person TEXT NOT NULL,
  unit TEXT NOT NULL,
  fixer_ref TEXT,
  created_ms BIGINT NOT NULL,
  ends_ms BIGINT NOT NULL,
  used_ms BIGINT,
  revoked_ms BIGINT
);
CREATE UNIQUE INDEX link_digest ON link (digest);
CREATE INDEX link_matter ON link (matter, created_ms);
CREATE TABLE link_file (
  digest TEXT NOT NULL,
  link TEXT NOT NULL,
  PRIMARY KEY (digest, link)
);
CREATE INDEX link_file_link ON link_file (link);
CREATE TABLE proposal (
  id TEXT NOT NULL PRIMARY KEY,
  link TEXT NOT NULL,
  matter TEXT NOT NULL,
  body_digest BYTEA NOT NULL,
  text_ref TEXT NOT NULL,
  files TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX proposal_matter ON proposal (matter, at_ms);
CREATE INDEX proposal_link ON proposal (link);

CREATE TABLE second_look (
  id TEXT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  matter TEXT NOT NULL,
  pack TEXT NOT NULL,
  unit TEXT NOT NULL,
  accepted_ms BIGINT NOT NULL,
  drawn_ms BIGINT NOT NULL,
  person TEXT,
  relation TEXT,
  verdict TEXT,
  reason_ref TEXT,
  looked_ms BIGINT
);
CREATE UNIQUE INDEX second_look_seq ON second_look (seq);
CREATE INDEX second_look_person ON second_look (person, drawn_ms) WHERE verdict IS NULL;
CREATE INDEX second_look_drawn ON second_look (drawn_ms);
CREATE TABLE job_place (
  name TEXT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL
);
