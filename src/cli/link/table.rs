//! Comma-separated values as spreadsheets write them (RFC 4180): quotes, line ends inside them, a byte
//! order mark, and semicolons or tabs where a country's comma is taken.

/// A file with its header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// The names of the columns.
    pub(super) header: Vec<String>,
    /// What stands below; empty lines are left out.
    pub(super) rows: Vec<Row>,
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// What stands in it.
    pub(super) fields: Vec<String>,
}

impl Table {
    /// The place of a column; case, blanks and `_` or `-` in its name do not count.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        let plain = |text: &str| -> String {
            let letters = text.chars().filter(|c| !matches!(c, ' ' | '_' | '-'));
            letters.flat_map(char::to_lowercase).collect()
        };
        self.header.iter().position(|one| plain(one) == plain(name))
    }
}

/// Reads a file; the reason if it is none.
pub(super) fn read(bytes: &[u8]) -> Result<Table, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        format!("line {line} is not UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.ok_or("it is empty")?;
    let separator = [',', ';', '\t']
        .into_iter()
        .max_by_key(|one| (first.matches(*one).count(), *one == ','))
        .unwrap_or(',');
    let mut rows = rows(text, separator)?.into_iter();
    let header = rows.next().map(|row| row.fields).unwrap_or_default();
    let mut header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    while header.len() > 1 && header.last().is_some_and(String::is_empty) {
        header.pop();
    }
    let mut known: Vec<&String> = header.iter().collect();
    known.sort();
    let mut next = known.iter().zip(known.iter().skip(1));
    if let Some((twice, _)) = next.find(|(one, other)| one == other) {
        return Err(format!("its header names the column `{twice}` twice"));
    }
    let rows: Vec<Row> = rows.collect();
    let is_long = |row: &&Row| {
        row.fields
            .iter()
            .skip(header.len())
            .any(|one| !one.trim().is_empty())
    };
    if let Some(row) = rows.iter().find(is_long) {
        return Err(format!(
            "line {} has {} values, and the header names {} columns",
            row.line,
            row.fields.len(),
            header.len()
        ));
    }
    Ok(Table { header, rows })
}

fn rows(text: &str, separator: char) -> Result<Vec<Row>, String> {
    let mut reading = Reading {
        rows: Vec::new(),
        row: Row {
            line: 1,
            fields: Vec::new(),
        },
        field: String::new(),
        line: 1,
    };
    // Some(line) inside quotation marks that were opened there.
    let mut open: Option<u64> = None;
    let mut closed = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (open, c) {
            (Some(_), '"') if chars.next_if_eq(&'"').is_some() => reading.field.push('"'),
            (Some(_), '"') => (open, closed) = (None, true),
            (Some(_), c) => {
                reading.line += u64::from(c == '\n');
                reading.field.push(c);
            }
            (None, '\r') if chars.peek() == Some(&'\n') => {}
            (None, '\n' | '\r') => {
                closed = false;
                reading.end_row();
            }
            (None, c) if c == separator => {
                closed = false;
                reading.end_field();
            }
            (None, '"') if reading.field.trim().is_empty() && !closed => {
                reading.field.clear();
                open = Some(reading.line);
            }
            (None, c) if closed && !c.is_whitespace() => {
                let line = reading.line;
                return Err(format!(
                    "line {line}: text stands behind a closing quotation mark"
                ));
            }
            (None, c) => reading.field.push(c),
        }
    }
    if let Some(line) = open {
        return Err(format!("line {line}: a quotation mark is not closed"));
    }
    reading.end_row();
    Ok(reading.rows)
}

struct Reading {
    rows: Vec<Row>,
    row: Row,
    field: String,
    /// The line that is being read.
    line: u64,
}

impl Reading {
    fn end_field(&mut self) {
        self.row.fields.push(std::mem::take(&mut self.field));
    }

    fn end_row(&mut self) {
        self.end_field();
        self.line += 1;
        let next = Row {
            line: self.line,
            fields: Vec::new(),
        };
        let row = std::mem::replace(&mut self.row, next);
        if row.fields.iter().any(|field| !field.trim().is_empty()) {
            self.rows.push(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<(u64, Vec<String>)> {
        let table = read(text.as_bytes()).unwrap();
        table
            .rows
            .into_iter()
            .map(|row| (row.line, row.fields))
            .collect()
    }

    #[test]
    fn a_spreadsheets_file_is_read() {
        let text = "\u{feff}case;workItem;note\r\n7;5104;\"a \"\"b\"\"; c\"\r\n\r\n8;5105;\"two\r\nlines\"\r\n9;5106;\r\n";
        let table = read(text.as_bytes()).unwrap();
        assert_eq!(table.header, ["case", "workItem", "note"]);
        let rows: Vec<(u64, &str)> = table
            .rows
            .iter()
            .map(|row| (row.line, row.fields[2].as_str()))
            .collect();
        assert_eq!(rows, [(2, "a \"b\"; c"), (4, "two\r\nlines"), (6, "")]);
    }

    #[test]
    fn columns_are_found_however_they_are_spelt() {
        let table = read(b"Work Item , CASE\n1,2").unwrap();
        assert_eq!(table.column("workItem"), Some(0));
        assert_eq!(table.column("case"), Some(1));
        assert_eq!(table.column("title"), None);
        assert_eq!(
            read(b"case\tworkItem\n1\t2\n").unwrap().rows[0].fields,
            ["1", "2"]
        );
    }

    #[test]
    fn what_is_no_table_says_where_and_why() {
        for (text, reason) in [
            (&b""[..], "it is empty"),
            (b"\n \n", "it is empty"),
            (
                b"case,workItem\n7,\"5",
                "line 2: a quotation mark is not closed",
            ),
            (
                b"case,workItem\n\"7\"8,5",
                "line 2: text stands behind a closing quotation mark",
            ),
            (b"case,workItem\n7,\xff", "line 2 is not UTF-8"),
            (b"case,case\n", "its header names the column `case` twice"),
            (
                b"case,workItem\n1,2,3\n",
                "line 2 has 3 values, and the header names 2 columns",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), reason);
        }
    }

    #[test]
    fn lines_are_counted_through_quotes_and_blanks() {
        let found = lines("case,workItem\n\n\"1\n\n\",2\n3,4");
        assert_eq!(
            found,
            [
                (3, vec!["1\n\n".to_owned(), "2".to_owned()]),
                (6, vec!["3".to_owned(), "4".to_owned()])
            ]
        );
    }

    proptest! {
        #[test]
        fn what_was_quoted_comes_back(fields in prop::collection::vec("[a\",;\n\t x]{0,6}", 2..4)) {
            prop_assume!(fields.iter().any(|field| !field.trim().is_empty()));
            let quoted: Vec<String> = fields
                .iter()
                .map(|field| format!("\"{}\"", field.replace('"', "\"\"")))
                .collect();
            let header: Vec<String> = (0..fields.len()).map(|n| format!("c{n}")).collect();
            let text = format!("{}\n{}\n", header.join(","), quoted.join(","));
            let table = read(text.as_bytes()).unwrap();
            prop_assert_eq!(&table.rows[0].fields, &fields);
        }

        #[test]
        fn no_text_is_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
