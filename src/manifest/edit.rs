//! New values in the text of a manifest: only the bytes of a value change, comments and everything else
//! stay. What was in the canonical form stays in it.

use std::ops::Range;

use serde_json::Value as Json;

use super::format::{Formatted, block_scalar, end_of_quotes, format, is_plain_text};
use super::read::is_forbidden;
use super::{strict, values};
use crate::diagnostics::{Location, Part, Place, Resolver, SourceFile, pointer};

/// A value and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Which document of the file, from 0.
    pub document: usize,
    /// JSON Pointer of a member that is there.
    pub pointer: String,
    /// A text, a number, true or false, null, or a list of such.
    pub value: Json,
}

/// The text of `source` with new values.
///
/// # Errors
/// Why it cannot be done: the place is not there, comments stand inside the old value, or the result would
/// not say what it should.
pub fn edit(source: &SourceFile, edits: &[Edit]) -> Result<String, String> {
    let bytes = source.bytes.strip_prefix(b"\xEF\xBB\xBF");
    let marked = bytes.is_some();
    let Ok(text) = std::str::from_utf8(bytes.unwrap_or(&source.bytes)) else {
        return Err("the file is not UTF-8 text".to_owned());
    };
    let before = parsed(&source.path, text).ok_or("the file cannot be read")?;
    let sources = std::slice::from_ref(source);
    let resolver = Resolver::new(sources);
    let mut expected = before.clone();
    let mut changes = Vec::with_capacity(edits.len());
    for edit in edits {
        let document = expected.iter_mut().find(|(at, _)| *at == edit.document);
        let old = document.and_then(|(_, value)| value.pointer_mut(&edit.pointer));
        let old = old.ok_or_else(|| format!("there is nothing at {}", edit.pointer))?;
        let place = Old {
            path: &source.path,
            text,
            resolver: &resolver,
            edit,
        };
        changes.push(place.change(old)?);
        old.clone_from(&edit.value);
    }
    changes.sort_by_key(|(range, _)| range.start);
    let mut result = String::with_capacity(text.len() + 64);
    let mut from = 0;
    for (range, new) in &changes {
        if range.start < from {
            return Err("two values share a place".to_owned());
        }
        result.push_str(&text[from..range.start]);
        result.push_str(new);
        from = range.end;
    }
    result.push_str(&text[from..]);
    if parsed(&source.path, &result).as_ref() != Some(&expected) {
        return Err("the value cannot be written at its place; edit it by hand".to_owned());
    }
    if marked {
        result.insert(0, '\u{FEFF}');
    }
    let was_formatted =
        matches!(format(source), Formatted::Text(text) if text.as_bytes() == source.bytes);
    if !was_formatted {
        return Ok(result);
    }
    match format(&SourceFile::new(source.path.as_str(), result)) {
        Formatted::Text(text) => Ok(text),
        Formatted::Foreign | Formatted::Refused(_) | Formatted::Unsure(_) => {
            Err("the result could not be formatted".to_owned())
        }
    }
}

/// The values of all documents of ours.
fn parsed(file: &str, text: &str) -> Option<Vec<(usize, Json)>> {
    let scan = strict::scan(file, text);
    let is_read = scan.broken.is_none() && !text.contains(is_forbidden);
    is_read.then(|| values::parse(file, text, &scan).ok())?
}

/// A value that is replaced.
struct Old<'a> {
    path: &'a str,
    text: &'a str,
    resolver: &'a Resolver<'a>,
    edit: &'a Edit,
}

impl Old<'_> {
    fn range(&self, pointer: String, part: Part) -> Option<Range<usize>> {
        let place = Place::Node {
            document: self.edit.document,
            pointer,
            part,
        };
        let file = self.path.to_owned();
        let resolved = self.resolver.resolve(&Location { file, place })?;
        Some(resolved.range)
    }

    /// The bytes that go, and what comes in their place.
    fn change(&self, old: &Json) -> Result<(Range<usize>, String), String> {
        let at = self.edit.pointer.as_str();
        let value = self.range(at.to_owned(), Part::Value);
        let key = self.range(at.to_owned(), Part::Key);
        let (Some(value), Some(key)) = (value, key) else {
            return Err(format!("there is nothing at {at}"));
        };
        let text = &self.text[value.clone()];
        let is_written = matches!(text.trim_end(), "null" | "Null" | "NULL" | "~");
        if old.is_null() && !is_written {
            return Ok(self.absent(&key));
        }
        if let Some((start, style)) = self.block_style(&key) {
            return self.block_scalar(start, style, old);
        }
        match old {
            Json::Array(members) if !text.starts_with('[') => {
                let start = self.first_dash().ok_or("a list of an unusual form")?;
                self.block_list(&key, start..value.end, members)
            }
            Json::Array(members) => {
                let end = self.without_comments(&value, members.len())?;
                Ok((value.start..end, self.flow()))
            }
            _ => {
                let single = text.starts_with('\'');
                let end = self.end(&value).ok_or("quotes that do not end")?;
                Ok((value.start..end, scalar_or_list(&self.edit.value, single)))
            }
        }
    }

    /// Where a scalar in one of the flow styles ends: the parser's end may lie behind a comment.
    fn end(&self, value: &Range<usize>) -> Option<usize> {
        if self.text[value.start..].starts_with(['\'', '"']) {
            return end_of_quotes(self.text, value.start);
        }
        Some(value.start + self.text[value.clone()].trim_end().len())
    }

    /// Where the header of a block scalar begins, which the parser does not tell, and its style.
    fn block_style(&self, key: &Range<usize>) -> Option<(usize, char)> {
        let behind = self.colon(key)?;
        let rest = self.text[behind..].trim_start_matches([' ', '\t']);
        let style = rest.chars().next().filter(|c| matches!(c, '|' | '>'))?;
        Some((self.text.len() - rest.len(), style))
    }

    fn flow(&self) -> String {
        scalar_or_list(&self.edit.value, false)
    }

    /// A key without a value gets one.
    fn absent(&self, key: &Range<usize>) -> (Range<usize>, String) {
        match self.colon(key) {
            Some(behind) => (behind..behind, format!(" {}", self.flow())),
            None => (key.end..key.end, format!(": {}", self.flow())),
        }
    }

    /// Behind the colon of a key.
    fn colon(&self, key: &Range<usize>) -> Option<usize> {
        let rest = &self.text[key.end..];
        let at = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest[at..].starts_with(':').then_some(key.end + at + 1)
    }

    fn block_scalar(
        &self,
        start: usize,
        style: char,
        old: &Json,
    ) -> Result<(Range<usize>, String), String> {
        let value = old.as_str().unwrap_or_default();
        let (block, end) =
            block_scalar(self.text, start, value).ok_or("a text of an unusual form")?;
        if block.comment.is_some() {
            return Err(commented(&self.edit.pointer));
        }
        let body = &self.text[start..end];
        // The line end behind the text belongs to what follows.
        let end = start + body.trim_end_matches(['\n', '\r', ' ']).len();
        let lines = self.block_text(style, &self.text[start..end]);
        Ok((start..end, lines.unwrap_or_else(|| self.flow())))
    }

    /// The dash of a list's first item; where such a list begins, the parser tells in several ways.
    fn first_dash(&self) -> Option<usize> {
        let first = self.range(pointer::item(&self.edit.pointer, 0), Part::Value)?;
        let before = self.text[..first.start].trim_end_matches([' ', '\t']);
        before.ends_with('-').then(|| before.len() - 1)
    }

    /// A list with one item in each line stays one.
    fn block_list(
        &self,
        key: &Range<usize>,
        value: Range<usize>,
        members: &[Json],
    ) -> Result<(Range<usize>, String), String> {
        let end = self.without_comments(&value, members.len())?;
        if let Json::Array(new) = &self.edit.value
            && !new.is_empty()
        {
            let line = self.text[..value.start].rfind('\n').map_or(0, |at| at + 1);
            let indent = &self.text[line..value.start];
            let between = if self.text[..value.start].ends_with(&format!("\r\n{indent}")) {
                format!("\r\n{indent}")
            } else {
                format!("\n{indent}")
            };
            let items: Vec<String> = new
                .iter()
                .map(|item| format!("- {}", scalar_or_list(item, false)))
                .collect();
            return Ok((value.start..end, items.join(&between)));
        }
        let behind = self.colon(key).unwrap_or(key.end);
        if self.text[behind..value.start].contains('#') {
            return Err(commented(&self.edit.pointer));
        }
        Ok((behind..end, format!(" {}", self.flow())))
    }

    /// Where a list ends that holds no comments: behind its bracket or its last item.
    fn without_comments(&self, value: &Range<usize>, items: usize) -> Result<usize, String> {
        let mut from = value.start;
        for index in 0..items {
            let item = pointer::item(&self.edit.pointer, index);
            let Some(range) = self.range(item, Part::Value) else {
                continue;
            };
            if range.start < from || self.text[from..range.start].contains('#') {
                return Err(commented(&self.edit.pointer));
            }
            let is_block = self.text[..range.start]
                .trim_end()
                .ends_with(['|', '>', '+', '-'])
                && !self.text[..range.start]
                    .trim_end_matches(' ')
                    .ends_with('-');
            from = match self.end(&range) {
                Some(end) if !is_block => end,
                _ => return Err("a list with texts of several lines; edit it by hand".to_owned()),
            };
        }
        if self.text[value.start..].starts_with('-') {
            return Ok(from);
        }
        match self.text[from..].find([']', '#']) {
            Some(at) if self.text[from + at..].starts_with(']') => Ok(from + at + 1),
            _ => Err(commented(&self.edit.pointer)),
        }
    }

    /// Several lines under `|`, where they stood there before and nothing in them needs escapes.
    fn block_text(&self, style: char, old: &str) -> Option<String> {
        let text = self.edit.value.as_str()?;
        let lines: Vec<&str> = text.split('\n').collect();
        let plain = |line: &&str| {
            !line.contains(|c: char| c == '\t' || is_escaped(c)) && line.trim_end() == *line
        };
        let fits = lines.len() > 1
            && style == '|'
            && !text.ends_with('\n')
            && lines.iter().all(plain)
            && !text.starts_with([' ', '\n']);
        let first = old.lines().skip(1).find(|line| !line.trim().is_empty())?;
        let width = first.len() - first.trim_start_matches(' ').len();
        if !fits || old.contains('\r') {
            return None;
        }
        let mut block = "|-".to_owned();
        for line in lines {
            block.push('\n');
            if !line.is_empty() {
                block.extend(std::iter::repeat_n(' ', width));
                block.push_str(line);
            }
        }
        Some(block)
    }
}

fn commented(pointer: &str) -> String {
    format!("comments stand inside the value at {pointer}; edit it by hand")
}

/// A value in one line. Texts are quoted where any reader could take them for something else.
fn scalar_or_list(value: &Json, single: bool) -> String {
    match value {
        Json::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| scalar_or_list(item, single))
                .collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) if is_plain_text(text) => text.clone(),
        Json::String(text) if (single || text.contains('\\')) && !text.contains(is_escaped) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Json::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// What must not stand in a manifest as itself.
fn is_escaped(c: char) -> bool {
    c.is_control() || is_forbidden(c)
}

/// In double quotes (YAML 1.2, 7.3.1), with escapes for everything that a manifest may not hold.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_escaped(c) => {
                use std::fmt::Write as _;
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
