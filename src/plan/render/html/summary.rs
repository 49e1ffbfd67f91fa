//! The top of the page: what the plan comes to, whether it may run, which plan it is.

use url::Url;

use super::Cut;
use super::escape::{Html, line};
use super::manifests;
use crate::plan::{Plan, SafetyRule, SafetyVerdict, Summary};

/// Connections, addresses of `--only` and safety rules that are shown at most.
const CONNECTIONS: usize = 40;
const ONLY: usize = 40;
const RULES: usize = 100;

/// The header, the safety rules, and what changed in the manifests in about `room` bytes.
pub(super) fn write(page: &mut Html, plan: &Plan, room: usize) {
    page.open("header", &[("class", "top")]);
    page.open("div", &[("class", "wide")]);
    page.open("div", &[("class", "lead")]);
    page.element("p", &[("class", "brand")], "Accord plan");
    page.element("h1", &[], &headline(plan));
    let (class, verdict) = verdict(plan);
    page.open("p", &[("class", class)]);
    page.element("strong", &[], verdict.0);
    page.text(" ");
    page.text(&verdict.1);
    page.close("p");
    page.close("div");
    counts(page, plan.summary);
    identity(page, plan);
    page.close("div");
    page.close("header");
    safety(page, plan);
    if let Some(changes) = &plan.manifest_changes {
        manifests::section(page, changes, room);
    }
}

/// What the plan comes to, in one sentence without its full stop.
pub(super) fn headline(plan: &Plan) -> String {
    let selected = counted(plan.summary.selected(), "item", "items");
    if !plan.has_operations() {
        return format!("Nothing to do on {selected}");
    }
    let configuration = plan.changes.iter().filter(|c| c.is_configuration()).count() as u64;
    let mut parts = Vec::new();
    if configuration > 0 {
        let what = "configuration change";
        parts.push(counted(configuration, what, "configuration changes"));
    }
    let summary = plan.summary;
    for (count, what) in [
        (summary.delete, "delete"),
        (summary.update, "update"),
        (summary.create, "create"),
        (summary.link, "link"),
    ] {
        if count > 0 {
            parts.push(format!("{} to {what}", digits(count)));
        }
    }
    if parts.is_empty() {
        parts.push(counted(plan.changes.len() as u64, "change", "changes"));
    }
    format!("{} of {selected}", parts.join(", "))
}

/// The beginning of an id, for a title.
pub(super) fn short(id: &str) -> String {
    id.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect()
}

fn verdict(plan: &Plan) -> (&'static str, (&'static str, String)) {
    let rules = &plan.safety.rules;
    let with = |verdict: SafetyVerdict| {
        let count = rules.iter().filter(|rule| rule.verdict == verdict).count();
        counted(count as u64, "safety rule", "safety rules")
    };
    match plan.safety.verdict {
        SafetyVerdict::Blocked => (
            "verdict blocked",
            (
                "Blocked",
                format!(
                    "by {}. Nothing of this plan runs.",
                    with(SafetyVerdict::Blocked)
                ),
            ),
        ),
        SafetyVerdict::Overridden => (
            "verdict accepted",
            (
                "Accepted",
                format!(
                    "beyond {}, as the command line says.",
                    with(SafetyVerdict::Overridden)
                ),
            ),
        ),
        SafetyVerdict::Pass => (
            "verdict passes",
            ("Safe to run:", "within every safety limit.".to_owned()),
        ),
    }
}

/// A class of items, its name and its number.
fn classes(summary: Summary) -> [(&'static str, &'static str, u64); 9] {
    [
        ("delete", "Delete", summary.delete),
        ("update", "Update", summary.update),
        ("create", "Create", summary.create),
        ("link", "Link", summary.link),
        ("conflict", "In conflict", summary.conflict),
        ("quarantine", "Quarantined", summary.quarantined),
        ("held", "Held", summary.held),
        ("filtered", "Filtered", summary.filtered),
        ("same", "Unchanged", summary.unchanged),
    ]
}

/// Every selected item, counted once: as a bar and as numbers.
fn counts(page: &mut Html, summary: Summary) {
    let whole = summary.selected();
    let classes = classes(summary);
    page.open("div", &[("class", "counts")]);
    if whole > 0 {
        let label = format!("How {} fall into classes", counted(whole, "item", "items"));
        page.open(
            "svg",
            &[
                ("class", "bar"),
                ("role", "img"),
                ("aria-label", &label),
                ("viewBox", "0 0 1000 10"),
                ("preserveAspectRatio", "none"),
            ],
        );
        let mut at = 0.0;
        for (class, _, count) in classes.iter().filter(|(_, _, count)| *count > 0) {
            // A class that is there is seen, however small its part is.
            let width = (share(*count, whole) * 10.0).max(3.0);
            let (x, width) = (format!("{at:.2}"), (format!("{width:.2}"), width));
            let shape = [
                ("class", *class),
                ("x", x.as_str()),
                ("y", "0"),
                ("width", width.0.as_str()),
                ("height", "10"),
            ];
            page.open("rect", &shape);
            page.close("rect");
            at += width.1;
        }
        page.close("svg");
    }
    page.open("dl", &[]);
    for (class, name, count) in classes {
        if count == 0 && !matches!(class, "delete" | "update" | "create" | "link" | "same") {
            continue;
        }
        let kind = if count == 0 { "none" } else { class };
        page.open("div", &[("class", kind)]);
        page.element("dt", &[], name);
        page.open("dd", &[]);
        page.element("b", &[], &digits(count));
        let part = if count > 0 {
            format!(" {}", percent(count, whole))
        } else {
            String::new()
        };
        page.element("small", &[], &part);
        page.close("dd");
        page.close("div");
    }
    page.open("div", &[("class", "all")]);
    page.element("dt", &[], "Selected");
    page.open("dd", &[]);
    page.element("b", &[], &digits(whole));
    page.close("dd");
    page.close("div");
    page.close("dl");
    page.close("div");
}

#[expect(clippy::cast_precision_loss, reason = "a share of counts for the eye")]
fn share(count: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    count as f64 * 100.0 / whole as f64
}

fn percent(count: u64, whole: u64) -> String {
    let share = share(count, whole);
    if share < 0.1 {
        "< 0.1 %".to_owned()
    } else if share < 10.0 {
        format!("{share:.1} %")
    } else {
        format!("{share:.0} %")
    }
}

/// `1 item`, `12,345 items`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", digits(count), if count == 1 { one } else { many })
}

/// `12,345`.
pub(super) fn digits(count: u64) -> String {
    let plain = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Which plan it is and what it was made from.
fn identity(page: &mut Html, plan: &Plan) {
    page.open("dl", &[("class", "identity")]);
    copied(page, "Plan", &line(&plan.plan_id, 80), "");
    copied(page, "Review", &line(&plan.review_id, 80), "");
    if let Some(commit) = &plan.inputs.git_commit {
        let dirty = match plan.inputs.dirty {
            Some(true) => "with changes that are not committed",
            _ => "",
        };
        copied(page, "Commit", &line(commit, 80), dirty);
    }
    for connection in plan.connections.iter().take(CONNECTIONS) {
        page.open("div", &[]);
        page.element("dt", &[], &line(&connection.name, 80));
        page.open("dd", &[]);
        let sides = format!(
            "{} ⇄ {}, project {}",
            line(&connection.testworthy, 160),
            line(&connection.azure_devops, 160),
            line(&connection.project, 80)
        );
        page.text(&sides);
        page.close("dd");
        page.close("div");
    }
    more(page, plan.connections.len(), CONNECTIONS);
    if !plan.inputs.only.is_empty() {
        let mut only = plan.inputs.only.iter().take(ONLY);
        let first: Vec<String> = only.by_ref().map(|address| line(address, 200)).collect();
        page.open("div", &[]);
        page.element("dt", &[], "Only");
        page.element("dd", &[], &first.join(", "));
        page.close("div");
        more(page, plan.inputs.only.len(), ONLY);
    }
    page.open("div", &[]);
    page.element("dt", &[], "Made by");
    let tool = format!(
        "{} {}",
        line(&plan.tool.name, 40),
        line(&plan.tool.version, 40)
    );
    page.element("dd", &[], &tool);
    page.close("div");
    page.close("dl");
}

fn copied(page: &mut Html, name: &'static str, value: &str, note: &'static str) {
    page.open("div", &[]);
    page.element("dt", &[], name);
    page.open("dd", &[]);
    page.element("code", &[("class", "copy")], value);
    if !note.is_empty() {
        page.text(" ");
        page.element("em", &[], note);
    }
    page.close("dd");
    page.close("div");
}

fn more(page: &mut Html, all: usize, shown: usize) {
    if all > shown {
        let text = format!("and {} more", digits((all - shown) as u64));
        page.open("div", &[]);
        page.element("dt", &[], "");
        page.element("dd", &[], &text);
        page.close("div");
    }
}

/// The beginning of a part below a heading that unfolds it, up to its content; `(id, heading)`. Its end closes
/// `details` and `section`.
pub(super) fn open_part(page: &mut Html, (id, heading): (&str, &str), count: &str, unfolded: bool) {
    let class = ("class", "wide safety");
    page.open("section", &[class, ("aria-labelledby", id)]);
    if unfolded {
        page.open("details", &[("open", "")]);
    } else {
        page.open("details", &[]);
    }
    page.open("summary", &[]);
    page.element("h2", &[("id", id)], heading);
    page.element("span", &[("class", "count")], count);
    page.close("summary");
}

/// Every rule that was measured, the blocked ones first.
fn safety(page: &mut Html, plan: &Plan) {
    let mut rules: Vec<&SafetyRule> = plan.safety.rules.iter().collect();
    if rules.is_empty() {
        return;
    }
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.verdict));
    let open = plan.safety.verdict != SafetyVerdict::Pass;
    let count = counted(rules.len() as u64, "rule measured", "rules measured");
    open_part(page, ("safety", "Safety"), &count, open);
    page.open("ul", &[("class", "rules")]);
    for rule in rules.iter().take(RULES) {
        let (class, word) = match rule.verdict {
            SafetyVerdict::Blocked => ("blocked", "blocked"),
            SafetyVerdict::Overridden => ("accepted", "accepted"),
            SafetyVerdict::Pass => ("passes", "passes"),
        };
        page.open("li", &[("class", class)]);
        page.element("span", &[("class", "badge")], word);
        page.open("div", &[]);
        page.open("p", &[]);
        page.element("span", &[("class", "at")], &line(&rule.address, 200));
        page.text(" ");
        page.text(&line(&rule.measured, 400));
        page.text("; limit ");
        page.text(&line(&rule.limit, 200));
        page.text(" ");
        page.element("code", &[], &line(&rule.code, 60));
        page.close("p");
        if let Some(help) = &rule.help {
            page.element("p", &[("class", "help")], &line(help, 600));
        }
        page.close("div");
        page.close("li");
    }
    if rules.len() > RULES {
        let rest = format!("and {} more", digits((rules.len() - RULES) as u64));
        page.element("li", &[], &rest);
    }
    page.close("ul");
    page.close("details");
    page.close("section");
}

/// Says what had to be cut.
pub(super) fn cut(page: &mut Html, cut: Cut) {
    let mut parts = Vec::new();
    if cut.fields {
        parts.push("no field is shown".to_owned());
    } else if let Some(text) = cut.text {
        parts.push(format!("values are cut at {text} characters"));
    }
    for (count, what) in [
        (cut.changes, "changes"),
        (cut.conflicts, "conflicts"),
        (cut.drift, "edits on targets"),
        (cut.findings, "groups of findings"),
    ] {
        if count > 0 {
            parts.push(format!("{} {what} are missing", digits(count as u64)));
        }
    }
    if parts.is_empty() {
        return;
    }
    debug_assert!(cut.text.is_some() || cut.entries() > 0);
    page.open("p", &[("class", "wide notice"), ("role", "note")]);
    page.element("strong", &[], "This plan is too large to be shown whole:");
    let text = format!(" {}. The plan as JSON has everything.", parts.join(", "));
    page.text(&text);
    page.close("p");
}

/// What a work item's number is put behind to make its address; `None` where the plan does not tell one.
pub(super) fn work_items(plan: &Plan) -> Option<String> {
    let [connection] = plan.connections.as_slice() else {
        return None;
    };
    let mut url = Url::parse(&connection.azure_devops).ok()?;
    let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    if !plain || connection.project.is_empty() || connection.project.len() > 200 {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop_if_empty().extend([
        connection.project.as_str(),
        "_workitems",
        "edit",
        "",
    ]);
    (url.as_str().len() < 1_000).then(|| url.into())
}
