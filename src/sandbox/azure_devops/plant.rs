//! Filling the organisation from plain data, for samples and tests.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::edit::Writer;
use super::field::{Access, CustomField, Field, FieldKind};
use super::guid::guid;
use super::identity::UserId;
use super::node::Tree;
use super::patch::{Op, PatchOp, Path};
use super::seed::{FieldSeed, OrganizationSeed, SeedError, WorkItemSeed};
use super::work_item_type::{Origin, TypeField};
use super::{Organization, Project, SERVICE_ACCOUNT};

impl Organization {
    /// Fills the organisation. Errors name the thing that does not fit; what came before it stays.
    pub fn plant(&mut self, seed: &OrganizationSeed, now: Timestamp) -> Result<(), SeedError> {
        for user in &seed.users {
            self.add_user(&user.display_name, &user.unique_name);
        }
        if !seed.tokens.is_empty() {
            self.tokens.clear();
        }
        for token in &seed.tokens {
            self.add_token(&token.token, &token.user)?;
        }
        for area in &seed.areas {
            self.add_area(area)?;
        }
        for iteration in &seed.iterations {
            self.add_iteration(iteration)?;
        }
        for field in &seed.fields {
            self.add_field(field)?;
        }
        for item in &seed.work_items {
            self.add_work_item(item, now)?;
        }
        Ok(())
    }

    /// Adds a person; a known sign-in name keeps its person.
    pub fn add_user(&mut self, display_name: &str, unique_name: &str) {
        self.users.add(display_name, unique_name);
    }

    /// Accepts a personal access token of a known person, by sign-in name.
    pub fn add_token(&mut self, token: &str, unique_name: &str) -> Result<(), SeedError> {
        let user = self.users.by_unique_name(unique_name).ok_or_else(|| {
            SeedError(format!(
                "a token belongs to '{unique_name}', who is no user"
            ))
        })?;
        self.tokens.push((token.to_owned(), user));
        Ok(())
    }

    /// Adds an empty project.
    pub fn add_project(&mut self, name: &str) {
        if self.find_project(name).is_some() {
            return;
        }
        self.projects.push(Project {
            id: guid(&format!("project {name}")),
            name: Arc::from(name),
            area: self.nodes.ensure(Tree::Area, name),
            iteration: self.nodes.ensure(Tree::Iteration, name),
        });
    }

    /// Adds an area by its path, for example `Web Shop\QA\Checkout`, with the areas above it.
    pub fn add_area(&mut self, path: &str) -> Result<(), SeedError> {
        self.add_node(Tree::Area, path)
    }

    /// Adds an iteration by its path, for example `Web Shop\Sprint 1`, with the iterations above it.
    pub fn add_iteration(&mut self, path: &str) -> Result<(), SeedError> {
        self.add_node(Tree::Iteration, path)
    }

    fn add_node(&mut self, tree: Tree, path: &str) -> Result<(), SeedError> {
        let root = path.split('\\').next().unwrap_or_default();
        let project = self
            .find_project(root)
            .ok_or_else(|| SeedError(format!("the path '{path}' begins with no known project")))?;
        if path.split('\\').any(|part| part.trim().is_empty()) {
            return Err(SeedError(format!("the path '{path}' has an empty part")));
        }
        let path = format!("{}{}", self.projects[project].name, &path[root.len()..]);
        self.nodes.ensure(tree, &path);
        Ok(())
    }

    /// Adds a field to the organisation, to work item types and to their forms, with a picklist of its own for
    /// its values, as the pages of the service do.
    pub fn add_field(&mut self, seed: &FieldSeed) -> Result<(), SeedError> {
        let wrong = |what: &str| SeedError(format!("the field '{}': {what}", seed.reference_name));
        let kind = FieldKind::from_seed(&seed.kind)
            .ok_or_else(|| wrong(&format!("'{}' is no field type", seed.kind)))?;
        let types = seed
            .work_item_types
            .iter()
            .map(|name| self.find_type(name).map_err(|error| wrong(error.message())))
            .collect::<Result<Vec<_>, _>>()?;
        let picklist = self.plant_list(&seed.reference_name, kind, &seed.allowed_values);
        let is_listed = picklist.is_some();
        let id = self
            .fields
            .insert(Field {
                reference: Arc::from(seed.reference_name.as_str()),
                name: Arc::from(seed.name.as_str()),
                kind,
                access: Access::Write,
                is_picklist: !seed.allowed_values.is_empty(),
                custom: CustomField {
                    is_custom: true,
                    picklist,
                    ..CustomField::default()
                },
            })
            .ok_or_else(|| wrong("the name or reference name is taken"))?;
        let field = self.fields.get(id).clone();
        let read = |value: &Value| {
            self.read_value(&field, value, -1, false)
                .map_err(|error| wrong(error.message()))
        };
        let allowed = seed
            .allowed_values
            .iter()
            .map(read)
            .collect::<Result<Vec<_>, _>>()?;
        let rules = TypeField {
            required: seed.required,
            default: seed.default_value.as_ref().map(read).transpose()?.flatten(),
            allowed: allowed
                .into_iter()
                .flatten()
                .filter(|_| !is_listed)
                .collect(),
            origin: Origin::Custom,
            ..TypeField::default()
        };
        for kind in types {
            self.derive_type(kind);
            self.types[kind].fields.insert(id, rules.clone());
            self.show_field(kind, &field);
        }
        Ok(())
    }

    /// Adds a work item and returns its id. The process' rules are passed over, but its values must
    /// fit their fields, its state must be one of its type's, and its people must be known.
    pub fn add_work_item(&mut self, seed: &WorkItemSeed, now: Timestamp) -> Result<u64, SeedError> {
        let wrong = |what: &str| SeedError(format!("the work item '{}': {what}", seed.title));
        let kind = self
            .find_type(&seed.work_item_type)
            .map_err(|e| wrong(e.message()))?;
        if let Some(state) = &seed.state
            && self.types[kind].state(state).is_none()
        {
            return Err(wrong(&format!("'{state}' is no state of its type")));
        }
        if let Some(id) = seed.id
            && (id == 0 || self.items.any(id).is_some())
        {
            return Err(wrong(&format!("the id {id} is taken")));
        }
        let area = seed
            .area
            .as_deref()
            .and_then(|path| path.split('\\').next());
        let project = match area {
            Some(name) => self
                .find_project(name)
                .ok_or_else(|| wrong("its area has no project"))?,
            None => 0,
        };
        let operations = operations(seed);
        let writer = Writer {
            user: self.service_account(),
            now,
            bypass: true,
            temporary: HashMap::new(),
        };
        self.create_item((project, kind), seed.id, &operations, &writer)
            .map_err(|error| wrong(error.message()))
    }

    fn service_account(&self) -> UserId {
        self.users
            .by_unique_name(SERVICE_ACCOUNT)
            .unwrap_or(UserId(0))
    }
}

fn operations(seed: &WorkItemSeed) -> Vec<PatchOp> {
    let field = |name: &str, value: Value| PatchOp {
        op: Op::Replace,
        path: Path::Field(name.to_owned()),
        value,
    };
    let mut all = vec![field("System.Title", json!(seed.title))];
    let mut optional = |name: &str, value: Option<Value>| {
        all.extend(value.map(|value| field(name, value)));
    };
    optional(
        "System.State",
        seed.state.as_ref().map(|state| json!(state)),
    );
    optional(
        "System.AreaPath",
        seed.area.as_ref().map(|area| json!(area)),
    );
    optional(
        "System.IterationPath",
        seed.iteration.as_ref().map(|path| json!(path)),
    );
    optional(
        "System.AssignedTo",
        seed.assigned_to.as_ref().map(|user| json!(user)),
    );
    optional(
        "System.Description",
        seed.description.as_ref().map(|text| json!(text)),
    );
    optional(
        "Microsoft.VSTS.Common.Priority",
        seed.priority.map(|priority| json!(priority)),
    );
    if !seed.tags.is_empty() {
        optional("System.Tags", Some(json!(seed.tags.join("; "))));
    }
    for (name, value) in &seed.fields {
        all.push(field(name, value.clone()));
    }
    let links = seed
        .hyperlinks
        .iter()
        .map(|link| json!({"rel": "Hyperlink", "url": link.url, "attributes": {"comment": link.comment}}))
        .chain(seed.links.iter().map(|link| {
            json!({"rel": link.rel, "url": format!("/_apis/wit/workItems/{}", link.to), "attributes": {}})
        }));
    all.extend(links.map(|value| PatchOp {
        op: Op::Add,
        path: Path::NewRelation,
        value,
    }));
    all
}
