-- Which keys belong to this database: a value computed under them, so that a copy of the program that has others notices.
CREATE TABLE vault_mark (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    mark BLOB NOT NULL CHECK (length(mark) = 32)
) STRICT;
