-- Which matters name which files.
CREATE TABLE matter_file (
  digest TEXT NOT NULL,
  matter TEXT NOT NULL,
  PRIMARY KEY (digest, matter)
);
CREATE INDEX matter_file_matter ON matter_file (matter);
-- What a file that is a picture looks like; what its camera said is in `content`.
CREATE TABLE picture (
  digest TEXT NOT NULL PRIMARY KEY,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  look BIGINT NOT NULL,
  flags TEXT NOT NULL,
  facts_ref TEXT
);
-- Parts of looks: two looks that differ little share a part.
CREATE TABLE picture_part (
  part BIGINT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (part, digest)
);
-- What is served instead of a picture: re-encoded, by its longest side in pixels.
CREATE TABLE picture_variant (
  digest TEXT NOT NULL,
  side BIGINT NOT NULL,
  variant TEXT NOT NULL,
  bytes_len BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  PRIMARY KEY (digest, side)
);
CREATE INDEX picture_variant_of ON picture_variant (variant);
-- Who was shown an original, each by an entry of the record.
CREATE TABLE original_shown (
  seq BIGINT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL,
  matter TEXT NOT NULL,
  account TEXT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX original_shown_of ON original_shown (digest, seq);
