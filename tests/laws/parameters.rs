//! Parameters: a table in a text, or two fields (`Parameters`, a line `---`, `LocalDataSource`).

use accord::mapping::codec::parameters::{parse_fields, parse_text, put_fields, render_text};
use accord::mapping::codec::rich_text::Format;
use accord::model::parameters::Parameters;

use super::markup;

/// Any bytes as one text or as two fields.
pub(crate) fn parameters(data: &[u8]) {
    let text = super::text(data);
    if let Some((names, rows)) = text.split_once("\n---\n") {
        let Ok(read) = parse_fields(names, rows) else {
            assert!(put_fields(names, rows, &Parameters::default()).is_err());
            return;
        };
        well_formed(&read);
        assert_eq!(
            put_fields(names, rows, &read),
            Ok((names.to_owned(), rows.to_owned()))
        );
        everywhere(&read);
        let mut more = read.clone();
        if more.names.iter().all(|name| name != "added") {
            more.names.push("added".to_owned());
            more.rows
                .iter_mut()
                .for_each(|row| row.push("1 < 2".to_owned()));
        }
        let (new_names, new_rows) = put_fields(names, rows, &more)
            .unwrap_or_else(|problem| panic!("{problem:?}: {text:?}"));
        assert_eq!(
            parse_fields(&new_names, &new_rows),
            Ok(more),
            "{text:?}\n{new_names:?}\n{new_rows:?}"
        );
    } else {
        for format in [Format::Html, Format::Markdown] {
            if let Ok(read) = parse_text(&text, format) {
                well_formed(&read);
                everywhere(&read);
            }
        }
    }
}

/// What is read from either side can be written to both and reads back the same.
fn everywhere(parameters: &Parameters) {
    let page = render_text(parameters);
    markup::harmless(&page);
    assert_eq!(
        parse_text(&page, Format::Html).as_ref(),
        Ok(parameters),
        "{page:?}"
    );
    let (names, rows) = put_fields("", "", parameters)
        .unwrap_or_else(|problem| panic!("{problem:?}: {parameters:?}"));
    assert_eq!(
        parse_fields(&names, &rows).as_ref(),
        Ok(parameters),
        "{names:?} {rows:?}"
    );
}

/// The shape that the type promises.
fn well_formed(parameters: &Parameters) {
    for row in &parameters.rows {
        assert_eq!(row.len(), parameters.names.len(), "{parameters:?}");
    }
    for (at, name) in parameters.names.iter().enumerate() {
        assert!(!name.is_empty(), "{parameters:?}");
        assert!(
            !parameters.names[..at]
                .iter()
                .any(|before| before.eq_ignore_ascii_case(name)),
            "{parameters:?}"
        );
    }
}
