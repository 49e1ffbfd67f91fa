//! The fields of the organisation: the process' own and those that a seed adds.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

/// What a field holds (Microsoft Learn, Fields - List, `FieldType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    String,
    PlainText,
    Html,
    History,
    Integer,
    Double,
    DateTime,
    Boolean,
    TreePath,
    Identity,
    Guid,
}

impl FieldKind {
    /// The name on the wire; identities are strings with a flag.
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Self::String | Self::Identity => "string",
            Self::PlainText => "plainText",
            Self::Html => "html",
            Self::History => "history",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::DateTime => "dateTime",
            Self::Boolean => "boolean",
            Self::TreePath => "treePath",
            Self::Guid => "guid",
        }
    }

    pub(crate) fn from_seed(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "plainText" => Self::PlainText,
            "html" => Self::Html,
            "integer" => Self::Integer,
            "double" => Self::Double,
            "dateTime" => Self::DateTime,
            "boolean" => Self::Boolean,
            "identity" => Self::Identity,
            "guid" => Self::Guid,
            _ => return None,
        })
    }

    /// Long text, which feeds leave out unless asked and queries do not sort by.
    pub(crate) fn is_long(self) -> bool {
        matches!(self, Self::PlainText | Self::Html | Self::History)
    }
}

/// Who may write a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone who may edit the item.
    Write,
    /// Only with `bypassRules`.
    Rule,
    /// Nobody; in every answer.
    Never,
    /// Nobody; in answers only on request.
    Hidden,
}

/// A field's number: its place in the organisation's list, which is also the order in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FieldId(u16);

/// A field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) reference: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) kind: FieldKind,
    pub(crate) access: Access,
    pub(crate) is_picklist: bool,
    pub(crate) custom: CustomField,
}

/// What a field that is no system field has besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct CustomField {
    /// Whether the organisation made it.
    pub(crate) is_custom: bool,
    pub(crate) description: Option<Arc<str>>,
    /// The picklist that holds its values.
    pub(crate) picklist: Option<Arc<str>>,
    /// Deleted fields keep their names and can come back.
    pub(crate) deleted: bool,
    pub(crate) locked: bool,
}

impl Field {
    /// Whether its text is XML of its own that the service stores as it comes.
    pub(crate) fn is_raw_markup(&self) -> bool {
        self.kind == FieldKind::Html
            && self.reference.starts_with("Microsoft.VSTS.TCM.")
            && !matches!(
                &*self.reference,
                "Microsoft.VSTS.TCM.ReproSteps" | "Microsoft.VSTS.TCM.SystemInfo"
            )
    }
}

macro_rules! built_in {
    ($($id:ident $reference:literal $name:literal $kind:ident $access:ident)*) => {
        #[allow(
            non_camel_case_types,
            clippy::upper_case_acronyms,
            dead_code,
            reason = "the list is the process', and not each of its fields is named by a rule"
        )]
        #[repr(u16)]
        enum Place { $($id),* }
        $(#[allow(dead_code, reason = "as above")]
        pub(crate) const $id: FieldId = FieldId(Place::$id as u16);)*
        const BUILT_IN: &[(&str, &str, FieldKind, Access)] =
            &[$(($reference, $name, FieldKind::$kind, Access::$access)),*];
    };
}

// The order is that of recorded answers.
built_in! {
    ID "System.Id" "ID" Integer Hidden
    AREA_ID "System.AreaId" "Area ID" Integer Hidden
    AREA_PATH "System.AreaPath" "Area Path" TreePath Write
    TEAM_PROJECT "System.TeamProject" "Team Project" String Never
    NODE_NAME "System.NodeName" "Node Name" String Hidden
    AREA_LEVEL_1 "System.AreaLevel1" "Area Level 1" String Hidden
    AREA_LEVEL_2 "System.AreaLevel2" "Area Level 2" String Hidden
    AREA_LEVEL_3 "System.AreaLevel3" "Area Level 3" String Hidden
    AREA_LEVEL_4 "System.AreaLevel4" "Area Level 4" String Hidden
    REV "System.Rev" "Rev" Integer Hidden
    AUTHORIZED_DATE "System.AuthorizedDate" "Authorized Date" DateTime Hidden
    REVISED_DATE "System.RevisedDate" "Revised Date" DateTime Hidden
    ITERATION_ID "System.IterationId" "Iteration ID" Integer Hidden
    ITERATION_PATH "System.IterationPath" "Iteration Path" TreePath Write
    ITERATION_LEVEL_1 "System.IterationLevel1" "Iteration Level 1" String Hidden
    ITERATION_LEVEL_2 "System.IterationLevel2" "Iteration Level 2" String Hidden
    ITERATION_LEVEL_3 "System.IterationLevel3" "Iteration Level 3" String Hidden
    ITERATION_LEVEL_4 "System.IterationLevel4" "Iteration Level 4" String Hidden
    WORK_ITEM_TYPE "System.WorkItemType" "Work Item Type" String Never
    STATE "System.State" "State" String Write
    REASON "System.Reason" "Reason" String Write
    ASSIGNED_TO "System.AssignedTo" "Assigned To" Identity Write
    CREATED_DATE "System.CreatedDate" "Created Date" DateTime Rule
    CREATED_BY "System.CreatedBy" "Created By" Identity Rule
    CHANGED_DATE "System.ChangedDate" "Changed Date" DateTime Rule
    CHANGED_BY "System.ChangedBy" "Changed By" Identity Rule
    AUTHORIZED_AS "System.AuthorizedAs" "Authorized As" Identity Hidden
    PERSON_ID "System.PersonId" "Person ID" Integer Hidden
    WATERMARK "System.Watermark" "Watermark" Integer Hidden
    COMMENT_COUNT "System.CommentCount" "Comment Count" Integer Never
    TITLE "System.Title" "Title" String Write
    STATE_CHANGE_DATE "Microsoft.VSTS.Common.StateChangeDate" "State Change Date" DateTime Rule
    ACTIVATED_DATE "Microsoft.VSTS.Common.ActivatedDate" "Activated Date" DateTime Rule
    ACTIVATED_BY "Microsoft.VSTS.Common.ActivatedBy" "Activated By" Identity Rule
    RESOLVED_DATE "Microsoft.VSTS.Common.ResolvedDate" "Resolved Date" DateTime Rule
    RESOLVED_BY "Microsoft.VSTS.Common.ResolvedBy" "Resolved By" Identity Rule
    RESOLVED_REASON "Microsoft.VSTS.Common.ResolvedReason" "Resolved Reason" String Rule
    CLOSED_DATE "Microsoft.VSTS.Common.ClosedDate" "Closed Date" DateTime Rule
    CLOSED_BY "Microsoft.VSTS.Common.ClosedBy" "Closed By" Identity Rule
    PRIORITY "Microsoft.VSTS.Common.Priority" "Priority" Integer Write
    SEVERITY "Microsoft.VSTS.Common.Severity" "Severity" String Write
    VALUE_AREA "Microsoft.VSTS.Common.ValueArea" "Value Area" String Write
    ACTIVITY "Microsoft.VSTS.Common.Activity" "Activity" String Write
    RISK "Microsoft.VSTS.Common.Risk" "Risk" String Write
    STACK_RANK "Microsoft.VSTS.Common.StackRank" "Stack Rank" Double Write
    STORY_POINTS "Microsoft.VSTS.Scheduling.StoryPoints" "Story Points" Double Write
    ORIGINAL_ESTIMATE "Microsoft.VSTS.Scheduling.OriginalEstimate" "Original Estimate" Double Write
    REMAINING_WORK "Microsoft.VSTS.Scheduling.RemainingWork" "Remaining Work" Double Write
    COMPLETED_WORK "Microsoft.VSTS.Scheduling.CompletedWork" "Completed Work" Double Write
    START_DATE "Microsoft.VSTS.Scheduling.StartDate" "Start Date" DateTime Write
    FINISH_DATE "Microsoft.VSTS.Scheduling.FinishDate" "Finish Date" DateTime Write
    FOUND_IN "Microsoft.VSTS.Build.FoundIn" "Found In" String Write
    INTEGRATION_BUILD "Microsoft.VSTS.Build.IntegrationBuild" "Integration Build" String Write
    AUTOMATION_STATUS "Microsoft.VSTS.TCM.AutomationStatus" "Automation status" String Write
    AUTOMATED_TEST_NAME "Microsoft.VSTS.TCM.AutomatedTestName" "Automated Test Name" String Write
    AUTOMATED_TEST_STORAGE "Microsoft.VSTS.TCM.AutomatedTestStorage" "Automated Test Storage" String Write
    AUTOMATED_TEST_ID "Microsoft.VSTS.TCM.AutomatedTestId" "Automated Test Id" String Write
    AUTOMATED_TEST_TYPE "Microsoft.VSTS.TCM.AutomatedTestType" "Automated Test Type" String Write
    STEPS "Microsoft.VSTS.TCM.Steps" "Steps" Html Write
    PARAMETERS "Microsoft.VSTS.TCM.Parameters" "Parameters" Html Write
    LOCAL_DATA_SOURCE "Microsoft.VSTS.TCM.LocalDataSource" "Local Data Source" Html Write
    REPRO_STEPS "Microsoft.VSTS.TCM.ReproSteps" "Repro Steps" Html Write
    SYSTEM_INFO "Microsoft.VSTS.TCM.SystemInfo" "System Info" Html Write
    ACCEPTANCE_CRITERIA "Microsoft.VSTS.Common.AcceptanceCriteria" "Acceptance Criteria" Html Write
    DESCRIPTION "System.Description" "Description" Html Write
    HISTORY "System.History" "History" History Write
    TEST_SUITE_TYPE "Microsoft.VSTS.TCM.TestSuiteType" "Test Suite Type" String Write
    TEST_SUITE_TYPE_ID "Microsoft.VSTS.TCM.TestSuiteTypeId" "Test Suite Type Id" Integer Write
    QUERY_TEXT "Microsoft.VSTS.TCM.QueryText" "Query Text" PlainText Write
    TAGS "System.Tags" "Tags" PlainText Write
    RELATED_LINK_COUNT "System.RelatedLinkCount" "Related Link Count" Integer Hidden
    EXTERNAL_LINK_COUNT "System.ExternalLinkCount" "External Link Count" Integer Hidden
    HYPERLINK_COUNT "System.HyperLinkCount" "Hyperlink Count" Integer Hidden
    ATTACHED_FILE_COUNT "System.AttachedFileCount" "Attached File Count" Integer Hidden
    PARENT "System.Parent" "Parent" Integer Never
    IS_DELETED "System.IsDeleted" "Is Deleted" Boolean Hidden
}

/// Every field, in the order of answers.
#[derive(Clone, Debug)]
pub(crate) struct FieldTable {
    fields: Vec<Field>,
    by_name: HashMap<String, FieldId>,
}

impl Default for FieldTable {
    fn default() -> Self {
        let mut table = Self {
            fields: Vec::new(),
            by_name: HashMap::new(),
        };
        for (reference, name, kind, access) in BUILT_IN {
            table.insert(Field {
                reference: Arc::from(*reference),
                name: Arc::from(*name),
                kind: *kind,
                access: *access,
                is_picklist: false,
                custom: CustomField::default(),
            });
        }
        table
    }
}

impl FieldTable {
    /// Adds a field; `None` if the reference name or the name is taken or the table is full.
    pub(crate) fn insert(&mut self, field: Field) -> Option<FieldId> {
        let id = FieldId(u16::try_from(self.fields.len()).ok()?);
        let reference = field.reference.to_lowercase();
        let name = field.name.to_lowercase();
        if self.by_name.contains_key(&reference) || self.by_name.contains_key(&name) {
            return None;
        }
        self.by_name.insert(reference, id);
        self.by_name.insert(name, id);
        self.fields.push(field);
        Some(id)
    }

    pub(crate) fn get(&self, id: FieldId) -> &Field {
        // Ids are made only by `insert`, and fields are never removed.
        &self.fields[usize::from(id.0)]
    }

    pub(crate) fn get_mut(&mut self, id: FieldId) -> &mut Field {
        // As in `get`.
        &mut self.fields[usize::from(id.0)]
    }

    /// By reference name or display name, without regard to case.
    pub(crate) fn find(&self, name: &str) -> Option<FieldId> {
        self.find_any(name)
            .filter(|id| !self.get(*id).custom.deleted)
    }

    /// The same, deleted fields included.
    pub(crate) fn find_any(&self, name: &str) -> Option<FieldId> {
        self.by_name.get(&name.to_lowercase()).copied()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = FieldId> + '_ {
        self.all_ids().filter(|id| !self.get(*id).custom.deleted)
    }

    /// Deleted fields included.
    pub(crate) fn all_ids(&self) -> impl Iterator<Item = FieldId> + use<> {
        (0..u16::try_from(self.fields.len()).unwrap_or(u16::MAX)).map(FieldId)
    }
}

/// A field as `wit/fields` tells it.
pub(crate) fn field_json(field: &Field, suggested: bool, organization_url: &str) -> Value {
    let operations: Vec<Value> = operations(field.kind)
        .iter()
        .map(|(reference, name)| {
            json!({"referenceName": format!("SupportedOperations.{reference}"), "name": name})
        })
        .collect();
    let mut told = json!({
        "name": &*field.name,
        "referenceName": &*field.reference,
        "type": field.kind.wire(),
        "usage": "workItem",
        "readOnly": field.access != Access::Write,
        "canSortBy": !field.kind.is_long(),
        "isQueryable": true,
        "supportedOperations": operations,
        "isIdentity": field.kind == FieldKind::Identity,
        "isPicklist": field.is_picklist,
        "isPicklistSuggested": suggested,
        "url": format!("{organization_url}/_apis/wit/fields/{}", field.reference),
    });
    if let Some(description) = &field.custom.description {
        told["description"] = json!(&**description);
    }
    if let Some(list) = &field.custom.picklist {
        told["picklistId"] = json!(&**list);
    }
    if field.custom.locked {
        told["isLocked"] = json!(true);
    }
    if field.custom.deleted {
        told["isDeleted"] = json!(true);
    }
    told
}

fn operations(kind: FieldKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        FieldKind::TreePath => &[
            ("Under", "Under"),
            ("NotUnder", "Not Under"),
            ("Equals", "="),
            ("NotEquals", "<>"),
            ("In", "In"),
            ("NotIn", "Not In"),
        ],
        FieldKind::PlainText | FieldKind::Html | FieldKind::History => &[
            ("Contains", "Contains"),
            ("NotContains", "Does Not Contain"),
        ],
        FieldKind::Boolean | FieldKind::Guid => &[("Equals", "="), ("NotEquals", "<>")],
        _ => &[
            ("Equals", "="),
            ("NotEquals", "<>"),
            ("GreaterThan", ">"),
            ("LessThan", "<"),
            ("GreaterThanEquals", ">="),
            ("LessThanEquals", "<="),
            ("In", "In"),
            ("NotIn", "Not In"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_either_name_in_any_case() {
        let table = FieldTable::default();
        assert_eq!(table.find("system.title"), Some(TITLE));
        assert_eq!(table.find("Area Path"), Some(AREA_PATH));
        assert_eq!(table.find("Custom.None"), None);
        assert_eq!(&*table.get(PARENT).reference, "System.Parent");
    }

    #[test]
    fn a_taken_name_is_refused() {
        let mut table = FieldTable::default();
        let field = |reference: &str, name: &str| Field {
            reference: Arc::from(reference),
            name: Arc::from(name),
            kind: FieldKind::String,
            access: Access::Write,
            is_picklist: false,
            custom: CustomField::default(),
        };
        assert!(table.insert(field("Custom.Origin", "Origin")).is_some());
        assert!(table.insert(field("custom.origin", "Other")).is_none());
        assert!(table.insert(field("Custom.Other", "title")).is_none());
    }

    #[test]
    fn steps_are_kept_as_they_come_and_descriptions_are_not() {
        let table = FieldTable::default();
        assert!(table.get(STEPS).is_raw_markup());
        assert!(!table.get(REPRO_STEPS).is_raw_markup());
        assert!(!table.get(DESCRIPTION).is_raw_markup());
    }
}
