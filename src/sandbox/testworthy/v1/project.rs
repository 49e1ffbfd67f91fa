//! Projects and users of the second surface. The update body of a project (`name`, `description`) is
//! documented; everything else here is assumed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::listing;
use crate::sandbox::testworthy::account::{Project, User};
use crate::sandbox::testworthy::body::Body;
use crate::sandbox::testworthy::{Edit, Refusal, Reply, Server};

impl Server {
    pub(super) fn v1_projects(&self, user: u64, query: &str) -> Result<Reply, Refusal> {
        let items: Vec<Value> = self
            .projects
            .iter()
            .filter(|project| self.v1_enter(user, project.id).is_ok())
            .map(show_project)
            .collect();
        listing::reply(&self.options.v1, query, &items)
    }

    pub(super) fn v1_add_project(&mut self, user: u64, body: &Body) -> Result<Reply, Refusal> {
        let name = body.required_text("name")?;
        let mut description = None;
        body.text("description")?.apply(&mut description);
        let last = self.projects.iter().map(|project| project.id).max();
        let id = last.unwrap_or(0) + 1;
        let project = Project {
            id,
            name,
            key: format!("sandbox-project-key-{id}"),
            description,
        };
        let shown = Reply::ok(&show_project(&project));
        self.projects.push(project);
        for known in &mut self.users {
            if known.id == user {
                known.projects.insert(id);
            }
        }
        Ok(self.v1_created(shown))
    }

    pub(super) fn v1_project(
        &mut self,
        method: &str,
        id: u64,
        body: &Body,
    ) -> Result<Reply, Refusal> {
        let replaces = self.options.v1.put_replaces;
        if method == "DELETE" {
            let suites: Vec<u64> = self
                .suites
                .values()
                .filter(|suite| suite.project == id)
                .map(|suite| suite.id)
                .collect();
            for suite in suites {
                self.delete_suite(suite)?;
            }
            self.projects.retain(|project| project.id != id);
            return Ok(self.v1_deleted());
        }
        let project = self
            .projects
            .iter_mut()
            .find(|project| project.id == id)
            .ok_or_else(|| Refusal::not_found("There is no such project."))?;
        if method == "GET" {
            return Ok(Reply::ok(&show_project(project)));
        }
        if replaces || !body.text("name")?.is_keep() {
            project.name = body.required_text("name")?;
        }
        replaced(body.text("description")?, replaces).apply(&mut project.description);
        let shown = Reply::ok(&show_project(project));
        Ok(self.v1_changed(shown))
    }

    pub(super) fn v1_users(&self, query: &str) -> Result<Reply, Refusal> {
        let items: Vec<Value> = self.users.iter().map(show_user).collect();
        listing::reply(&self.options.v1, query, &items)
    }

    pub(super) fn v1_add_user(&mut self, body: &Body) -> Result<Reply, Refusal> {
        let (name, email) = (body.required_text("name")?, body.required_text("email")?);
        if self
            .users
            .iter()
            .any(|user| user.email.eq_ignore_ascii_case(&email))
        {
            return Err(Refusal::invalid("Field email is taken."));
        }
        let last = self.users.iter().map(|user| user.id).max();
        let user = User {
            id: last.unwrap_or(0) + 1,
            name,
            email,
            api_key: String::new(),
            token: String::new(),
            projects: BTreeSet::new(),
        };
        let shown = Reply::ok(&show_user(&user));
        self.users.push(user);
        Ok(self.v1_created(shown))
    }

    pub(super) fn v1_user(&mut self, method: &str, id: u64, body: &Body) -> Result<Reply, Refusal> {
        let replaces = self.options.v1.put_replaces;
        let user = self
            .users
            .iter_mut()
            .find(|user| user.id == id)
            .ok_or_else(|| Refusal::not_found("There is no such user."))?;
        match method {
            "GET" => Ok(Reply::ok(&show_user(user))),
            "DELETE" => {
                self.users.retain(|user| user.id != id);
                Ok(self.v1_deleted())
            }
            _ => {
                if replaces || !body.text("name")?.is_keep() {
                    user.name = body.required_text("name")?;
                }
                if replaces || !body.text("email")?.is_keep() {
                    user.email = body.required_text("email")?;
                }
                let shown = Reply::ok(&show_user(user));
                Ok(self.v1_changed(shown))
            }
        }
    }
}

/// What an absent member of a PUT means: nothing, or emptying.
pub(super) fn replaced<T>(edit: Edit<T>, replaces: bool) -> Edit<T> {
    match edit {
        Edit::Keep if replaces => Edit::Clear,
        other => other,
    }
}

fn show_project(project: &Project) -> Value {
    json!({"id": project.id, "name": project.name, "description": project.description})
}

fn show_user(user: &User) -> Value {
    json!({"id": user.id, "name": user.name, "email": user.email})
}
