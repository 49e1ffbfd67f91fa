//! The codec `parameters`: a table in a formatted text on one side, `Microsoft.VSTS.TCM.Parameters` and
//! `Microsoft.VSTS.TCM.LocalDataSource` on the other.
//!
//! `Parameters` is `<parameters><param name="user" bind="default"/></parameters>`. `LocalDataSource` is a
//! saved data set: an `xs:schema` that names the columns, then one `Table1` element per row. With shared
//! parameter sets it is JSON instead; such items are left alone. (Shape: Microsoft's own
//! `azure-devops-mcp` and public migration tools; Microsoft publishes no schema.)

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::rich_text::{self, Format, Unreadable};
use super::xml::{Element, Malformed, Node};
use crate::model::parameters::Parameters;
use crate::model::rich_text::{Block, Cell, Inline, InlineKind, RichText, Row};

/// Why a table cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParametersProblem {
    /// A field holds something else.
    Malformed(String),
    /// The text cannot be read at all.
    Unreadable(Unreadable),
    /// The text is not exactly one table of plain texts with a head row of different names.
    NotATable(&'static str),
    /// The work item takes its values from shared parameter sets.
    Shared,
}

impl From<Malformed> for ParametersProblem {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(format!("{} at byte {}", malformed.reason, malformed.at))
    }
}

impl From<Unreadable> for ParametersProblem {
    fn from(unreadable: Unreadable) -> Self {
        Self::Unreadable(unreadable)
    }
}

/// Reads the table of a formatted text; nothing is no parameters.
pub fn parse_text(text: &str, format: Format) -> Result<Parameters, ParametersProblem> {
    let tree = rich_text::parse(text, format)?;
    let rows = match tree.blocks.as_slice() {
        [] => return Ok(Parameters::default()),
        [Block::Table(rows)] => rows,
        _ => return Err(ParametersProblem::NotATable("it holds more than one table")),
    };
    let mut lines = rows.iter().map(texts);
    let names = lines.next().unwrap_or_else(|| Ok(Vec::new()))?;
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(ParametersProblem::NotATable("a column has no name"));
        }
        if names[..at]
            .iter()
            .any(|before| before.eq_ignore_ascii_case(name))
        {
            return Err(ParametersProblem::NotATable("two columns have one name"));
        }
    }
    let mut parameters = Parameters {
        names,
        rows: Vec::new(),
    };
    for line in lines {
        let mut line = line?;
        if line.len() > parameters.names.len() {
            return Err(ParametersProblem::NotATable(
                "a row has more cells than the head",
            ));
        }
        line.resize(parameters.names.len(), String::new());
        parameters.rows.push(line);
    }
    drop_empty_end(&mut parameters.rows);
    Ok(parameters)
}

/// Writes the table as HTML that [`parse_text`] reads back.
pub fn render_text(parameters: &Parameters) -> String {
    if parameters.is_empty() {
        return String::new();
    }
    let row = |header: bool, texts: &[String]| Row {
        cells: texts
            .iter()
            .map(|text| Cell {
                header,
                columns: 1,
                rows: 1,
                content: lines(text),
            })
            .collect(),
    };
    let mut rows = vec![row(true, &parameters.names)];
    rows.extend(parameters.rows.iter().map(|texts| row(false, texts)));
    let tree = RichText {
        blocks: vec![Block::Table(rows)],
    };
    rich_text::render(&tree, Format::Html)
}

fn lines(text: &str) -> Vec<Block> {
    let mut content = Vec::new();
    for line in text.split('\n').filter(|line| !line.is_empty()) {
        if !content.is_empty() {
            content.push(Inline::line_break());
        }
        content.push(Inline::text(line));
    }
    if content.is_empty() {
        Vec::new()
    } else {
        vec![Block::Paragraph(content)]
    }
}

fn texts(row: &Row) -> Result<Vec<String>, ParametersProblem> {
    let text = |cell: &Cell| {
        if cell.columns != 1 || cell.rows != 1 {
            return Err(ParametersProblem::NotATable("cells are merged"));
        }
        let content = match cell.content.as_slice() {
            [] => return Ok(String::new()),
            [Block::Paragraph(content)] => content,
            _ => {
                return Err(ParametersProblem::NotATable(
                    "a cell holds more than one line of text",
                ));
            }
        };
        let mut text = String::new();
        for inline in content {
            match &inline.kind {
                InlineKind::Text(part) => text.push_str(part),
                InlineKind::Break => text.push('\n'),
                InlineKind::Image(_) => {
                    return Err(ParametersProblem::NotATable("a cell holds an image"));
                }
            }
        }
        Ok(text)
    };
    row.cells.iter().map(text).collect()
}

/// Reads the two fields of a work item.
pub fn parse_fields(parameters: &str, data_source: &str) -> Result<Parameters, ParametersProblem> {
    let mut names = Vec::new();
    if !parameters.trim().is_empty() {
        let root = Element::parse(parameters)?;
        for param in root.elements().filter(|child| child.name == "param") {
            match param.attribute("name") {
                Some(name) if !canonical(name).is_empty() => names.push(canonical(name)),
                _ => {
                    return Err(ParametersProblem::Malformed(
                        "a parameter has no name".to_owned(),
                    ));
                }
            }
        }
    }
    let mut known = BTreeSet::new();
    for name in &names {
        if !known.insert(name.to_ascii_lowercase()) {
            return Err(ParametersProblem::Malformed(format!(
                "two parameters have the name `{name}`"
            )));
        }
    }
    let source = data_source.trim();
    if source.starts_with('{') {
        return Err(ParametersProblem::Shared);
    }
    let mut rows = Vec::new();
    if !source.is_empty() {
        let root = Element::parse(source)?;
        for table in root.elements().filter(|child| child.name != "xs:schema") {
            let mut row = vec![String::new(); names.len()];
            for value in table.elements() {
                let name = canonical(&decode_name(&value.name));
                if name.is_empty() {
                    return Err(ParametersProblem::Malformed(
                        "a column has no name".to_owned(),
                    ));
                }
                let there = names
                    .iter()
                    .position(|there| there.eq_ignore_ascii_case(&name));
                let at = there.unwrap_or_else(|| {
                    names.push(name);
                    for before in &mut rows {
                        let before: &mut Vec<String> = before;
                        before.push(String::new());
                    }
                    row.push(String::new());
                    names.len() - 1
                });
                row[at] = canonical(&value.text());
            }
            rows.push(row);
        }
    }
    drop_empty_end(&mut rows);
    Ok(Parameters { names, rows })
}

/// An empty row at the end is what editors leave for the next value.
fn drop_empty_end(rows: &mut Vec<Vec<String>>) {
    while rows
        .last()
        .is_some_and(|row| row.iter().all(String::is_empty))
    {
        rows.pop();
    }
}

/// What the two fields shall hold: `Parameters` and `LocalDataSource`. Unknown attributes of parameters
/// that stay are kept.
pub fn put_fields(
    parameters: &str,
    data_source: &str,
    wanted: &Parameters,
) -> Result<(String, String), ParametersProblem> {
    if parse_fields(parameters, data_source)? == *wanted {
        return Ok((parameters.to_owned(), data_source.to_owned()));
    }
    if wanted.is_empty() {
        return Ok((String::new(), String::new()));
    }
    let old = if parameters.trim().is_empty() {
        Element::new("parameters")
    } else {
        Element::parse(parameters)?
    };
    let mut root = Element {
        children: Vec::new(),
        ..old.clone()
    };
    for name in &wanted.names {
        let there = old.elements().find(|param| {
            param.name == "param"
                && param
                    .attribute("name")
                    .is_some_and(|there| canonical(there) == *name)
        });
        let param = there.cloned().unwrap_or_else(|| {
            let mut param = Element::new("param");
            param.set("name", name.as_str());
            param.set("bind", "default");
            param
        });
        root.children.push(Node::Element(param));
    }
    Ok((root.render(), data_set(wanted).render()))
}

/// A saved data set with one table, as .NET writes it.
fn data_set(parameters: &Parameters) -> Element {
    let element = |name: &str, attributes: &[(&str, &str)], children: Vec<Element>| {
        let mut element = Element::new(name);
        for (name, value) in attributes {
            element.set(name, *value);
        }
        element.children = children.into_iter().map(Node::Element).collect();
        element
    };
    let columns = parameters.names.iter().map(|name| {
        let name = encode_name(name);
        let attributes = [
            ("name", name.as_str()),
            ("type", "xs:string"),
            ("minOccurs", "0"),
        ];
        element("xs:element", &attributes, vec![])
    });
    let row_type = element(
        "xs:complexType",
        &[],
        vec![element("xs:sequence", &[], columns.collect())],
    );
    let table = element("xs:element", &[("name", "Table1")], vec![row_type]);
    let choice = element(
        "xs:choice",
        &[("minOccurs", "0"), ("maxOccurs", "unbounded")],
        vec![table],
    );
    let set = element(
        "xs:element",
        &[
            ("name", "NewDataSet"),
            ("msdata:IsDataSet", "true"),
            ("msdata:Locale", ""),
        ],
        vec![element("xs:complexType", &[], vec![choice])],
    );
    let schema = element(
        "xs:schema",
        &[
            ("id", "NewDataSet"),
            ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
            ("xmlns:msdata", "urn:schemas-microsoft-com:xml-msdata"),
        ],
        vec![set],
    );
    let rows = parameters.rows.iter().map(|row| {
        let values = parameters
            .names
            .iter()
            .zip(row)
            .filter(|(_, text)| !text.is_empty());
        let values = values.map(|(name, text)| {
            let mut value = Element::new(&encode_name(name));
            value.children.push(Node::Text(text.clone()));
            value
        });
        element("Table1", &[], values.collect())
    });
    let mut children = vec![schema];
    children.extend(rows);
    element("NewDataSet", &[], children)
}

/// Texts as they come back from a table: single spaces, lines ended by LF, no blank ones.
fn canonical(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.replace(rich_text::is_noise, ""))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A name as an element: what an element's name cannot hold is written `_xHHHH_` (as .NET does).
fn encode_name(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        let plain = c.is_alphabetic()
            || c == '_'
            || (at > 0 && (c.is_alphanumeric() || matches!(c, '-' | '.')));
        let escape = name[at..].starts_with("_x");
        if plain && !escape {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "_x{unit:04X}_");
            }
        }
    }
    out
}

fn decode_name(name: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let code = rest
            .strip_prefix("_x")
            .filter(|tail| tail.as_bytes().get(4) == Some(&b'_'))
            .and_then(|tail| u16::from_str_radix(tail.get(..4)?, 16).ok());
        if let Some(unit) = code {
            units.push(unit);
            rest = &rest[7..];
        } else {
            let mut buffer = [0; 2];
            units.extend_from_slice(c.encode_utf16(&mut buffer));
            rest = &rest[c.len_utf8()..];
        }
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(names: &[&str], rows: &[&[&str]]) -> Parameters {
        let own = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        Parameters {
            names: own(names),
            rows: rows.iter().map(|row| own(row)).collect(),
        }
    }

    #[test]
    fn fields_of_the_web_client_are_read() {
        let parameters = r#"<parameters><param name="user" bind="default"/><param name="card" bind="default"/></parameters>"#;
        let data = "<NewDataSet><xs:schema id='NewDataSet' xmlns:xs='http://www.w3.org/2001/XMLSchema'/>\
                    <Table1><user>ada</user><card>4111 &amp; more</card></Table1><Table1><card>x</card></Table1><Table1/></NewDataSet>";
        assert_eq!(
            parse_fields(parameters, data).expect("readable"),
            table(&["user", "card"], &[&["ada", "4111 & more"], &["", "x"]])
        );
    }

    #[test]
    fn shared_sets_are_left_alone() {
        let shared = r#"{"parameterMap":[],"sharedParameterDataSetIds":[4],"rowMappingType":0}"#;
        assert_eq!(parse_fields("", shared), Err(ParametersProblem::Shared));
        assert_eq!(
            put_fields("", shared, &table(&["a"], &[])),
            Err(ParametersProblem::Shared)
        );
    }

    #[test]
    fn attributes_of_a_parameter_that_stays_are_kept() {
        let now = r#"<parameters v="2"><param name="a" bind="other" x="1"/><param name="b" bind="default"/></parameters>"#;
        let (parameters, data) =
            put_fields(now, "", &table(&["c", "a"], &[&["1", "2"]])).expect("writable");
        assert_eq!(
            parameters,
            r#"<parameters v="2"><param name="c" bind="default"/><param name="a" bind="other" x="1"/></parameters>"#
        );
        assert!(
            data.ends_with("<Table1><c>1</c><a>2</a></Table1></NewDataSet>"),
            "{data}"
        );
    }

    #[test]
    fn only_a_param_names_a_parameter() {
        let now =
            r#"<parameters><other name="user"/><param name="card" bind="default"/></parameters>"#;
        let wanted = Parameters {
            names: vec!["card".to_owned(), "user".to_owned()],
            rows: vec![vec!["visa".to_owned(), "ada".to_owned()]],
        };
        let (names, data) = put_fields(now, "", &wanted).unwrap();
        assert_eq!(parse_fields(&names, &data), Ok(wanted));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in [
            "just text",
            "<table><tr><th>a<th>A</table>",
            "<table><tr><th>a<th></table>",
            "<table><tr><th>a<tr><td>1<td>2</table>",
            "<table><tr><th colspan=2>a</table>",
            "<table><tr><th>a<tr><td><ul><li>x</ul></table>",
            "<p>before</p><table><tr><th>a</table>",
        ] {
            assert!(parse_text(text, Format::Html).is_err(), "{text}");
        }
        assert!(parse_fields("<parameters><param/></parameters>", "").is_err());
        assert!(parse_fields("<parameters", "").is_err());
        assert!(parse_fields("", "<NewDataSet>").is_err());
    }

    #[test]
    fn fields_that_no_table_can_hold_are_refused_or_cleaned() {
        let twice = r#"<parameters><param name="a"/><param name="A"/></parameters>"#;
        assert!(matches!(
            parse_fields(twice, ""),
            Err(ParametersProblem::Malformed(_))
        ));
        let odd = "<parameters><param name='a&#1;b'/></parameters>";
        let data = "<NewDataSet><Table1><c>&#2;x&#xFFFE;</c></Table1></NewDataSet>";
        let read = parse_fields(odd, data).expect("readable");
        assert_eq!(read, table(&["ab", "c"], &[&["", "x"]]));
        assert_eq!(
            parse_text(&render_text(&read), Format::Html),
            Ok(read.clone())
        );
    }

    fn parameters() -> impl Strategy<Value = Parameters> {
        let name = prop_oneof![
            "[a-z][a-z0-9]{0,5}",
            "[a-z]{1,3} [a-z%]{1,3}",
            "_x[0-9A-F]{4}_",
            "[0-9]{1,3}",
            "é[a-z]🙂"
        ];
        let text = prop_oneof![
            Just(String::new()),
            "[ -~]{0,9}".prop_map(|text| canonical(&text)),
            "[a-z]{1,3}\n[a-z&<]{1,3}"
        ];
        (
            prop::collection::btree_set(name, 1..4),
            prop::collection::vec(prop::collection::vec(text, 4), 0..4),
        )
            .prop_map(|(names, rows)| {
                let names: Vec<String> = names.into_iter().collect();
                let mut rows: Vec<Vec<String>> = rows
                    .into_iter()
                    .map(|row| row[..names.len()].to_vec())
                    .collect();
                while rows
                    .last()
                    .is_some_and(|row| row.iter().all(String::is_empty))
                {
                    rows.pop();
                }
                Parameters { names, rows }
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn what_is_written_reads_back(one in parameters(), other in parameters()) {
            let text = render_text(&one);
            prop_assert_eq!(parse_text(&text, Format::Html).expect("readable"), one.clone(), "{}", text);
            let (fields, data) = put_fields("", "", &one).expect("writable");
            prop_assert_eq!(parse_fields(&fields, &data).expect("readable"), one, "{} {}", fields, data);
            let (fields, data) = put_fields(&fields, &data, &other).expect("writable");
            prop_assert_eq!(parse_fields(&fields, &data).expect("readable"), other, "{} {}", fields, data);
        }

        #[test]
        fn names_survive_as_elements(name in "\\PC{1,6}") {
            prop_assert_eq!(decode_name(&encode_name(&name)), name);
        }
    }
}
