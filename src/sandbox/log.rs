//! The request log: every request to either system, in order, with counters that tests judge.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// How many entries are kept; older ones are dropped, the counters stay.
const KEPT: usize = 100_000;

/// Which part of the sandbox a request went to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum System {
    /// Azure DevOps.
    #[default]
    AzureDevOps,
    /// `TestWorthy`.
    Testworthy,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// 1 for the first request since the sandbox started; never reused.
    pub sequence: u64,
    /// Which system was asked.
    pub system: System,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, percent-encoding included.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: String,
    /// The path with ids replaced (`wit/workitems/{id}`), in lower case.
    pub route: String,
    /// The status of the answer; absent while it is under way or when the answer was withheld.
    pub status: Option<u16>,
    /// Whether the request can change state. Queries that are sent by POST and `validateOnly` are reads.
    pub is_write: bool,
    /// Size of the request body in bytes.
    pub bytes: u64,
    /// Whether the request reached the system (false: a fault answered or dropped it before).
    pub handled: bool,
    /// The fault that struck, by its name in `/_sandbox/faults`.
    pub fault: Option<String>,
}

/// What was asked of the sandbox.
#[derive(Debug, Default)]
pub struct RequestLog {
    entries: VecDeque<LogEntry>,
    next: u64,
    writes: BTreeMap<System, u64>,
    totals: BTreeMap<System, u64>,
    routes: BTreeMap<(System, String), u64>,
}

impl RequestLog {
    /// Notes a request as it arrives and returns its sequence number.
    pub fn begin(&mut self, mut entry: LogEntry) -> u64 {
        self.next += 1;
        entry.sequence = self.next;
        *self.totals.entry(entry.system).or_default() += 1;
        if entry.is_write {
            *self.writes.entry(entry.system).or_default() += 1;
        }
        let route = format!("{} {}", entry.method, entry.route);
        *self.routes.entry((entry.system, route)).or_default() += 1;
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
        self.next
    }

    /// Notes how a request ended. `status` is `None` when its answer was withheld.
    pub fn finish(&mut self, sequence: u64, status: Option<u16>, handled: bool) {
        let Some(first) = self.entries.front().map(|entry| entry.sequence) else {
            return;
        };
        let position = sequence
            .checked_sub(first)
            .and_then(|n| usize::try_from(n).ok());
        if let Some(entry) = position.and_then(|at| self.entries.get_mut(at)) {
            entry.status = status;
            entry.handled = handled;
        }
    }

    /// Every kept request, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LogEntry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// How many requests a system got since the last [`Self::clear`].
    pub fn requests(&self, system: System) -> u64 {
        self.totals.get(&system).copied().unwrap_or(0)
    }

    /// How many of them could change state.
    pub fn writes(&self, system: System) -> u64 {
        self.writes.get(&system).copied().unwrap_or(0)
    }

    /// How many requests went to a route, for example `POST wit/workitemsbatch`.
    pub fn count(&self, system: System, route: &str) -> u64 {
        self.routes
            .get(&(system, route.to_owned()))
            .copied()
            .unwrap_or(0)
    }

    /// Requests by `METHOD route`, per system.
    pub fn routes(&self) -> &BTreeMap<(System, String), u64> {
        &self.routes
    }

    /// Forgets all requests and counters; sequence numbers go on.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.writes.clear();
        self.totals.clear();
        self.routes.clear();
    }
}

/// The route of a path for counting: segments up to `_apis` (organisation, project, team) and
/// `TestWorthy`'s `api/tests` left out, numbers and GUIDs replaced by `{id}`, `$Test%20Case` by
/// `${type}`, everything in lower case.
pub fn route_of(path: &str) -> String {
    let lower = path.to_lowercase().replace("%24", "$");
    let segments: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
    let from = if let Some(at) = segments.iter().position(|part| *part == "_apis") {
        at + 1
    } else if segments.starts_with(&["testworthy", "api", "tests"]) {
        3
    } else {
        usize::from(segments.starts_with(&["testworthy", "v1"]))
    };
    let named: Vec<&str> = segments
        .get(from..)
        .unwrap_or_default()
        .iter()
        .map(|part| {
            if part.starts_with('$') && *part != "$batch" {
                "${type}"
            } else if part.bytes().all(|byte| byte.is_ascii_digit()) || is_guid(part) {
                "{id}"
            } else {
                part
            }
        })
        .collect();
    named.join("/")
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(method: &str, path: &str, is_write: bool) -> LogEntry {
        LogEntry {
            sequence: 0,
            system: System::AzureDevOps,
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            route: route_of(path),
            status: None,
            is_write,
            bytes: 0,
            handled: true,
            fault: None,
        }
    }

    #[test]
    fn routes_are_named_without_organisation_project_and_ids() {
        for (path, route) in [
            ("/contoso/_apis/wit/workItems/12", "wit/workitems/{id}"),
            (
                "/contoso/Web%20Shop/_apis/wit/workitems/$Test%20Case",
                "wit/workitems/${type}",
            ),
            ("/contoso/_apis/wit/%24batch", "wit/$batch"),
            (
                "/contoso/_apis/projects/7D2C9A5E-0000-4000-8000-000000000001",
                "projects/{id}",
            ),
            ("/testworthy/api/tests/get_cases/41", "get_cases/{id}"),
            ("/testworthy/v1/projects/7/cases", "v1/projects/{id}/cases"),
            ("/other/thing", "other/thing"),
        ] {
            assert_eq!(route_of(path), route, "{path}");
        }
    }

    #[test]
    fn counters_follow_the_requests_and_clear_forgets_them() {
        let mut log = RequestLog::default();
        let first = log.begin(entry("PATCH", "/contoso/_apis/wit/$batch", true));
        log.begin(entry("GET", "/contoso/_apis/wit/workitems/3", false));
        log.finish(first, Some(200), true);
        assert_eq!(log.requests(System::AzureDevOps), 2);
        assert_eq!(log.writes(System::AzureDevOps), 1);
        assert_eq!(log.writes(System::Testworthy), 0);
        assert_eq!(log.count(System::AzureDevOps, "PATCH wit/$batch"), 1);
        assert_eq!(log.entries().next().unwrap().status, Some(200));
        log.clear();
        assert_eq!(log.requests(System::AzureDevOps), 0);
        let next = log.begin(entry("GET", "/contoso/_apis/projects", false));
        assert_eq!(next, 3, "sequence numbers go on");
        log.finish(first, Some(500), false);
        assert_eq!(log.entries().next().unwrap().status, None);
    }
}
