//! The mend repairs what it should and nothing else; the published documents, mended, are whole.

use serde_json::{Value, json};

use crate::judge::rule::{most_ids, required};
use crate::judge::{GAPS, Judge, Mends, mend, references};

#[test]
fn each_step_repairs_its_defect_and_nothing_else() {
    let document = json!({
        "swagger": "2.0",
        "paths": { "/{organization}/_apis/things": { "get": {
            "x-ms-examples": { "GET": { "$ref": "./Missing.json" } },
            "security": [{ "oauth2": ["vso.work"] }],
            "parameters": [{ "in": "query", "name": "n", "type": "integer", "format": "int32" }],
            "responses": { "200": { "schema": { "type": "array", "items": {} } } },
        } } },
        "definitions": {
            "JsonPatchDocument": { "type": "object", "allOf": [{ "type": "array" }], "properties": {} },
            "ReferenceLinks": { "type": "object", "properties": { "links": {} } },
            "Base": { "type": "object", "properties": { "a": { "type": "object" } } },
            "Thing": {
                "type": "object", "allOf": [{ "$ref": "#/definitions/Base" }],
                "properties": { "b": { "type": "integer", "format": "int32" } },
            },
            "Bag": { "type": "object", "additionalProperties": { "type": "string" } },
        },
    });
    let text = format!("\u{feff}{document}");
    let (mended, mends) = mend(text.as_bytes()).unwrap();
    assert_eq!(
        mends,
        Mends {
            byte_order_marks: 1,
            examples: 1,
            untyped: 1,
            lists: 1,
            patch_documents: 1,
            securities: 1,
            reference_links: 1,
            ranges: 1,
            closed: 2,
        }
    );
    let operation = &mended["paths"]["/{organization}/_apis/things"]["get"];
    assert_eq!(
        operation["security"],
        json!([{ "oauth2": ["vso.work"] }, { "accessToken": [] }])
    );
    let list = &operation["responses"]["200"]["schema"];
    assert_eq!(list["required"], json!(["count", "value"]));
    assert_eq!(
        list["properties"]["value"],
        json!({ "type": "array", "items": {} })
    );
    let definitions = &mended["definitions"];
    assert_eq!(definitions["JsonPatchDocument"]["type"], "array");
    assert_eq!(
        definitions["Thing"],
        json!({
            "type": "object",
            "properties": {
                "a": {},
                "b": {
                    "type": "integer", "format": "int32",
                    "minimum": -2_147_483_648_i64, "maximum": 2_147_483_647,
                },
            },
            "additionalProperties": false,
        })
    );
    assert_eq!(definitions["Bag"], document["definitions"]["Bag"]);
    let plain = json!({ "swagger": "2.0", "paths": {}, "definitions": {} });
    let (same, mends) = mend(plain.to_string().as_bytes()).unwrap();
    assert_eq!((same, mends), (plain, Mends::default()));
}

/// What the mend touches in each document: counted independently, by a script over the documents. Of
/// `workItemTracking` the 10 untyped places and 72 examples are the known numbers of the 7.1 state; its 25
/// lists are 23 in `paths` and 2 in `x-ms-paths`.
const TOUCHED: [(&str, [usize; 9]); 8] = [
    ("core", [1, 11, 5, 6, 1, 19, 1, 6, 41]),
    ("identities", [1, 1, 2, 1, 1, 1, 0, 10, 27]),
    ("serviceHooks", [1, 14, 6, 6, 0, 21, 1, 10, 36]),
    ("test", [1, 33, 11, 17, 0, 40, 1, 396, 243]),
    ("testPlan", [1, 24, 2, 14, 0, 39, 1, 61, 66]),
    ("testResults", [1, 10, 7, 35, 0, 85, 1, 115, 105]),
    ("workItemTracking", [1, 72, 10, 25, 1, 86, 1, 43, 100]),
    ("workItemTrackingProcess", [1, 55, 5, 10, 0, 57, 0, 11, 45]),
];

#[test]
fn every_document_is_mended_in_as_many_places_as_known() {
    let Some(specifications) = Judge::get().specifications() else {
        return;
    };
    for (document, (name, counts)) in specifications.documents.iter().zip(TOUCHED) {
        let [
            byte_order_marks,
            examples,
            untyped,
            lists,
            patch_documents,
            securities,
            reference_links,
            ranges,
            closed,
        ] = counts;
        let expected = Mends {
            byte_order_marks,
            examples,
            untyped,
            lists,
            patch_documents,
            securities,
            reference_links,
            ranges,
            closed,
        };
        assert_eq!((document.name.as_str(), document.mends), (name, expected));
    }
}

#[test]
fn every_mended_document_is_whole() {
    let Some(specifications) = Judge::get().specifications() else {
        return;
    };
    // Reading them has resolved every parameter and found every name of a path among the parameters.
    assert_eq!(
        specifications.operations.len(),
        357,
        "355 and the supplement's 2"
    );
    for (number, document) in specifications.documents.iter().enumerate() {
        let mut schemas: Vec<Value> = document
            .definitions
            .keys()
            .map(|name| json!({ "$ref": format!("#/definitions/{name}") }))
            .collect();
        for operation in &specifications.operations {
            assert!(operation.version.starts_with("7.1"), "{}", operation.id);
            assert!(operation.takes_token, "{}", operation.id);
            if operation.document == number {
                schemas.extend(operation.body.clone());
                schemas.extend(operation.answer.clone());
            }
        }
        // All at once: every reference resolves, every schema compiles.
        if let Err(error) = document.compile(&json!({ "anyOf": schemas })) {
            panic!("{}: {error}", document.name);
        }
    }
}

#[test]
fn rules_and_gaps_speak_of_operations_that_are_there() {
    let Some(specifications) = Judge::get().specifications() else {
        return;
    };
    let ids = || {
        specifications
            .operations
            .iter()
            .map(|operation| operation.id.as_str())
    };
    let rules = required().iter().map(|(id, _)| *id);
    for id in rules.chain(GAPS.iter().map(|gap| gap.operation)) {
        assert!(ids().any(|known| known == id), "{id}");
    }
    let batch = specifications
        .operations
        .iter()
        .find(|operation| operation.id == "Work Items_Get Work Items Batch");
    assert_eq!(
        most_ids(batch.unwrap()),
        Some(200),
        "the description says so"
    );
}

#[test]
fn definitions_are_told_from_a_mended_schema() {
    let schema =
        json!({ "items": { "$ref": "#/definitions/A" }, "allOf": [{ "$ref": "#/definitions/B" }] });
    assert_eq!(references(&schema), ["A", "B"]);
}
