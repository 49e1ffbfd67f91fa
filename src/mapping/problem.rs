//! Why a row's value cannot be read, translated or written.

use std::fmt;

use crate::diagnostics::{Code, catalog};
use crate::model::{System, Value};

/// How many characters of a value a message shows.
const SHOWN: usize = 80;

/// Why a row's value cannot be read, translated or written. The field waits, and the rest of the item
/// goes on, unless [`Problem::skips_item`]. Values of sensitive rows are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The value map has no entry for the value.
    Unmapped {
        /// The side that holds the value.
        system: System,
        /// The value; `None` if sensitive.
        value: Option<Value>,
        /// Whether the whole item waits (`unmapped: skipItem`).
        skips_item: bool,
    },
    /// The value is not of the kind that the row handles.
    WrongKind {
        /// The side that holds the value, or would get it.
        system: System,
        /// What is expected, in words.
        expected: &'static str,
        /// The value; `None` if sensitive.
        value: Option<Value>,
    },
    /// The Azure DevOps field does not allow the value.
    NotAllowed {
        /// The value; `None` if sensitive.
        value: Option<Value>,
        /// What is allowed.
        allowed: Vec<Value>,
    },
    /// The text is longer than the Azure DevOps field or tag takes. Nothing is ever cut.
    TooLong {
        /// What it takes, in UTF-16 code units.
        limit: usize,
        /// What the text has.
        length: usize,
    },
    /// A text of several lines for a field of one line.
    LineBreak,
    /// A member of a set holds the character that separates members on the other side.
    Separator {
        /// The side that cannot hold it.
        system: System,
        /// The member; `None` if sensitive.
        member: Option<String>,
    },
    /// The value would become Accord's own tag.
    ReservedTag,
    /// The work item would carry more tags than Azure DevOps takes.
    TooManyTags {
        /// How many it would carry.
        count: usize,
    },
    /// The field must not be empty.
    Required {
        /// The side that would be written.
        system: System,
    },
    /// The field holds something that its codec cannot read.
    Unreadable {
        /// The side that holds it.
        system: System,
        /// What is wrong; `None` if the row is sensitive.
        reason: Option<String>,
    },
    /// The field cannot hold the value in the form that it has there.
    DoesNotFit {
        /// The side that would be written.
        system: System,
        /// What is in the way; `None` if the row is sensitive.
        reason: Option<String>,
    },
    /// A person whom nobody knows on the other side.
    UnknownUser {
        /// The side that holds the value.
        system: System,
        /// The person; `None` if sensitive.
        user: Option<String>,
        /// Whether the whole item waits (`unmapped: skipItem`).
        skips_item: bool,
    },
    /// The row's expression has no value for this item.
    Expression {
        /// Why; `None` if the row is sensitive.
        reason: Option<String>,
    },
    /// The row cannot be written on this side.
    ReadOnly {
        /// The side.
        system: System,
    },
}

/// A problem and the row that has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row `{row}`: {problem}")]
pub struct RowProblem {
    /// The row's name.
    pub row: String,
    /// The problem.
    pub problem: Problem,
}

impl Problem {
    /// Whether the whole item waits and not only the field.
    pub fn skips_item(&self) -> bool {
        matches!(
            self,
            Self::Unmapped {
                skips_item: true,
                ..
            } | Self::UnknownUser {
                skips_item: true,
                ..
            }
        )
    }

    /// The kind of finding that tells of it.
    pub fn code(&self) -> Code {
        use catalog::{mapping as entry, value};
        match self {
            Self::Unmapped { .. } => &entry::UNMAPPED_VALUE,
            Self::WrongKind { .. } => &entry::VALUE_WRONG_KIND,
            Self::NotAllowed { .. } => &entry::VALUE_NOT_ALLOWED,
            Self::TooLong { .. } => &entry::VALUE_TOO_LONG,
            Self::Unreadable { .. } => &entry::VALUE_WRONG_KIND,
            Self::UnknownUser { .. } => &value::USER_UNKNOWN,
            Self::Expression { .. } => &value::EXPRESSION_FAILED,
            Self::LineBreak
            | Self::DoesNotFit { .. }
            | Self::Separator { .. }
            | Self::ReservedTag
            | Self::TooManyTags { .. } => &entry::VALUE_NOT_STORABLE,
            Self::Required { .. } => &entry::VALUE_REQUIRED,
            Self::ReadOnly { .. } => &entry::ROW_READ_ONLY,
        }
    }

    /// The same problem without any value, for sensitive rows.
    #[must_use]
    pub(super) fn without_value(self) -> Self {
        match self {
            Self::Unmapped {
                system, skips_item, ..
            } => Self::Unmapped {
                system,
                value: None,
                skips_item,
            },
            Self::WrongKind {
                system, expected, ..
            } => Self::WrongKind {
                system,
                expected,
                value: None,
            },
            Self::NotAllowed { allowed, .. } => Self::NotAllowed {
                value: None,
                allowed,
            },
            Self::Separator { system, .. } => Self::Separator {
                system,
                member: None,
            },
            Self::Unreadable { system, .. } => Self::Unreadable {
                system,
                reason: None,
            },
            Self::DoesNotFit { system, .. } => Self::DoesNotFit {
                system,
                reason: None,
            },
            Self::UnknownUser {
                system, skips_item, ..
            } => Self::UnknownUser {
                system,
                user: None,
                skips_item,
            },
            Self::Expression { .. } => Self::Expression { reason: None },
            other => other,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped {
                system,
                value,
                skips_item,
            } => {
                let waits = if *skips_item { "item" } else { "field" };
                write!(
                    f,
                    "the {system} value{} has no entry in `values`, so the {waits} waits; add an \
                     entry or set `unmapped`",
                    Shown(value.as_ref())
                )
            }
            Self::WrongKind {
                system,
                expected,
                value,
            } => write!(
                f,
                "the value{} cannot be read as {expected} for {system}; correct it there or \
                 choose another `as`",
                Shown(value.as_ref())
            ),
            Self::NotAllowed { value, allowed } => {
                write!(
                    f,
                    "Azure DevOps does not allow the value{}; it allows ",
                    Shown(value.as_ref())
                )?;
                for (index, one) in allowed.iter().take(10).enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}`{one}`")?;
                }
                if allowed.len() > 10 {
                    write!(f, " and {} more", allowed.len() - 10)?;
                }
                f.write_str(": translate it with `values`")
            }
            Self::TooLong { limit, length } => write!(
                f,
                "the text has {length} characters and Azure DevOps takes {limit} here; Accord \
                 never cuts a text: shorten it"
            ),
            Self::LineBreak => f.write_str(
                "the text has several lines and the Azure DevOps field holds one: remove the line \
                 breaks or map it to a field of plain text",
            ),
            Self::Separator { system, member } => write!(
                f,
                "the member{} holds a character that separates members in {system} (`,` or `;`): \
                 rename it",
                Shown(member.as_ref())
            ),
            Self::ReservedTag => f.write_str(
                "the value would become the tag `accord`, which Accord keeps for itself: rename it",
            ),
            Self::TooManyTags { count } => write!(
                f,
                "the work item would carry {count} tags and Azure DevOps takes {}: remove some",
                super::slice::MAX_TAGS
            ),
            Self::Required { system } => write!(
                f,
                "the field must not be empty in {system}: give the source a value"
            ),
            Self::Unreadable { system, reason } => {
                write!(f, "what {system} holds cannot be read")?;
                if let Some(reason) = reason {
                    write!(f, ": {reason}")?;
                }
                write!(f, "; correct it there")
            }
            Self::DoesNotFit { system, reason } => {
                write!(f, "{system} cannot hold the value")?;
                match reason {
                    Some(reason) => write!(f, ": {reason}"),
                    None => Ok(()),
                }
            }
            Self::UnknownUser {
                system,
                user,
                skips_item,
            } => {
                let waits = if *skips_item { "item" } else { "field" };
                write!(
                    f,
                    "the {system} user{} is not in `users` of the connection and has no e-mail address, \
                     so the {waits} waits; add them to `users`",
                    Shown(user.as_ref())
                )
            }
            Self::Expression { reason } => {
                f.write_str("the expression has no value for this item")?;
                match reason {
                    Some(reason) => write!(f, ": {reason}"),
                    None => Ok(()),
                }
            }
            Self::ReadOnly { system } => {
                write!(f, "the row cannot be written in {system}")
            }
        }
    }
}

/// A value as a message shows it: with a space and backquotes, shortened, or nothing.
struct Shown<'a, T>(Option<&'a T>);

impl<T: fmt::Display> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.0 else {
            return Ok(());
        };
        let text = value.to_string();
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, " `{}…`", &text[..end]),
            None => write!(f, " `{text}`"),
        }
    }
}
