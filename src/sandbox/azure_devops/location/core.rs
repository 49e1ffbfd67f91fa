//! Projects, teams, and the tables themselves (ids: source of the official clients; templates: recorded answers).

use super::super::version::Versions;
use super::{Location, at};

/// Released in this resource version.
const fn released(resource: u32) -> Versions {
    Versions::released(resource)
}

pub(super) const TABLE: &[Location] = &[
    at(
        "core",
        "projects",
        "603fe2ac-9723-48b9-88ad-09305aa6c6e1",
        "_apis/{resource}/{*projectId}",
        released(4),
    ),
    at(
        "Location",
        "ConnectionData",
        "00d9565f-ed9c-4a06-9a50-00e7896ccab4",
        "_apis/{resource}",
        Versions::preview(1),
    ),
    at(
        "Location",
        "ResourceAreas",
        "e81700f7-3be2-46de-8624-2eb35882fcaa",
        "_apis/{resource}/{areaId}",
        Versions::preview(1).since(3, 2),
    ),
];
