//! What goes wrong, and what may come of it.

use accord::sandbox::log::System;
use accord::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

/// What a command may make of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It is legal and must be understood: as if nothing had happened.
    Legal,
    /// It does not accept the credential: exit 8.
    Credential,
    /// It passes by itself: bridged once, exit 10 if it stays.
    Passing,
    /// It asks to wait longer than a request may take: exit 10.
    Long,
    /// It says nothing that can be used: exit 10, or what an optional read makes of it.
    Unusable,
    /// It refuses: exit 4, a partial apply, or what an optional read makes of it.
    Refusal,
    /// One element of several is refused: a partial apply.
    Partial,
}

/// How it is brought about.
#[derive(Clone, Debug)]
pub(crate) enum Means {
    /// A fault of the sandbox.
    Fault(FaultKind),
    /// Switches of the emulated TestWorthy, for all requests.
    Switches(Value),
}

/// One odd answer.
#[derive(Clone, Debug)]
pub(crate) struct Oddity {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) means: Means,
    /// `None`: both systems.
    pub(crate) only: Option<System>,
    /// Only `$batch` is asked to answer so.
    pub(crate) batch: bool,
}

/// Which requests are struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    First,
    Middle,
    Always,
    FirstWrite,
    EveryWrite,
}

impl When {
    pub(crate) const ALL: [Self; 5] = [
        Self::First,
        Self::Middle,
        Self::Always,
        Self::FirstWrite,
        Self::EveryWrite,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Middle => "middle",
            Self::Always => "always",
            Self::FirstWrite => "first write",
            Self::EveryWrite => "every write",
        }
    }

    pub(crate) fn strikes_writes_only(self) -> bool {
        matches!(self, Self::FirstWrite | Self::EveryWrite)
    }

    /// The rule; `requests` is how many the system gets from the reading part of an undisturbed command.
    pub(crate) fn rule(self, system: System, kind: FaultKind, requests: u64) -> Fault {
        // Cases are written several at a time, so that any of them may be the first one: of one kind, which
        // one it was makes no difference.
        let (prefix, write, first_write, method) = match system {
            System::AzureDevOps => {
                let batch = "*/_apis/wit/$batch";
                ("/contoso/*", batch, batch, "PATCH")
            }
            System::Testworthy => ("/testworthy/*", "/testworthy/*", "*/add_case/*", "POST"),
        };
        match self {
            Self::First => Fault::new(prefix, kind).times(1),
            Self::Middle => Fault::new(prefix, kind).nth(requests / 2 + 1).times(1),
            Self::Always => Fault::new(prefix, kind),
            Self::FirstWrite => Fault::new(first_write, kind).method(method).times(1),
            Self::EveryWrite => Fault::new(write, kind).method(method),
        }
    }
}

fn fault(name: &'static str, class: Class, kind: FaultKind) -> Oddity {
    Oddity {
        name,
        class,
        means: Means::Fault(kind),
        only: None,
        batch: false,
    }
}

fn batch(name: &'static str, class: Class, kind: FaultKind) -> Oddity {
    Oddity {
        only: Some(System::AzureDevOps),
        batch: true,
        ..fault(name, class, kind)
    }
}

fn switches(name: &'static str, switches: Value) -> Oddity {
    Oddity {
        name,
        class: Class::Legal,
        means: Means::Switches(switches),
        only: Some(System::Testworthy),
        batch: false,
    }
}

/// Everything that goes wrong, in the order of the table.
pub(crate) fn all() -> Vec<Oddity> {
    use Class::{Credential, Legal, Long, Partial, Passing, Refusal, Unusable};
    let status = |status, retry_after| FaultKind::Status {
        status,
        retry_after,
    };
    let error = |status, message: &str| FaultKind::Error {
        status,
        message: message.to_owned(),
    };
    let element = |status, message: &str| FaultKind::BatchElement {
        index: 0,
        status,
        message: message.to_owned(),
    };
    vec![
        fault("byte order mark", Legal, FaultKind::ByteOrderMark),
        fault("JSON declared as text", Legal, FaultKind::WrongContentType),
        fault("unknown members", Legal, FaultKind::ExtraFields),
        fault("null members", Legal, FaultKind::Nulls),
        fault(
            "200 with Retry-After",
            Legal,
            FaultKind::SlowDown { retry_after: 0 },
        ),
        fault("50 ms late", Legal, FaultKind::Delay { milliseconds: 50 }),
        switches("bare arrays", json!({"bareArrays": true})),
        switches("pages of 3", json!({"paging": true, "largestPage": 3})),
        switches("nulls", json!({"nulls": true})),
        Oddity {
            // Without a list of sections none can be found, and none may be made twice.
            class: Partial,
            ..switches("no inferred reads", json!({"withoutInferredReads": true}))
        },
        batch(
            "$batch with object bodies",
            Legal,
            FaultKind::BatchObjectBodies,
        ),
        batch("$batch all or nothing", Legal, FaultKind::BatchAtomic),
        batch(
            "$batch: one element refused",
            Partial,
            element(
                400,
                "TF401320: Rule Error for field Title. Error code: Required.",
            ),
        ),
        batch(
            "$batch: one element changed by another",
            Partial,
            element(
                409,
                "TF26071: This work item has been changed by someone else.",
            ),
        ),
        batch("$batch: one answer for all", Partial, FaultKind::BatchWhole),
        fault("401", Credential, FaultKind::Unauthorized),
        fault("403", Credential, FaultKind::Forbidden),
        fault("203 sign-in page", Credential, FaultKind::SignInPage),
        fault(
            "302 to the sign-in page",
            Credential,
            FaultKind::SignInRedirect,
        ),
        fault("200 sign-in page", Credential, FaultKind::HtmlPage),
        fault(
            "429 without Retry-After",
            Passing,
            FaultKind::Throttled { retry_after: None },
        ),
        fault(
            "429 with Retry-After: 0",
            Passing,
            FaultKind::Throttled {
                retry_after: Some(0),
            },
        ),
        fault(
            "429 with Retry-After: 60",
            Long,
            FaultKind::Throttled {
                retry_after: Some(60),
            },
        ),
        fault("500", Passing, status(500, None)),
        fault("503", Passing, status(503, None)),
        fault(
            "dropped before it is handled",
            Passing,
            FaultKind::DropBeforeHandling,
        ),
        fault(
            "dropped after it was handled",
            Passing,
            FaultKind::DropAfterHandling,
        ),
        fault(
            "dropped, handled 40 ms later",
            Passing,
            FaultKind::LateLanding { milliseconds: 40 },
        ),
        fault("body broken off", Passing, FaultKind::TruncatedBody),
        Oddity {
            only: Some(System::AzureDevOps),
            ..fault(
                "400 VS402490 busy",
                Passing,
                error(400, "VS402490: The server is too busy. Try again later."),
            )
        },
        fault("JSON cut in half", Unusable, FaultKind::CutJson),
        fault("no body", Unusable, FaultKind::EmptyBody),
        fault("404 in plain text", Refusal, FaultKind::TextNotFound),
        fault("404", Refusal, error(404, "It was not found.")),
        fault(
            "400 in the form {count, value}",
            Refusal,
            FaultKind::WrappedError { status: 400 },
        ),
        fault("400", Refusal, error(400, "The request is not valid.")),
    ]
}
