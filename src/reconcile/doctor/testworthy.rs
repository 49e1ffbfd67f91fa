//! Asks TestWorthy.

use std::collections::BTreeSet;

use super::check::SystemReport;
use super::{Checks, Needed, Subject, described, judge};
use crate::model::config::{TestWorthyConnection, TestWorthySurface, TextOrSecret};
use crate::model::{SuiteId, System};
use crate::remote::{CaseScope, ExploreTestWorthy};

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
    let key = |key, reference| Needed {
        key,
        reference: Some(reference),
        expected: judge::Expected::Key,
    };
    match &side.surface {
        TestWorthySurface::Automation {
            user_email,
            api_key,
            project_key,
            ..
        } => {
            let email = match user_email {
                TextOrSecret::Secret(reference) => Some(reference),
                TextOrSecret::Text(_) => None,
            };
            vec![
                Needed {
                    key: "userEmail",
                    reference: email,
                    expected: judge::Expected::Email,
                },
                key("apiKey", api_key),
                key("projectKey", project_key),
            ]
        }
        TestWorthySurface::V1 { token, .. } => vec![key("token", token)],
    }
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
    let (asked, scope) = match (&side.surface, suites.first()) {
        (TestWorthySurface::V1 { project_id, .. }, _) => {
            (judge::Asked::Project(*project_id), Some(CaseScope::Project))
        }
        (_, Some(suite)) => (judge::Asked::Suite, Some(CaseScope::Suite(*suite))),
        (_, None) => (judge::Asked::Suites, None),
    };
    let greeting = match reader.greet(scope).await {
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
        asked,
    );
    match checks.extend(judged) {
        Ok(()) if matches!(asked, judge::Asked::Project(_)) => {
            checks.skip(&["suite"], "the v1 surface has no suites");
            checks.push(judge::capabilities(reader.capabilities()));
        }
        Ok(()) => look_at_suites(reader.as_ref(), &suites, checks).await,
        Err(why) => {
            let why = format!("not looked at: {why}");
            checks.skip(&["credential", "suite", "capabilities"], &why);
        }
    }
    // These need no more than an answer.
    checks.push(judge::clock(greeting.date, before, after));
    checks.push(judge::rate(client.rate().as_ref()));
    let surface = match side.surface {
        TestWorthySurface::Automation { .. } => "automation surface",
        TestWorthySurface::V1 { .. } => "v1 surface",
    };
    checks.push(judge::versions(surface, None));
    Ok(())
}

async fn look_at_suites(
    reader: &dyn ExploreTestWorthy,
    suites: &BTreeSet<SuiteId>,
    checks: &mut Checks,
) {
    let mut found = Vec::new();
    for suite in suites {
        found.push((*suite, reader.check(CaseScope::Suite(*suite)).await));
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
