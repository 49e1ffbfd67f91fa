//! Where each resource is: the tables behind `OPTIONS _apis[/{area}]`, and `GET _apis/ResourceAreas`.
//!
//! The official clients know only the ids of resources. They ask for these tables first, and build every
//! address and every `api-version` from them. One file holds one area; a resource is listed only when
//! [`super::route`] serves it.

use serde_json::{Value, json};

use super::version::Versions;
use super::wire::list;
use super::{Organization, ResourceAreas};

mod core;
mod hook;
mod process;
mod test_plan;
mod test_run;
mod wit;

/// Every area, one table each.
const AREAS: [&[Location]; 6] = [
    core::TABLE,
    wit::TABLE,
    process::TABLE,
    hook::TABLE,
    test_plan::TABLE,
    test_run::TABLE,
];

/// A resource as the service tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Location {
    id: &'static str,
    area: &'static str,
    resource: &'static str,
    /// With `{area}` and `{resource}` filled in by the client, which also leaves out optional parts.
    template: &'static str,
    versions: Versions,
    /// The last version; almost always that of the whole service.
    until: &'static str,
}

/// One line of a table.
const fn at(
    area: &'static str,
    resource: &'static str,
    id: &'static str,
    template: &'static str,
    versions: Versions,
) -> Location {
    Location {
        id,
        area,
        resource,
        template,
        versions,
        until: "7.2",
    }
}

impl Location {
    /// A resource that newer versions no longer have.
    const fn until(self, until: &'static str) -> Self {
        Self { until, ..self }
    }

    fn json(&self) -> Value {
        let (major, minor) = self.versions.since;
        let released = if self.versions.released { "7.1" } else { "0.0" };
        json!({
            "id": self.id,
            "area": self.area,
            "resourceName": self.resource,
            "routeTemplate": self.template,
            "resourceVersion": self.versions.resource,
            "minVersion": format!("{major}.{minor}"),
            "maxVersion": self.until,
            "releasedVersion": released,
        })
    }
}

/// `OPTIONS _apis`, `OPTIONS _apis/{area}`, `OPTIONS _apis/{area}/{resource}`: the path is in lower case.
pub(crate) fn table(path: &[&str]) -> Value {
    let wanted = |location: &&Location| {
        let names = [location.area, location.resource];
        names
            .iter()
            .zip(path)
            .all(|(name, asked)| name.eq_ignore_ascii_case(asked))
    };
    let all = AREAS.iter().copied().flatten();
    list(all.filter(wanted).map(Location::json).collect())
}

/// The areas that the official clients ask for, by the ids in their source.
const RESOURCE_AREAS: [(&str, &str); 6] = [
    ("5264459e-e5e0-4bd8-b118-0985e68a4ec5", "wit"),
    ("79134c72-4a58-4b42-976c-04e7115f32bf", "core"),
    ("1d4f49f9-02b9-4e26-b826-2cdb6195f2a9", "work"),
    ("c2aa639c-3ccc-4740-b3b6-ce2a1e1d984e", "Test"),
    ("c83eaf52-edf3-4034-ae11-17d38f25404c", "testresults"),
    ("e4c27205-9d23-4c98-b958-d798bc3f9cd4", "testplan"),
];

impl Organization {
    fn resource_area(&self, (id, name): &(&str, &str)) -> Value {
        json!({"id": id, "name": name, "locationUrl": format!("{}/", self.url())})
    }

    /// The hosts of areas. Without any (the form of Azure DevOps Server) clients send everything to the
    /// address that they were given.
    pub(crate) fn resource_areas(&self) -> Value {
        match self.settings.resource_areas {
            ResourceAreas::Server => json!({"count": 0, "value": null}),
            ResourceAreas::Services => list(
                RESOURCE_AREAS
                    .iter()
                    .map(|area| self.resource_area(area))
                    .collect(),
            ),
        }
    }

    /// One area by its id. What the service says of an unknown one is not documented; clients take an
    /// empty answer for "not here".
    pub(crate) fn resource_area_by_id(&self, id: &str) -> Value {
        let known = RESOURCE_AREAS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(id));
        match (self.settings.resource_areas, known) {
            (ResourceAreas::Services, Some(area)) => self.resource_area(area),
            _ => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::versions;
    use super::*;
    use std::collections::BTreeSet;

    /// The path below `_apis` that a client builds when it gives every value or only the needed ones.
    fn paths(location: &Location) -> Vec<Vec<String>> {
        let filled = location
            .template
            .replace("{area}", location.area)
            .replace("{resource}", location.resource);
        let below = filled
            .split_once("_apis/")
            .expect("every template has it")
            .1;
        let parts: Vec<&str> = below.split('/').collect();
        let value = |part: &str| {
            if part.contains('{') {
                let kept = part.split('{').next().unwrap_or_default();
                format!("{kept}1")
            } else {
                part.to_lowercase()
            }
        };
        let mut all = vec![parts.iter().map(|part| value(part)).collect::<Vec<_>>()];
        if let Some((last, shorter)) = parts.split_last()
            && last.starts_with('{')
        {
            all.push(shorter.iter().map(|part| value(part)).collect());
        }
        all
    }

    #[test]
    fn every_listed_resource_is_served_under_the_versions_that_it_lists() {
        for location in AREAS.iter().copied().flatten() {
            let listed = location.versions;
            let mut asked = vec![
                format!(
                    "{}.{}-preview.{}",
                    listed.since.0, listed.since.1, listed.resource
                ),
                format!("{}-preview.{}", location.until, listed.resource),
            ];
            asked.extend(listed.released.then(|| "7.1".to_owned()));
            for path in paths(location) {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let served = versions(&path);
                let served = served.unwrap_or_else(|| panic!("{path:?} is not served"));
                for version in &asked {
                    assert!(served.accept(version).is_ok(), "{path:?} {version}");
                }
                let plain = served.accept("7.1").is_ok();
                assert_eq!(plain, listed.released, "{path:?}");
            }
        }
    }

    #[test]
    fn ids_are_guids_and_no_two_resources_share_one() {
        let mut seen = BTreeSet::new();
        for location in AREAS.iter().copied().flatten() {
            assert!(
                uuid::Uuid::parse_str(location.id).is_ok(),
                "{}",
                location.id
            );
            assert!(seen.insert(location.id), "{}", location.id);
        }
        assert!(seen.len() > 30);
    }
}
