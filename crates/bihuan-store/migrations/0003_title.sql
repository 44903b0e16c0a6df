-- What a matter's opener said, found without reading its other texts.

CREATE INDEX content_title ON content (matter) WHERE kind = 'title';
