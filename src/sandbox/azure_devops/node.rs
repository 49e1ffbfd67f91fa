//! Areas and iterations: two trees per project.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::guid::guid;

/// Which tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tree {
    Area,
    Iteration,
}

impl Tree {
    /// As a `structureGroup` in a URL.
    pub(crate) fn group(self) -> &'static str {
        match self {
            Self::Area => "Areas",
            Self::Iteration => "Iterations",
        }
    }

    fn wire(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Iteration => "iteration",
        }
    }

    /// The second segment of a node's own `path`.
    fn segment(self) -> &'static str {
        match self {
            Self::Area => "Area",
            Self::Iteration => "Iteration",
        }
    }
}

/// A node's number; also `System.AreaId` or `System.IterationId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) tree: Tree,
    pub(crate) name: Arc<str>,
    /// The field's value: `Web Shop\QA`.
    pub(crate) path: Arc<str>,
    pub(crate) parent: Option<NodeId>,
    /// The GUID, which outlives renames.
    identifier: String,
    /// `startDate` and `finishDate` of an iteration.
    pub(crate) attributes: Map<String, Value>,
    /// Its number is never used again.
    removed: bool,
    children: Vec<NodeId>,
}

/// Both trees of all projects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nodes {
    nodes: Vec<Node>,
    by_path: HashMap<(Tree, String), NodeId>,
}

impl Nodes {
    /// Finds or makes a node and its ancestors. The path's first part is the project.
    pub(crate) fn ensure(&mut self, tree: Tree, path: &str) -> NodeId {
        if let Some(id) = self.find(tree, path) {
            return id;
        }
        let (parent, name) = match path.rsplit_once('\\') {
            Some((parent, name)) => (Some(self.ensure(tree, parent)), name),
            None => (None, path),
        };
        let id = NodeId(u32::try_from(self.nodes.len() + 1).unwrap_or(u32::MAX));
        if let Some(parent) = parent {
            self.nodes[parent.0 as usize - 1].children.push(id);
        }
        self.nodes.push(Node {
            id,
            tree,
            name: Arc::from(name),
            path: Arc::from(path),
            parent,
            identifier: guid(&format!("{} node {path}", tree.wire())),
            attributes: Map::new(),
            removed: false,
            children: Vec::new(),
        });
        self.by_path.insert((tree, path.to_lowercase()), id);
        id
    }

    pub(crate) fn find(&self, tree: Tree, path: &str) -> Option<NodeId> {
        self.by_path.get(&(tree, path.to_lowercase())).copied()
    }

    pub(crate) fn by_number(&self, tree: Tree, number: i64) -> Option<NodeId> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.nodes
            .get(at)
            .filter(|node| node.tree == tree && !node.removed)
            .map(|node| node.id)
    }

    pub(crate) fn get(&self, id: NodeId) -> &Node {
        // Ids are made only by `ensure`, and removed nodes keep their place.
        &self.nodes[id.0 as usize - 1]
    }

    /// The dates of an iteration; a null takes one away.
    pub(crate) fn set_attributes(&mut self, id: NodeId, attributes: &Map<String, Value>) {
        let node = &mut self.nodes[id.0 as usize - 1];
        for (name, value) in attributes {
            node.attributes.shift_remove(name);
            if !value.is_null() {
                node.attributes.insert(name.clone(), value.clone());
            }
        }
    }

    /// Gives a node another name and parent; everything below comes along. The place must be free.
    pub(crate) fn place(&mut self, id: NodeId, parent: NodeId, name: &str) {
        if let Some(old) = self.get(id).parent {
            self.nodes[old.0 as usize - 1]
                .children
                .retain(|child| *child != id);
        }
        self.nodes[parent.0 as usize - 1].children.push(id);
        self.nodes[id.0 as usize - 1].parent = Some(parent);
        self.nodes[id.0 as usize - 1].name = Arc::from(name);
        self.spell(id);
    }

    /// Computes the paths of a node and of those below it anew.
    fn spell(&mut self, id: NodeId) {
        let node = self.get(id);
        let old = (node.tree, node.path.to_lowercase());
        let path = match node.parent {
            Some(parent) => format!("{}\\{}", self.get(parent).path, node.name),
            None => node.name.to_string(),
        };
        if self.by_path.get(&old) == Some(&id) {
            self.by_path.remove(&old);
        }
        self.by_path.insert((old.0, path.to_lowercase()), id);
        self.nodes[id.0 as usize - 1].path = Arc::from(path);
        for child in self.get(id).children.clone() {
            self.spell(child);
        }
    }

    /// Removes a node with everything below it.
    pub(crate) fn remove(&mut self, id: NodeId) {
        for child in self.get(id).children.clone() {
            self.remove(child);
        }
        let node = &mut self.nodes[id.0 as usize - 1];
        node.removed = true;
        let (key, parent) = ((node.tree, node.path.to_lowercase()), node.parent);
        self.by_path.remove(&key);
        if let Some(parent) = parent {
            self.nodes[parent.0 as usize - 1]
                .children
                .retain(|child| *child != id);
        }
    }

    /// Whether `node` is `ancestor` or below it.
    pub(crate) fn is_under(&self, node: NodeId, ancestor: NodeId) -> bool {
        let mut at = Some(node);
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self.get(id).parent;
        }
        false
    }

    /// The name at a level, 1 being the project.
    pub(crate) fn level(&self, id: NodeId, level: usize) -> Option<Arc<str>> {
        let path = &self.get(id).path;
        path.split('\\').nth(level.checked_sub(1)?).map(Arc::from)
    }

    /// A node as `classificationnodes` tells it, with so many levels of children. `project_url` holds the
    /// project's GUID.
    pub(crate) fn json(&self, id: NodeId, depth: u32, project_url: &str, links: bool) -> Value {
        let node = self.get(id);
        let below: Vec<&str> = node.path.split('\\').skip(1).collect();
        let project = node.path.split('\\').next().unwrap_or_default();
        let mut path = format!("\\{project}\\{}", node.tree.segment());
        for part in &below {
            path.push('\\');
            path.push_str(part);
        }
        let address = |parts: &[&str]| {
            let mut url = format!(
                "{project_url}/_apis/wit/classificationNodes/{}",
                node.tree.group()
            );
            for part in parts {
                url.push('/');
                url.push_str(&part.replace(' ', "%20"));
            }
            url
        };
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(node.id.0));
        object.insert("identifier".to_owned(), json!(node.identifier));
        object.insert("name".to_owned(), json!(&*node.name));
        object.insert("structureType".to_owned(), json!(node.tree.wire()));
        object.insert("hasChildren".to_owned(), json!(!node.children.is_empty()));
        if depth > 0 && !node.children.is_empty() {
            let children: Vec<Value> = node
                .children
                .iter()
                .map(|child| self.json(*child, depth - 1, project_url, false))
                .collect();
            object.insert("children".to_owned(), Value::Array(children));
        }
        object.insert("path".to_owned(), json!(path));
        if !node.attributes.is_empty() {
            let attributes = Value::Object(node.attributes.clone());
            object.insert("attributes".to_owned(), attributes);
        }
        if links {
            let mut all = json!({"self": {"href": address(&below)}});
            if let (Some((_, parents)), Some(all)) = (below.split_last(), all.as_object_mut()) {
                all.insert("parent".to_owned(), json!({"href": address(parents)}));
            }
            object.insert("_links".to_owned(), all);
        }
        object.insert("url".to_owned(), json!(address(&below)));
        Value::Object(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestors_are_made_and_found_in_any_case() {
        let mut nodes = Nodes::default();
        let leaf = nodes.ensure(Tree::Area, "Web Shop\\QA\\Checkout");
        let middle = nodes.find(Tree::Area, "web shop\\qa").unwrap();
        let root = nodes.find(Tree::Area, "Web Shop").unwrap();
        assert!(nodes.is_under(leaf, middle) && nodes.is_under(leaf, root));
        assert!(!nodes.is_under(middle, leaf));
        assert_eq!(nodes.find(Tree::Iteration, "Web Shop"), None);
        assert_eq!(nodes.ensure(Tree::Area, "WEB SHOP\\QA"), middle);
        assert_eq!(nodes.level(leaf, 2).as_deref(), Some("QA"));
    }

    #[test]
    fn a_node_tells_its_path_with_the_structure_segment() {
        let mut nodes = Nodes::default();
        nodes.ensure(Tree::Area, "Web Shop\\QA\\Checkout");
        let root = nodes.find(Tree::Area, "Web Shop").unwrap();
        let json = nodes.json(root, 1, "http://host/contoso/guid", true);
        assert_eq!(json["path"], "\\Web Shop\\Area");
        assert_eq!(json["children"][0]["path"], "\\Web Shop\\Area\\QA");
        assert_eq!(json["children"][0]["hasChildren"], true);
        assert_eq!(json["children"][0].get("children"), None);
    }
}
