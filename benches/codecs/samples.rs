//! Contents of fields, as both systems hold them.

use serde_json::{Value as Json, json};

pub(crate) const SHORT_HTML: &str = include_str!("texts/short.html");
pub(crate) const LONG_HTML: &str = include_str!("texts/long.html");
pub(crate) const SHORT_MARKDOWN: &str = include_str!("texts/short.md");
pub(crate) const LONG_MARKDOWN: &str = include_str!("texts/long.md");

/// `Microsoft.VSTS.TCM.Steps` as the web client writes it.
pub(crate) fn steps_xml(count: usize) -> String {
    let steps: String = (0..count)
        .map(|at| {
            format!(
                "<step id=\"{}\" type=\"ValidateStep\"><parameterizedString isformatted=\"true\">&lt;DIV&gt;&lt;P&gt;Open page {at} \
                 &amp;amp; wait for &lt;B&gt;@user&lt;/B&gt;&lt;BR/&gt;&lt;/P&gt;&lt;/DIV&gt;</parameterizedString>\
                 <parameterizedString isformatted=\"true\">&lt;P&gt;Page {at} is shown&lt;/P&gt;</parameterizedString>\
                 <description/></step>",
                at + 2
            )
        })
        .collect();
    format!("<steps id=\"0\" last=\"{}\">{steps}</steps>", count + 1)
}

/// The same steps as `custom_steps_separated`.
pub(crate) fn separated(count: usize) -> Json {
    (0..count)
        .map(|at| {
            json!({
                "content": format!("<p>Open page {at} &amp; wait for <strong>@user</strong></p>"),
                "expected": format!("<p>Page {at} is shown</p>"),
                "additional_info": "",
                "refs": "",
            })
        })
        .collect()
}

/// `Microsoft.VSTS.TCM.Parameters` and `LocalDataSource`.
pub(crate) fn parameters(names: usize, rows: usize) -> (String, String) {
    let named: String = (0..names)
        .map(|at| format!("<param name=\"name{at}\" bind=\"default\"/>"))
        .collect();
    let row = |row: usize| -> String {
        let values = (0..names).map(|at| format!("<name{at}>value {at} of {row}</name{at}>"));
        format!("<Table1>{}</Table1>", values.collect::<String>())
    };
    let data: String = (0..rows).map(row).collect();
    (
        format!("<parameters>{named}</parameters>"),
        format!("<NewDataSet>{data}</NewDataSet>"),
    )
}
