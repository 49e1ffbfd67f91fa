//! Work item tracking (ids: source of the official clients; templates: recorded answers).

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
    at("wit", "workItems", "62d3d110-0047-428c-ad3c-4fe872c91c74", "{project}/_apis/{area}/{resource}/${type}", released(3)),
    at("wit", "workItems", "72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "{project}/_apis/{area}/{resource}/{id}", released(3)),
    at("wit", "workItemsBatch", "908509b6-4248-4475-a1cd-829139ba419f", "{project}/_apis/{area}/{resource}", released(1).since(5, 0)),
    at("wit", "workItemsDelete", "8bc57545-27e5-420d-b709-f6e3ebcc1fc1", "{project}/_apis/{area}/{resource}", released(1).since(7, 1)),
    at("wit", "batch", "92eefc1f-1e81-473d-88d6-749205248dc3", "_apis/{area}/${resource}", released(2)),
    at("wit", "revisions", "a00c85a5-80fa-4565-99c3-bcd2181434bb", "{project}/_apis/{area}/workItems/{id}/{resource}/{revisionNumber}", released(3)),
    at("wit", "updates", "6570bf97-d02c-4a91-8d93-3abe9895b1a9", "{project}/_apis/{area}/workItems/{id}/{resource}/{updateNumber}", released(4)),
    at("wit", "recyclebin", "b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "{project}/_apis/{area}/{resource}/{id}", released(2)),
    at("wit", "comments", "608aac0a-32e1-4493-a863-b9cf4566d257", "{project}/_apis/wit/workItems/{workItemId}/comments/{commentId}", preview(4).since(5, 1)),
    at("wit", "comments", "19335ae7-22f7-4308-93d8-261f9384b7cf", "{project}/_apis/{area}/workItems/{id}/{resource}/{revision}", preview(2).since(3, 0)).until("5.0"),
    at("wit", "versions", "49e03b34-3be0-42e3-8a5d-e8dfb88ac954", "{project}/_apis/wit/workItems/{workItemId}/comments/{commentId}/versions/{version}", preview(1).since(5, 1)),
    at("wit", "attachments", "e07b5fa4-1499-494d-a496-64b860fd64ff", "{project}/_apis/{area}/{resource}/{id}", released(4)),
    at("wit", "wiql", "1a9c53f7-f243-4447-b110-35ef023636e4", "{project}/{team}/_apis/{area}/{resource}", released(2)),
    at("wit", "artifactUriQuery", "a9a9aa7a-8c09-44d3-ad1b-46e855c1e3d3", "{project}/_apis/{area}/{resource}", released(1)),
    at("wit", "artifactLinkTypes", "1a31de40-e318-41cd-a6c6-881077df52e3", "_apis/{area}/{resource}", released(1)),
    at("wit", "workItemRevisions", "f828fe59-dd87-495d-a17c-7a8d6211ca6c", "{project}/_apis/{area}/reporting/{resource}", released(2)),
    at("wit", "discussions", "4a644469-90c5-4fcc-9a9f-be0827d369ec", "{project}/_apis/{area}/reporting/workItemRevisions/{resource}", released(1).since(5, 1)),
    at("wit", "workItemLinks", "b5b5b6d0-0308-40a1-b3f4-b9bb3c66878f", "{project}/_apis/{area}/reporting/{resource}", released(3)),
    at("wit", "fields", "b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94", "{project}/_apis/{area}/{resource}/{fieldNameOrRefName}", released(3)),
    at("wit", "workItemTypes", "7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "{project}/_apis/{area}/{resource}/{type}", released(2)),
    at("wit", "workItemTypesField", "bd293ce5-3d25-4192-8e67-e8092e879efb", "{project}/_apis/{area}/workitemtypes/{type}/fields/{field}", released(3)),
    at("wit", "workItemTypeStates", "7c9d7a76-4a09-43e8-b5df-bd792f4ac6aa", "{project}/_apis/{area}/workitemtypes/{type}/states", released(1)),
    at("wit", "workItemTypeCategories", "9b9f5734-36c8-415e-ba67-f83b45c31408", "{project}/_apis/{area}/{resource}/{category}", released(2)),
    at("wit", "workItemRelationTypes", "f5d33bc9-5b49-4a3c-a9bd-f3cd46dd2165", "_apis/{area}/{resource}/{relation}", released(2)),
    at("wit", "classificationNodes", "a70579d1-f53a-48ee-a5be-7be8659023b9", "{project}/_apis/{area}/{resource}", released(2)),
    at("wit", "classificationNodes", "5a172953-1b41-49d3-840a-33f79c3ce89f", "{project}/_apis/{area}/{resource}/{structureGroup}/{*path}", released(2)),
    at("wit", "tags", "bc15bc60-e7a8-43cb-ab01-2106be3983a1", "{project}/_apis/{area}/{resource}/{tagIdOrName}", released(1).since(5, 2)),
];
