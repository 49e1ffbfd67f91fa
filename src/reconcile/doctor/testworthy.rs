//! Asks TestWorthy.

use std::collections::BTreeSet;

use super::check::SystemReport;
use super::{Checks, Needed, Subject, described, judge};
use crate::model::config::{TestWorthyConnection, TextOrSecret};
use crate::model::{SuiteId, System};
use crate::remote::{ExploreTestWorthy as _, ReadTestWorthy as _};
use crate::testworthy::Reader;

/// What is looked at behind the network, in order.
const REST: [&str; 7] = [
    "http",
    "credential",
    "suite",
    "capabilities",
    "clock",
    "rate",
    "versions",
];

pub(super) async fn examine(subject: &Subject<'_>) -> SystemReport {
    let mut checks = Checks::default();
    if let Err(why) = ask(subject, &mut checks).await {
        checks.skip(&REST, &format!("not looked at: {why}"));
    }
    checks.report(System::TestWorthy, &subject.connection.testworthy.url)
}

/// The credentials of the surface.
fn needed(side: &TestWorthyConnection) -> Vec<Needed<'_>> {
    let email = match &side.user_email {
        TextOrSecret::Secret(reference) => Some(reference),
        TextOrSecret::Text(_) => None,
    };
    let key = |key, reference| Needed {
        key,
        reference: Some(reference),
        expected: judge::Expected::Key,
    };
    vec![
        Needed {
            key: "userEmail",
            reference: email,
            expected: judge::Expected::Email,
        },
        key("apiKey", &side.api_key),
        key("projectKey", &side.project_key),
    ]
}

/// The suites that the rules of the connection read or write.
fn suites(subject: &Subject<'_>) -> BTreeSet<SuiteId> {
    let rules = subject.rules.iter();
    rules
        .flat_map(|rule| {
            let scope = rule.scope.testworthy.iter();
            scope
                .flat_map(|scope| scope.suites.iter().copied())
                .chain(rule.create_in.suite)
        })
        .collect()
}

async fn ask(subject: &Subject<'_>, checks: &mut Checks) -> Result<(), String> {
    let side = &subject.connection.testworthy;
    let needed = needed(side);
    subject
        .approach(System::TestWorthy, &side.url, &needed, checks)
        .await?;
    let (reader, client) = match subject
        .context
        .remotes
        .explore_testworthy(subject.connection)
    {
        Ok(found) => found,
        Err(error) => return Err(error.to_string()),
    };
    let suites = suites(subject);
    let clock = subject.context.clock;
    let before = clock.now();
    let greeting = match reader.greet(suites.first().copied()).await {
        Ok(greeting) => greeting,
        Err(error) => return checks.extend([judge::no_answer(&error)]),
    };
    let after = clock.now();
    let latency = after.duration_since(before).unsigned_abs();
    let judged = judge::testworthy_answer(
        &greeting,
        latency,
        side.url.as_str(),
        &described(&needed),
        !suites.is_empty(),
    );
    match checks.extend(judged) {
        Ok(()) => look_at_suites(&reader, &suites, checks).await,
        Err(why) => {
            let why = format!("not looked at: {why}");
            checks.skip(&["credential", "suite", "capabilities"], &why);
        }
    }
    // These need no more than an answer.
    checks.push(judge::clock(greeting.date, before, after));
    checks.push(judge::rate(client.rate().as_ref()));
    checks.push(judge::versions("automation surface", None));
    Ok(())
}

async fn look_at_suites(reader: &Reader, suites: &BTreeSet<SuiteId>, checks: &mut Checks) {
    let mut found = Vec::new();
    for suite in suites {
        found.push((*suite, reader.check(*suite).await));
    }
    // The names are a courtesy: not every server lists its suites.
    let listed = reader.suites().await.unwrap_or_default();
    for (suite, found) in &found {
        checks.push(judge::suite(*suite, found, &listed));
    }
    if suites.is_empty() {
        checks.skip(&["suite"], "no rule of this connection names one");
    }
    if !found.is_empty() && found.iter().all(|(_, found)| found.is_err()) {
        checks.skip(&["capabilities"], "not looked at: no suite answers");
        return;
    }
    checks.push(judge::capabilities(reader.capabilities()));
}
