//! A `Connection`.

use super::{Shape, secret, spec};
use crate::model::config::{
    AzureDevOpsConnection, Connection, Integration, Operation, TestWorthyConnection,
    TestWorthySurface, TextOrSecret,
};

pub(super) fn shape(connection: &Connection) -> Shape {
    let Connection {
        name: _,
        testworthy,
        azure_devops,
        users,
        origin: _,
    } = connection;
    let users = users
        .iter()
        .map(|(from, to)| (from.clone(), Shape::value(to.as_str())));
    spec([
        ("testworthy", Some(test_worthy(testworthy))),
        ("azureDevOps", Some(azure(azure_devops))),
        ("users", Some(Shape::named(users))),
    ])
}

fn test_worthy(side: &TestWorthyConnection) -> Shape {
    let TestWorthyConnection {
        url,
        surface,
        time_zone,
        case_url,
        rate,
        integration,
    } = side;
    let mut keys = vec![("url", Some(Shape::value(url.as_str())))];
    match surface {
        TestWorthySurface::Automation {
            user_email,
            api_key,
            project_key,
            operations,
        } => {
            let email = match user_email {
                TextOrSecret::Text(text) => Shape::value(text.as_str()),
                TextOrSecret::Secret(reference) => secret(reference),
            };
            let overridden = operations.0.iter().filter(|(name, template)| {
                Operation::find(name).is_none_or(|one| one.template != template.as_str())
            });
            let overridden =
                overridden.map(|(name, template)| (name.clone(), Shape::value(template.as_str())));
            keys.extend([
                ("api", Some(Shape::value("automation"))),
                ("userEmail", Some(email)),
                ("apiKey", Some(secret(api_key))),
                ("projectKey", Some(secret(project_key))),
                ("operations", Some(Shape::named(overridden))),
            ]);
        }
        TestWorthySurface::V1 { token, project_id } => keys.extend([
            ("api", Some(Shape::value("v1"))),
            ("token", Some(secret(token))),
            ("projectId", Some(Shape::value(*project_id))),
        ]),
    }
    let zone = match time_zone.iana_name() {
        Some(name) => name.to_owned(),
        None => format!("{time_zone:?}"),
    };
    keys.extend([
        ("timeZone", Some(Shape::Value(zone.into()))),
        ("caseUrl", Some(Shape::value(case_url.as_str()))),
        ("rate", rate.map(Shape::value)),
        (
            "integration",
            Some(Shape::value(match integration {
                Integration::Ignore => "ignore",
                Integration::Manage => "manage",
            })),
        ),
    ]);
    Shape::keys(keys)
}

fn azure(side: &AzureDevOpsConnection) -> Shape {
    let AzureDevOpsConnection {
        organization_url,
        project,
        personal_access_token,
    } = side;
    Shape::keys([
        (
            "organizationUrl",
            Some(Shape::value(organization_url.as_str())),
        ),
        ("project", Some(Shape::value(project.as_str()))),
        ("personalAccessToken", Some(secret(personal_access_token))),
    ])
}
