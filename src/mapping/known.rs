//! What is known of Azure DevOps fields without asking a server.

use crate::model::{AzureFieldKind, TypeField};

/// The type of a field that every process has (Microsoft Learn, Work item field index).
pub(super) fn kind(reference_name: &str) -> Option<AzureFieldKind> {
    use AzureFieldKind as Kind;
    Some(match reference_name {
        "System.Title"
        | "System.State"
        | "System.Reason"
        | "System.WorkItemType"
        | "System.TeamProject"
        | "Microsoft.VSTS.Common.Severity"
        | "Microsoft.VSTS.TCM.AutomatedTestName"
        | "Microsoft.VSTS.TCM.AutomatedTestStorage"
        | "Microsoft.VSTS.TCM.AutomatedTestType"
        | "Microsoft.VSTS.TCM.AutomationStatus" => Kind::String,
        "System.Description"
        | "Microsoft.VSTS.TCM.Steps"
        | "Microsoft.VSTS.TCM.Parameters"
        | "Microsoft.VSTS.TCM.LocalDataSource"
        | "Microsoft.VSTS.TCM.ReproSteps"
        | "Microsoft.VSTS.TCM.SystemInfo"
        | "Microsoft.VSTS.Common.AcceptanceCriteria" => Kind::Html,
        "System.History" => Kind::History,
        "System.Tags" => Kind::PlainText,
        "System.AreaPath" | "System.IterationPath" => Kind::TreePath,
        "System.AssignedTo"
        | "System.CreatedBy"
        | "System.ChangedBy"
        | "Microsoft.VSTS.Common.ActivatedBy"
        | "Microsoft.VSTS.Common.ClosedBy" => Kind::Identity,
        "System.Id" | "System.Rev" | "Microsoft.VSTS.Common.Priority" => Kind::Integer,
        "Microsoft.VSTS.Common.StackRank" => Kind::Double,
        "System.CreatedDate" | "System.ChangedDate" => Kind::DateTime,
        _ => return None,
    })
}

/// Fields that the server keeps itself; writing them is refused or needs rights that Accord does not
/// ask for (Microsoft Learn, System fields).
const KEPT_BY_THE_SERVER: &[&str] = &[
    "System.AreaId",
    "System.AttachedFileCount",
    "System.AuthorizedAs",
    "System.AuthorizedDate",
    "System.BoardColumn",
    "System.BoardColumnDone",
    "System.BoardLane",
    "System.ChangedBy",
    "System.ChangedDate",
    "System.CommentCount",
    "System.CreatedBy",
    "System.CreatedDate",
    "System.ExternalLinkCount",
    "System.HyperLinkCount",
    "System.Id",
    "System.IterationId",
    "System.NodeName",
    "System.Parent",
    "System.PersonId",
    "System.RelatedLinkCount",
    "System.RemoteLinkCount",
    "System.Rev",
    "System.RevisedDate",
    "System.TeamProject",
    "System.Watermark",
    "System.WorkItemType",
];

/// Whether a field can be written. The server's own flag is wrong for area and iteration paths, which
/// it calls read-only (Microsoft Learn, Fields - Get, sample responses).
pub(super) fn is_writable(reference_name: &str, live: Option<&TypeField>) -> bool {
    match reference_name {
        "System.AreaPath" | "System.IterationPath" => true,
        _ => {
            !KEPT_BY_THE_SERVER.contains(&reference_name)
                && !live.is_some_and(|live| live.definition.read_only)
        }
    }
}

/// Whether values of the field are steps of a workflow, which has rules of its own.
pub(super) fn is_workflow(reference_name: &str) -> bool {
    matches!(reference_name, "System.State" | "System.Reason")
}

/// Whether the server or the rule's `createIn` fills a required field of a new item.
pub(super) fn is_filled_on_create(reference_name: &str) -> bool {
    KEPT_BY_THE_SERVER.contains(&reference_name)
        || is_workflow(reference_name)
        || matches!(reference_name, "System.AreaPath" | "System.IterationPath")
}
