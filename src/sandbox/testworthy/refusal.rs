//! What the emulator answers instead of doing what was asked.

use super::reply::Reply;

/// A refusal with its HTTP status. The body's shape is not published; `{"error": TEXT}` follows
/// `TestRail`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Text for the body.
    pub message: String,
}

impl Refusal {
    /// 400: the request cannot be carried out as sent. Unknown and foreign ids are answered so too
    /// (published for `add_case`).
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
        }
    }

    /// 400 for a thing that does not exist or belongs to another project.
    pub(super) fn unknown(what: &str) -> Self {
        Self::invalid(format!(
            "{what} not found, or it does not belong to the project."
        ))
    }

    pub(super) fn unauthorized() -> Self {
        Self {
            status: 401,
            message: "Authentication failed: the user or the key is not valid.".to_owned(),
        }
    }

    pub(super) fn forbidden() -> Self {
        Self {
            status: 403,
            message: "The user has no access to the project.".to_owned(),
        }
    }

    /// 404 for a thing that does not exist, as the second surface is assumed to answer.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self {
            status: 404,
            message: message.into(),
        }
    }

    pub(super) fn no_such_operation() -> Self {
        Self {
            status: 404,
            message: "Unknown operation.".to_owned(),
        }
    }

    pub(super) fn wrong_method() -> Self {
        Self {
            status: 405,
            message: "The method is not allowed for this operation.".to_owned(),
        }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::json(
            refusal.status,
            &serde_json::json!({ "error": refusal.message }),
        )
    }
}
