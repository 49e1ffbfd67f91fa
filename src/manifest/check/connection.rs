//! `Connection`.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::text::{time_zone, url};
use super::{Context, not_supported, origin, secret};
use crate::diagnostics::catalog::manifest as codes;
use crate::diagnostics::{nearest, pointer, quote};
use crate::manifest::document::{Document, Report};
use crate::manifest::raw::{
    ConnectionSpec, EntraCredential, IntegrationMode, RawAzureDevOps, RawEntra, RawTestWorthy,
    SecretSource, Surface,
};
use crate::manifest::shape::list;
use crate::model::Name;
use crate::model::config::{
    AzureDevOpsConnection, AzureDevOpsCredential, Connection, Integration, OPERATIONS, Operation,
    Operations, SecretRef, TestWorthyConnection, TestWorthySurface, TextOrSecret, WorkloadIdentity,
};

const TESTWORTHY: &str = "/spec/testworthy";

pub(super) fn check(
    document: &Document<'_>,
    name: Option<Name>,
    spec: &ConnectionSpec,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<Connection> {
    if let Some(name) = &document.name
        && spec.testworthy.api == Surface::V1
    {
        context.on_v1.insert(name.clone());
    }
    let testworthy = testworthy(&spec.testworthy, context, report);
    let azure_devops = azure_devops(&spec.azure_devops, context, report);
    let users = users(spec, report);
    if let Some(webhook) = &spec.webhook {
        not_supported(report, "/spec/webhook", "webhook");
        url(&webhook.url, "/spec/webhook/url", report);
        let at = "/spec/webhook/secret";
        secret::check(&webhook.secret, "webhook.secret", at, context, report);
    }
    Some(Connection {
        name: name?,
        testworthy: testworthy?,
        azure_devops: azure_devops?,
        users,
        origin: origin(document),
    })
}

/// The user table: addresses on the left, each name on the right once, since it is read both ways.
fn users(spec: &ConnectionSpec, report: &mut Report<'_>) -> IndexMap<String, String> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let table = spec.users.iter().flatten();
    for (email, name) in table.clone() {
        let at = pointer::child("/spec/users", email);
        if email.trim().is_empty() || name.trim().is_empty() {
            let message = "a user has an address in TestWorthy and a sign-in name in Azure DevOps";
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        } else if let Some(first) = seen.insert(name.trim().to_lowercase(), email) {
            let message = format!(
                "{} stands for {} and for {}",
                quote(name),
                quote(first),
                quote(email)
            );
            report.push(report.value(&codes::INVALID_VALUE, &at, message));
        }
    }
    let trimmed = |text: &String| text.trim().to_owned();
    table
        .map(|(email, name)| (trimmed(email), trimmed(name)))
        .collect()
}

fn testworthy(
    raw: &RawTestWorthy,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<TestWorthyConnection> {
    let base = url(&raw.url, "/spec/testworthy/url", report);
    let time_zone = time_zone(&raw.time_zone, "/spec/testworthy/timeZone", report);
    let operations = operations(raw, report);
    check_case_url(&raw.case_url, report);
    let integration = integration(raw, report);
    let email = raw.user_email.as_ref().map(|email| {
        let at = "/spec/testworthy/userEmail";
        secret::text_or_secret(email, "testworthy.userEmail", at, context, report)
    });
    let api_key = credential(raw.api_key.as_ref(), "apiKey", context, report);
    let project_key = credential(raw.project_key.as_ref(), "projectKey", context, report);
    let token = credential(raw.token.as_ref(), "token", context, report);
    let given: [(&str, bool, Surface, bool); 6] = [
        ("userEmail", email.is_some(), Surface::Automation, true),
        ("apiKey", api_key.0, Surface::Automation, true),
        ("projectKey", project_key.0, Surface::Automation, true),
        (
            "operations",
            !raw.operations.is_empty(),
            Surface::Automation,
            false,
        ),
        ("token", token.0, Surface::V1, true),
        ("projectId", raw.project_id.is_some(), Surface::V1, true),
    ];
    for (key, is_given, surface, is_required) in given {
        let at = pointer::child(TESTWORTHY, key);
        if surface == raw.api && !is_given && is_required {
            missing(report, key, &at);
        } else if surface != raw.api && is_given {
            let word = surface_word(surface);
            let message = format!("`{key}` belongs to `api: {word}`");
            let finding = report.key(&codes::INVALID_VALUE, &at, message);
            report.push(finding.with_help(format!(
                "remove `{key}`, or set `api: {word}` with the keys that it takes: {}",
                surface_keys(surface)
            )));
        }
    }
    let surface = match raw.api {
        Surface::Automation => automation(email.flatten(), api_key.1, project_key.1, operations),
        Surface::V1 => v1(token.1, raw.project_id),
    };
    Some(TestWorthyConnection {
        url: base?,
        surface: surface?,
        time_zone: time_zone?,
        case_url: raw.case_url.clone(),
        rate: raw.rate,
        integration,
    })
}

fn automation(
    user_email: Option<TextOrSecret>,
    api_key: Option<SecretRef>,
    project_key: Option<SecretRef>,
    operations: Option<Operations>,
) -> Option<TestWorthySurface> {
    Some(TestWorthySurface::Automation {
        user_email: user_email?,
        api_key: api_key?,
        project_key: project_key?,
        operations: operations?,
    })
}

fn v1(token: Option<SecretRef>, project_id: Option<u64>) -> Option<TestWorthySurface> {
    Some(TestWorthySurface::V1 {
        token: token?,
        project_id: project_id?,
    })
}

fn surface_word(surface: Surface) -> &'static str {
    match surface {
        Surface::Automation => "automation",
        Surface::V1 => "v1",
    }
}

fn surface_keys(surface: Surface) -> &'static str {
    match surface {
        Surface::Automation => "`userEmail`, `apiKey`, `projectKey`",
        Surface::V1 => "`token`, `projectId`",
    }
}

fn integration(raw: &RawTestWorthy, report: &mut Report<'_>) -> Integration {
    if raw.integration == IntegrationMode::Ignore {
        return Integration::Ignore;
    }
    if raw.api == Surface::Automation {
        let message = "`integration: manage` needs `api: v1`: the settings are reached with a \
                       bearer token, and `api: automation` has none";
        let at = "/spec/testworthy/integration";
        let finding = report.value(&codes::INVALID_VALUE, at, message);
        report.push(finding.with_help(
            "remove it here, and declare a second Connection with `api: v1` and `integration: manage`",
        ));
    }
    Integration::Manage
}

/// Reports a key that another key's value makes necessary.
fn missing(report: &mut Report<'_>, key: &str, at: &str) {
    let message = format!("`{key}` is missing in `testworthy`");
    let finding = report.key(&codes::MISSING_KEY, at, message);
    report.push(if key == "projectId" {
        finding.with_help("write `projectId: NUMBER`")
    } else {
        finding.with_help(format!("write `{key}: {{ env: NAME }}`"))
    });
}

/// Checks a reference, if there is one; pairs whether there is one with what it refers to.
fn credential(
    source: Option<&SecretSource>,
    key: &str,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> (bool, Option<SecretRef>) {
    let Some(source) = source else {
        return (false, None);
    };
    let at = pointer::child(TESTWORTHY, key);
    let purpose = format!("testworthy.{key}");
    (true, secret::check(source, &purpose, &at, context, report))
}

fn azure_devops(
    raw: &RawAzureDevOps,
    context: &mut Context<'_>,
    report: &mut Report<'_>,
) -> Option<AzureDevOpsConnection> {
    let at = "/spec/azureDevOps/organizationUrl";
    let organization = url(&raw.organization_url, at, report).filter(|url| {
        let in_host = url
            .host_str()
            .is_some_and(|host| host.ends_with(".visualstudio.com"));
        let named = in_host || !url.path().trim_matches('/').is_empty();
        if !named {
            let message = "the address does not name the organisation";
            let finding = report.value(&codes::INVALID_URL, at, message);
            report.push(finding.with_help("write it like `https://dev.azure.com/contoso`"));
        }
        named
    });
    if raw.project.trim().is_empty() || raw.project.contains(['/', '\\']) {
        let message = "this cannot be the name of a project";
        report.push(report.value(&codes::INVALID_VALUE, "/spec/azureDevOps/project", message));
    }
    let identity = raw.entra.as_ref().map(|raw| entra(raw, report));
    let token = raw.personal_access_token.as_ref().map(|source| {
        let at = "/spec/azureDevOps/personalAccessToken";
        secret::check(
            source,
            "azureDevOps.personalAccessToken",
            at,
            context,
            report,
        )
    });
    if token.is_some() == raw.entra.is_some() {
        let message = "`azureDevOps` needs exactly one of `personalAccessToken` and `entra`";
        let at = "/spec/azureDevOps/personalAccessToken";
        let finding = report.key(&codes::MISSING_KEY, at, message);
        report
            .push(finding.with_help("write `personalAccessToken: { env: AZURE_DEVOPS_EXT_PAT }`"));
    }
    let credential = match (token, identity) {
        (Some(token), None) => AzureDevOpsCredential::PersonalAccessToken(token?),
        (None, Some(identity)) => AzureDevOpsCredential::WorkloadIdentity(identity?),
        _ => return None,
    };
    Some(AzureDevOpsConnection {
        organization_url: organization?,
        project: raw.project.clone(),
        credential,
    })
}

/// Both ids become part of an address, so they are ids and nothing else.
fn entra(raw: &RawEntra, report: &mut Report<'_>) -> Option<WorkloadIdentity> {
    let EntraCredential::GithubActions = raw.credential;
    let mut wrong = |key: &str, message: &str, help: &str| {
        let at = pointer::child("/spec/azureDevOps/entra", key);
        let finding = report.value(&codes::INVALID_VALUE, &at, message);
        report.push(finding.with_help(help));
    };
    let tenant = is_guid(&raw.tenant_id) || is_domain(&raw.tenant_id);
    if !tenant {
        wrong(
            "tenantId",
            "a directory is named by its id or by one of its domains",
            "Microsoft Entra shows it as Tenant ID, for example 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        );
    }
    let client = is_guid(&raw.client_id);
    if !client {
        wrong(
            "clientId",
            "an application is named by its id",
            "Microsoft Entra shows it as Application (client) ID, for example 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        );
    }
    (tenant && client).then(|| WorkloadIdentity {
        tenant_id: raw.tenant_id.clone(),
        client_id: raw.client_id.clone(),
    })
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

/// `contoso.onmicrosoft.com`.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(label)
}

fn operations(raw: &RawTestWorthy, report: &mut Report<'_>) -> Option<Operations> {
    let base = pointer::child(TESTWORTHY, "operations");
    let mut templates = BTreeMap::new();
    let before = report.findings.len();
    for (name, template) in &raw.operations {
        let at = pointer::child(&base, name);
        let Some(operation) = Operation::find(name) else {
            let names: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
            let message = format!("there is no operation {}", quote(name));
            let finding = report.key(&codes::INVALID_OPERATION, &at, message);
            report.push(
                finding.with_help(match nearest(name, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the operations are {}", list(&names)),
                }),
            );
            continue;
        };
        if let Err(reason) = check_template(template, operation.placeholders) {
            let finding = report.value(&codes::INVALID_OPERATION, &at, reason);
            report.push(finding.with_help(format!("the default is `{}`", operation.template)));
            continue;
        }
        templates.insert(name.clone(), template.clone());
    }
    (report.findings.len() == before).then_some(Operations(templates))
}

/// A relative path of plain characters with known placeholders, so that it cannot leave the API's path
/// or its host.
fn check_template(template: &str, placeholders: &[&str]) -> Result<(), String> {
    let mut plain = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            return Err("a brace is not closed".to_owned());
        };
        if !placeholders.contains(&name) {
            return Err(format!("this operation has no placeholder {}", quote(name)));
        }
        plain.push_str(before);
        plain.push('0');
        rest = behind;
    }
    plain.push_str(rest);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if plain.is_empty() || plain.starts_with('/') || !plain.chars().all(allowed) {
        return Err("an operation is a relative path of letters, digits and `-_./`".to_owned());
    }
    // A slash at the end is the documented form of some servers.
    let inner = plain.strip_suffix('/').unwrap_or(&plain);
    if inner.split('/').any(|step| matches!(step, "" | "." | "..")) {
        return Err("an operation's path has no empty, `.` or `..` steps".to_owned());
    }
    Ok(())
}

fn check_case_url(template: &str, report: &mut Report<'_>) {
    let at = "/spec/testworthy/caseUrl";
    let filled = template
        .replace("{url}", "https://example.test")
        .replace("{case_id}", "1");
    let message = if !template.contains("{case_id}") {
        "a case's address contains `{case_id}`"
    } else if filled.contains(['{', '}']) {
        "a case's address has no other placeholders than `{url}` and `{case_id}`"
    } else if !url::Url::parse(&filled).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        "a case's address is an http address, or begins with `{url}`"
    } else {
        return;
    };
    report.push(report.value(&codes::INVALID_URL, at, message));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_template_that_could_be_written() {
        for operation in OPERATIONS {
            assert_eq!(
                check_template(operation.template, operation.placeholders),
                Ok(())
            );
        }
    }

    #[test]
    fn refuses_templates_that_lead_elsewhere() {
        let known = ["suite_id"];
        for template in ["add/{suite_id}/", "v2/add-case/{suite_id}", "{suite_id}"] {
            assert_eq!(check_template(template, &known), Ok(()), "{template}");
        }
        for template in [
            "",
            "/add",
            "//evil.test/add",
            "https://evil.test/add",
            "a/../b",
            "a//b",
            "./a",
            "a?b=c",
            "a#b",
            "a%2e%2e/b",
            "a\\b",
            "a@b",
            "a b",
            "{other_id}",
            "{suite_id",
            "suite_id}",
            "{}",
        ] {
            assert!(check_template(template, &known).is_err(), "{template}");
        }
    }
}
