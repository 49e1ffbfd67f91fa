//! What a row wrote is read back as itself, whatever it was.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{DESCRIPTION, STEPS, separated};
use crate::mapping::testing::{case, compiled, field_row, work_item};
use crate::model::{System, Value};

fn html() -> impl Strategy<Value = String> {
    let word = "[a-zäß<>&;\"' ]{0,8}|👩\u{200D}🔬|שלום";
    let tag = prop_oneof![
        Just("<p>"),
        Just("</p>"),
        Just("<b>"),
        Just("</b>"),
        Just("<ul><li>"),
        Just("</li></ul>"),
        Just("<br>"),
        Just("<table><tr><td>"),
        Just("</td></tr></table>"),
        Just("<h2>"),
        Just("</h2>"),
        Just("<script>"),
        Just("</script>"),
        Just("&nbsp;"),
        Just("<img src=\"https://a.test/x.png\">"),
    ];
    let piece = prop_oneof![word.prop_map(String::from), tag.prop_map(String::from)];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_was_written_is_read_back_as_itself(text in html(), markdown in any::<bool>()) {
        let mapping = compiled(vec![field_row("description", DESCRIPTION)], System::AzureDevOps);
        let row = &mapping.rows[0];
        let left = row.read_case(&case(&[("description", Value::text(text))], &[]), None).unwrap();
        let mut there = work_item(&[], &[]);
        if markdown {
            there.markdown.insert(DESCRIPTION.to_owned());
        }
        let values = BTreeMap::from([("description".to_owned(), row.to_azure_devops(&left).unwrap())]);
        there.fields.extend(mapping.patch_work_item(&there, &values, false).unwrap().fields);
        there.fields.retain(|_, value| !value.is_null());
        prop_assert_eq!(row.read_work_item(&there).unwrap(), left);
    }

    #[test]
    fn steps_written_from_a_case_are_read_back_as_themselves(
        texts in proptest::collection::vec((html(), html()), 0..5),
        before in proptest::collection::vec((html(), html()), 0..5),
    ) {
        let mapping = compiled(vec![field_row("steps", STEPS)], System::AzureDevOps);
        let row = &mapping.rows[0];
        let json = |texts: &[(String, String)]| -> serde_json::Value {
            texts.iter().map(|(a, e)| serde_json::json!({"content": a, "expected": e})).collect()
        };
        let read = |texts: &[(String, String)]| {
            row.read_case(&case(&[("steps", separated(json(texts)))], &[]), None).unwrap()
        };
        let mut there = work_item(&[], &[]);
        for wanted in [read(&before), read(&texts)] {
            let values = BTreeMap::from([("steps".to_owned(), row.to_azure_devops(&wanted).unwrap())]);
            there.fields.extend(mapping.patch_work_item(&there, &values, false).unwrap().fields);
            there.fields.retain(|_, value| !value.is_null());
            prop_assert_eq!(row.read_work_item(&there).unwrap(), wanted);
        }
    }
}
