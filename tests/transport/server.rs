//! A server on loopback that answers exactly what a test says, byte for byte, and notes what it was sent.
//!
//! It speaks plain TCP: a broken answer cannot be given through a proper HTTP library.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in the casing of the wire.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} came twice");
        value
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    delay: Duration,
    close: bool,
}

impl Reply {
    /// A whole answer; the connection stays open.
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut all = vec![("content-length".to_owned(), body.len().to_string())];
        all.extend(
            headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        );
        let mut bytes = format!("HTTP/1.1 {status} X\r\n");
        for (name, value) in all {
            bytes.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
        }
        let mut bytes = (bytes + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        Self {
            bytes,
            delay: Duration::ZERO,
            close: false,
        }
    }

    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self::new(
            200,
            &[("content-type", "application/json")],
            body.to_string(),
        )
    }

    /// These bytes, then the end of the connection.
    pub(crate) fn broken(bytes: impl AsRef<[u8]>) -> Self {
        Self {
            bytes: bytes.as_ref().to_vec(),
            delay: Duration::ZERO,
            close: true,
        }
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Handler = dyn Fn(&Seen, usize) -> Reply + Send + Sync;

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) port: u16,
    noted: Arc<Noted>,
}

#[derive(Default)]
struct Noted {
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Server {
    /// Gives one reply after the other; a request beyond the script gets 418, which no test expects.
    pub(crate) async fn script(replies: Vec<Reply>) -> Self {
        Self::answering(move |_, index| {
            replies
                .get(index)
                .cloned()
                .unwrap_or_else(|| Reply::new(418, &[], "beyond the script"))
        })
        .await
    }

    /// Answers each request by what it is; `index` counts requests from 0.
    pub(crate) async fn answering(
        handler: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (noted, handler): (Arc<Noted>, Arc<Handler>) = (Arc::default(), Arc::new(handler));
        let server = Self {
            port,
            noted: Arc::clone(&noted),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                noted.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, Arc::clone(&noted), Arc::clone(&handler)));
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> url::Url {
        url::Url::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.noted.seen.lock().unwrap().clone()
    }

    /// `METHOD target` of every request.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|seen| format!("{} {}", seen.method, seen.target))
            .collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.noted.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.noted.most_in_flight.load(Ordering::SeqCst)
    }
}

async fn converse(mut stream: TcpStream, noted: Arc<Noted>, handler: Arc<Handler>) {
    while let Some(seen) = receive(&mut stream).await {
        let index = {
            let mut all = noted.seen.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        let now = noted.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        noted.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let reply = handler(&seen, index);
        tokio::time::sleep(reply.delay).await;
        noted.in_flight.fetch_sub(1, Ordering::SeqCst);
        if stream.write_all(&reply.bytes).await.is_err() || reply.close {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// Reads one request with a `content-length` body; `None` at the end of the connection.
async fn receive(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen {
        method,
        target,
        headers,
        body,
    })
}

/// `text` as a gzip file of one stored block.
pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let data = text.as_bytes();
    let length = u16::try_from(data.len()).unwrap();
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(data);
    let crc = data.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    });
    file.extend((!crc).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}
