//! An answer before it goes onto the wire.

use serde::Serialize;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`; empty: none.
    pub content_type: &'static str,
    /// `Allow`, on a 405.
    pub allow: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    pub(super) fn json<T: Serialize + ?Sized>(status: u16, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self {
                status,
                content_type: "application/json; charset=utf-8",
                allow: None,
                body,
            },
            // Only a key that is no text fails to serialise, and no view has one.
            Err(error) => Self {
                status: 500,
                content_type: "text/plain; charset=utf-8",
                allow: None,
                body: error.to_string().into_bytes(),
            },
        }
    }

    pub(super) fn ok<T: Serialize + ?Sized>(body: &T) -> Self {
        Self::json(200, body)
    }

    /// A status with a body of no bytes.
    pub(super) fn without_body(status: u16) -> Self {
        Self {
            status,
            content_type: "",
            allow: None,
            body: Vec::new(),
        }
    }

    pub(super) fn empty_object() -> Self {
        Self::ok(&serde_json::json!({}))
    }

    /// What a site with cookie sign-in sends to a caller that it does not know: its form, under 200.
    pub(super) fn sign_in_page() -> Self {
        Self {
            status: 200,
            content_type: "text/html; charset=utf-8",
            allow: None,
            body: SIGN_IN_PAGE.as_bytes().to_vec(),
        }
    }
}

const SIGN_IN_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in</title></head>\
<body><form method=\"post\" action=\"/Account/Login\"><label>E-mail <input name=\"Email\"></label>\
<label>Password <input type=\"password\" name=\"Password\"></label><button>Sign in</button></form>\
</body></html>\n";
