-- Programs elsewhere that are told of what happens, and what is on its way to them. Nothing here is
-- part of the record; it can be lost without losing what happened.
CREATE TABLE webhook (
  id TEXT NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  url TEXT NOT NULL,
  kinds TEXT NOT NULL,
  unit TEXT,
  status TEXT NOT NULL,
  secret TEXT NOT NULL,
  old_secret TEXT,
  old_until_ms BIGINT,
  created_ms BIGINT NOT NULL,
  told_seq BIGINT NOT NULL
);

CREATE TABLE delivery (
  id TEXT NOT NULL PRIMARY KEY,
  webhook TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  next_ms BIGINT,
  lease_ms BIGINT,
  status BIGINT,
  why TEXT
);
CREATE INDEX delivery_next ON delivery (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX delivery_webhook ON delivery (webhook, state, at_ms);
