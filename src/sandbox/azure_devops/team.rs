//! Teams (Microsoft Learn, Core): one team for each project, with everyone in it.

use serde_json::{Value, json};

use super::Organization;
use super::error::ApiError;
use super::guid::guid;
use super::request::ApiRequest;
use super::route::{Answer, ok};
use super::wire::list;

impl Organization {
    fn team_json(&self, project: usize) -> Value {
        let project = &self.projects[project];
        let id = guid(&format!("team {}", project.name));
        let url = format!("{}/_apis/projects/{}/teams/{id}", self.url(), project.id);
        json!({
            "id": id,
            "name": format!("{} Team", project.name),
            "url": url,
            "description": "The default project team.",
            "identityUrl": format!("{}/_apis/Identities/{id}", self.url()),
            "projectName": &*project.name,
            "projectId": project.id,
        })
    }

    /// The teams of a project, or all.
    pub(crate) fn list_teams(&self, request: &ApiRequest<'_>, project: Option<&str>) -> Answer {
        let projects = match project {
            None => 0..self.projects.len(),
            Some(name) => {
                let at = self
                    .find_project(name)
                    .ok_or_else(|| ApiError::no_project(name))?;
                at..at + 1
            }
        };
        let skip = request.number("$skip")?.unwrap_or(0);
        let top = request.number("$top")?.unwrap_or(100);
        let teams = projects.skip(skip).take(top).map(|at| self.team_json(at));
        ok(list(teams.collect()))
    }

    pub(crate) fn get_team(&self, project: &str, team: &str) -> Answer {
        let at = self
            .find_project(project)
            .ok_or_else(|| ApiError::no_project(project))?;
        let told = self.team_json(at);
        let is_it = ["id", "name"].iter().any(|key| {
            told[key]
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case(team))
        });
        if is_it {
            ok(told)
        } else {
            Err(ApiError::no_team(team))
        }
    }

    pub(crate) fn team_members(&self, project: &str, team: &str) -> Answer {
        self.get_team(project, team)?;
        let url = self.url();
        let members = self
            .users
            .all()
            .iter()
            .map(|user| json!({"isTeamAdmin": false, "identity": user.json(&url)}));
        ok(list(members.collect()))
    }
}
