//! Which row stands in which file of the tree, and how the working copy notes which files a change touches.
//!
//! A file holds rows as lines of JSON, sorted, so that the same rows give the same bytes. What changes here and
//! there (links) is spread over shards, so that a change touches a small file; what is only added to (audit,
//! losses, intents, ...) fills one chunk after the other, so that what is full is never sent again.

use std::fmt::Write as _;

use rusqlite::Connection;

/// The format of the files, raised when an older version could not read them rightly. Format 1 knew no
/// class of a quarantined item.
pub(super) const FORMAT: u32 = 2;

/// Says the format.
pub(super) const FORMAT_FILE: &str = "format.json";

/// Says who may write.
pub(super) const LEASE_FILE: &str = "lease.json";

/// For people who look at the ref.
pub(super) const README_FILE: &str = "README.md";

/// What it says.
pub(super) const README: &str = "# State of Accord\n\n\
    This ref holds what Accord remembers between runs: which case and which work item belong together, what both\n\
    held when they were last in accord, what is under way, what waits for a person. It is written by `accord` alone,\n\
    one run at a time (`lease.json`). It holds texts of test cases and work items.\n\n\
    Do not edit it. To begin anew delete the ref: the next `accord state rebuild` finds linked items by their markers.\n";

/// Rows of one chunk.
pub(super) const CHUNK: i64 = 256;

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// A text that is JSON, written as what it says.
    Json,
}

/// Where the rows of a table stand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Files {
    /// All in one file.
    One(&'static str),
    /// By a number that SQL computes from a row; `@` stands before each of its columns.
    Shards {
        /// The folder.
        folder: &'static str,
        /// The expression.
        of: &'static str,
        /// How many there are: 16 or 256.
        count: i64,
    },
    /// By a column that counts from 1 without gaps, [`CHUNK`] rows in each. `rowid` is what SQLite counts
    /// by itself.
    Chunks {
        /// The folder.
        folder: &'static str,
        /// The column.
        by: &'static str,
    },
}

/// A table of the state.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// Its columns, in their order.
    pub(super) columns: &'static [(&'static str, Kind)],
    /// Its files.
    pub(super) files: Files,
    /// The order of the rows in a file.
    pub(super) order: &'static str,
}

use Kind::{Json, Number, Text};

/// Every table of the state, those first that others refer to.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "meta",
        columns: &[("key", Text), ("value", Text)],
        files: Files::One("meta.jsonl"),
        order: "key",
    },
    Table {
        name: "endpoints",
        columns: &[("id", Number), ("testworthy", Text), ("azure_devops", Text)],
        files: Files::One("endpoints.jsonl"),
        order: "id",
    },
    Table {
        name: "base_row",
        columns: &[("id", Number), ("name", Text), ("digest", Text)],
        files: Files::One("base_rows.jsonl"),
        order: "id",
    },
    Table {
        name: "watermark",
        columns: &[
            ("endpoints", Number),
            ("rule", Text),
            ("token", Text),
            ("full_scan_at", Text),
            ("config_digest", Text),
            ("dirty", Json),
        ],
        files: Files::One("watermarks.jsonl"),
        order: "endpoints, rule",
    },
    Table {
        name: "run",
        columns: &[
            ("id", Text),
            ("started_at", Text),
            ("config_digest", Text),
            ("files", Number),
            ("plan_id", Text),
            ("finished_at", Text),
            ("exit_code", Number),
            ("applied", Number),
            ("failed", Number),
            ("summary", Json),
        ],
        files: Files::Chunks {
            folder: "runs",
            by: "rowid",
        },
        order: "rowid",
    },
    Table {
        name: "link",
        columns: &[
            ("id", Text),
            ("endpoints", Number),
            ("case_id", Number),
            ("work_item_id", Number),
            ("testworthy_project", Number),
            ("rule", Text),
            ("case_mark", Text),
            ("work_item_mark", Text),
            ("rev", Number),
            ("recorded_at", Text),
            ("base", Json),
            ("state", Text),
        ],
        files: Files::Shards {
            folder: "links",
            of: "@case_id & 255",
            count: 256,
        },
        order: "endpoints, case_id, id",
    },
    Table {
        name: "intent",
        columns: &[
            ("id", Text),
            ("endpoints", Number),
            ("run", Text),
            ("rule", Text),
            ("kind", Text),
            ("case_id", Number),
            ("work_item_id", Number),
            ("payload_digest", Text),
            ("prepared_at", Text),
            ("settles_at", Text),
            ("outcome", Text),
            ("reason", Text),
            ("expected_rev", Number),
            ("rows", Json),
        ],
        files: Files::Chunks {
            folder: "intents",
            by: "rowid",
        },
        order: "rowid",
    },
    Table {
        name: "loss",
        columns: &[
            ("number", Number),
            ("endpoints", Number),
            ("operation", Text),
            ("rule", Text),
            ("case_id", Number),
            ("work_item_id", Number),
            ("row_name", Text),
            ("lost", Json),
            ("written", Json),
            ("at", Text),
        ],
        files: Files::Chunks {
            folder: "losses",
            by: "number",
        },
        order: "number",
    },
    Table {
        name: "quarantine",
        columns: &[
            ("endpoints", Number),
            ("item", Text),
            ("rule", Text),
            ("payload_digest", Text),
            ("reason", Text),
            ("at", Text),
            ("class", Text),
            ("type_digest", Text),
        ],
        files: Files::Shards {
            folder: "quarantine",
            // By the last digit of the item's number.
            of: "coalesce(unicode(substr(@item, -1)), 0) & 15",
            count: 16,
        },
        order: "endpoints, item",
    },
    Table {
        name: "audit",
        columns: &[
            ("number", Number),
            ("at", Text),
            ("run", Text),
            ("rule", Text),
            ("event", Text),
            ("case_id", Number),
            ("work_item_id", Number),
            ("detail", Text),
            ("hash", Text),
        ],
        files: Files::Chunks {
            folder: "audit",
            by: "number",
        },
        order: "number",
    },
    Table {
        name: "conflict",
        columns: &[
            ("id", Number),
            ("endpoints", Number),
            ("rule", Text),
            ("case_id", Number),
            ("work_item_id", Number),
            ("kind", Text),
            ("row_name", Text),
            ("side", Text),
            ("cause", Text),
            ("edited", Number),
            ("base_testworthy", Json),
            ("base_azure_devops", Json),
            ("testworthy", Json),
            ("azure_devops", Json),
            ("sensitive", Number),
            ("opened_at", Text),
            ("state", Text),
            ("take", Text),
            ("decided_at", Text),
            ("closing", Text),
            ("closed_at", Text),
        ],
        files: Files::Chunks {
            folder: "conflicts",
            by: "id",
        },
        order: "id",
    },
    Table {
        name: "learned",
        columns: &[
            ("endpoints", Number),
            ("side", Text),
            ("row_digest", Text),
            ("sent", Text),
            ("kept", Text),
        ],
        files: Files::Chunks {
            folder: "learned",
            by: "rowid",
        },
        order: "rowid",
    },
    Table {
        name: "written",
        columns: &[
            ("endpoints", Number),
            ("case_id", Number),
            ("row_name", Text),
            ("side", Text),
            ("work_item_id", Number),
            ("before_digest", Text),
            ("after_digest", Text),
            ("times", Number),
            ("at", Text),
        ],
        files: Files::Shards {
            folder: "written",
            of: "@case_id & 255",
            count: 256,
        },
        order: "endpoints, case_id, row_name, side",
    },
];

impl Table {
    /// The file with this number.
    pub(super) fn file(&self, number: i64) -> String {
        match self.files {
            Files::One(file) => file.to_owned(),
            Files::Shards {
                folder, count: 16, ..
            } => format!("{folder}/{number:x}.jsonl"),
            Files::Shards { folder, .. } => format!("{folder}/{number:02x}.jsonl"),
            Files::Chunks { folder, .. } => format!("{folder}/{number:06}.jsonl"),
        }
    }

    /// The number of a file of this table; `None` for other files and for other spellings of one.
    pub(super) fn number(&self, file: &str) -> Option<i64> {
        let (folder, radix) = match self.files {
            Files::One(one) => return (one == file).then_some(0),
            Files::Shards { folder, .. } => (folder, 16),
            Files::Chunks { folder, .. } => (folder, 10),
        };
        let name = file.strip_prefix(folder)?.strip_prefix('/')?;
        let number = i64::from_str_radix(name.strip_suffix(".jsonl")?, radix).ok()?;
        let known = match self.files {
            Files::Shards { count, .. } => (0..count).contains(&number),
            Files::One(_) | Files::Chunks { .. } => (0..i64::MAX / CHUNK).contains(&number),
        };
        (known && self.file(number) == file).then_some(number)
    }

    /// SQL that gives the number of the file of a row, whose columns stand behind `row`.
    fn number_of(&self, row: &str) -> String {
        match self.files {
            Files::One(_) => "0".to_owned(),
            Files::Shards { of, .. } => of.replace('@', row),
            Files::Chunks { by, .. } => format!("({row}{by} - 1) / {CHUNK}"),
        }
    }

    /// The condition of the rows of a file; its parameters are those of [`Self::bounds`].
    pub(super) fn condition(&self) -> String {
        match self.files {
            Files::One(_) => "?1 = ?2".to_owned(),
            Files::Shards { .. } => format!("{} = ?1 AND ?2 = ?2", self.number_of("")),
            Files::Chunks { by, .. } => format!("{by} BETWEEN ?1 AND ?2"),
        }
    }

    /// The parameters of [`Self::condition`].
    pub(super) fn bounds(&self, number: i64) -> (i64, i64) {
        match self.files {
            Files::One(_) | Files::Shards { .. } => (number, number),
            Files::Chunks { .. } => (number * CHUNK + 1, (number + 1) * CHUNK),
        }
    }

    /// SQL that gives the numbers of all files that have rows.
    #[cfg(test)]
    pub(super) fn numbers(&self) -> String {
        let (name, number) = (self.name, self.number_of(""));
        format!("SELECT DISTINCT {number} FROM {name} ORDER BY 1")
    }
}

/// Lets the working copy note, in the transaction of a change, which files it touches. The first note has
/// the number 1.
pub(super) fn install(connection: &Connection) -> Result<(), rusqlite::Error> {
    let mut script = "CREATE TABLE git_touched (number INTEGER PRIMARY KEY, name TEXT NOT NULL, \
        file BIGINT NOT NULL);"
        .to_owned();
    for table in TABLES {
        let name = table.name;
        if let Files::Shards { .. } = table.files {
            let number = table.number_of("");
            let _ = write!(script, "CREATE INDEX git_{name} ON {name} ({number});");
        }
        for (when, rows) in [
            ("INSERT", &["NEW."][..]),
            ("DELETE", &["OLD."]),
            ("UPDATE", &["OLD.", "NEW."]),
        ] {
            let _ = write!(
                script,
                "CREATE TRIGGER git_{name}_{when} AFTER {when} ON {name} BEGIN "
            );
            for row in rows {
                let number = table.number_of(row);
                let _ = write!(
                    script,
                    "INSERT INTO git_touched (name, file) VALUES ('{name}', {number}); "
                );
            }
            script.push_str("END;");
        }
    }
    connection.execute_batch(&script)
}
