//! Processes (ids: source of the official clients; templates: paths of the specification).

use super::super::version::Versions;
use super::{Location, at};

const fn released(resource: u32) -> Versions {
    Versions::released(resource)
}

pub(super) const TABLE: &[Location] = &[
    at(
        "processes",
        "processes",
        "02cc6a73-5cfb-427d-8c8e-b49fb086e8af",
        "_apis/work/{resource}/{processTypeId}",
        released(2),
    ),
    at(
        "processes",
        "lists",
        "01e15468-e27c-4e20-a974-bd957dcccebc",
        "_apis/work/processes/{resource}/{listId}",
        released(1).since(5, 0),
    ),
    at(
        "processes",
        "behaviors",
        "d1800200-f184-4e75-a5f2-ad0b04b4373e",
        "_apis/work/processes/{processId}/{resource}/{behaviorRefName}",
        released(2),
    ),
    at(
        "processes",
        "workItemTypes",
        "e2e9d1a6-432d-4062-8870-bfcb8c324ad7",
        "_apis/work/processes/{processId}/{resource}/{witRefName}",
        released(2),
    ),
    at(
        "processes",
        "fields",
        "bc0ad8dc-e3f3-46b0-b06c-5bf861793196",
        "_apis/work/processes/{processId}/workItemTypes/{witRefName}/{resource}/{fieldRefName}",
        released(2),
    ),
    at(
        "processes",
        "states",
        "31015d57-2dff-4a46-adb3-2fb4ee3dcec9",
        "_apis/work/processes/{processId}/workItemTypes/{witRefName}/{resource}/{stateId}",
        released(1),
    ),
    at(
        "processes",
        "layout",
        "fa8646eb-43cd-4b71-9564-40106fd63e40",
        "_apis/work/processes/{processId}/workItemTypes/{witRefName}/{resource}",
        released(1),
    ),
    at(
        "processes",
        "pages",
        "1cc7b29f-6697-4d9d-b0a1-2650d3e1d584",
        "_apis/work/processes/{processId}/workItemTypes/{witRefName}/layout/{resource}/{pageId}",
        released(1),
    ),
    at(
        "processes",
        "groups",
        "766e44e1-36a8-41d7-9050-c343ff02f7a5",
        "_apis/work/processes/{processId}/workItemTypes/{witRefName}/layout/pages/{pageId}/sections/{sectionId}/{resource}/{groupId}",
        released(1),
    ),
    at(
        "processes",
        "controls",
        "1f59b363-a2d0-4b7e-9bc6-eb9f5f3f0e58",
        "_apis/work/processes/{processId}/workItemTypes/{witRefName}/layout/groups/{groupId}/{resource}/{controlId}",
        released(1),
    ),
    at(
        "processes",
        "systemControls",
        "ff9a3d2c-32b7-4c6c-991c-d5a251fb9098",
        "_apis/work/processes/{processId}/workItemTypes/{witRefName}/layout/{resource}/{controlId}",
        released(1),
    ),
    at(
        "processes",
        "behaviors",
        "6d765a2e-4e1b-4b11-be93-f953be676024",
        "_apis/work/processes/{processId}/workItemTypesBehaviors/{witRefNameForBehaviors}/{resource}/{behaviorRefName}",
        released(1),
    ),
];
