-- Texts are found by the first letters of how their characters are read, too: all are found anew.

DELETE FROM search;
