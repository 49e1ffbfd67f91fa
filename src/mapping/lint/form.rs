//! L22: custom fields that people cannot see.

use crate::diagnostics::Finding;
use crate::diagnostics::catalog::lint as codes;
use crate::mapping::resolve::finding;
use crate::model::WorkItemType;
use crate::model::config::{FieldMapping, Row, RowTarget};

/// Fields that the system or an extension of it puts on types. Whether a form shows one of them is
/// nobody's mistake.
const NOT_CUSTOM: [&str; 3] = ["System.", "Microsoft.", "WEF_"];

/// Whether a mapping connects custom fields, so that it is worth asking for the form of its type.
pub fn names_custom_fields(mapping: &FieldMapping) -> bool {
    custom(mapping).next().is_some()
}

/// L22: custom fields on the live type that its form does not show. `shown` says whether people see a
/// field on the form, `None` if no control shows it; fields that `placed` knows have somebody who places
/// them.
pub fn lint_form(
    mapping: &FieldMapping,
    live: &WorkItemType,
    shown: impl Fn(&str) -> Option<bool>,
    placed: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let on_type = |field: &str| {
        let mut fields = live.fields.keys();
        fields.any(|known| known.eq_ignore_ascii_case(field))
    };
    let mut found = Vec::new();
    for (row, field) in custom(mapping) {
        let accepted = row.allow.iter().any(|allow| {
            allow
                .code
                .eq_ignore_ascii_case(codes::L22_NOT_ON_THE_FORM.code)
        });
        if accepted || placed(field) || !on_type(field) {
            continue;
        }
        let what = match shown(field) {
            Some(true) => continue,
            Some(false) => format!("`{field}` is hidden on the form of `{}`", live.name),
            None => format!("no control on the form of `{}` shows `{field}`", live.name),
        };
        let help = format!(
            "add it to the layout of `{}` (Organization settings > Boards > Process), or declare it as a CustomField",
            live.name
        );
        found.push(finding(mapping, row, &codes::L22_NOT_ON_THE_FORM, what).with_help(help));
    }
    found
}

fn custom(mapping: &FieldMapping) -> impl Iterator<Item = (&Row, &str)> {
    mapping.rows.iter().filter_map(|row| match &row.target {
        RowTarget::Field(field) if !NOT_CUSTOM.iter().any(|own| begins(field, own)) => {
            Some((row, field.as_str()))
        }
        _ => None,
    })
}

fn begins(field: &str, prefix: &str) -> bool {
    let start = field.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
