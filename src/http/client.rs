//! Sends requests of one identity to one system.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep};

use super::counters::Tally;
use super::failure::Failure;
use super::rate_headers::{RateHint, RateReport};
use super::redact::Redactor;
use super::retry::{Outcome, Patience, Verdict, verdict};
use super::server_clock::ServerClock;
use super::throttle::Budget;
use super::{
    AllowList, Bearer, BearerSource, Counters, Party, Repeat, Request, Response, SecretHeader, tls,
    words,
};
use crate::model::{ClockOffset, System};
use crate::remote::{RemoteError, RemoteErrorKind};

/// An answer may not be larger than this, decompressed.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// Why a client that may send nothing sends nothing.
pub const OFFLINE: &str = "requests are switched off (--offline)";

/// From when on a person is told that a request is tried again.
const TELL_AFTER: Duration = Duration::from_secs(1);

/// A host from which no answer has ever come gets this part of the time: it is most likely not there.
const UNKNOWN_HOST: u32 = 3;

/// What a client is made of.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The system it talks to; errors name it and the allow-list depends on it.
    pub system: System,
    /// Where its credentials may go.
    pub allow: AllowList,
    /// Sent with every request, marked as sensitive.
    pub credentials: Vec<SecretHeader>,
    /// Sent with every request that does not set them itself.
    pub default_headers: Vec<(&'static str, String)>,
    /// A cap in requests per second; `None` only adapts.
    pub rate: Option<f64>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// Refuse every request.
    pub offline: bool,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// Between two reads of an answer.
    pub read: Duration,
    /// For one attempt as a whole.
    pub total: Duration,
    /// For waiting and trying again, in all, per request.
    pub retries: Duration,
    /// Whether every request is sent once, whatever comes of it; waits that a server asks for are still
    /// kept, within `retries`. For a connection test, which has to say at once what is.
    pub once: bool,
    /// Before the first retry; later waits double up to 25 times this.
    pub first_retry: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            total: Duration::from_secs(120),
            retries: Duration::from_secs(30),
            once: false,
            first_retry: Duration::from_millis(200),
        }
    }
}

/// Sends requests of one identity to one system. Clones share connections, budget and counters.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    /// Whom it talks to: the system, unless [`Client::toward`] says otherwise.
    party: Party,
    /// Where its token comes from, if that is not among the credentials.
    bearer: Option<Arc<dyn BearerSource>>,
    /// Whether an answer 4xx means "try again later".
    busy: fn(&Response) -> bool,
    /// Told once when a system keeps not answering.
    notice: Option<Arc<Notice>>,
}

/// Takes one sentence for a person.
pub type Notice = dyn Fn(&str) + Send + Sync;

struct Shared {
    system: System,
    allow: AllowList,
    headers: HeaderMap,
    credentials: HeaderMap,
    redactor: Redactor,
    timeouts: Timeouts,
    offline: bool,
    loopback: reqwest::Client,
    /// Made at the first need: reading the platform's certificates takes a while.
    https: OnceLock<Result<reqwest::Client, String>>,
    budget: Arc<Budget>,
    tally: Tally,
    /// What the last answer that spoke of a limit said.
    rate: Mutex<Option<RateReport>>,
    clock: ServerClock,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("system", &self.shared.system)
            .field("offline", &self.shared.offline)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client with its own budget. [`RemoteErrorKind::Unauthenticated`] if a credential cannot be
    /// sent as a header (a line break in it, for example).
    pub fn new(options: ClientOptions) -> Result<Self, RemoteError> {
        let system = options.system;
        let fail = |kind| RemoteError {
            system,
            kind,
            request: None,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &options.default_headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                fail(RemoteErrorKind::Protocol {
                    reason: format!("the header {name} cannot be sent"),
                })
            })?;
            headers.insert(header_name(name, system)?, value);
        }
        let mut credentials = HeaderMap::new();
        for SecretHeader { name, value } in &options.credentials {
            let mut secret = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
                fail(RemoteErrorKind::Unauthenticated {
                    answer: format!(
                        "not sent: the value for {name} holds a line break or another character \
                         that a header cannot carry"
                    ),
                })
            })?;
            secret.set_sensitive(true);
            credentials.insert(header_name(name, system)?, secret);
        }
        let loopback = tls::loopback_client(&options.timeouts).map_err(|reason| {
            fail(RemoteErrorKind::Unavailable {
                reason,
                maybe_sent: false,
            })
        })?;
        Ok(Self {
            shared: Arc::new(Shared {
                system,
                allow: options.allow,
                headers,
                credentials,
                redactor: Redactor::new(options.credentials.iter().map(|header| &header.value)),
                timeouts: options.timeouts,
                offline: options.offline,
                loopback,
                https: OnceLock::new(),
                budget: Arc::new(Budget::new(options.rate)),
                tally: Tally::default(),
                rate: Mutex::new(None),
                clock: ServerClock::default(),
            }),
            party: Party::System(system),
            bearer: None,
            busy: |_| false,
            notice: None,
        })
    }

    /// Toward somebody else than one of the two systems. Errors still carry the system on whose behalf it
    /// is asked.
    #[must_use]
    pub fn toward(mut self, party: Party) -> Self {
        self.party = party;
        self
    }

    /// With a token that is fetched when it is needed, and once more when the server turns it down.
    #[must_use]
    pub fn with_bearer(mut self, source: Arc<dyn BearerSource>) -> Self {
        self.bearer = Some(source);
        self
    }

    /// With a system's own way to say "too busy" under a status that is otherwise a refusal. Reads are
    /// repeated then, as for a 503.
    #[must_use]
    pub fn with_busy(mut self, busy: fn(&Response) -> bool) -> Self {
        self.busy = busy;
        self
    }

    /// With somebody to tell that a request is tried again, from about a second on.
    #[must_use]
    pub fn with_notice(mut self, notice: Arc<Notice>) -> Self {
        self.notice = Some(notice);
        self
    }

    /// The system it talks to.
    pub fn system(&self) -> System {
        self.shared.system
    }

    /// What was done so far, clones included.
    pub fn counters(&self) -> Counters {
        self.shared.tally.read()
    }

    /// What the server said last of its rate limit, if it ever did.
    pub fn rate(&self) -> Option<RateReport> {
        let rate = self.shared.rate.lock();
        rate.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far the server's clock is from ours, as its answers said; `None` before the first one.
    pub fn clock(&self) -> Option<ClockOffset> {
        self.shared.clock.offset()
    }

    /// What time it is by the server's clock; `None` before the first answer.
    pub fn server_time(&self) -> Option<jiff::Timestamp> {
        let ahead = jiff::SignedDuration::from_millis(self.clock()?.ahead_ms);
        local_now().checked_add(ahead).ok()
    }

    /// `text` without this client's credentials in any form; for a server's words.
    pub fn redact(&self, text: &str) -> String {
        let text = self.shared.redactor.apply(text);
        match &self.bearer {
            Some(source) => source.redact(&text),
            None => text,
        }
    }

    /// Sends a request and reads the answer whole.
    ///
    /// Every status is an `Ok` but those that were repeated in vain. Errors:
    /// [`RemoteErrorKind::HostRefused`] before any connection; [`RemoteErrorKind::RateLimited`] for 429,
    /// or when the server asks for a longer wait than [`Timeouts::retries`] leaves (the request was then
    /// not carried out); [`RemoteErrorKind::Unavailable`] for 5xx, and for no or a broken answer;
    /// [`RemoteErrorKind::Protocol`] for an answer that is too large. A write ([`Repeat::Never`]) with an
    /// answer 5xx, too large, broken or missing is `Unavailable` with `maybe_sent`. With a
    /// [`BearerSource`] also what fetching the token says, never with `maybe_sent`; a 401 was not carried out, so even a write
    /// follows it with a new token, once.
    pub async fn send(&self, request: Request) -> Result<Response, RemoteError> {
        let shared = &*self.shared;
        if shared.offline {
            let reason = OFFLINE.to_owned();
            return Err(shared.error(&request, None, unavailable(reason, false)));
        }
        let permitted = shared.allow.permit(self.party, &request.url);
        permitted.map_err(|host| RemoteError {
            system: shared.system,
            kind: RemoteErrorKind::HostRefused { host },
            request: None,
        })?;
        let headers = shared.headers_for(&request)?;
        let Some(source) = &self.bearer else {
            return self.send_with(&request, headers).await;
        };
        let first = source.bearer(None).await.map_err(unsigned)?;
        let sent = self.send_with(&request, shared.signed(&headers, &first)?);
        let response = sent.await.map_err(|error| self.without_token(error))?;
        if response.status != 401 {
            return Ok(response);
        }
        let second = source
            .bearer(Some(first.generation))
            .await
            .map_err(unsigned)?;
        let sent = self.send_with(&request, shared.signed(&headers, &second)?);
        sent.await.map_err(|error| self.without_token(error))
    }

    /// A failing server may echo a token that was not among the credentials when the client was made.
    fn without_token(&self, mut error: RemoteError) -> RemoteError {
        if let Some(words) = error.kind.words_mut() {
            *words = self.redact(words);
        }
        error
    }

    /// Fetches the token of a [`BearerSource`] if there is none yet, and asks the server nothing.
    pub async fn sign_in(&self) -> Result<(), RemoteError> {
        match &self.bearer {
            Some(source) => source.bearer(None).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Sends it with these headers, again and again as the policy says.
    async fn send_with(
        &self,
        request: &Request,
        headers: HeaderMap,
    ) -> Result<Response, RemoteError> {
        let shared = &*self.shared;
        let client = shared.client_for(request)?;

        let _place = shared.budget.acquire().await;
        let (mut patience, mut first_failure, mut told) = (None, None, false);
        loop {
            sleep(shared.budget.take_start(Instant::now())).await;
            // The time runs from the first start: queueing for a place is not the server's fault.
            let patience = patience.get_or_insert_with(|| {
                Patience::new(
                    Instant::now(),
                    shared.timeouts.retries,
                    shared.timeouts.first_retry,
                )
            });
            shared.sit_out_pause(request, patience).await?;

            let epoch = shared.budget.epoch();
            let attempt = shared.attempt(client, request, headers.clone()).await;
            let (outcome, pressure) = match &attempt {
                Ok(response) if request.repeat == Repeat::Safe && (self.busy)(response) => {
                    shared.heed(response);
                    (Outcome::Status(503), true)
                }
                Ok(response) => (Outcome::Status(response.status), shared.heed(response)),
                Err(failure) => (failure.outcome, false),
            };
            match outcome {
                _ if pressure => shared.budget.pressed(epoch),
                Outcome::Status(429 | 503) => shared.budget.pressed(epoch),
                Outcome::Status(..500) => shared.budget.succeeded(epoch),
                _ => {}
            }

            if outcome == Outcome::NotConnected && !shared.tally.has_answered() {
                patience.shorten(*first_failure.get_or_insert(Instant::now()), UNKNOWN_HOST);
            }
            let permanent = attempt.as_ref().is_err_and(|failure| failure.permanent);
            let reason = shared.trouble(&attempt);
            let delay = match (verdict(request.repeat, outcome), attempt) {
                (Verdict::Deliver, Ok(response)) => return Ok(response),
                (Verdict::Again, attempt) if !permanent && !shared.timeouts.once => {
                    let asked = shared.budget.pause_left(Instant::now());
                    let whole = shared.timeouts.retries;
                    match patience.next_delay(Instant::now()) {
                        // A pause is sat out at the top of the loop, or ends the request there. One that
                        // is shorter than the usual wait is no leave to send faster.
                        Some(delay) if asked.is_none_or(|pause| pause < delay) => delay,
                        Some(_) => Duration::ZERO,
                        None if asked.is_some_and(|pause| pause > whole) => Duration::ZERO,
                        None => return Err(shared.give_up(request, attempt)),
                    }
                }
                (_, attempt) => return Err(shared.give_up(request, attempt)),
            };
            let since = *first_failure.get_or_insert(Instant::now());
            if !told && since.elapsed() >= TELL_AFTER {
                told = true;
                self.tell(&reason, patience);
            }
            if !delay.is_zero() {
                shared.tally.waited(delay);
                sleep(delay).await;
            }
            shared.tally.retried();
        }
    }
}

impl Client {
    /// Says that the system does not answer well and how long it is still tried.
    fn tell(&self, reason: &str, patience: &Patience) {
        if let Some(notice) = &self.notice {
            notice(&format!(
                "{} does not answer as it should ({reason}); trying again for up to {} s",
                self.party,
                patience.left(Instant::now()).as_secs() + 1
            ));
        }
    }
}

impl Shared {
    /// What is wrong with an attempt, in words.
    fn trouble(&self, attempt: &Result<Response, Failure>) -> String {
        match attempt {
            Ok(response) => format!("status {}", response.status),
            Err(failure) => self.redactor.apply(&failure.reason),
        }
    }

    /// Plain http has passed the allow-list, so it is loopback.
    fn client_for(&self, request: &Request) -> Result<&reqwest::Client, RemoteError> {
        if request.url.scheme() == "http" {
            return Ok(&self.loopback);
        }
        let made = self.https.get_or_init(|| tls::https_client(&self.timeouts));
        made.as_ref()
            .map_err(|reason| self.error(request, None, unavailable(reason.clone(), false)))
    }

    /// Defaults, then the request's own, then the credentials, which nothing may replace.
    fn headers_for(&self, request: &Request) -> Result<HeaderMap, RemoteError> {
        let mut headers = self.headers.clone();
        let content_type = request.body.iter().map(|(kind, _)| ("content-type", *kind));
        let own = request
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        for (name, value) in content_type.chain(own) {
            let value = HeaderValue::from_str(value).map_err(|_| {
                let reason = format!("the header {name} cannot be sent");
                self.error(request, None, RemoteErrorKind::Protocol { reason })
            })?;
            headers.insert(header_name(name, self.system)?, value);
        }
        headers.extend(self.credentials.clone());
        Ok(headers)
    }

    /// The headers with a token that was fetched.
    fn signed(&self, headers: &HeaderMap, bearer: &Bearer) -> Result<HeaderMap, RemoteError> {
        let line = format!("Bearer {}", bearer.token.expose_secret());
        let mut value = HeaderValue::from_str(&line).map_err(|_| RemoteError {
            system: self.system,
            kind: RemoteErrorKind::Unauthenticated {
                answer: "not sent: the token that came holds what a header cannot carry".to_owned(),
            },
            request: None,
        })?;
        value.set_sensitive(true);
        let mut headers = headers.clone();
        headers.insert(reqwest::header::AUTHORIZATION, value);
        Ok(headers)
    }

    /// Waits until the identity may send again, or refuses if that would take too long.
    async fn sit_out_pause(
        &self,
        request: &Request,
        patience: &Patience,
    ) -> Result<(), RemoteError> {
        while let Some(left) = self.budget.pause_left(Instant::now()) {
            if !patience.allows(Instant::now(), left) {
                let (asked, whole) = (left.as_secs_f64().ceil(), self.timeouts.retries);
                let seconds = whole.as_secs_f64();
                let reason = if left > whole {
                    format!(
                        "the server asks to wait {asked} s, longer than a request may take ({seconds} s)"
                    )
                } else {
                    format!(
                        "the server asks to wait {asked} s more, and the time that a request may take ({seconds} s) is nearly over"
                    )
                };
                return Err(self.error(request, None, RemoteErrorKind::RateLimited { reason }));
            }
            self.tally.waited(left);
            sleep(left).await;
        }
        Ok(())
    }

    /// Sends once and reads the body.
    async fn attempt(
        &self,
        client: &reqwest::Client,
        request: &Request,
        headers: HeaderMap,
    ) -> Result<Response, Failure> {
        let bytes = request.body.as_ref().map_or(0, |(_, body)| body.len());
        self.tally.sent(request.repeat == Repeat::Never, bytes);
        let mut builder = client
            .request(request.method.clone(), request.url.clone())
            .headers(headers);
        if let Some((_, body)) = &request.body {
            builder = builder.body(body.clone());
        }
        let (started, sent) = (Instant::now(), local_now());
        let result = self.exchange(builder, sent).await;
        tracing::debug!(
            system = self.system.key(),
            method = %request.method,
            url = super::address_without_query(&request.url),
            status = result.as_ref().ok().map(|response| response.status),
            failure = result.as_ref().err().map(|failure| failure.reason.as_str()),
            milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request"
        );
        result
    }

    async fn exchange(
        &self,
        builder: reqwest::RequestBuilder,
        sent: jiff::Timestamp,
    ) -> Result<Response, Failure> {
        let lost = |error| Failure::of(error, &self.timeouts);
        let mut answer = builder.send().await.map_err(lost)?;
        let received = local_now();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let announced = answer
            .content_length()
            .and_then(|n| usize::try_from(n).ok());
        let mut body = Vec::with_capacity(announced.unwrap_or_default().min(LARGEST_BODY));
        while let Some(chunk) = answer.chunk().await.map_err(|error| Failure {
            // Once there are headers, the request has arrived.
            outcome: Outcome::Lost,
            ..Failure::of(error, &self.timeouts)
        })? {
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(Failure::too_large(LARGEST_BODY));
            }
            body.extend_from_slice(&chunk);
        }
        self.tally.received(body.len());
        if body.starts_with(b"\xEF\xBB\xBF") {
            body.drain(..3);
        }
        let response = Response {
            status,
            headers,
            body,
        };
        self.clock.heed(&response, sent, received);
        Ok(response)
    }

    /// Pauses the identity as the answer asks; whether it asked for less.
    fn heed(&self, response: &Response) -> bool {
        if let Some(report) = RateReport::read(&response.headers, local_now) {
            *self.rate.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
        }
        let hint = RateHint::read(&response.headers, local_now);
        if let Some(pause) = hint.pause() {
            self.budget.pause(Instant::now(), pause);
        }
        hint.is_pressure()
    }

    /// The error of a request that will not be sent again.
    fn give_up(&self, request: &Request, attempt: Result<Response, Failure>) -> RemoteError {
        match attempt {
            Ok(response) if response.status == 429 => {
                let again = if self.timeouts.once {
                    "too many requests"
                } else {
                    "too many requests, again and again"
                };
                let reason = match words::of(&response, &self.redactor) {
                    Some(words) => format!("{again}: {words}"),
                    None => again.to_owned(),
                };
                self.error(
                    request,
                    Some(&response),
                    RemoteErrorKind::RateLimited { reason },
                )
            }
            Ok(response) => {
                let reason = match words::of(&response, &self.redactor) {
                    Some(words) => format!("the server failed: {words}"),
                    None => "the server failed".to_owned(),
                };
                self.error(request, Some(&response), unavailable(reason, true))
            }
            Err(failure) if failure.too_large && request.repeat == Repeat::Safe => {
                let kind = RemoteErrorKind::Protocol {
                    reason: failure.reason,
                };
                self.error(request, None, kind)
            }
            Err(failure) => {
                let maybe_sent = failure.outcome != Outcome::NotConnected;
                let reason = self.redactor.apply(&failure.reason);
                self.error(request, None, unavailable(reason, maybe_sent))
            }
        }
    }

    fn error(
        &self,
        request: &Request,
        answer: Option<&Response>,
        kind: RemoteErrorKind,
    ) -> RemoteError {
        RemoteError {
            system: self.system,
            kind,
            request: Some(request.info(answer)),
        }
    }
}

fn unavailable(reason: String, maybe_sent: bool) -> RemoteErrorKind {
    RemoteErrorKind::Unavailable { reason, maybe_sent }
}

/// What fetching a token says, for the request that waits for it. Without a token that was not sent, or was
/// turned down with a 401: nothing of it can land, whatever became of the sign-in.
fn unsigned(mut error: RemoteError) -> RemoteError {
    error.kind = match error.kind {
        RemoteErrorKind::Unavailable { reason, .. } | RemoteErrorKind::Protocol { reason } => {
            unavailable(reason, false)
        }
        other => other,
    };
    error
}

fn header_name(name: &'static str, system: System) -> Result<HeaderName, RemoteError> {
    name.parse().map_err(|_| RemoteError {
        system,
        kind: RemoteErrorKind::Protocol {
            reason: format!("`{name}` is not a header name"),
        },
        request: None,
    })
}

/// For what a server says about time: its own, and dates to wait for.
#[expect(
    clippy::disallowed_methods,
    reason = "an HTTP date can only be compared with the wall clock"
)]
fn local_now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
