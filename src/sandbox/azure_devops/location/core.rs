//! Projects, teams, and the tables themselves (ids: source of the official clients; templates: recorded answers).

use super::super::version::Versions;
use super::{Location, at};

/// Released in this resource version.
const fn released(resource: u32) -> Versions {
    Versions::released(resource)
}

/// Never released.
const fn preview(resource: u32) -> Versions {
    Versions::preview(resource)
}

#[rustfmt::skip] // One line for each resource.
pub(super) const TABLE: &[Location] = &[
    at("core", "projects", "603fe2ac-9723-48b9-88ad-09305aa6c6e1", "_apis/{resource}/{*projectId}", released(4)),
    at("core", "teams", "d30a3dd1-f8ba-442a-b86a-bd0c0c383e59", "_apis/projects/{projectId}/{resource}/{*teamId}", released(3)),
    at("core", "teams", "7a4d9ee9-3433-4347-b47a-7a80f1cf307e", "_apis/{resource}", preview(3).since(4, 1)),
    at("core", "members", "294c494c-2600-4d7e-b76c-3dd50c3c95be", "_apis/projects/{projectId}/teams/{teamId}/{resource}", released(2)),
    at("core", "processes", "93878975-88c5-4e6a-8abb-7ddd77a8a7d8", "_apis/process/{resource}/{processId}", released(1)),
    at("Location", "ConnectionData", "00d9565f-ed9c-4a06-9a50-00e7896ccab4", "_apis/{resource}", preview(1)),
    at("Location", "ResourceAreas", "e81700f7-3be2-46de-8624-2eb35882fcaa", "_apis/{resource}/{areaId}", preview(1).since(3, 2)),
];
