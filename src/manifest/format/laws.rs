//! The formatter's laws, over documents that are written in as many ways as YAML knows: the values stay,
//! each comment stays once and at its place, twice is once, and the findings stay.
//!
//! The texts come from a writer of their own ([`Messy`]), and where things stand in the result is read
//! from the parser's events, not from the formatter's tree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::Deserialize as _;
use serde_json::{Value as Json, json};

use super::*;
use crate::diagnostics::Place;
use crate::manifest::{ReadOptions, read};

/// Where a comment was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    /// Above the first key of the document.
    Head,
    /// In lines of its own above an entry.
    Before,
    /// At the end of an entry's line.
    Beside,
    /// Below the last entry of a collection.
    Tail,
}

/// Writes a value in a way that the bytes of `choices` choose, with comments.
struct Messy {
    choices: std::vec::IntoIter<u8>,
    out: String,
    /// Text, pointer and spot of every comment.
    comments: Vec<(String, String, Spot)>,
    /// Whether the text before ends with a block scalar that keeps its blank lines.
    keeps: bool,
}

impl Messy {
    fn write(value: &Json, choices: Vec<u8>) -> Self {
        let mut messy = Self {
            choices: choices.into_iter(),
            out: String::new(),
            comments: Vec::new(),
            keeps: false,
        };
        messy.block(value, 0, "", false);
        messy
    }

    /// A number below `count`; 0 when all choices are made.
    fn choose(&mut self, count: u8) -> u8 {
        self.choices.next().map_or(0, |byte| byte % count)
    }

    fn comment(&mut self, pointer: &str, spot: Spot) {
        let text = format!("#c{} ä: \"{{", self.comments.len());
        self.out.push_str(&text);
        self.comments.push((text, pointer.to_owned(), spot));
    }

    fn pad(&mut self, width: usize) {
        self.out.extend(std::iter::repeat_n(' ', width));
    }

    /// Blank lines and comments above an entry.
    fn above(&mut self, pointer: &str, spot: Spot, width: usize) {
        for _ in 0..self.choose(8).saturating_sub(5) {
            // Behind `|+` a blank line would be part of the text.
            if !self.keeps {
                self.out.push('\n');
            }
        }
        self.keeps = false;
        for _ in 0..self.choose(8).saturating_sub(5) {
            let off = usize::from(self.choose(3));
            self.pad(width + if spot == Spot::Before { 0 } else { off });
            self.comment(pointer, spot);
            self.out.push('\n');
        }
    }

    fn beside(&mut self, pointer: &str) {
        if self.choose(5) == 4 {
            let gap = 1 + usize::from(self.choose(3));
            self.pad(gap);
            self.comment(pointer, Spot::Beside);
        }
    }

    /// Members in an order of its own.
    fn members<'v>(&mut self, value: &'v Json) -> Vec<(Option<&'v str>, String, &'v Json)> {
        let mut members: Vec<_> = match value {
            Json::Object(members) => members
                .iter()
                .map(|(key, value)| (Some(key.as_str()), key.clone(), value))
                .collect(),
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| (None, index.to_string(), value))
                .collect(),
            _ => Vec::new(),
        };
        if value.is_object() && members.len() > 1 {
            let count = u8::try_from(members.len()).unwrap_or(u8::MAX);
            let (by, swap) = (self.choose(count), self.choose(count));
            members.rotate_left(usize::from(by));
            members.swap(0, usize::from(swap));
        }
        members
    }

    /// A collection by indentation. With `inline`, the first entry goes on in the line that has begun.
    fn block(&mut self, value: &Json, width: usize, pointer: &str, mut inline: bool) {
        let is_root = pointer.is_empty();
        for (number, (key, step, member)) in self.members(value).into_iter().enumerate() {
            let pointer = child(pointer, &step);
            if !std::mem::take(&mut inline) {
                let is_head = is_root && number == 0;
                let spot = if is_head { Spot::Head } else { Spot::Before };
                self.above(&pointer, spot, width);
                self.pad(width);
            }
            match key {
                Some(key) => {
                    self.key(key);
                    self.out.push(':');
                }
                None => self.out.push('-'),
            }
            self.value(member, width, &pointer, key.is_none());
        }
        if self.choose(6) == 5 {
            self.pad(width);
            self.comment(pointer, Spot::Tail);
            self.out.push('\n');
        }
    }

    fn key(&mut self, key: &str) {
        match self.choose(6) {
            0..=3 if is_bare(key) => self.out.push_str(key),
            4 => self.out.push_str(&single(key)),
            _ => self.out.push_str(&Json::from(key).to_string()),
        }
    }

    fn value(&mut self, value: &Json, width: usize, pointer: &str, is_item: bool) {
        let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        if !(value.is_object() || value.is_array()) || is_empty {
            return self.scalar(value, width, pointer);
        }
        if self.choose(3) == 0 {
            self.out.push(' ');
            let open = self.choose(2) == 1;
            self.flow(value, width + 1, pointer, open);
            self.beside(pointer);
            self.out.push('\n');
            return;
        }
        let deeper = width + 1 + usize::from(self.choose(4));
        if is_item && self.choose(2) == 0 {
            self.pad(deeper - width - 1);
            if deeper > width + 1 {
                return self.block(value, deeper, pointer, true);
            }
        }
        self.beside(pointer);
        self.out.push('\n');
        self.block(value, deeper, pointer, false);
    }

    fn scalar(&mut self, value: &Json, width: usize, pointer: &str) {
        let gap = 1 + usize::from(self.choose(3));
        self.pad(gap);
        let Json::String(text) = value else {
            self.out.push_str(&value.to_string());
            self.beside(pointer);
            return self.out.push('\n');
        };
        let blocks = !text.is_empty()
            && !text.starts_with([' ', '\n', '\t'])
            && text.chars().all(|c| c == '\n' || !c.is_control())
            && text
                .lines()
                .all(|line| line.is_empty() || !line.trim().is_empty());
        match self.choose(6) {
            0 | 1 if is_bare(text) => self.out.push_str(text),
            2 if !text.chars().any(char::is_control) => self.out.push_str(&single(text)),
            3 if is_bare(text) && text.contains(' ') => {
                let (left, right) = text.split_once(' ').unwrap_or_default();
                self.out.push_str(left);
                self.out.push('\n');
                self.pad(width + 2);
                self.out.push_str(right);
            }
            4 if blocks => {
                let ends = text.len() - text.trim_end_matches('\n').len();
                self.out.push('|');
                self.out.push_str(match ends {
                    0 => "-",
                    1 => "",
                    _ => "+",
                });
                self.keeps = ends > 1;
                self.beside(pointer);
                self.out.push('\n');
                let deeper = 1 + usize::from(self.choose(4));
                for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
                    if !line.is_empty() {
                        self.pad(width + deeper);
                    }
                    self.out.push_str(line);
                    self.out.push('\n');
                }
                return;
            }
            _ => self.out.push_str(&value.to_string()),
        }
        self.beside(pointer);
        self.out.push('\n');
    }

    /// A collection in brackets; with `open`, one entry a line, and comments.
    fn flow(&mut self, value: &Json, width: usize, pointer: &str, open: bool) {
        let (left, right) = if value.is_object() {
            ('{', '}')
        } else {
            ('[', ']')
        };
        self.out.push(left);
        if open {
            self.beside(pointer);
            self.out.push('\n');
        }
        let members = self.members(value);
        let count = members.len();
        for (number, (key, step, member)) in members.into_iter().enumerate() {
            let pointer = child(pointer, &step);
            if open {
                self.above(&pointer, Spot::Before, width);
                self.pad(width);
            }
            if let Some(key) = key {
                self.key(key);
                self.out.push_str(": ");
            }
            match member {
                Json::String(text) if is_bare(text) && self.choose(2) == 0 => {
                    self.out.push_str(text);
                }
                Json::Object(_) | Json::Array(_) => self.flow(member, width + 1, &pointer, false),
                _ => self.out.push_str(&member.to_string()),
            }
            let comma = number + 1 < count || self.choose(4) == 3;
            if comma {
                self.out.push_str(", ");
            }
            if open {
                self.beside(&pointer);
                self.out.push('\n');
            }
        }
        if open {
            if count > 0 && self.choose(6) == 5 {
                self.pad(width);
                self.comment(pointer, Spot::Tail);
                self.out.push('\n');
            }
            self.pad(width);
        }
        self.out.push(right);
    }
}

/// Whether the text may stand without quotes anywhere, and means itself.
fn is_bare(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic() || c == '.');
    text.split(' ').all(is_word)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text != "null"
        && text != "true"
        && text != "false"
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn child(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// First and last line of every entry, from 0, by pointer.
fn lines(text: &str) -> BTreeMap<String, (usize, usize)> {
    struct Frame {
        pointer: String,
        start: usize,
        last: usize,
        key: Option<(String, usize)>,
        count: Option<usize>,
    }
    let chars: Vec<char> = text.chars().collect();
    let mut found = BTreeMap::new();
    let mut stack: Vec<Frame> = Vec::new();
    let mut parser = Parser::new_from_str(text);
    while let Some(Ok((event, span))) = parser.next_event() {
        let mut start = span.start.line() - 1;
        if let Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) = event {
            // It begins with its header.
            let above = text.lines().take(start).collect::<Vec<_>>();
            start = above
                .iter()
                .rposition(|line| !line.trim().is_empty())
                .unwrap();
        }
        let raw = &chars[span.start.index()..span.end.index().max(span.start.index())];
        let shown: String = raw.iter().collect();
        let last = span.start.line() - 1 + shown.trim_end().matches('\n').count();
        let is_key = stack
            .last()
            .is_some_and(|f| f.count.is_none() && f.key.is_none());
        match event {
            Event::Scalar(value, ..) if is_key => {
                stack.last_mut().unwrap().key = Some((value.into_owned(), start));
            }
            Event::Scalar(..) | Event::MappingStart(..) | Event::SequenceStart(..) => {
                let (pointer, first) = match stack.last_mut() {
                    Some(frame) => match (&mut frame.count, frame.key.take()) {
                        (Some(count), _) => {
                            *count += 1;
                            (child(&frame.pointer, &(*count - 1).to_string()), start)
                        }
                        (None, key) => {
                            let (key, line) = key.unwrap();
                            (child(&frame.pointer, &key), line)
                        }
                    },
                    None => (String::new(), start),
                };
                if matches!(event, Event::Scalar(..)) {
                    found.insert(pointer, (first, last));
                    stack.last_mut().unwrap().last = last;
                } else {
                    let is_list = matches!(event, Event::SequenceStart(..));
                    stack.push(Frame {
                        pointer,
                        start: first,
                        last: first,
                        key: None,
                        count: is_list.then_some(0),
                    });
                }
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let frame = stack.pop().unwrap();
                found.insert(frame.pointer, (frame.start, frame.last));
                if let Some(outer) = stack.last_mut() {
                    outer.last = outer.last.max(frame.last);
                }
            }
            Event::StreamEnd => break,
            _ => {}
        }
    }
    found
}

/// Fails unless each comment stands once, and at its place.
fn check_comments(text: &str, comments: &[(String, String, Spot)]) {
    let places = lines(text);
    let all: Vec<&str> = text.lines().collect();
    let is_content = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    for (comment, pointer, spot) in comments {
        let at: Vec<usize> = (0..all.len())
            .filter(|at| all[*at].ends_with(comment))
            .collect();
        let [at] = at.as_slice() else {
            panic!("{comment} stands {} times:\n{text}", at.len());
        };
        let (first, last) = places[pointer.as_str()];
        let alone = all[*at].trim_start() == comment;
        let next = (*at..all.len()).find(|at| is_content(&all[*at]));
        let previous = (0..*at).rev().find(|at| is_content(&all[*at]));
        // An item begins with its dash, which may stand alone above it.
        let bare_dash = |line: usize| all[line].trim().trim_matches('-').trim().is_empty();
        let leads = alone
            && next.is_some_and(|next| {
                let behind = (next + 1..all.len()).find(|at| is_content(&all[*at]));
                next == first || (bare_dash(next) && behind == Some(first))
            });
        let holds = match spot {
            Spot::Head => alone && next == (0..all.len()).find(|at| is_content(&all[*at])),
            Spot::Before => leads,
            Spot::Beside => leads || (!alone && (first..=last).contains(at)),
            Spot::Tail => alone && previous.is_some_and(|at| (first..=last).contains(&at)),
        };
        assert!(holds, "{comment} is no longer {spot:?} {pointer}:\n{text}");
    }
}

fn documents(text: &str) -> Vec<Json> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Json::deserialize(document).unwrap())
        .collect()
}

/// What is wrong with a file, without lines.
fn findings(text: &str) -> Vec<(String, String, String)> {
    let loaded = read(
        vec![SourceFile::new("accord.yaml", text)],
        &ReadOptions::default(),
    );
    let mut found: Vec<_> = loaded
        .findings
        .into_iter()
        .map(|finding| {
            let pointer = match finding.location.map(|location| location.place) {
                Some(Place::Node { pointer, .. }) => pointer,
                _ => String::new(),
            };
            (finding.code.code.to_owned(), finding.message, pointer)
        })
        .collect();
    found.sort();
    found
}

/// Everything that must hold of any text that can be formatted; gives the result.
fn laws(text: &str) -> String {
    let once = match format(&SourceFile::new("accord.yaml", text)) {
        Formatted::Text(once) => once,
        other => panic!("{other:?}\n{text}"),
    };
    assert_eq!(documents(text), documents(&once), "{text}\n=>\n{once}");
    assert_eq!(findings(text), findings(&once), "{text}\n=>\n{once}");
    match format(&SourceFile::new("accord.yaml", once.as_str())) {
        Formatted::Text(twice) => assert_eq!(once, twice, "{text}"),
        other => panic!("{other:?}\n{once}"),
    }
    // Blank lines of a value are the value's own.
    let own = text.contains("|+") || format!("{:?}", documents(text)).contains(r"\n\n\n");
    assert!(own || !once.contains("\n\n\n"), "{once}");
    assert!(once.lines().all(|line| !line.contains('\r')), "{once}");
    once
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,6}( [a-z.]{1,5}){0,2}",
        2 => r"[ -~äß€🛒]{0,14}",
        1 => "([ -~]{0,6}\n){1,3}[a-z]{0,3}\n{0,2}",
        1 => proptest::sample::select(vec![
            "on", "yes", "no", "null", "~", "true", "1", "1.5", "0x1F", "1e3", "2026-11-22", "12:30", "-", "- a",
            "a: b", "a #b", "#a", "[", "{a", "*a", "&a", "!a", "%a", "@a", "`a", "?", "? a", ":", "", " ", "<<", "=",
            "---", "...", "a\\ \n b", "\"", "'", "it's",
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_tree() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        3 => any_text().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => (-5_i64..5000).prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map("[a-zA-Z.]{1,9}|[ -~]{1,9}", inner, 0..5).prop_map(
                |members| Json::Object(
                    members.into_iter().filter(|(key, _)| key != "<<").collect()
                )
            ),
        ]
    })
}

/// A document of a kind, with declared keys and with others.
fn any_document() -> impl Strategy<Value = Json> {
    let row = json!({
        "testworthy": "priority", "azureDevOps": "Microsoft.VSTS.Common.Priority",
        "values": { "P1 - Must Test": 1, "P2 - Should Test": 2 }, "reverse": { "4": "P3 - Good to Test" },
        "unmapped": { "use": "x" }, "allow": [{ "code": "L08", "reason": "because it is\nso" }],
    });
    let mapping = json!({
        "testworthy": "TestCase", "azureDevOps": "Test Case",
        "fields": [{ "testworthy": "title", "azureDevOps": "System.Title", "as": "text" }, row],
    });
    let rule = json!({
        "connection": "c", "mapping": "m", "direction": "toAzureDevOps",
        "scope": { "testworthy": { "suites": [41, 42], "sections": ["Checkout/**"] } },
        "createIn": { "azureDevOps": { "areaPath": "Web Shop\\QA", "iterationPath": "Web Shop" } },
        "match": ["marker", "id"], "drift": "report",
    });
    let kinds = prop_oneof![
        Just(("FieldMapping", mapping)),
        Just(("SyncRule", rule)),
        Just(("Unheard", json!({ "b": 1, "a": 2 }))),
    ];
    (kinds, any_tree(), any_tree()).prop_map(|((kind, mut spec), one, two)| {
        spec["more"] = one;
        spec["Any other"] = two;
        json!({ "apiVersion": "accord/v1", "kind": kind, "metadata": { "name": "n" }, "spec": spec })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn formatting_changes_the_look_and_nothing_else(
        document in any_document(),
        choices in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let messy = Messy::write(&document, choices);
        prop_assert_eq!(documents(&messy.out), vec![document], "{}", messy.out);
        let once = laws(&messy.out);
        check_comments(&once, &messy.comments);
    }

    /// Two ways to write one document without comments and blank lines come out the same, but for
    /// brackets, quotes and line breaks, which are the writer's choice.
    #[test]
    fn the_order_of_declared_keys_is_not_the_writers_choice(
        document in any_document(),
        choices in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let keys = |text: &str| documents(text)[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let messy = laws(&Messy::write(&document, choices).out);
        prop_assert_eq!(keys(&messy), ["apiVersion", "kind", "metadata", "spec"]);
    }
}

static CORPUS: LazyLock<Vec<(PathBuf, String)>> = LazyLock::new(corpus);

fn corpus() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![
        root.join("examples"),
        root.join("tests/manifests"),
        root.join("src/cli/init/starter"),
    ];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                files.push((path, text));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_manifest_of_the_repository_obeys() {
    let mut formatted = 0;
    for (path, text) in &*CORPUS {
        match format(&SourceFile::new("accord.yaml", text.as_str())) {
            Formatted::Text(_) => {
                laws(text);
                formatted += 1;
            }
            Formatted::Foreign => {}
            Formatted::Refused(findings) => assert!(!findings.is_empty()),
            Formatted::Unsure(reason) => panic!("{}: {reason}", path.display()),
        }
    }
    assert!(formatted > 30, "{formatted}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Texts with a few characters changed: whatever is formatted at all obeys.
    #[test]
    fn damaged_manifests_are_formatted_right_or_not_at_all(
        file in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[ \n\t#:,{}\\[\\]'\"|>?a-]{0,3}", 0_usize..3), 1..4),
    ) {
        let mut text: Vec<char> = file.get(&CORPUS).1.chars().collect();
        for (at, new, gone) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + gone).min(text.len());
            text.splice(at..end, new.chars());
        }
        let text: String = text.into_iter().collect();
        if let Formatted::Text(once) = format(&SourceFile::new("accord.yaml", text.as_str())) {
            let twice = format(&SourceFile::new("accord.yaml", once.as_str()));
            prop_assert!(matches!(&twice, Formatted::Text(twice) if *twice == once), "{:?}", twice);
            prop_assert_eq!(findings(&text), findings(&once), "{}\n=>\n{}", text, once);
        }
    }
}
