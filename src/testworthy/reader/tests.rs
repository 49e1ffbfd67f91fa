//! What an answer holds.

use super::*;

#[test]
fn a_case_may_come_wrapped() {
    let bare = serde_json::json!({"id": 1});
    let wrapped = serde_json::json!({"case": {"id": 1}});
    assert_eq!(case_in(&bare), Some(&bare));
    assert_eq!(case_in(&wrapped), Some(&bare));
    for none in ["{}", "null", "[]", r#"{"case": 1}"#] {
        assert_eq!(
            case_in(&serde_json::from_str(none).unwrap()),
            None,
            "{none}"
        );
    }
}
