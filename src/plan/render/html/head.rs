//! The frame of the page: its policy, its style, its script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::escape::Html;
use super::summary;
use crate::plan::Plan;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A mark of its own, so that a browser asks no server for one.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 5h9M8 2l3 3-3 3M14 11H5m3-3-3 3 3 3' fill='none' stroke='%230b6b5d' stroke-width='2'/%3E%3C/svg%3E";

/// Everything up to the page's first heading.
pub(super) fn begin(page: &mut Html, plan: &Plan) {
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        digest(SCRIPT),
        digest(STYLE)
    );
    page.raw("<!DOCTYPE html>\n");
    page.open("html", &[("lang", "en")]);
    page.open("head", &[]);
    page.open("meta", &[("charset", "utf-8")]);
    page.open(
        "meta",
        &[
            ("http-equiv", "Content-Security-Policy"),
            ("content", &policy),
        ],
    );
    let wide = "width=device-width, initial-scale=1";
    page.open("meta", &[("name", "viewport"), ("content", wide)]);
    page.open("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    page.open("meta", &[("name", "robots"), ("content", "noindex")]);
    let schemes = "light dark";
    page.open("meta", &[("name", "color-scheme"), ("content", schemes)]);
    page.open("link", &[("rel", "icon"), ("href", ICON)]);
    let title = format!(
        "Plan {}: {}",
        summary::short(&plan.plan_id),
        summary::headline(plan)
    );
    page.element("title", &[], &title);
    page.raw("<style>");
    page.raw(STYLE);
    page.raw("</style>");
    page.close("head");
    page.open("body", &[]);
    page.element(
        "a",
        &[("class", "skip"), ("href", "#changes")],
        "Skip to the changes",
    );
}

/// Everything behind the data.
pub(super) fn end(page: &mut Html) {
    page.raw("<script>");
    page.raw(SCRIPT);
    page.raw("</script>");
    page.close("body");
    page.close("html");
    page.raw("\n");
}

/// As a policy names a style or a script.
fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}
