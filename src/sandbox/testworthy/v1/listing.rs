//! Lists of the second surface: `page` and `limit` are documented, the rest is assumed.

use serde_json::{Value, json};

use super::options::V1Options;
use crate::sandbox::testworthy::{Refusal, Reply};

/// Answers one page of `items`, or all of them.
pub(super) fn reply(options: &V1Options, query: &str, items: &[Value]) -> Result<Reply, Refusal> {
    let first = usize::from(options.first_page);
    let (mut page, mut limit) = (first, options.default_limit);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| Refusal::invalid(format!("Parameter {name} must be a number.")))
        };
        match name.as_ref() {
            "page" => page = number()?,
            "limit" => limit = number()?,
            _ => {}
        }
    }
    let total = items.len();
    let (shown, page, limit) = if options.ignores_paging {
        (items, first, total)
    } else {
        if page < first {
            return Err(Refusal::invalid(format!(
                "Parameter page must be at least {first}."
            )));
        }
        if limit == 0 {
            return Err(Refusal::invalid("Parameter limit must be at least 1."));
        }
        let limit = limit.min(options.largest_limit);
        let from = (page - first).saturating_mul(limit).min(total);
        let to = from.saturating_add(limit).min(total);
        (&items[from..to], page, limit)
    };
    Ok(if options.bare_arrays {
        Reply::ok(shown)
    } else {
        Reply::ok(&json!({"data": shown, "page": page, "limit": limit, "total": total}))
    })
}
