//! The people that the organisation knows, and how a client may name one.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::guid::guid;

/// A person's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct UserId(pub(crate) u32);

/// A person.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// The storage key (GUID) that identity objects carry.
    pub(crate) id: String,
    pub(crate) display_name: Arc<str>,
    pub(crate) unique_name: Arc<str>,
    pub(crate) descriptor: String,
}

/// Everyone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Users {
    users: Vec<User>,
}

impl Users {
    /// Adds a person, or finds the one with this sign-in name.
    pub(crate) fn add(&mut self, display_name: &str, unique_name: &str) -> UserId {
        if let Some(id) = self.by_unique_name(unique_name) {
            return id;
        }
        let id = guid(&format!("user {}", unique_name.to_lowercase()));
        let descriptor = format!("aad.{}", URL_SAFE_NO_PAD.encode(&id));
        self.users.push(User {
            id,
            display_name: Arc::from(display_name),
            unique_name: Arc::from(unique_name),
            descriptor,
        });
        UserId(u32::try_from(self.users.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn get(&self, id: UserId) -> &User {
        // Ids are made only by `add`, and users are never removed.
        &self.users[id.0 as usize]
    }

    pub(crate) fn all(&self) -> &[User] {
        &self.users
    }

    pub(crate) fn by_unique_name(&self, name: &str) -> Option<UserId> {
        self.position(|user| user.unique_name.eq_ignore_ascii_case(name))
    }

    fn position(&self, test: impl Fn(&User) -> bool) -> Option<UserId> {
        self.users
            .iter()
            .position(test)
            .and_then(|at| u32::try_from(at).ok())
            .map(UserId)
    }

    /// The person that a written value names: `Name`, `Name <sign-in>`, a sign-in name, or an object with
    /// `uniqueName`, `id`, `descriptor` or `displayName`. `Err` holds the value as text.
    pub(crate) fn resolve(&self, value: &Value) -> Result<UserId, String> {
        let found = match value {
            Value::String(text) => self.by_text(text),
            Value::Object(object) => {
                let key = |name: &str| {
                    object
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(name))
                        .and_then(|(_, value)| value.as_str())
                        .filter(|text| !text.is_empty())
                };
                if let Some(id) = key("id") {
                    self.position(|user| user.id.eq_ignore_ascii_case(id))
                } else if let Some(descriptor) = key("descriptor") {
                    self.position(|user| user.descriptor == descriptor)
                } else {
                    key("uniqueName")
                        .or(key("displayName"))
                        .and_then(|text| self.by_text(text))
                }
            }
            _ => None,
        };
        found.ok_or_else(|| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    fn by_text(&self, text: &str) -> Option<UserId> {
        let text = text.trim();
        if let Some((_, rest)) = text.rsplit_once('<')
            && let Some(sign_in) = rest.strip_suffix('>')
        {
            return self.by_unique_name(sign_in.trim());
        }
        if let Some(id) = self.by_unique_name(text) {
            return Some(id);
        }
        let mut named = self
            .users
            .iter()
            .filter(|user| user.display_name.eq_ignore_ascii_case(text));
        let first = named.next()?;
        // Two people of one name: the service wants the sign-in name.
        if named.next().is_some() {
            return None;
        }
        self.by_unique_name(&first.unique_name)
    }
}

impl User {
    /// `Name <sign-in>`, the form of feeds and of the recycle bin.
    pub(crate) fn text(&self) -> String {
        format!("{} <{}>", self.display_name, self.unique_name)
    }

    /// The identity object of work items.
    pub(crate) fn json(&self, organization_url: &str) -> Value {
        // Texts all the way down.
        serde_json::to_value(self.view(organization_url)).unwrap_or_default()
    }

    /// The identity object ready to be written.
    pub(crate) fn view<'a>(&'a self, organization_url: &'a str) -> UserView<'a> {
        UserView {
            user: self,
            url: organization_url,
        }
    }
}

/// The identity object of work items, keys in the recorded order.
pub(crate) struct UserView<'a> {
    user: &'a User,
    url: &'a str,
}

impl Serialize for UserView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (user, url) = (self.user, self.url);
        let avatar = format!("{url}/_apis/GraphProfile/MemberAvatars/{}", user.descriptor);
        let href = BTreeMap::from([("href", &avatar)]);
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("displayName", &*user.display_name)?;
        map.serialize_entry("url", &format_args!("{url}/_apis/Identities/{}", user.id))?;
        map.serialize_entry("_links", &BTreeMap::from([("avatar", href)]))?;
        map.serialize_entry("id", &user.id)?;
        map.serialize_entry("uniqueName", &*user.unique_name)?;
        map.serialize_entry("imageUrl", &avatar)?;
        map.serialize_entry("descriptor", &user.descriptor)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_found_by_every_accepted_form_and_no_other() {
        let mut users = Users::default();
        let tester = users.add("Web Shop Tester", "tester@contoso.example");
        users.add("Twin", "one@contoso.example");
        users.add("Twin", "two@contoso.example");
        let id = users.get(tester).id.clone();
        for value in [
            json!("Web Shop Tester"),
            json!("web shop tester"),
            json!("tester@contoso.example"),
            json!("Someone Else <TESTER@contoso.example>"),
            json!({"uniqueName": "tester@contoso.example"}),
            json!({"displayName": "Web Shop Tester"}),
            json!({"id": id}),
        ] {
            assert_eq!(users.resolve(&value), Ok(tester), "{value}");
        }
        for value in [
            json!("Nobody"),
            json!("Twin"),
            json!("Web Shop Tester <nobody@contoso.example>"),
            json!({}),
            json!(7),
        ] {
            assert!(users.resolve(&value).is_err(), "{value}");
        }
    }
}
