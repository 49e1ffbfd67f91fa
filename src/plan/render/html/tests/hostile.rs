//! Texts of a plan stay texts, whatever they say, and nothing on the page asks another server.

use base64::Engine as _;
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Page, everything, record, update, written};
use crate::plan::{FieldChange, Plan, sample};

/// Every element that the page is made of, and every attribute.
const TAGS: [&str; 45] = [
    "a", "b", "bdi", "body", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h1", "h2",
    "head", "header", "html", "ins", "li", "link", "main", "meta", "ol", "p", "rect", "script",
    "section", "small", "span", "strong", "style", "summary", "svg", "table", "tbody", "td", "th",
    "thead", "title", "tr", "ul", "kbd", "label", "form", "fieldset",
];
const ATTRIBUTES: [&str; 24] = [
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "colspan",
    "content",
    "height",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "open",
    "preserveaspectratio",
    "rel",
    "role",
    "scope",
    "tabindex",
    "type",
    "viewbox",
    "width",
    "x",
    "y",
];

/// Puts a text wherever a plan has one.
fn filled_with(text: &str) -> Plan {
    let mut plan = everything();
    let owned = || text.to_owned();
    for change in &mut plan.changes {
        change.item.title = owned();
        change.origin.file = owned();
        for field in change.fields.iter_mut().filter(|field| !field.sensitive) {
            field.path = owned();
        }
    }
    let mut odd = update(
        3,
        vec![
            sample::field("System.Title", json!("x"), json!(text)),
            sample::field("System.Tags", json!(["x"]), json!([text])),
            sample::field(
                "A",
                json!([{"action": text}]),
                json!([{"action": "x", "expected": text}]),
            ),
            sample::field(
                "B",
                json!({"names": [text], "rows": []}),
                json!({"names": [], "rows": [[text]]}),
            ),
            sample::field("C", json!({ text: text }), json!([[text]])),
            FieldChange {
                via: vec![owned()],
                ..sample::field("System.State", json!(text), json!("x"))
            },
        ],
    );
    odd.address = owned();
    plan.changes.push(odd);
    plan.connections[0].name = owned();
    plan.connections[0].testworthy = owned();
    plan.connections[0].azure_devops = owned();
    plan.connections[0].project = owned();
    plan.inputs.only = vec![owned()];
    plan.inputs.git_commit = Some(owned());
    plan.plan_id = owned();
    plan.review_id = owned();
    plan.tool.name = owned();
    plan.tool.version = owned();
    for rule in &mut plan.safety.rules {
        rule.code = owned();
        rule.address = owned();
        rule.measured = owned();
        rule.limit = owned();
        rule.help = Some(owned());
    }
    if let Some(changes) = &mut plan.manifest_changes {
        changes.since.name = Some(owned());
        for change in &mut changes.changes {
            change.address = owned();
            change.rules = vec![owned()];
            change.attention[0].message = owned();
            change.keys[0].path = owned();
            change.keys[0].after = Some(json!(text));
        }
    }
    for conflict in &mut plan.conflicts {
        conflict.address = owned();
        conflict.code = owned();
        conflict.item.title = owned();
        conflict.path = Some(owned());
        conflict.message = owned();
        if let Some(values) = &mut conflict.values {
            values.testworthy = json!(text);
            values.base_testworthy = Some(json!(text));
            values.base_azure_devops = Some(json!(text));
        }
    }
    for drift in &mut plan.drift {
        drift.address = owned();
        drift.item.title = owned();
        drift.path = owned();
        drift.live = Some(json!(text));
        drift.policy = owned();
    }
    for finding in &mut plan.findings {
        finding.code = owned();
        finding.severity = owned();
        finding.address = owned();
        finding.message = owned();
    }
    plan
}

/// Nothing but what the page is made of, and whole.
fn is_sound(page: &Page) -> Result<(), TestCaseError> {
    prop_assert_eq!(&page.errors, &Vec::<String>::new());
    prop_assert_eq!(page.comments, 0);
    for element in &page.elements {
        prop_assert!(TAGS.contains(&element.tag.as_str()), "<{}>", element.tag);
        for (name, value) in &element.attributes {
            prop_assert!(
                ATTRIBUTES.contains(&name.as_str()),
                "{} of <{}>",
                name,
                element.tag
            );
            if name == "href" {
                let ours = value.starts_with('#')
                    || value.starts_with("data:image/svg+xml,")
                    || value.starts_with("https://");
                prop_assert!(ours, "{}", value);
            }
        }
    }
    prop_assert_eq!(page.all("script").len(), 2);
    prop_assert_eq!(page.all("style").len(), 1);
    prop_assert_eq!(page.all("meta").len(), 6);
    prop_assert_eq!(page.all("link").len(), 1);
    Ok(())
}

/// Pieces from which attempts to leave a text are made.
fn any_attempt() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "&",
        "/",
        "=",
        " ",
        "\n",
        "\0",
        "`",
        "</script>",
        "<script>",
        "<!--",
        "-->",
        "]]>",
        "</style>",
        "</title>",
        "</textarea>",
        "<img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)",
        "javascript:alert(1)",
        "&lt;script&gt;",
        "&#60;",
        "\\u003c",
        "<p>",
        "</p>",
        "<svg/onload=alert(1)>",
        "\u{2028}",
        "\u{202e}",
        "<SCRIPT>",
        "<xss-a b=c>",
        "https://dev.azure.com",
        "x",
        "払",
    ]);
    prop_oneof![
        3 => prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_element_and_no_attribute_comes_out_of_a_plan(text in any_attempt()) {
        let page = written(&filled_with(&text));
        let read = Page::read(&page);
        is_sound(&read)?;
        // The data says the same: what was put in comes out, as a text.
        let record = record(&read);
        let title = super::super::escape::line(&text, 240);
        let titles: Vec<&str> = record["changes"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|group| group["items"].as_array().unwrap())
            .map(|item| item["n"].as_str().unwrap())
            .collect();
        prop_assert!(titles.contains(&title.as_str()), "{:?} in {:?}", title, titles);
        prop_assert!(read.text.contains(&title), "{:?}", title);
    }

    #[test]
    fn data_cannot_end_its_script(text in any_attempt()) {
        let safe = super::super::escape::data(&json!({ "a": text }).to_string());
        let ends = ['<', '>', '&', '\u{2028}', '\u{2029}'];
        prop_assert!(!safe.contains(ends));
        let again: serde_json::Value = serde_json::from_str(&safe).unwrap();
        prop_assert_eq!(&again["a"], &json!(text));
    }

    #[test]
    fn sensitive_values_are_not_shown_even_if_they_are_there(secret in "[a-z]{14}") {
        let mut plan = everything();
        plan.changes.push(update(4, vec![FieldChange {
            sensitive: true,
            via: vec![secret.clone()],
            ..sample::field("Custom.TestData", json!(secret), json!(secret))
        }]));
        plan.drift[0].live = Some(json!(secret));
        plan.drift[0].recorded = Some(json!(secret));
        plan.drift[0].sensitive = true;
        plan.conflicts[0].sensitive = true;
        plan.conflicts[0].values.as_mut().unwrap().testworthy = json!(secret);
        prop_assert!(!written(&plan).contains(&secret));
    }
}

#[test]
fn the_policy_allows_this_style_and_this_script_and_nothing_else() {
    let page = Page::read(&written(&everything()));
    let policy = page
        .all("meta")
        .into_iter()
        .find(|meta| meta.attribute("http-equiv") == Some("Content-Security-Policy"));
    let policy = policy.and_then(|meta| meta.attribute("content")).unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (what, text) in [
        ("script-src", page.script("").unwrap()),
        ("style-src", &page.all("style")[0].text),
    ] {
        let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
        assert!(
            policy.contains(&format!("{what} 'sha256-{digest}';")),
            "{policy}"
        );
        assert!(text.len() > 1_000);
    }
    for loose in ["unsafe", "http:", "https:", "*"] {
        assert!(!policy.contains(loose), "{policy}");
    }
}

#[test]
fn style_and_script_fetch_nothing() {
    let page = Page::read(&written(&everything()));
    let (script, style) = (page.script("").unwrap(), &page.all("style")[0].text);
    for word in ["@import", "url(", "src:", "http"] {
        assert!(!style.contains(word), "{word}");
    }
    let sinks = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "fetch(",
        "XMLHttpRequest",
        "import(",
        "sendBeacon",
        "WebSocket",
        "http:",
        "https:",
        "setAttribute('on",
        "setAttribute('style",
    ];
    for word in sinks {
        assert!(!script.contains(word), "{word}");
    }
}

#[test]
fn only_a_plain_address_of_the_plan_becomes_a_link() {
    let link = |address: &str| {
        let mut plan = everything();
        plan.connections[0].azure_devops = address.to_owned();
        super::super::summary::work_items(&plan)
    };
    let good = link("https://dev.azure.com/contoso/");
    assert_eq!(
        good.as_deref(),
        Some("https://dev.azure.com/contoso/Web%20Shop/_workitems/edit/")
    );
    for bad in [
        "javascript:alert(1)//",
        "data:text/html,x",
        "http://dev.azure.com/contoso",
        "https://user:secret@dev.azure.com/contoso",
        "file:///etc/passwd",
        "",
    ] {
        assert_eq!(link(bad), None, "{bad}");
    }
}
