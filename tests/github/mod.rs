//! The stand-in for GitHub's API (`server.py`) as a process, and the judge of what was said to it.
//!
//! It is written in Python so that tests of the action can start it without a build, and so that it
//! shares nothing with the client. [`judge`] holds every exchange against GitHub's own `OpenAPI` document.

pub(crate) mod judge;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A stand-in that runs as long as this lives.
pub(crate) struct GitHub {
    process: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
}

impl GitHub {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/github/server.py");
        let mut process = Command::new("python3")
            .arg(script)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let stdout = process.stdout.take().expect("a pipe");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the address");
        let host = line.trim().strip_prefix("http://").expect("an address");
        Self {
            host: host.to_owned(),
            process,
        }
    }

    /// What `GITHUB_API_URL` is set to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Changes the state, as `server.py` describes it.
    pub(crate) fn set(&self, state: &Value) {
        self.own("POST", "/stand-in/set", Some(state));
    }

    /// Adds a fault.
    pub(crate) fn fault(&self, fault: &Value) {
        self.set(&json!({ "faults": [fault] }));
    }

    /// All comments: `id`, `issue`, `login`, `body`, `edits`.
    pub(crate) fn comments(&self) -> Vec<Value> {
        let comments = self.own("GET", "/stand-in/comments", None);
        comments.as_array().expect("a list").clone()
    }

    /// Everything that was asked and answered.
    pub(crate) fn exchanges(&self) -> Vec<Value> {
        let exchanges = self.own("GET", "/stand-in/exchanges", None);
        exchanges.as_array().expect("a list").clone()
    }

    /// How many requests of this method went to a path with this end.
    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        let all = self.exchanges();
        all.iter()
            .filter(|one| {
                one["method"] == method && one["path"].as_str().is_some_and(|p| p.ends_with(end))
            })
            .count()
    }

    fn own(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(&self.host).expect("the stand-in listens");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
