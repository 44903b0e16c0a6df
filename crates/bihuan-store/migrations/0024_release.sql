-- Photos that somebody released to the public: the covered copy, of which file of which matter, and
-- who says that nothing on it is to be covered any more.
CREATE TABLE photo_release (
  matter TEXT NOT NULL,
  digest TEXT NOT NULL,
  copy TEXT NOT NULL,
  bytes_len BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  statement TEXT NOT NULL,
  covers TEXT NOT NULL,
  by_account TEXT NOT NULL,
  by_person TEXT NOT NULL,
  released_ms BIGINT NOT NULL,
  PRIMARY KEY (matter, digest)
);
CREATE INDEX photo_release_copy ON photo_release (copy);
CREATE INDEX photo_release_of ON photo_release (digest);
