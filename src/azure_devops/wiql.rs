//! WIQL texts: which work items a rule selects, a page of ids at a time.
//!
//! Names and paths stand in single quotes with single quotes doubled, so no value can leave its literal.
//! A condition from a manifest goes in as it is, in parentheses, and is checked before: whatever could
//! close those parentheses or end the query is refused (Microsoft Learn, WIQL syntax).

use std::fmt::Write as _;

use crate::model::WorkItemId;
use crate::remote::WorkItemQuery;

/// The longest text that the server takes, in UTF-16 units.
pub(super) const LONGEST: usize = 32_000;

/// Ids per page. The server refuses a result of more than 20,000 with VS402337.
pub(super) const PAGE: usize = 19_999;

/// Room for the condition and the order that a page adds.
const PAGE_SUFFIX: usize = 80;

/// One query without its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    text: String,
    /// Whether the query compares with a time of day: the address must then say so, or the server
    /// refuses it; without one, saying so would change the meaning of plain dates.
    pub(super) time_precision: bool,
}

impl Statement {
    /// The text of the page that follows `last`; pages are in ascending order of ids.
    pub(super) fn after(&self, last: Option<WorkItemId>) -> String {
        let last = last.map_or(0, |id| id.0);
        format!(
            "{} AND [System.Id] > {last} ORDER BY [System.Id]",
            self.text
        )
    }
}

/// The queries that together select what `query` asks for: one, or several if it names so many ids that
/// one text would be too long. `Err` says what is wrong with the query, for a person.
pub(super) fn statements(project: &str, query: &WorkItemQuery) -> Result<Vec<Statement>, String> {
    let mut text = format!(
        "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = {} AND [System.WorkItemType] = {}",
        literal(project),
        literal(&query.work_item_type)
    );
    for (clause, value) in [
        ("[System.AreaPath] UNDER", &query.area_path),
        ("[System.IterationPath] UNDER", &query.iteration_path),
        ("[System.Tags] CONTAINS", &query.tag),
    ] {
        if let Some(value) = value {
            let _ = write!(text, " AND {clause} {}", literal(value));
        }
    }
    let mut time_precision = false;
    if let Some(condition) = query
        .wiql
        .as_deref()
        .map(str::trim)
        .filter(|c| !c.is_empty())
    {
        time_precision = check_condition(condition)?;
        let _ = write!(text, " AND ({condition})");
    }

    let length = text.encode_utf16().count() + PAGE_SUFFIX;
    let room = LONGEST
        .checked_sub(length)
        .ok_or_else(|| format!("the query has {length} characters, the server takes {LONGEST}"))?;
    if query.ids.is_empty() {
        return Ok(vec![Statement {
            text,
            time_precision,
        }]);
    }
    let groups = id_groups(
        &query.ids,
        room.saturating_sub(" AND [System.Id] IN ()".len()),
    )
    .ok_or("the query leaves no room for the ids it names")?;
    Ok(groups
        .into_iter()
        .map(|ids| Statement {
            text: format!("{text} AND [System.Id] IN ({ids})"),
            time_precision,
        })
        .collect())
}

/// A literal, closed whatever it holds.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The ids in ascending order, each once, as lists of at most `room` characters.
fn id_groups(ids: &[WorkItemId], room: usize) -> Option<Vec<String>> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut groups: Vec<String> = Vec::new();
    for id in sorted {
        let id = id.to_string();
        match groups.last_mut() {
            Some(group) if group.len() + 1 + id.len() <= room => {
                group.push(',');
                group.push_str(&id);
            }
            _ if id.len() <= room => groups.push(id),
            _ => return None,
        }
    }
    Some(groups)
}

/// Checks that a condition from a manifest stays inside its parentheses. Gives whether it compares with
/// a time of day.
fn check_condition(condition: &str) -> Result<bool, String> {
    let refused = |why: &str| Err(format!("the WIQL condition of the rule {why}"));
    let mut time_precision = false;
    let mut depth = 0_u32;
    let mut word = String::new();
    let mut previous = String::new();
    let mut rest = condition.chars().peekable();
    loop {
        let next = rest.next();
        if let Some(c) = next
            && (c.is_alphanumeric() || matches!(c, '_' | '.' | '@'))
        {
            word.extend(c.to_uppercase());
            continue;
        }
        if !word.is_empty() {
            match word.as_str() {
                "ASOF" => return refused("holds ASOF: a rule always looks at the present"),
                "BY" if previous == "ORDER" => {
                    return refused("holds ORDER BY: Accord orders by id to read page by page");
                }
                "SELECT" | "FROM" | "WHERE" | "MODE" => {
                    return refused("holds a whole query; give only the condition after WHERE");
                }
                _ => {}
            }
            previous = std::mem::take(&mut word);
        }
        let Some(c) = next else { break };
        match c {
            '\'' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.peek() == Some(&'\'') => {
                            rest.next();
                            text.push('\'');
                        }
                        Some('\'') => break,
                        Some(inside) => text.push(inside),
                        None => return refused("has a single quote that is not closed"),
                    }
                }
                time_precision |= is_date_with_time(&text);
                previous.clear();
            }
            '[' => loop {
                match rest.next() {
                    Some(']') => break,
                    Some(inside) if !matches!(inside, '[' | '\'' | '"' | '(' | ')') => {}
                    _ => return refused("has a field name without its closing bracket"),
                }
            },
            '(' => depth += 1,
            ')' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return refused("closes a parenthesis that it did not open"),
            },
            ']' => return refused("closes a bracket that it did not open"),
            '"' => return refused("holds a double quote; write texts in single quotes"),
            c if c.is_control() && !c.is_whitespace() => {
                return refused("holds a control character");
            }
            _ => {}
        }
    }
    if depth > 0 {
        return refused("does not close every parenthesis that it opens");
    }
    Ok(time_precision)
}

/// Whether a literal reads as a date with a time of day, as `2026-03-04T05:06:07Z` or `3/4/2026 5:06`.
fn is_date_with_time(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains(':')
        && text.contains(['-', '/', '.'])
        && text.chars().all(|c| {
            c.is_ascii_digit()
                || matches!(
                    c,
                    '-' | '/' | '.' | ':' | '+' | ' ' | 'T' | 'Z' | 'A' | 'P' | 'M'
                )
        })
}

#[cfg(test)]
mod tests;
