-- What is open on the map: a viewport reads no matter that has ended, however many have.

CREATE INDEX matter_open_cell ON matter (cell) WHERE owner_unit IS NOT NULL;

-- What is of one class around a place, found without reading what is of another.

DROP INDEX matter_cell;
CREATE INDEX matter_cell_class ON matter (cell, class) WHERE cell IS NOT NULL;
