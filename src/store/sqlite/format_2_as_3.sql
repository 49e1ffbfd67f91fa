-- Shows a file of format 2 as format 3 would; see `format_1_as_2.sql`.

CREATE TEMP VIEW quarantine AS SELECT *, NULL AS class, NULL AS type_digest FROM main.quarantine;
