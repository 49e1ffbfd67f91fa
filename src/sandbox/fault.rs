//! What can go wrong: rules that make the sandbox answer badly, late, twice or not at all.

use serde::{Deserialize, Serialize};

/// One rule. It strikes requests that match `route` and `method`, from the `nth` matching one on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Compared with the decoded path without regard to case: a glob if it has a `*` (the whole path must
    /// match), else any part of the path. Empty matches every path.
    #[serde(default)]
    pub route: String,
    /// The HTTP method; absent matches all.
    #[serde(default)]
    pub method: Option<String>,
    /// The first matching request that is struck, counted from 1.
    #[serde(default = "first")]
    pub nth: u64,
    /// How many requests are struck; absent: all from there on.
    #[serde(default)]
    pub times: Option<u64>,
    /// What happens.
    pub kind: FaultKind,
    /// How many matching requests were seen.
    #[serde(default)]
    pub seen: u64,
}

fn first() -> u64 {
    1
}

impl Fault {
    /// A rule that strikes every request whose path holds `route`.
    pub fn new(route: &str, kind: FaultKind) -> Self {
        Self {
            route: route.to_owned(),
            method: None,
            nth: 1,
            times: None,
            kind,
            seen: 0,
        }
    }

    /// Strikes only the given method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Lets matching requests through until the `nth` (from 1).
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = nth;
        self
    }

    /// Strikes so many requests, then never again.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method
            .as_deref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && matches_route(&self.route, path)
    }
}

/// What happens to a request that a rule strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FaultKind {
    /// 401, as for a bad credential.
    Unauthorized,
    /// 403 with the system's own error body.
    Forbidden,
    /// 203 with a sign-in page.
    SignInPage,
    /// 302 to a sign-in page.
    SignInRedirect,
    /// 200 with an HTML page instead of data.
    HtmlPage,
    /// 429, with `Retry-After` in seconds if given.
    Throttled {
        /// Seconds.
        retry_after: Option<u64>,
    },
    /// Carried out and answered as usual, with `Retry-After` and rate headers on the answer.
    SlowDown {
        /// Seconds.
        retry_after: u64,
    },
    /// Not carried out; this status. Azure DevOps' 503 body begins with a byte order mark.
    Status {
        /// 500 to 599, or any other.
        status: u16,
        /// `Retry-After` in seconds.
        retry_after: Option<u64>,
    },
    /// Carried out after a while, answered as usual.
    Delay {
        /// Milliseconds.
        milliseconds: u64,
    },
    /// Carried out; the answer's head promises the whole body, the connection ends half way.
    TruncatedBody,
    /// The connection ends before anything is carried out.
    DropBeforeHandling,
    /// Carried out, then the connection ends without an answer.
    DropAfterHandling,
    /// The connection ends without an answer at once; the request is carried out later.
    LateLanding {
        /// Milliseconds.
        milliseconds: u64,
    },
    /// `$batch` carries out all elements or none.
    BatchAtomic,
    /// `$batch` answers with object bodies instead of strings.
    BatchObjectBodies,
    /// One element of a `$batch` is refused and not carried out, the others are.
    BatchElement {
        /// Its place, from 0; behind the last one the last one.
        index: usize,
        /// Its code.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// `$batch` carries out nothing and answers all its elements with a single refusal.
    BatchWhole,
    /// `validateOnly` does not get through or is not known: what was to be validated is carried out.
    ValidateOnlyUnread,
    /// `validateOnly` is read, and what was to be validated is carried out all the same.
    ValidateOnlyDisregarded,
    /// A page of the feed of revisions is empty and not the last; its token leads on to the same place.
    FeedEmptyPage,
    /// A page of the feed of revisions holds one entry.
    FeedShortPage,
    /// Carried out; the answer's JSON begins with a byte order mark.
    ByteOrderMark,
    /// Carried out; the answer's JSON is declared as plain text.
    WrongContentType,
    /// Carried out; the answer's objects have a member that nobody documented.
    ExtraFields,
    /// Carried out; members of the answer that carry nothing needed are null.
    Nulls,
    /// Carried out; the answer ends half way through its JSON, and its length says that it is whole.
    CutJson,
    /// Carried out; the answer's body has no bytes.
    EmptyBody,
    /// Not carried out: 404 in plain text, as the host layer answers for a path that it does not know.
    TextNotFound,
    /// Not carried out; the error has the form `{"count":1,"value":{"Message":..}}`.
    WrappedError {
        /// 400 to 599.
        status: u16,
    },
    /// Not carried out; the system's own error body with these words.
    Error {
        /// 400 to 599.
        status: u16,
        /// The server's words, their code at the start.
        message: String,
    },
}

impl FaultKind {
    /// The name in JSON, for the request log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::SignInPage => "signInPage",
            Self::SignInRedirect => "signInRedirect",
            Self::HtmlPage => "htmlPage",
            Self::Throttled { .. } => "throttled",
            Self::SlowDown { .. } => "slowDown",
            Self::Status { .. } => "status",
            Self::Delay { .. } => "delay",
            Self::TruncatedBody => "truncatedBody",
            Self::DropBeforeHandling => "dropBeforeHandling",
            Self::DropAfterHandling => "dropAfterHandling",
            Self::LateLanding { .. } => "lateLanding",
            Self::BatchAtomic => "batchAtomic",
            Self::BatchObjectBodies => "batchObjectBodies",
            Self::BatchElement { .. } => "batchElement",
            Self::BatchWhole => "batchWhole",
            Self::ValidateOnlyUnread => "validateOnlyUnread",
            Self::ValidateOnlyDisregarded => "validateOnlyDisregarded",
            Self::FeedEmptyPage => "feedEmptyPage",
            Self::FeedShortPage => "feedShortPage",
            Self::ByteOrderMark => "byteOrderMark",
            Self::WrongContentType => "wrongContentType",
            Self::ExtraFields => "extraFields",
            Self::Nulls => "nulls",
            Self::CutJson => "cutJson",
            Self::EmptyBody => "emptyBody",
            Self::TextNotFound => "textNotFound",
            Self::WrappedError { .. } => "wrappedError",
            Self::Error { .. } => "error",
        }
    }
}

/// The rules in force; the first that strikes decides.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<Fault>,
}

impl Faults {
    /// Adds a rule after the others.
    pub fn add(&mut self, fault: Fault) {
        self.rules.push(fault);
    }

    /// Removes all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules with how often each matched.
    pub fn rules(&self) -> &[Fault] {
        &self.rules
    }

    /// What shall happen to a request, if anything. `path` is percent-decoded. Counts the request.
    pub fn strike(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        for rule in &mut self.rules {
            if !rule.matches(method, path) {
                continue;
            }
            rule.seen += 1;
            let begun = rule.seen >= rule.nth;
            let ended = rule
                .times
                .is_some_and(|times| rule.seen >= rule.nth.saturating_add(times));
            if begun && !ended {
                return Some(rule.kind.clone());
            }
        }
        None
    }
}

fn matches_route(route: &str, path: &str) -> bool {
    let route = route.to_lowercase();
    let path = path.to_lowercase();
    let mut parts = route.split('*');
    let Some(head) = parts.next() else {
        return true;
    };
    let Some(tail) = parts.next_back() else {
        return path.contains(head);
    };
    let Some(mut rest) = path.strip_prefix(head) else {
        return false;
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_match_as_part_or_as_glob() {
        for (route, path, expected) in [
            ("", "/contoso/_apis/projects", true),
            ("$BATCH", "/contoso/_apis/wit/$batch", true),
            ("wiql", "/contoso/_apis/wit/$batch", false),
            ("*/wit/workitems/*", "/contoso/_apis/wit/workItems/12", true),
            ("*/wit/workitems", "/contoso/_apis/wit/workItems/12", false),
            ("/contoso/*/wiql", "/contoso/_apis/wit/wiql", true),
            ("/other/*/wiql", "/contoso/_apis/wit/wiql", false),
            ("*", "/", true),
        ] {
            assert_eq!(matches_route(route, path), expected, "{route} on {path}");
        }
    }

    #[test]
    fn nth_and_times_select_which_requests_are_struck() {
        let mut faults = Faults::default();
        faults.add(
            Fault::new("wiql", FaultKind::Unauthorized)
                .method("POST")
                .nth(2)
                .times(2),
        );
        let struck: Vec<bool> = (0..5)
            .map(|_| faults.strike("post", "/contoso/_apis/wit/wiql").is_some())
            .collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert_eq!(faults.strike("GET", "/contoso/_apis/wit/wiql"), None);
        assert_eq!(faults.rules()[0].seen, 5);
    }

    #[test]
    fn rules_are_read_from_json() {
        let fault: Fault = serde_json::from_str(
            r#"{"route": "$batch", "times": 1, "kind": {"lateLanding": {"milliseconds": 50}}}"#,
        )
        .unwrap();
        assert_eq!(
            fault,
            Fault::new("$batch", FaultKind::LateLanding { milliseconds: 50 }).times(1)
        );
        assert!(serde_json::from_str::<Fault>(r#"{"kind": "explode"}"#).is_err());
        assert!(serde_json::from_str::<Fault>(r#"{"kind": "signInPage", "every": 2}"#).is_err());
    }
}
