//! Rows over people and paths: who and what is looked up where.

use indexmap::IndexMap;

use crate::mapping::Problem;
use crate::mapping::testing::{case, compiled, compiled_row, field_row, work_item};
use crate::model::config::{Row, Unmapped, ValueMap};
use crate::model::{Direction, System, Value};

#[test]
fn people_are_found_by_the_table_then_by_address_and_never_by_name() {
    let users = IndexMap::from([(
        "ada@example.test".to_owned(),
        "Ada@Contoso.example".to_owned(),
    )]);
    let plain = compiled(
        vec![field_row("createdBy", "System.AssignedTo")],
        System::AzureDevOps,
    );
    let digest = plain.rows[0].digest().to_owned();
    let mapping = plain.with_users(&users);
    let row = &mapping.rows[0];
    assert_ne!(row.digest(), digest, "the table is part of the meaning");
    let to = |user: &str| row.to_azure_devops(&Value::text(user));
    let read = |user: &str| {
        let here = case(&[("createdBy", Value::text(user))], &[]);
        row.read_case(&here, None).unwrap()
    };
    assert_eq!(read(" Ada@Example.test "), Value::text("ada@example.test"));
    assert_eq!(
        to("ada@example.test"),
        Ok(Value::text("ada@contoso.example"))
    );
    assert_eq!(to("bob@example.test"), Ok(Value::text("bob@example.test")));
    assert!(matches!(to("512"), Err(Problem::UnknownUser { .. })));
    assert_eq!(row.to_azure_devops(&Value::Null), Ok(Value::Null));
    let there = work_item(
        &[("System.AssignedTo", Value::text("ADA@contoso.example"))],
        &[],
    );
    assert!(row.in_accord(
        &read("ada@example.test"),
        &row.read_work_item(&there).unwrap()
    ));
}

/// The order is: the row's table, the connection's, the address, and only then the substitute.
#[test]
fn a_substitute_stands_for_those_whom_nobody_knows_only() {
    let values = ValueMap {
        values: IndexMap::from([("512".to_owned(), Value::text("Grace@Contoso.example"))]),
        reverse: IndexMap::new(),
        unmapped: Unmapped::Use(Value::text("QA@Contoso.example")),
    };
    let mapping = compiled(
        vec![Row {
            values: Some(values),
            ..field_row("createdBy", "System.AssignedTo")
        }],
        System::AzureDevOps,
    )
    .with_users(&IndexMap::from([(
        "ada@example.test".to_owned(),
        "Ada@Contoso.example".to_owned(),
    )]));
    let row = &mapping.rows[0];
    for (user, wanted) in [
        ("512", "grace@contoso.example"),
        ("ada@example.test", "ada@contoso.example"),
        ("bob@example.test", "bob@example.test"),
        ("513", "qa@contoso.example"),
    ] {
        assert_eq!(
            row.to_azure_devops(&Value::text(user)),
            Ok(Value::text(wanted)),
            "{user}"
        );
    }
    assert_eq!(row.to_azure_devops(&Value::Null), Ok(Value::Null));
}

#[test]
fn sections_become_areas_by_the_most_specific_pattern() {
    let values = ValueMap {
        values: IndexMap::from([
            ("**".to_owned(), Value::text(r"Web Shop\QA")),
            (
                "Checkout/**".to_owned(),
                Value::text(r"Web Shop\QA\Checkout"),
            ),
        ]),
        reverse: IndexMap::new(),
        unmapped: Unmapped::Hold,
    };
    let row = compiled_row(Row {
        direction: Some(Direction::ToAzureDevOps),
        values: Some(values),
        ..field_row("section.path", "System.AreaPath")
    });
    let here = case(&[], &[]);
    let left = row.read_case(&here, None).unwrap();
    assert_eq!(left, Value::text("Checkout/Cards"));
    assert_eq!(
        row.to_azure_devops(&left),
        Ok(Value::text(r"Web Shop\QA\Checkout"))
    );
    let there = work_item(
        &[("System.AreaPath", Value::text(r"web shop\qa\checkout"))],
        &[],
    );
    assert!(row.in_accord(&left, &row.read_work_item(&there).unwrap()));
    assert!(row.is_many_to_one());
}
