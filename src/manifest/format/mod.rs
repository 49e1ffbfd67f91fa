//! Canonical text of manifests: order of keys, indentation, quotes. Comments stay at what they speak
//! of, and documents of others stay as they are, byte for byte but for line ends.
//!
//! What comes out is compared with what went in before it is handed out: the same values and the same
//! comments, or an error.

mod block_scalar;
mod order;
mod scalar;
mod split;
mod token;
mod tree;
mod write;

pub(super) use block_scalar::read as block_scalar;
pub(super) use scalar::is_plain_text;
pub(super) use token::end_of_quotes;

use super::read;
use super::{strict, values};
use crate::diagnostics::{Finding, SourceFile};

/// What became of a file.
#[derive(Clone, Debug)]
pub enum Formatted {
    /// No document of ours is in it: it is not touched.
    Foreign,
    /// The canonical text, which may be what it was.
    Text(String),
    /// It cannot be read, or holds what manifests may not contain: it is not touched.
    Refused(Vec<Finding>),
    /// A defect of this formatter, or a form that it does not know: it is not touched.
    Unsure(String),
}

/// The canonical text of a file.
///
/// Line ends become LF, and a byte order mark goes. Keys of a document stand in the declared order of
/// its kind, keys that are free (and unknown ones, behind the known) in theirs. Collections that were
/// written in braces stay so where they fit into 120 columns.
pub fn format(source: &SourceFile) -> Formatted {
    let findings = read::unreadable(source);
    if !findings.is_empty() {
        return Formatted::Refused(findings);
    }
    let Ok(text) = std::str::from_utf8(&source.bytes) else {
        return Formatted::Unsure("the file is not UTF-8 text".to_owned());
    };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let scan = strict::scan(&source.path, &text);
    if !scan.documents.iter().any(|document| document.is_ours) {
        return Formatted::Foreign;
    }
    match rewrite(&text, &scan) {
        Ok((formatted, comments)) => match proven(&source.path, &text, &formatted, comments) {
            Ok(()) => Formatted::Text(formatted),
            Err(reason) => Formatted::Unsure(reason),
        },
        Err(Unsure { line, reason }) => Formatted::Unsure(format!("line {line}: {reason}")),
    }
}

/// A form that the formatter does not know.
#[derive(Debug)]
struct Unsure {
    /// Line in the file, from 1.
    line: usize,
    reason: &'static str,
}

/// The text with our documents rewritten, and the comments in these.
fn rewrite(text: &str, scan: &strict::Scan) -> Result<(String, Vec<String>), Unsure> {
    let parts = split::split(text);
    let documents = parts.iter().filter(|part| part.is_document()).count();
    if documents != scan.documents.len() {
        let reason = "the documents of the file cannot be told apart";
        return Err(Unsure { line: 1, reason });
    }
    let mut ours = scan.documents.iter().map(|document| document.is_ours);
    let mut out = write::Writer::new(text.len());
    let mut comments = Vec::new();
    for part in &parts {
        if part.is_document() && ours.next().unwrap_or(false) {
            let at = |unsure: Unsure| Unsure {
                line: unsure.line + part.line - 1,
                ..unsure
            };
            let tokens = token::tokens(part.body).map_err(at)?;
            comments.extend(tokens.comments().map(str::to_owned));
            let mut document = tree::read(tokens).map_err(at)?;
            order::sort(&mut document.root);
            out.document(part, &document);
        } else {
            out.verbatim(part);
        }
    }
    Ok((out.finish(), comments))
}

/// Whether the new text says what the old one said.
fn proven(file: &str, old: &str, new: &str, mut comments: Vec<String>) -> Result<(), String> {
    if old == new {
        return Ok(());
    }
    let values = |text: &str| {
        let scan = strict::scan(file, text);
        match values::parse(file, text, &scan) {
            Ok(values) if scan.broken.is_none() => Some(values),
            _ => None,
        }
    };
    if values(old).is_none() || values(old) != values(new) {
        return Err("the formatted text would not mean the same".to_owned());
    }
    let scan = strict::scan(file, new);
    let Ok((again, mut found)) = rewrite(new, &scan) else {
        return Err("the formatted text cannot be formatted".to_owned());
    };
    comments.sort_unstable();
    found.sort_unstable();
    if comments != found {
        return Err("a comment would be lost".to_owned());
    }
    if again != new {
        return Err("formatting it twice would change it again".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
