//! Fields that change without anybody editing the item.

use super::facts::Facts;
use crate::diagnostics::Finding;
use crate::diagnostics::catalog::lint as codes;
use crate::mapping::resolve::finding;
use crate::model::System;
use crate::model::config::{FieldMapping, RowSource};

/// Azure DevOps fields (Microsoft Learn, Work item field index): revisions, times and authors of the
/// last change, counters, ranks, places on boards.
const AZURE_DEVOPS: [&str; 22] = [
    "Microsoft.VSTS.Common.BacklogPriority",
    "Microsoft.VSTS.Common.StackRank",
    "Microsoft.VSTS.Common.StateChangeDate",
    "System.AttachedFileCount",
    "System.AuthorizedAs",
    "System.AuthorizedDate",
    "System.BoardColumn",
    "System.BoardColumnDone",
    "System.BoardLane",
    "System.ChangedBy",
    "System.ChangedDate",
    "System.CommentCount",
    "System.ExternalLinkCount",
    "System.History",
    "System.HyperLinkCount",
    "System.PersonId",
    "System.RelatedLinkCount",
    "System.RemoteLinkCount",
    "System.Rev",
    "System.RevisedDate",
    "System.Watermark",
    "Microsoft.VSTS.CMMI.Rank",
];

/// Case fields: times and authors of the last change, and the outcome of the last run.
const TESTWORTHY: [&str; 3] = ["lastResult", "modifiedBy", "modifiedOn"];

pub(super) fn check(mapping: &FieldMapping, facts: &Facts<'_>, found: &mut Vec<Finding>) {
    if facts.row.on_create {
        return;
    }
    let case = match &facts.row.source {
        RowSource::Field(name) => TESTWORTHY.contains(&name.as_str()).then_some(name.as_str()),
        RowSource::Constant(_) => None,
        RowSource::Expression(text) => {
            let read = super::expression::reads(text);
            TESTWORTHY
                .into_iter()
                .find(|name| read.iter().any(|one| one == name))
        }
    };
    let azure = facts.azure().and_then(|name| {
        AZURE_DEVOPS
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    });
    // What matters is the side that is read.
    for (name, read_in) in [(case, System::TestWorthy), (azure, System::AzureDevOps)] {
        let written = read_in.other();
        let declared = facts.row.direction.is_some_and(|way| way.writes(written));
        if let Some(name) = name
            && (facts.writes(written) || declared)
        {
            found.push(
                finding(
                    mapping,
                    facts.row,
                    &codes::L25_VOLATILE,
                    format_args!(
                        "`{name}` changes in {read_in} without anybody editing the item, and each \
                         time {written} is written"
                    ),
                )
                .with_help(
                    "leave the row out, or accept it with `allow: [{ code: L25, reason: ... }]`",
                ),
            );
        }
    }
}
