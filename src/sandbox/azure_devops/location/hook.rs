//! Service hooks (ids: recorded answers; templates: paths of the specification).

use super::super::version::Versions;
use super::{Location, at};

const V1: Versions = Versions::released(1);

pub(super) const TABLE: &[Location] = &[
    at(
        "hooks",
        "subscriptions",
        "fc50d02a-849f-41fb-8af1-0a5216103269",
        "_apis/{area}/{resource}/{subscriptionId}",
        V1,
    ),
    at(
        "hooks",
        "subscriptionsQuery",
        "c7c3c1cf-9e05-4c0d-a425-a0f922c2c6ed",
        "_apis/{area}/{resource}",
        V1,
    ),
    at(
        "hooks",
        "notifications",
        "0c62d343-21b0-4732-997b-017fde84dc28",
        "_apis/{area}/subscriptions/{subscriptionId}/{resource}/{notificationId}",
        V1,
    ),
    at(
        "hooks",
        "notificationsQuery",
        "1a57562f-160a-4b5c-9185-905e95b39d36",
        "_apis/{area}/{resource}",
        V1,
    ),
    at(
        "hooks",
        "testNotifications",
        "1139462c-7e27-4524-a997-31b9b73551fe",
        "_apis/{area}/{resource}",
        V1,
    ),
    at(
        "hooks",
        "consumers",
        "4301c514-5f34-4f5d-a145-f0ea7b5b7d19",
        "_apis/{area}/{resource}/{consumerId}",
        V1,
    ),
    at(
        "hooks",
        "actions",
        "c3428e90-7a69-4194-8ed8-0f153185ee0d",
        "_apis/{area}/consumers/{consumerId}/{resource}/{consumerActionId}",
        V1,
    ),
    at(
        "hooks",
        "publishers",
        "1e83a210-5b53-43bc-90f0-d476a4e5d731",
        "_apis/{area}/{resource}/{publisherId}",
        V1,
    ),
    at(
        "hooks",
        "eventTypes",
        "db4777cd-8e08-4a84-8ba3-c974ea033718",
        "_apis/{area}/publishers/{publisherId}/{resource}/{eventTypeId}",
        V1,
    ),
    at(
        "hooks",
        "inputValuesQuery",
        "d815d352-a566-4dc1-a3e3-fd245acf688c",
        "_apis/{area}/publishers/{publisherId}/{resource}",
        V1,
    ),
    at(
        "hooks",
        "publishersQuery",
        "99b44a8a-65a8-4670-8f3e-e7f7842cce64",
        "_apis/{area}/{resource}",
        V1,
    ),
    at(
        "hooks",
        "diagnostics",
        "3b36bcb5-02ad-43c6-bbfa-6dfc6f8e9d68",
        "_apis/{area}/subscriptions/{subscriptionId}/{resource}",
        V1.since(4, 1),
    ),
];
