//! Areas and iterations through the API (Microsoft Learn, Work Item Tracking, Classification Nodes).

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::edit::Writer;
use super::error::ApiError;
use super::field;
use super::node::{NodeId, Tree};
use super::patch::{Op, PatchOp, Path};
use super::request::ApiRequest;
use super::route::{Answer, Scope, ok};
use super::wire::list;
use super::{Organization, instant};

/// A tree by its name in any case, or by the number that the client for Node.js sends.
fn tree(group: Option<&&str>) -> Result<Tree, ApiError> {
    match group.copied() {
        Some("areas" | "0") => Ok(Tree::Area),
        Some("iterations" | "1") => Ok(Tree::Iteration),
        other => Err(ApiError::bad_request(format!(
            "The value '{}' is not valid for structureGroup.",
            other.unwrap_or_default()
        ))),
    }
}

impl Organization {
    /// The node that `{structureGroup}/{*path}` names. Clients send the path in one segment, with its
    /// separators encoded, or in several.
    fn named_node(
        &self,
        project: usize,
        lower: &[&str],
        given: &[&str],
    ) -> Result<NodeId, ApiError> {
        let tree = tree(lower.first())?;
        let mut path = self.projects[project].name.to_string();
        let parts = given[1..].iter().flat_map(|part| part.split(['/', '\\']));
        for part in parts.filter(|part| !part.is_empty()) {
            path.push('\\');
            path.push_str(part);
        }
        self.nodes
            .find(tree, &path)
            .ok_or_else(|| ApiError::no_node(&path))
    }

    pub(crate) fn classification_nodes(
        &self,
        request: &ApiRequest<'_>,
        scope: Scope,
        lower: &[&str],
        given: &[&str],
    ) -> Answer {
        let at = Self::scoped(scope)?;
        let url = self.project_url(at);
        let depth = request.number("$depth")?.unwrap_or(0);
        let depth = u32::try_from(depth).unwrap_or(u32::MAX).min(100);
        if !lower.is_empty() {
            let node = self.named_node(at, lower, given)?;
            return ok(self.nodes.json(node, depth, &url, true));
        }
        let Some(ids) = request.ids("ids")? else {
            let roots = [self.projects[at].area, self.projects[at].iteration];
            let roots = roots.map(|root| self.nodes.json(root, depth, &url, false));
            return ok(list(roots.into()));
        };
        let omit = matches!(
            request
                .query("errorPolicy")
                .unwrap_or_default()
                .to_lowercase()
                .as_str(),
            "omit" | "2"
        );
        let mut told = Vec::new();
        for id in ids {
            let number = i64::try_from(id).unwrap_or(i64::MAX);
            let found = [Tree::Area, Tree::Iteration]
                .into_iter()
                .find_map(|tree| self.nodes.by_number(tree, number));
            match found {
                Some(node) => told.push(self.nodes.json(node, depth, &url, false)),
                None if omit => told.push(Value::Null),
                None => return Err(ApiError::no_node(&id.to_string())),
            }
        }
        ok(list(told))
    }

    /// Makes a node below the named one, or with an `id` moves that node there.
    pub(crate) fn post_node(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        lower: &[&str],
        given: &[&str],
    ) -> Answer {
        let at = Self::scoped(scope)?;
        let parent = self.named_node(at, lower, given)?;
        let body = request.json()?;
        let tree = self.nodes.get(parent).tree;
        let moved = match body.get("id").and_then(Value::as_i64).filter(|id| *id != 0) {
            Some(number) => {
                let node = self.nodes.by_number(tree, number);
                Some(node.ok_or_else(|| ApiError::no_node(&number.to_string()))?)
            }
            None => None,
        };
        let name = match (node_name(&body)?, moved) {
            (Some(name), _) => name,
            (None, Some(node)) => self.nodes.get(node).name.to_string(),
            (None, None) => return Err(ApiError::bad_request("The value of name is not valid.")),
        };
        let path = format!("{}\\{name}", self.nodes.get(parent).path);
        if self.nodes.find(tree, &path).is_some() {
            return Err(ApiError::duplicate_node(&name));
        }
        let node = match moved {
            Some(node) if self.nodes.is_under(parent, node) => {
                return Err(ApiError::bad_request(
                    "A node cannot be moved below itself.",
                ));
            }
            Some(node) => {
                self.nodes.place(node, parent, &name);
                node
            }
            None => self.nodes.ensure(tree, &path),
        };
        self.nodes.set_attributes(node, &attributes(&body)?);
        let url = self.project_url(at);
        let told = self.nodes.json(node, 0, &url, true);
        Ok((StatusCode::CREATED, Some(told.into())))
    }

    pub(crate) fn patch_node(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        lower: &[&str],
        given: &[&str],
    ) -> Answer {
        let at = Self::scoped(scope)?;
        let node = self.named_node(at, lower, given)?;
        let body = request.json()?;
        let known = self.nodes.get(node).clone();
        if let Some(name) = node_name(&body)?.filter(|name| *name != *known.name) {
            let Some(parent) = known.parent else {
                return Err(ApiError::bad_request(
                    "The root of a tree has the project's name.",
                ));
            };
            let path = format!("{}\\{name}", self.nodes.get(parent).path);
            if self
                .nodes
                .find(known.tree, &path)
                .is_some_and(|other| other != node)
            {
                return Err(ApiError::duplicate_node(&name));
            }
            self.nodes.place(node, parent, &name);
        }
        self.nodes.set_attributes(node, &attributes(&body)?);
        let url = self.project_url(at);
        ok(self.nodes.json(node, 0, &url, true))
    }

    /// Removes a node with those below it. Its items go to the node `$reclassifyId`; where they go without
    /// one is not documented, here it is the root.
    pub(crate) fn delete_node(
        &mut self,
        request: &ApiRequest<'_>,
        scope: Scope,
        lower: &[&str],
        given: &[&str],
    ) -> Answer {
        let at = Self::scoped(scope)?;
        let node = self.named_node(at, lower, given)?;
        let tree = self.nodes.get(node).tree;
        let (root, path) = match tree {
            Tree::Area => (self.projects[at].area, field::AREA_PATH),
            Tree::Iteration => (self.projects[at].iteration, field::ITERATION_PATH),
        };
        if node == root {
            return Err(ApiError::bad_request(
                "The root of a tree cannot be deleted.",
            ));
        }
        let target = match request.number("$reclassifyId")? {
            None => root,
            Some(number) => {
                let wanted = i64::try_from(number).unwrap_or(i64::MAX);
                let found = self.nodes.by_number(tree, wanted);
                found
                    .filter(|found| !self.nodes.is_under(*found, node))
                    .ok_or_else(|| ApiError::no_node(&number.to_string()))?
            }
        };
        let under = |item: &&super::item::WorkItem| {
            item.node(path)
                .is_some_and(|at| self.nodes.is_under(at, node))
        };
        let ids: Vec<u64> = self.items.all().filter(under).map(|item| item.id).collect();
        let writer = Writer {
            user: scope.user,
            now: request.now,
            bypass: true,
            temporary: std::collections::HashMap::new(),
        };
        let operation = PatchOp {
            op: Op::Replace,
            path: Path::Field(self.fields.get(path).reference.to_string()),
            value: json!(&*self.nodes.get(target).path),
        };
        for id in ids {
            if self.items.live(id).is_some() {
                self.update_item(id, std::slice::from_ref(&operation), &writer)?;
            } else {
                self.items.amend(id, |item| {
                    let value = super::value::FieldValue::Node(target);
                    item.content.fields.insert(path, value);
                });
            }
        }
        self.nodes.remove(node);
        Ok((StatusCode::NO_CONTENT, None))
    }
}

fn node_name(body: &Value) -> Result<Option<String>, ApiError> {
    let Some(name) = body.get("name").filter(|name| !name.is_null()) else {
        return Ok(None);
    };
    // Microsoft Learn, Naming restrictions: area and iteration paths.
    let forbidden = [
        '\\', '/', ':', '*', '?', '"', '<', '>', '|', '#', '$', '&', '+',
    ];
    name.as_str()
        .map(str::trim)
        .filter(|name| !name.is_empty() && name.chars().count() <= 255)
        .filter(|name| !name.contains(forbidden) && !name.chars().any(char::is_control))
        .map(|name| Some(name.to_owned()))
        .ok_or_else(|| ApiError::bad_request("The value of name is not valid."))
}

/// `startDate` and `finishDate`, in the service's form.
fn attributes(body: &Value) -> Result<Map<String, Value>, ApiError> {
    let mut read = Map::new();
    let given = body.get("attributes").and_then(Value::as_object);
    for (name, value) in given.into_iter().flatten() {
        let name = match name.to_lowercase().as_str() {
            "startdate" => "startDate",
            "finishdate" => "finishDate",
            _ => continue,
        };
        let value = match value.as_str() {
            None => Value::Null,
            Some(text) => {
                let written = instant::parse(text).ok_or_else(|| {
                    ApiError::bad_request(format!("The value '{text}' is not valid for {name}."))
                })?;
                json!(written.at.to_string())
            }
        };
        read.insert(name.to_owned(), value);
    }
    Ok(read)
}
