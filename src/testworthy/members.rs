//! From values to the members of a write, with names looked up in the server's lists first. Nothing is
//! written here: whoever only wants to know whether a write would be refused asks the same way.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::calls::error;
use super::convert;
use super::operations::{Ids, Operation};
use super::picklist::Picklist;
use super::reader::{Reader, State};
use crate::model::Value;
use crate::remote::{RemoteError, RemoteErrorKind};

impl Reader {
    /// The members of a write, or [`RemoteErrorKind::Rejected`] before anything is sent.
    pub(super) async fn members(
        &self,
        fields: &BTreeMap<String, Value>,
        refs: Option<&[String]>,
    ) -> Result<Map<String, Json>, RemoteError> {
        self.look_up(
            fields,
            "priority",
            Operation::GetPriorities,
            "priorities",
            |state| &mut state.names.priorities,
        )
        .await?;
        self.look_up(
            fields,
            "type",
            Operation::GetCaseTypes,
            "case_types",
            |state| &mut state.names.types,
        )
        .await?;
        let mut members = convert::members(fields, &self.state().names).map_err(rejected)?;
        if let Some(refs) = refs {
            members.insert(
                "refs".to_owned(),
                convert::refs_member(refs).map_err(rejected)?,
            );
        }
        Ok(members)
    }

    /// Asks the server once for the whole list when a name was not seen yet. Without such a call the
    /// assumed pairs have to do.
    async fn look_up(
        &self,
        fields: &BTreeMap<String, Value>,
        field: &str,
        operation: Operation,
        noun: &str,
        list: impl Fn(&mut State) -> &mut Picklist,
    ) -> Result<(), RemoteError> {
        let Some(name) = fields.get(field).and_then(Value::as_text) else {
            return Ok(());
        };
        {
            let mut state = self.state();
            let list = list(&mut state);
            if list.seen(name).is_some() || list.looked_up {
                return Ok(());
            }
        }
        match self.list(operation, Ids::default(), noun).await {
            Ok(found) if found.incomplete.is_none() => {
                list(&mut self.state()).learn_all(&found.items);
            }
            Ok(_) => {}
            Err(failed) => match failed.kind {
                RemoteErrorKind::Unavailable { .. }
                | RemoteErrorKind::RateLimited { .. }
                | RemoteErrorKind::HostRefused { .. } => return Err(failed),
                // Not offered, in whatever words.
                _ => {}
            },
        }
        list(&mut self.state()).looked_up = true;
        Ok(())
    }
}

/// An objection of Accord's own, before anything is sent.
pub(super) fn rejected(reason: String) -> RemoteError {
    error(RemoteErrorKind::Rejected { code: None, reason }, None)
}
