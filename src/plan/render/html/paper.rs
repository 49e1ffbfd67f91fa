//! The lists as markup, for whoever reads without a script: the beginning of each, as much as fits.
//!
//! `page.js` draws the same entries with the same classes; who changes one changes the other.

use std::collections::HashSet;

use super::Listed;
use super::entries::{Conflict, Drift, Finding, Group, Item, PairView};
use super::escape::Html;
use super::fields::{Content, FieldView, StepView};
use super::summary::{counted, digits, work_items};
use super::words::{Segment, Tone, tag};
use crate::model::System;
use crate::plan::render::words::{noun, plural};
use crate::plan::{Action, Plan};

/// A page with no more entries than this shows them opened.
const OPENED: usize = 24;

/// What stays free for the rows about what is missing.
const HEADS: usize = 4 * 1024;

/// Writes the lists into at most `room` bytes.
pub(super) fn write(page: &mut Html, plan: &Plan, listed: &Listed, room: usize) {
    let mut paper = Paper {
        page,
        room: room.saturating_sub(HEADS),
        open: listed.groups.len() + listed.conflicts.len() <= OPENED,
        base: work_items(plan),
        ids: HashSet::new(),
    };
    paper.page.open("div", &[("class", "wide work")]);
    paper.page.open("div", &[("id", "tools")]);
    let hint =
        "Search, filters and the rest of long lists need JavaScript, which is not running here.";
    paper.page.element("p", &[("class", "notice")], hint);
    paper.page.close("div");
    paper.page.open("main", &[("id", "lists")]);
    paper.lists(plan, listed);
    paper.page.close("main");
    paper.page.close("div");
}

struct Paper<'a> {
    page: &'a mut Html,
    room: usize,
    open: bool,
    base: Option<String>,
    /// Addresses that are the id of an element: a pair may have a change on either side.
    ids: HashSet<String>,
}

impl Paper<'_> {
    fn lists(&mut self, plan: &Plan, listed: &Listed) {
        let changes = plan.changes.len();
        self.head(
            "changes",
            "Changes",
            &counted(changes as u64, "change", "changes"),
        );
        if changes == 0 {
            let nothing = "There is nothing to do.";
            self.page.element("p", &[("class", "empty")], nothing);
        }
        self.groups(&listed.groups);
        self.page.close("section");
        let of = |class: &str| -> Vec<&Finding> {
            let all = listed.findings.iter();
            all.filter(|finding| finding.class == class).collect()
        };
        self.list(
            "conflicts",
            "Conflicts: a person decides",
            &listed.conflicts.iter().collect::<Vec<_>>(),
            |_| 1,
            conflict,
        );
        let sum = |finding: &Finding| finding.count;
        self.list("quarantine", "Quarantined", &of("quarantine"), sum, finding);
        self.list("held", "Held", &of("held"), sum, finding);
        self.list(
            "drift",
            "Edited on the target since the last apply",
            &listed.drift.iter().collect::<Vec<_>>(),
            |_| 1,
            drift,
        );
        self.list("findings", "Findings", &of("finding"), sum, finding);
    }

    fn head(&mut self, id: &'static str, title: &'static str, count: &str) {
        let page = &mut *self.page;
        page.open("section", &[("id", id), ("tabindex", "-1")]);
        page.open("h2", &[]);
        page.text(title);
        page.text(" ");
        page.element("span", &[("class", "count")], count);
        page.close("h2");
    }

    fn takes(&mut self, piece: &Html) -> bool {
        let fits = piece.len() <= self.room;
        if fits {
            self.room -= piece.len();
            self.page.append(piece);
        } else {
            self.room = 0;
        }
        fits
    }

    fn list<T>(
        &mut self,
        id: &'static str,
        title: &'static str,
        entries: &[&T],
        weight: fn(&T) -> usize,
        write: fn(&mut Html, &T),
    ) {
        if entries.is_empty() {
            return;
        }
        let whole: usize = entries.iter().map(|entry| weight(entry)).sum();
        self.head(id, title, &digits(whole as u64));
        self.page.open("ol", &[("class", "rows")]);
        let mut shown = 0;
        for entry in entries {
            let mut piece = Html::default();
            write(&mut piece, entry);
            if !self.takes(&piece) {
                break;
            }
            shown += 1;
        }
        self.page.close("ol");
        self.rest(entries.len() - shown);
        self.page.close("section");
    }

    fn groups(&mut self, groups: &[Group]) {
        self.page.open("ol", &[("class", "rows")]);
        let mut shown = 0;
        for group in groups {
            let mut piece = Html::default();
            let room = self.room;
            let mut writer = Row {
                base: self.base.as_deref(),
                ids: &mut self.ids,
                room,
            };
            writer.write(&mut piece, group, self.open);
            if !self.takes(&piece) {
                break;
            }
            shown += 1;
        }
        self.page.close("ol");
        let rest = groups[shown..].iter().map(|group| group.count).sum();
        self.rest(rest);
    }

    fn rest(&mut self, count: usize) {
        if count > 0 {
            let text = format!(
                "{} more are shown where JavaScript runs.",
                digits(count as u64)
            );
            self.page.element("p", &[("class", "rest")], &text);
        }
    }
}

fn mark(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Create => ("+", "row create"),
        Action::Update => ("~", "row update"),
        Action::Delete => ("−", "row delete"),
        Action::Link => ("=", "row link"),
    }
}

fn details(page: &mut Html, open: bool) {
    if open {
        page.open("details", &[("open", "")]);
    } else {
        page.open("details", &[]);
    }
}

/// Writes one group.
struct Row<'a> {
    base: Option<&'a str>,
    ids: &'a mut HashSet<String>,
    room: usize,
}

impl Row<'_> {
    /// Opens the element that a link to this address leads to.
    fn open(&mut self, page: &mut Html, class: &str, address: &str) {
        // Sections have ids without a slash.
        if address.contains('/') && self.ids.insert(address.to_owned()) {
            page.open("li", &[("class", class), ("id", address)]);
        } else {
            page.open("li", &[("class", class)]);
        }
    }

    fn write(&mut self, page: &mut Html, group: &Group, open: bool) {
        let (sign, class) = mark(group.action);
        let single = match group.items.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        self.open(page, class, single.map_or("", |only| &only.pair.address));
        details(page, open);
        page.open("summary", &[]);
        page.element("span", &[("class", "mark"), ("aria-hidden", "true")], sign);
        page.open("span", &[("class", "what")]);
        page.element("span", &[("class", "verb")], group.verb);
        page.text(" ");
        if let Some(only) = single {
            page.element("span", &[("class", "who")], &who(&only.pair, group));
        } else {
            let (one, many) = (noun(group.system), plural(group.system));
            let items = counted(group.count as u64, one, many);
            page.element("span", &[("class", "many")], &items);
        }
        page.close("span");
        page.text(" ");
        page.open("span", &[("class", "head")]);
        match single {
            Some(only) => page.element("bdi", &[("class", "title")], &only.pair.title),
            None => page.element("span", &[("class", "title")], &group.rule),
        }
        page.text(" ");
        page.element("span", &[("class", "gist")], &group.gist);
        page.close("span");
        page.close("summary");
        page.open("div", &[("class", "body")]);
        why(page, group, single, self.base);
        fields(page, &group.fields, group.fields_left, group.same);
        if let Some(only) = single {
            fields(page, &only.fields, only.fields_left, 0);
            if group.fields.is_empty() && only.fields.is_empty() && group.action == Action::Update {
                page.element(
                    "p",
                    &[("class", "faint")],
                    "Only Accord's marker is written.",
                );
            }
        } else {
            page.open("ol", &[("class", "items")]);
            let mut shown = 0;
            for one in &group.items {
                let mut piece = Html::default();
                self.item(&mut piece, group, one);
                if page.len() + piece.len() + 1_000 > self.room {
                    break;
                }
                page.append(&piece);
                shown += 1;
            }
            page.close("ol");
            if shown < group.count {
                let rest = digits((group.count - shown) as u64);
                let text = format!("{rest} more are shown where JavaScript runs.");
                page.element("p", &[("class", "rest")], &text);
            }
        }
        page.close("div");
        page.close("details");
        page.close("li");
    }

    fn item(&mut self, page: &mut Html, group: &Group, one: &Item) {
        self.open(page, "item", &one.pair.address);
        let (name, title) = (who(&one.pair, group), &one.pair.title);
        if one.fields.is_empty() {
            page.element("span", &[("class", "who")], &name);
            page.text(" ");
            page.element("bdi", &[("class", "title")], title);
        } else {
            page.open("details", &[]);
            page.open("summary", &[]);
            page.element("span", &[("class", "who")], &name);
            page.text(" ");
            page.element("bdi", &[("class", "title")], title);
            page.close("summary");
            fields(page, &one.fields, one.fields_left, 0);
            page.close("details");
        }
        page.close("li");
    }
}

/// `work item 5120`, or what it is made for.
fn who(pair: &PairView, group: &Group) -> String {
    let (own, other) = match group.system {
        System::TestWorthy => (pair.case, pair.work_item),
        System::AzureDevOps => (pair.work_item, pair.case),
    };
    let system = group.system;
    match (own, other) {
        (Some(id), Some(other)) if group.action == Action::Link => {
            format!(
                "{} {id} with {} {other}",
                noun(system),
                noun(system.other())
            )
        }
        (Some(id), _) => format!("{} {id}", noun(system)),
        (None, Some(id)) => format!("{} for {} {id}", noun(system), noun(system.other())),
        (None, None) => pair.address.clone(),
    }
}

fn why(page: &mut Html, group: &Group, single: Option<&Item>, base: Option<&str>) {
    page.open("p", &[("class", "why")]);
    match single {
        Some(only) => {
            let link = format!("#{}", only.pair.address);
            page.element("a", &[("class", "at"), ("href", &link)], &only.pair.address);
        }
        None => page.element("span", &[("class", "at")], &group.rule),
    }
    page.text(" ");
    page.element("span", &[("class", "because")], &group.because);
    page.text(" ");
    page.element("span", &[("class", "origin")], &group.origin);
    if let Some(only) = single {
        if !only.condition.is_empty() {
            page.text(" ");
            let text = format!("if {}", only.condition);
            page.element("span", &[("class", "if")], &text);
        }
        page.text(" ");
        opens(page, &only.pair, base);
    }
    page.close("p");
}

/// The way to the work item itself.
fn opens(page: &mut Html, pair: &PairView, base: Option<&str>) {
    if let (Some(base), Some(id)) = (base, pair.work_item) {
        let address = format!("{base}{id}");
        let text = format!("open work item {id}");
        let attributes = [("href", address.as_str()), ("rel", "noopener noreferrer")];
        page.element("a", &attributes, &text);
    }
}

fn fields(page: &mut Html, fields: &[FieldView], left: usize, same: usize) {
    if !fields.is_empty() {
        page.open("dl", &[("class", "fields")]);
        for field in fields {
            page.open("div", &[]);
            page.element("dt", &[], &field.path);
            page.open("dd", &[]);
            content(page, &field.content);
            page.close("dd");
            page.close("div");
        }
        page.close("dl");
    }
    let mut notes = Vec::new();
    if left > 0 {
        notes.push(counted(left as u64, "more field", "more fields"));
    }
    if same > 0 {
        notes.push(format!(
            "{} unchanged",
            counted(same as u64, "field", "fields")
        ));
    }
    if !notes.is_empty() {
        page.element("p", &[("class", "faint")], &notes.join(", "));
    }
}

fn content(page: &mut Html, content: &Content) {
    match content {
        Content::Sensitive => {
            let text = "sensitive: its values are left out of the plan";
            page.element("em", &[("class", "secret")], text);
        }
        Content::Value { before, after, via } => {
            match before {
                Some(before) => {
                    page.element("del", &[], before);
                    page.raw(" <span class=\"to\" aria-label=\"becomes\">→</span> ");
                    page.element("ins", &[], after);
                }
                None => page.element("span", &[("class", "value")], after),
            }
            if !via.is_empty() {
                let text = format!(" by way of {}", via.join(", "));
                page.element("span", &[("class", "faint")], &text);
            }
        }
        Content::Text { segments, markup } => {
            page.open("div", &[("class", "text")]);
            told(page, segments, *markup);
            page.close("div");
        }
        Content::Members {
            added,
            removed,
            kept,
            left,
        } => members(page, added, removed, *kept, *left),
        Content::Steps { rows, expects } => steps(page, rows, *expects),
    }
}

fn members(page: &mut Html, added: &[String], removed: &[String], kept: usize, left: usize) {
    page.open("ul", &[("class", "members")]);
    for (tag, members) in [("ins", added), ("del", removed)] {
        for member in members {
            page.open("li", &[]);
            page.element(tag, &[], member);
            page.close("li");
        }
    }
    for (count, what) in [(left, "more that differ"), (kept, "stay")] {
        if count > 0 {
            let text = format!("{} {what}", digits(count as u64));
            page.element("li", &[("class", "faint")], &text);
        }
    }
    page.close("ul");
}

fn steps(page: &mut Html, rows: &[StepView], expects: bool) {
    page.open("table", &[("class", "steps")]);
    page.open("thead", &[]);
    page.open("tr", &[]);
    page.element("th", &[("scope", "col")], "Step");
    page.element("th", &[("scope", "col")], "Action");
    if expects {
        page.element("th", &[("scope", "col")], "Expected");
    }
    page.close("tr");
    page.close("thead");
    page.open("tbody", &[]);
    for row in rows {
        let Some(mark) = row.mark else {
            page.open("tr", &[("class", "fold")]);
            let span = if expects { "3" } else { "2" };
            page.open("td", &[("colspan", span)]);
            page.text(&counted(row.number as u64, "more step", "more steps"));
            page.close("td");
            page.close("tr");
            continue;
        };
        let (class, sign) = match mark {
            '-' => ("gone", "−"),
            '+' => ("new", "+"),
            '~' => ("changed", "~"),
            _ => ("same", ""),
        };
        page.open("tr", &[("class", class)]);
        page.open("th", &[("scope", "row")]);
        page.text(sign);
        page.text(&row.number.to_string());
        page.close("th");
        let columns = [Some(&row.action), expects.then_some(&row.expected)];
        for segments in columns.into_iter().flatten() {
            page.open("td", &[]);
            told(page, segments, false);
            page.close("td");
        }
        page.close("tr");
    }
    page.close("tbody");
    page.close("table");
}

fn told(page: &mut Html, segments: &[Segment], markup: bool) {
    for segment in segments {
        let element = match segment.tone {
            Tone::Same => None,
            Tone::Gone => Some("del"),
            Tone::New => Some("ins"),
            Tone::Left => {
                let text = format!("… {} characters …", segment.text);
                page.element("span", &[("class", "left")], &text);
                continue;
            }
        };
        if let Some(element) = element {
            page.open(element, &[]);
        }
        if markup {
            dimmed(page, &segment.text);
        } else {
            page.text(&segment.text);
        }
        if let Some(element) = element {
            page.close(element);
        }
    }
}

/// Tags of formatted text stand back behind its words.
fn dimmed(page: &mut Html, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        page.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(length) = tag(rest) {
            page.element("span", &[("class", "tag")], &rest[..length]);
            rest = &rest[length..];
        } else {
            page.text("<");
            rest = &rest[1..];
        }
    }
    page.text(rest);
}

fn about(pair: &PairView) -> String {
    let mut ids = Vec::new();
    if let Some(id) = pair.case {
        ids.push(format!("case {id}"));
    }
    if let Some(id) = pair.work_item {
        ids.push(format!("work item {id}"));
    }
    if ids.is_empty() {
        return pair.address.clone();
    }
    ids.join(", ")
}

fn heading(page: &mut Html, class: &'static str, pair: &PairView, path: Option<&str>, end: &str) {
    page.open("li", &[("class", class)]);
    page.open("details", &[("open", "")]);
    page.open("summary", &[]);
    page.element("span", &[("class", "mark"), ("aria-hidden", "true")], "!");
    page.open("span", &[("class", "what")]);
    page.element("span", &[("class", "who")], &about(pair));
    page.close("span");
    page.text(" ");
    page.open("span", &[("class", "head")]);
    page.element("bdi", &[("class", "title")], &pair.title);
    page.text(" ");
    page.element("span", &[("class", "gist")], path.unwrap_or_default());
    page.close("span");
    page.text(" ");
    page.element("span", &[("class", "end")], end);
    page.close("summary");
    page.open("div", &[("class", "body")]);
}

fn conflict(page: &mut Html, conflict: &Conflict) {
    let path = conflict.path.as_deref();
    heading(page, "row conflict", &conflict.pair, path, &conflict.code);
    page.open("p", &[("class", "why")]);
    page.element("span", &[("class", "at")], &conflict.pair.address);
    page.close("p");
    page.element("p", &[], &conflict.message);
    if conflict.sensitive {
        let text = "Both values are sensitive and left out of the plan.";
        page.element("p", &[("class", "secret")], text);
    }
    if let Some(values) = &conflict.values {
        page.open("dl", &[("class", "fields")]);
        if let Content::Value {
            before: Some(left),
            after: right,
            ..
        } = values
        {
            held(page, "TestWorthy holds", left);
            held(page, "Azure DevOps holds", right);
        } else {
            page.open("div", &[]);
            page.element("dt", &[], "TestWorthy → Azure DevOps");
            page.open("dd", &[]);
            content(page, values);
            page.close("dd");
            page.close("div");
        }
        if let Some(base) = &conflict.base {
            held(page, "in accord both held", base);
        }
        page.close("dl");
    }
    page.close("div");
    page.close("details");
    page.close("li");
}

fn held(page: &mut Html, name: &'static str, value: &str) {
    page.open("div", &[]);
    page.element("dt", &[], name);
    page.element("dd", &[], value);
    page.close("div");
}

fn drift(page: &mut Html, drift: &Drift) {
    heading(
        page,
        "row drift",
        &drift.pair,
        Some(&drift.path),
        drift.outcome,
    );
    page.open("p", &[("class", "why")]);
    page.element("span", &[("class", "at")], &drift.pair.address);
    page.text(" ");
    let edited = match drift.system {
        System::TestWorthy => "edited in TestWorthy",
        System::AzureDevOps => "edited in Azure DevOps",
    };
    page.element("span", &[("class", "because")], edited);
    page.close("p");
    page.open("dl", &[("class", "fields")]);
    page.open("div", &[]);
    page.element("dt", &[], &drift.path);
    page.open("dd", &[]);
    content(page, &drift.values);
    page.close("dd");
    page.close("div");
    page.close("dl");
    page.close("div");
    page.close("details");
    page.close("li");
}

fn finding(page: &mut Html, finding: &Finding) {
    let class = match finding.severity.as_str() {
        "error" => "row finding error",
        "warning" => "row finding warning",
        _ => "row finding",
    };
    page.open("li", &[("class", class)]);
    page.open("details", &[("open", "")]);
    page.open("summary", &[]);
    page.element("span", &[("class", "mark"), ("aria-hidden", "true")], "!");
    page.open("span", &[("class", "what")]);
    page.element("span", &[("class", "verb")], &finding.severity);
    page.close("span");
    page.text(" ");
    page.open("span", &[("class", "head")]);
    page.element("span", &[("class", "title")], &finding.message);
    page.close("span");
    page.text(" ");
    page.element("span", &[("class", "end")], &finding.code);
    page.close("summary");
    page.open("div", &[("class", "body")]);
    page.open("p", &[("class", "why")]);
    if finding.count > 1 {
        let text = counted(finding.count as u64, "item", "items");
        page.element("span", &[("class", "many")], &text);
        page.text(" ");
    }
    page.element("span", &[("class", "origin")], &finding.origin);
    page.close("p");
    page.open("ul", &[("class", "places")]);
    for address in &finding.addresses {
        page.open("li", &[]);
        page.element("span", &[("class", "at")], address);
        page.close("li");
    }
    if finding.count > finding.addresses.len() {
        let rest = digits((finding.count - finding.addresses.len()) as u64);
        page.element("li", &[("class", "faint")], &format!("and {rest} more"));
    }
    page.close("ul");
    page.close("div");
    page.close("details");
    page.close("li");
}
