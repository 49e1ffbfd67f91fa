//! Teams and process templates (Microsoft Learn, Core): one team for each project, with everyone in it.

use serde_json::{Value, json};

use super::Organization;
use super::error::ApiError;
use super::guid::guid;
use super::request::ApiRequest;
use super::route::{Answer, ok};
use super::wire::list;

/// The processes that every organisation has: id, name, what it is for.
const PROCESSES: [(&str, &str, &str); 4] = [
    (
        "adcc42ab-9882-485e-a3ed-7678f01f66bc",
        "Agile",
        "For teams that plan with user stories.",
    ),
    (
        "6b724908-ef14-45cf-84f8-768b5384da45",
        "Scrum",
        "For teams that follow Scrum.",
    ),
    (
        "27450541-8e31-4150-9947-dc59f998fc01",
        "CMMI",
        "For teams that keep records of their decisions.",
    ),
    (
        "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
        "Basic",
        "Issues, tasks and epics.",
    ),
];

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

    pub(crate) fn process_templates(&self) -> Value {
        list(PROCESSES.iter().map(|row| self.process_json(row)).collect())
    }

    pub(crate) fn process_template(&self, id: &str) -> Answer {
        let row = PROCESSES.iter().find(|row| row.0.eq_ignore_ascii_case(id));
        let row = row.ok_or_else(|| ApiError::not_found(&format!("The process '{id}'")))?;
        ok(self.process_json(row))
    }

    fn process_json(&self, (id, name, description): &(&str, &str, &str)) -> Value {
        json!({
            "id": id,
            "name": name,
            "description": description,
            "isDefault": *name == "Agile",
            "type": "system",
            "url": format!("{}/_apis/process/processes/{id}", self.url()),
        })
    }
}
