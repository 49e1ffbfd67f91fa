//! The plan as JSON: stable bytes out, and a careful reading of what someone hands in.

use serde::Deserialize as _;
use serde_json::Value as Json;

use crate::diagnostics::json_defused;
use crate::plan::{Plan, SCHEMA};

/// The document, indented, with a line break at its end. The same plan gives the same bytes. A build agent
/// that prints it finds no command in the title of an item: `##` is written with an escape.
pub fn render(plan: &Plan) -> String {
    let mut text =
        serde_json::to_string_pretty(plan).expect("a plan has text keys and finite numbers only");
    text.push('\n');
    json_defused(text)
}

/// Reads a plan. Keys that this version does not know are passed over; another major version of the
/// schema, or a file that is no plan, is refused with a sentence that says which.
pub fn parse(text: &str) -> Result<Plan, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document: Json = serde_json::from_str(text)
        .map_err(|error| format!("this is not a saved plan: it is not JSON ({error})"))?;
    let Some(schema) = document.get("schema").and_then(Json::as_str) else {
        return Err(format!(
            "this is not a saved plan: it lacks `\"schema\": \"{SCHEMA}\"`; save one with \
             `accord plan --out json=FILE`"
        ));
    };
    if schema != SCHEMA {
        let schema = super::text::quote(schema, 40);
        let family = SCHEMA.split('/').next().unwrap_or(SCHEMA);
        let ours = schema.trim_matches('"').split('/').next() == Some(family);
        return Err(if ours {
            format!(
                "this plan has the schema {schema} and this version of accord reads \"{SCHEMA}\"; \
                 read it with the version that wrote it, or plan again"
            )
        } else {
            format!("this is not a saved plan: its schema is {schema}, not \"{SCHEMA}\"")
        });
    }
    Plan::deserialize(&document).map_err(|error| {
        format!(
            "this plan is damaged: {}",
            super::text::escape(&error.to_string())
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::plan::{Action, ConflictValues, sample};

    fn document() -> Json {
        let mut update = sample::change(Action::Update, 1);
        update.fields = vec![sample::field("System.Title", json!(null), json!("Pay"))];
        serde_json::to_value(sample::plan(vec![update])).unwrap()
    }

    #[test]
    fn values_of_a_conflict_name_the_systems_as_everything_else_does() {
        let mut plan = sample::everything();
        plan.conflicts[0].values = Some(ConflictValues {
            base_testworthy: Some(json!(1)),
            base_azure_devops: Some(json!(2)),
            testworthy: json!(3),
            azure_devops: json!(4),
        });
        let document = serde_json::to_value(&plan).unwrap();
        let expected =
            json!({"baseTestworthy": 1, "baseAzureDevOps": 2, "testworthy": 3, "azureDevOps": 4});
        assert_eq!(document["conflicts"][0]["values"], expected);
        assert_eq!(parse(&document.to_string()).unwrap(), plan);
    }

    #[test]
    fn unknown_keys_are_passed_over() {
        let mut newer = document();
        newer["later"] = json!({"a": 1});
        newer["changes"][0]["later"] = json!([1]);
        newer["summary"]["later"] = json!(7);
        let plan = parse(&newer.to_string()).unwrap();
        assert_eq!(serde_json::to_value(plan).unwrap(), document());
    }

    #[test]
    fn other_documents_are_refused_with_a_reason() {
        let mut next = document();
        next["schema"] = json!("accord-plan/2");
        let message = parse(&next.to_string()).unwrap_err();
        assert!(message.contains("\"accord-plan/2\""), "{message}");
        assert!(message.contains("the version that wrote it"), "{message}");
        for (text, expected) in [
            ("", "not JSON"),
            ("{\"schema\": ", "not JSON"),
            ("[]", "lacks"),
            ("{}", "lacks"),
            ("{\"schema\": 1}", "lacks"),
            ("{\"schema\": \"terraform\"}", "\"terraform\""),
            ("{\"schema\": \"accord-plan/1\"}", "damaged"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        assert!(parse(&"[".repeat(200_000)).is_err());
    }

    #[test]
    fn the_schema_describes_what_is_written() {
        let schema = Plan::json_schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document())
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0]);
        let mut wrong = document();
        wrong["changes"][0]["action"] = json!("explode");
        assert!(!validator.is_valid(&wrong));
        let mut wrong = document();
        wrong["schema"] = json!("accord-plan/2");
        assert!(!validator.is_valid(&wrong));
        let mut wrong = document();
        wrong.as_object_mut().unwrap().remove("planId");
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn every_key_of_the_schema_is_described() {
        fn walk(node: &Json, at: &str, missing: &mut Vec<String>) {
            if let Some(properties) = node.get("properties").and_then(Json::as_object) {
                for (name, property) in properties {
                    if property.get("description").is_none() {
                        missing.push(format!("{at}/{name}"));
                    }
                }
            }
            match node {
                Json::Object(members) => {
                    for (name, member) in members {
                        walk(member, &format!("{at}/{name}"), missing);
                    }
                }
                Json::Array(members) => {
                    for member in members {
                        walk(member, at, missing);
                    }
                }
                _ => {}
            }
        }
        let schema = Plan::json_schema();
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
        let mut missing = Vec::new();
        walk(&schema, "", &mut missing);
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn what_stands_in_the_document() {
        // Golden: other programs read these keys.
        insta::assert_snapshot!(render(&parse(&document().to_string()).unwrap()), @r#"
        {
          "schema": "accord-plan/1",
          "planId": "11d0bf6dbfea4f6c1b287bc9ba69cca3",
          "reviewId": "830df7d17406b81e9efe0e24f993dbc8",
          "tool": {
            "name": "accord",
            "version": "0.1.0"
          },
          "inputs": {
            "digest": "d1f4",
            "gitCommit": null,
            "dirty": null
          },
          "connections": [
            {
              "name": "web-shop",
              "testworthy": "https://testworthy.us/",
              "azureDevOps": "https://dev.azure.com/contoso",
              "project": "Web Shop"
            }
          ],
          "summary": {
            "create": 0,
            "update": 1,
            "delete": 0,
            "link": 0,
            "unchanged": 30,
            "conflict": 0,
            "quarantined": 0,
            "filtered": 0,
            "held": 0
          },
          "safety": {
            "verdict": "pass",
            "rules": []
          },
          "changes": [
            {
              "address": "SyncRule/regression-cases/case/210001",
              "system": "azureDevOps",
              "action": "update",
              "reason": "sourceChanged",
              "item": {
                "testworthy": 210001,
                "azureDevOps": 5001,
                "title": "Pay with card 1"
              },
              "fields": [
                {
                  "path": "System.Title",
                  "before": null,
                  "after": "Pay",
                  "sensitive": false
                }
              ],
              "precondition": {
                "rev": 3
              },
              "origin": {
                "file": "rules/regression.yaml",
                "line": 12
              }
            }
          ],
          "conflicts": [],
          "findings": [],
          "drift": []
        }
        "#);
    }

    proptest! {
        #[test]
        fn reading_what_was_written_gives_the_same_plan(
            title in any::<String>(), before in any::<Option<String>>(), cleared: bool,
        ) {
            let mut update = sample::change(Action::Update, 1);
            update.item.title = title;
            update.fields = vec![sample::field("System.Title", json!(before), json!("x"))];
            if cleared {
                update.fields[0].before = None;
            }
            let plan = sample::plan(vec![update]);
            let text = render(&plan);
            let again = parse(&text).unwrap();
            prop_assert_eq!(&again, &plan);
            prop_assert_eq!(render(&again), text);
        }

        #[test]
        fn any_text_is_a_plan_or_an_error(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
