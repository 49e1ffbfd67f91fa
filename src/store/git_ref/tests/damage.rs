//! Files of a state that somebody spoilt, that are newer, or that are spelt in another way.

use super::super::import::{Damage, check_format, format_text};
use super::super::layout::{self, TABLES};
use super::{Tree, copy_of, full, runtime};

/// A change of the files, and what is said of it.
type Spoiling = (&'static str, fn(&mut Tree), &'static str);

const SPOILT: [Spoiling; 15] = [
    (
        "a file from elsewhere",
        |tree| drop(tree.insert("src/main.rs".to_owned(), b"x\n".to_vec())),
        "src/main.rs: no file of a state",
    ),
    (
        "another spelling of a file",
        |tree| drop(tree.insert("links/0B.jsonl".to_owned(), b"x\n".to_vec())),
        "links/0B.jsonl: no file of a state",
    ),
    (
        "a missing chunk",
        |tree| drop(tree.remove("audit/000000.jsonl")),
        "audit/000000.jsonl: the file is missing",
    ),
    (
        "a chunk cut short",
        |tree| cut_line(tree, "losses/000000.jsonl"),
        "losses/000000.jsonl: it holds 255 rows where 256 belong",
    ),
    (
        "a file cut off",
        |tree| {
            let _newline = tree.get_mut("links/0b.jsonl").unwrap().pop();
        },
        "links/0b.jsonl: it is cut off",
    ),
    (
        "a line that is no JSON",
        |tree| edit(tree, "links/0b.jsonl", "\"base\":", "\"base\""),
        "links/0b.jsonl:1: no JSON object at column",
    ),
    (
        "a number that is a text",
        |tree| {
            edit(
                tree,
                "links/0b.jsonl",
                "\"case_id\":11",
                "\"case_id\":\"11\"",
            );
        },
        "links/0b.jsonl:1: `case_id` is of another type",
    ),
    (
        "a number that is none of ours",
        |tree| edit(tree, "links/0b.jsonl", "\"rev\":11", "\"rev\":1.5"),
        "links/0b.jsonl:1: `rev` is no whole number",
    ),
    (
        "a key of tomorrow",
        |tree| {
            edit(
                tree,
                "links/0b.jsonl",
                "{\"id\"",
                "{\"colour\":\"hunter2\",\"id\"",
            );
        },
        "links/0b.jsonl:1: it holds a key that this version does not know",
    ),
    (
        "a key that is missing",
        |tree| {
            edit(
                tree,
                "links/0b.jsonl",
                "\"state\":\"active\"",
                "\"reason\":\"x\"",
            );
        },
        "links/0b.jsonl:1: it holds a key",
    ),
    (
        "a row in another shard",
        |tree| edit(tree, "links/0b.jsonl", "\"case_id\":11", "\"case_id\":13"),
        "links/0b.jsonl: it holds rows that belong into other files",
    ),
    (
        "a link twice",
        |tree| double(tree, "links/0b.jsonl"),
        "links/0b.jsonl:2: the row, or an item of it, was there before",
    ),
    (
        "places that are not there",
        |tree| edit(tree, "links/0b.jsonl", "\"endpoints\":1", "\"endpoints\":9"),
        "links/0b.jsonl:1: it belongs to places",
    ),
    (
        "an audit row out of its place",
        |tree| {
            edit(
                tree,
                "audit/000001.jsonl",
                "\"number\":257",
                "\"number\":258",
            );
        },
        "audit/000001.jsonl:1: row 257 belongs here",
    ),
    (
        "a binary file",
        |tree| drop(tree.insert("meta.jsonl".to_owned(), vec![0xff, 0xfe, b'\n'])),
        "meta.jsonl: no text in UTF-8",
    ),
];

fn edit(tree: &mut Tree, file: &str, from: &str, to: &str) {
    let text = String::from_utf8(tree[file].clone()).unwrap();
    assert!(text.contains(from), "{text}");
    tree.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
}

fn cut_line(tree: &mut Tree, file: &str) {
    let bytes = tree.get_mut(file).unwrap();
    bytes.pop();
    while bytes.last() != Some(&b'\n') {
        bytes.pop();
    }
}

fn double(tree: &mut Tree, file: &str) {
    let bytes = tree.get_mut(file).unwrap();
    let again = bytes.clone();
    bytes.extend(again);
}

#[test]
fn damaged_files_are_refused_with_their_place_and_without_their_content() {
    runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (_store, tree) = full(&folder.path().join("a.db")).await;
        copy_of(&folder.path().join("good.db"), &tree)
            .await
            .unwrap();
        for (index, (what, spoil, expected)) in SPOILT.iter().enumerate() {
            let mut spoilt = tree.clone();
            spoil(&mut spoilt);
            let path = folder.path().join(format!("{index}.db"));
            let told = copy_of(&path, &spoilt).await.unwrap_err();
            assert!(told.starts_with(expected), "{what}: {told}");
            assert!(!told.contains("hunter2"), "{what}: {told}");
        }
    });
}

#[test]
fn a_newer_format_is_told_from_damage() {
    assert_eq!(check_format(format_text().as_bytes()), Ok(layout::FORMAT));
    assert_eq!(check_format(b"{\"accordState\":1}"), Ok(1));
    let next = layout::FORMAT + 1;
    let newer = format!("{{\"accordState\":{next},\"more\":true}}");
    assert_eq!(check_format(newer.as_bytes()), Err(Damage::TooNew(next)));
    for text in [
        "",
        "{}",
        "{\"accordState\":0}",
        "{\"accordState\":\"1\"}",
        "# a readme",
    ] {
        let refused = check_format(text.as_bytes());
        assert!(matches!(refused, Err(Damage::At { .. })), "{text}");
    }
}

#[test]
fn every_file_has_one_spelling() {
    for table in TABLES {
        for number in [0, 1, 15] {
            let file = table.file(number);
            let read = table.number(&file);
            assert!(read == Some(number) || file == table.file(0), "{file}");
            for other in [
                file.to_uppercase(),
                format!("/{file}"),
                format!("{file}x"),
                file.replace("/0", "/+"),
                file.replace(".jsonl", "0.jsonl"),
            ] {
                assert!(other == file || table.number(&other).is_none(), "{other}");
            }
        }
    }
}
