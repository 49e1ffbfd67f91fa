//! Every key of whole projects is changed by itself: exactly that key is told, or, where another value means
//! the same, nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{EVERYTHING, ON_V1, TWO_WAY, config_if_valid, parsed, written};
use crate::manifest::compare::compare;

/// A key by its way through the documents.
type Way = Vec<Step>;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Item(usize),
}

/// Every value that is no table, and every list of texts or numbers as one.
fn leaves(part: &Json, way: &Way, found: &mut Vec<Way>) {
    let with = |step| [way.clone(), vec![step]].concat();
    match part {
        Json::Object(members) => {
            for (key, member) in members {
                leaves(member, &with(Step::Key(key.clone())), found);
            }
        }
        Json::Array(members) if members.iter().any(|one| one.is_object() || one.is_array()) => {
            for (number, member) in members.iter().enumerate() {
                leaves(member, &with(Step::Item(number)), found);
            }
        }
        _ => found.push(way.clone()),
    }
}

fn at<'j>(documents: &'j mut [Json], number: usize, way: &Way) -> &'j mut Json {
    let mut part = &mut documents[number];
    for step in way {
        part = match step {
            Step::Key(key) => part.get_mut(key).expect("a key"),
            Step::Item(number) => part.get_mut(*number).expect("an item"),
        };
    }
    part
}

/// Other values that may stand in the place of one.
fn others(key: &str, value: &Json) -> Vec<Json> {
    let words: &[&str] = match key {
        "api" => &["v1", "automation"],
        "integration" => &["ignore", "manage"],
        "direction" => &["toAzureDevOps", "toTestWorthy", "twoWay"],
        "create" => &["both", "azureDevOps", "testworthy", "none"],
        "drift" => &["enforce", "report", "ignore"],
        "as" => &[
            "text",
            "richText",
            "steps",
            "number",
            "boolean",
            "dateTime",
            "set",
            "path",
            "user",
            "state",
            "picklist",
            "parameters",
        ],
        "unmapped" => &["hold", "skipItem"],
        "type" => &["string", "text", "html", "integer", "boolean", "picklist"],
        "firstSync" | "default" | "conflict" => {
            &["testworthy", "azureDevOps", "latest", "merge", "manual"]
        }
        "testworthy" | "azureDevOps" => &[
            "close",
            "recycle",
            "recreate",
            "unlink",
            "ask",
            "disable",
            "mission",
            "goals",
            "estimate",
            "Custom.Other",
            "Bug",
        ],
        "timeZone" => &["Europe/Berlin", "UTC"],
        "settle" => &["90s", "2m"],
        "where" => &["smoke", "regression"],
        "expression" => &["title", "mission"],
        _ => &[],
    };
    let mut others: Vec<Json> = words.iter().map(|word| json!(word)).collect();
    match value {
        Json::Bool(flag) => others.push(json!(!flag)),
        Json::Number(number) => {
            let number = number.as_f64().expect("a number");
            others.extend([json!(number + 1.0), json!(1), json!(2), json!(40)]);
        }
        Json::Null => others.extend([json!(3), json!(2.5)]),
        Json::String(text) => {
            others.extend([
                json!(format!("{text}x")),
                json!(format!("{text}/x")),
                json!(format!("ACCORD_{text}")),
                json!(format!("x{text}")),
            ]);
        }
        Json::Array(members) => {
            let mut fewer = members.clone();
            fewer.pop();
            others.push(Json::Array(fewer));
            for more in [json!("x/**"), json!("Task"), json!(99), json!("title")] {
                let mut longer = members.clone();
                longer.push(more);
                others.push(Json::Array(longer));
            }
        }
        Json::Object(_) => {}
    }
    others.retain(|other| other != value);
    others
}

/// How `accord diff` writes the key: rows and examples by their names, entries of tables in brackets.
fn path_of(document: &Json, way: &Way) -> String {
    let mut path = String::new();
    let mut part = document;
    let mut is_table = false;
    for step in way {
        match step {
            Step::Key(key) => {
                if is_table {
                    let plain = |c: char| {
                        c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ' | '@' | '/')
                    };
                    let shown = if key.chars().all(plain) {
                        key.clone()
                    } else {
                        json!(key).to_string()
                    };
                    let _ = write!(path, "[{shown}]");
                } else {
                    let _ = write!(path, "{}{key}", if path.is_empty() { "" } else { "." });
                }
                let tables = [
                    "values",
                    "reverse",
                    "users",
                    "operations",
                    "reasons",
                    "given",
                    "expect",
                ];
                let in_conflicts = key == "fields" && path.ends_with("conflicts.fields");
                is_table = !is_table && (tables.contains(&key.as_str()) || in_conflicts);
                part = &part[key];
            }
            Step::Item(number) => {
                part = &part[*number];
                let name = ["id", "name", "code", "testworthy", "azureDevOps"]
                    .iter()
                    .find_map(|key| part[key].as_str());
                let _ = write!(path, "[{}]", name.expect("a name"));
                is_table = false;
            }
        }
    }
    path
}

/// Keys that say where something is or who it is. The comparison tells another one in its place.
fn is_identity(way: &Way) -> bool {
    let keys: Vec<&str> = way
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        })
        .collect();
    matches!(
        keys.as_slice(),
        ["apiVersion" | "kind", ..] | ["metadata", "name"] | ["spec", "manifests"]
    ) || matches!(keys.as_slice(), ["spec", "cases", "name"])
}

#[test]
fn a_change_of_one_key_is_told_as_that_key() {
    let mut tried: BTreeMap<String, usize> = BTreeMap::new();
    let (mut untold, mut untried, mut wrong) = (Vec::new(), 0, Vec::new());
    for text in [EVERYTHING, TWO_WAY, ON_V1] {
        let documents = parsed(text);
        let before = config_if_valid(&written(&documents)).expect("it holds");
        for number in 0..documents.len() {
            let mut ways = Vec::new();
            leaves(&documents[number], &Vec::new(), &mut ways);
            for way in ways.iter().filter(|way| !is_identity(way)) {
                let Some(Step::Key(key)) = way.iter().rev().find(|s| matches!(s, Step::Key(_)))
                else {
                    continue;
                };
                let mut documents = documents.clone();
                let path = path_of(&documents[number], way);
                let value = at(&mut documents, number, way).clone();
                let (mut told_once, mut held) = (false, false);
                for other in others(key, &value) {
                    *at(&mut documents, number, way) = other.clone();
                    // Not every value can stand there.
                    let Some(after) = config_if_valid(&written(&documents)) else {
                        continue;
                    };
                    held = true;
                    let told = compare(&before, &after, None);
                    let Some(one) = told.first() else {
                        continue;
                    };
                    let mut keys = one.keys.iter().map(|key| shortened(&key.path));
                    let is_first = keys.next().as_deref() == Some(shortened(&path).as_str());
                    let follows = |key: String| FOLLOWS.contains(&(path.as_str(), key.as_str()));
                    let exactly = told.len() == 1 && is_first && keys.all(follows);
                    if !exactly {
                        let paths: Vec<String> = told
                            .iter()
                            .flat_map(|one| {
                                let address = &one.address;
                                one.keys
                                    .iter()
                                    .map(move |key| format!("{address} {}", key.path))
                            })
                            .collect();
                        wrong.push(format!("{path}: {value} -> {other}: {paths:?}"));
                    }
                    told_once = true;
                    *tried.entry(key.clone()).or_default() += 1;
                    if !WORDS.contains(&key.as_str()) {
                        break;
                    }
                }
                if !held {
                    untried += 1;
                } else if !told_once {
                    untold.push(path);
                }
            }
        }
    }
    assert_eq!(wrong, [""; 0], "another key than the one that was changed");
    assert_eq!(untold, [""; 0], "keys whose change is not told");
    // The others name something, or another key has to change with them.
    let count = tried.values().sum::<usize>();
    assert!(
        count > 150 && untried < count,
        "{count} tried, {untried} not: {tried:?}"
    );
}

/// Keys that take one of a few words: each is tried.
const WORDS: [&str; 9] = [
    "integration",
    "direction",
    "create",
    "drift",
    "as",
    "unmapped",
    "firstSync",
    "default",
    "conflict",
];

/// Keys whose default follows from another one, so they are told with it where they are not written.
const FOLLOWS: [(&str, &str); 2] = [
    (
        "spec.scope.testworthy.suites",
        "spec.createIn.testworthy.suite",
    ),
    ("spec.direction", "spec.create"),
];

/// The path without the name of the row, which its own change may change; a reference is told as a whole.
fn shortened(path: &str) -> String {
    let mut path = path.to_owned();
    for end in [".env", ".file", ".use"] {
        if let Some(whole) = path.strip_suffix(end) {
            path = whole.to_owned();
        }
    }
    match path
        .strip_prefix("spec.fields[")
        .and_then(|rest| rest.split_once(']'))
    {
        Some((_, rest)) => format!("spec.fields{rest}"),
        None => path,
    }
}

#[test]
fn a_key_that_is_left_out_is_told_or_is_its_default() {
    let mut told_of = 0;
    for text in [EVERYTHING, TWO_WAY, ON_V1] {
        let documents = parsed(text);
        let before = config_if_valid(&written(&documents)).expect("it holds");
        for number in 0..documents.len() {
            let mut ways = Vec::new();
            leaves(&documents[number], &Vec::new(), &mut ways);
            for way in ways.iter().filter(|way| !is_identity(way)) {
                let Some((Step::Key(key), above)) = way.split_last() else {
                    continue;
                };
                let mut documents = documents.clone();
                let path = path_of(&documents[number], way);
                let part = at(&mut documents, number, &above.to_vec());
                part.as_object_mut().expect("a table").shift_remove(key);
                let Some(after) = config_if_valid(&written(&documents)) else {
                    continue;
                };
                let told = compare(&before, &after, None);
                assert!(told.len() <= 1, "{path}\n{told:#?}");
                for one in told {
                    assert_eq!(one.keys.len(), 1, "{path}\n{one:#?}");
                    assert_eq!(shortened(&one.keys[0].path), shortened(&path), "{one:#?}");
                    told_of += 1;
                }
            }
        }
    }
    assert!(told_of > 40, "{told_of}");
}
