//! A change of a case, as the wire and a person can express it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::entity::{FLAGS, Step, TEXT_FIELDS};

/// What happens to one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays (the member is absent).
    #[default]
    Keep,
    /// It is emptied (the member is null).
    Clear,
    /// It is replaced.
    Set(T),
}

impl<T: Clone> Edit<T> {
    pub(super) fn apply(&self, value: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = None,
            Self::Set(new) => *value = Some(new.clone()),
        }
    }

    pub(super) fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// A change of a case, or a new one.
///
/// ```
/// use accord::sandbox::testworthy::CaseEdit;
/// let edit = CaseEdit::titled("Pay by card").section(903).priority(3).text("refs", "AB#12").flag("smoke", true);
/// assert!(!edit.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseEdit {
    /// Title; required for a new case.
    pub title: Edit<String>,
    /// Section id; required for a new case.
    pub section: Edit<u64>,
    /// Priority id; cleared means the default.
    pub priority: Edit<u64>,
    /// Type id; cleared means the default.
    pub kind: Edit<u64>,
    /// Template id; cleared means text.
    pub template: Edit<u64>,
    /// Milestone id.
    pub milestone: Edit<u64>,
    /// Seconds.
    pub estimate: Edit<i64>,
    /// Steps.
    pub steps: Edit<Vec<Step>>,
    /// Text fields by wire name; see [`TEXT_FIELDS`].
    pub texts: BTreeMap<&'static str, Edit<String>>,
    /// Flags by wire name; see [`FLAGS`].
    pub flags: BTreeMap<&'static str, bool>,
    /// Fields that an administrator added, by wire name.
    pub custom: BTreeMap<String, Edit<Value>>,
}

impl CaseEdit {
    /// A change of the title, or a new case with it.
    pub fn titled(title: impl Into<String>) -> Self {
        Self {
            title: Edit::Set(title.into()),
            ..Self::default()
        }
    }

    /// With this section.
    #[must_use]
    pub fn section(mut self, id: u64) -> Self {
        self.section = Edit::Set(id);
        self
    }

    /// With this priority.
    #[must_use]
    pub fn priority(mut self, id: u64) -> Self {
        self.priority = Edit::Set(id);
        self
    }

    /// With this estimate in seconds.
    #[must_use]
    pub fn estimate(mut self, seconds: i64) -> Self {
        self.estimate = Edit::Set(seconds);
        self
    }

    /// With this text; a name that no case has is passed over.
    #[must_use]
    pub fn text(mut self, field: &str, value: impl Into<String>) -> Self {
        if let Some(name) = TEXT_FIELDS.iter().find(|name| **name == field) {
            self.texts.insert(name, Edit::Set(value.into()));
        }
        self
    }

    /// With this flag; a name that no case has is passed over.
    #[must_use]
    pub fn flag(mut self, field: &str, value: bool) -> Self {
        if let Some(name) = FLAGS.iter().find(|name| **name == field) {
            self.flags.insert(name, value);
        }
        self
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
