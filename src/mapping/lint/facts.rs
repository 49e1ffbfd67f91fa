//! What a declared row connects, as far as it is known without compiling it.

use crate::mapping::known;
use crate::model::config::{Codec, Row, RowSource, RowTarget};
use crate::model::{AzureFieldKind, CaseField, CaseFieldKind, Direction, System, WorkItemType};

/// How the rules of a project use a mapping.
#[derive(Clone, Debug, Default)]
pub(in crate::mapping) struct Usage {
    /// The sides that rules write with it, each once.
    pub(in crate::mapping) targets: Vec<System>,
    /// Whether one rule writes both sides.
    pub(in crate::mapping) two_way: bool,
    /// Whether every rule of the project was counted.
    pub(in crate::mapping) whole_project: bool,
    /// Connections of those rules that name no people under `users`.
    pub(in crate::mapping) without_users: Vec<String>,
    /// Connections over which those rules write cases of the surface v1.
    pub(in crate::mapping) flat: Vec<String>,
    /// Those of them over which a rule goes both ways.
    pub(in crate::mapping) flat_both_ways: Vec<String>,
}

impl Usage {
    /// One rule that writes these sides.
    pub(in crate::mapping) fn of_rule(targets: &[System]) -> Self {
        let mut targets = targets.to_vec();
        targets.sort();
        targets.dedup();
        Self {
            two_way: targets.len() > 1,
            targets,
            ..Self::default()
        }
    }
}

/// A declared row with what is known of its ends.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) row: &'a Row,
    pub(super) metadata: Option<&'a WorkItemType>,
    pub(super) usage: &'a Usage,
    /// The codec, once the row is compiled.
    pub(super) compiled: Option<Codec>,
}

impl<'a> Facts<'a> {
    /// The case field, if the row has one that exists.
    pub(super) fn case(&self) -> Option<(&'a str, CaseFieldKind)> {
        let RowSource::Field(name) = &self.row.source else {
            return None;
        };
        CaseField::find(name).map(|field| (name.as_str(), field.kind))
    }

    /// The Azure DevOps field, unless the row owns tags.
    pub(super) fn azure(&self) -> Option<&'a str> {
        match &self.row.target {
            RowTarget::Field(name) => Some(name),
            RowTarget::Tag(_) | RowTarget::TagPrefix(_) => None,
        }
    }

    /// The type of that field, if it is known.
    pub(super) fn azure_kind(&self) -> Option<AzureFieldKind> {
        let name = self.azure()?;
        let live = self
            .metadata
            .and_then(|metadata| metadata.fields.get(name))
            .map(|live| live.definition.kind);
        live.or_else(|| known::kind(name))
    }

    /// The codec: the declared one, else the one that its ends need whatever else is known.
    pub(super) fn codec(&self) -> Option<Codec> {
        use AzureFieldKind as Kind;
        if let Some(codec) = self.compiled.or(self.row.codec) {
            return Some(codec);
        }
        match (self.azure(), self.azure_kind()) {
            (Some("System.State"), _) => Some(Codec::State),
            (Some("Microsoft.VSTS.TCM.Steps"), _) => Some(Codec::Steps),
            (Some("Microsoft.VSTS.TCM.Parameters" | "Microsoft.VSTS.TCM.LocalDataSource"), _) => {
                Some(Codec::Parameters)
            }
            (_, Some(Kind::TreePath)) => Some(Codec::Path),
            (_, Some(Kind::Identity)) => Some(Codec::User),
            (_, Some(Kind::Html | Kind::History)) => Some(Codec::RichText),
            _ => match self.case()?.1 {
                CaseFieldKind::User => Some(Codec::User),
                CaseFieldKind::Path => Some(Codec::Path),
                _ => None,
            },
        }
    }

    /// Whether the row computes its value instead of reading a field.
    pub(super) fn is_computed(&self) -> bool {
        !matches!(self.row.source, RowSource::Field(_))
    }

    /// Whether a rule writes `system` with the row.
    pub(super) fn writes(&self, system: System) -> bool {
        self.usage.targets.contains(&system) && may_write(self.row, system)
    }

    /// Whether the row must be able to come back: one rule goes both ways and the row does too. What is
    /// written on create only is never compared, so it never comes back.
    pub(super) fn is_two_way(&self) -> bool {
        if self.row.on_create {
            return false;
        }
        match self.row.direction {
            Some(Direction::TwoWay) => true,
            Some(_) => false,
            None => self.usage.two_way && !self.is_computed(),
        }
    }
}

/// Whether the row may write `system` at all: constants and expressions go to Azure DevOps only.
pub(super) fn may_write(row: &Row, system: System) -> bool {
    let computed = !matches!(row.source, RowSource::Field(_));
    row.direction.is_none_or(|way| way.writes(system))
        && !(computed && system == System::TestWorthy)
}
