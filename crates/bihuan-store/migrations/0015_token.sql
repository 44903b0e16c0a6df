-- Tokens by which programs act for people; the secret of each is known to its program alone.

CREATE TABLE token (
  id TEXT NOT NULL PRIMARY KEY,
  digest BYTEA NOT NULL,
  account TEXT NOT NULL,
  title TEXT NOT NULL,
  scopes TEXT NOT NULL,
  roles TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  ends_ms BIGINT NOT NULL,
  used_day BIGINT,
  revoked_ms BIGINT
);
CREATE UNIQUE INDEX token_digest ON token (digest);
CREATE INDEX token_account ON token (account, created_ms);
