//! Where the published documents, even mended, are not what the service does: one entry each.
//!
//! An entry that covers nothing in the whole suite fails it: a known gap that nobody meets is one that
//! nobody would miss either.

use super::{Complaint, Place};

/// A known gap.
#[derive(Debug)]
pub(crate) struct Gap {
    pub(crate) operation: &'static str,
    pub(crate) place: Place,
    /// [`Complaint::at`] must be the same; `*` also stands for any one name.
    pub(crate) at: &'static str,
    /// Stands in what was said.
    pub(crate) said: &'static str,
    /// Why the document is wrong and not the exchange.
    pub(crate) reason: &'static str,
}

impl Gap {
    /// Whether a complaint is about this gap.
    pub(crate) fn covers(&self, complaint: &Complaint) -> bool {
        self.operation == complaint.operation
            && self.place == complaint.place
            && is_at(self.at, &complaint.at)
            && complaint.said.contains(self.said)
    }
}

fn is_at(pattern: &str, pointer: &str) -> bool {
    let (pattern, pointer) = (pattern.split('/'), pointer.split('/'));
    pattern.clone().count() == pointer.clone().count()
        && pattern.zip(pointer).all(|(a, b)| a == "*" || a == b)
}

/// Every known gap.
pub(crate) const GAPS: &[Gap] = &[
    Gap {
        operation: "Batch_Update",
        place: Place::Absent,
        at: "/{organization}/_apis/wit/$batch",
        said: "",
        reason: "only a page of Microsoft Learn describes it (Work item tracking, Work item batch update API)",
    },
    Gap {
        operation: "ConnectionData_Get",
        place: Place::Absent,
        at: "/{organization}/_apis/connectionData",
        said: "",
        reason: "only Microsoft's own clients show it; it is the cheapest way to learn whose token one has",
    },
    Gap {
        operation: "Work Items_Create",
        place: Place::Method,
        at: "PATCH",
        said: "an element of $batch",
        reason: "the page of the batch API has PATCH for new items too, the operation alone is a POST",
    },
    Gap {
        operation: "Work Items_Update",
        place: Place::Query,
        at: "validateOnly",
        said: "neither",
        reason: "a value that is no boolean, on purpose and for an item that cannot be: who refuses it reads the parameter",
    },
    Gap {
        operation: "Work Items_Get Work Items Batch",
        place: Place::Answer,
        at: "/value/*",
        said: "'multilineFieldsFormat' was unexpected",
        reason: "newer than the documents: whether a long text is HTML or Markdown (Azure DevOps blog, July 2025)",
    },
    Gap {
        operation: "Work Items_Update",
        place: Place::Answer,
        at: "",
        said: "'multilineFieldsFormat' was unexpected",
        reason: "likewise",
    },
    Gap {
        operation: "Work Items_Get Work Items Batch",
        place: Place::Answer,
        at: "/value/*",
        said: "null is not of type",
        reason: "with errorPolicy omit, null stands for an item that is not there; Swagger 2.0 has no word for null",
    },
    Gap {
        operation: "Work Item Types_Get",
        place: Place::Answer,
        at: "/transitions/*/*/actions",
        said: "null is not of type",
        reason: "recorded answers have null for a transition without actions, and some leave it out",
    },
    Gap {
        operation: "Work Item Types_List",
        place: Place::Answer,
        at: "/value/*/transitions/*/*/actions",
        said: "null is not of type",
        reason: "recorded answers have null for a transition without actions, and some leave it out",
    },
    Gap {
        operation: "Work Items_Create",
        place: Place::Answer,
        at: "",
        said: "'multilineFieldsFormat' was unexpected",
        reason: "the announcement of Markdown in long texts has the member, and so have recorded answers",
    },
    Gap {
        operation: "Fields_Create",
        place: Place::Answer,
        at: "",
        said: "its status is 201",
        reason: "the documents know only 200; the sandbox answers 201 for what was made, and Accord takes either",
    },
    Gap {
        operation: "Lists_Create",
        place: Place::Answer,
        at: "",
        said: "its status is 201",
        reason: "likewise",
    },
    Gap {
        operation: "Work Item Types_Create",
        place: Place::Answer,
        at: "",
        said: "its status is 201",
        reason: "likewise",
    },
    Gap {
        operation: "Fields_Add",
        place: Place::Answer,
        at: "",
        said: "its status is 201",
        reason: "likewise",
    },
    Gap {
        operation: "Groups_Add",
        place: Place::Answer,
        at: "",
        said: "its status is 201",
        reason: "likewise",
    },
    Gap {
        operation: "Controls_Create",
        place: Place::Answer,
        at: "",
        said: "its status is 201",
        reason: "likewise",
    },
    Gap {
        operation: "Work Item Types_List",
        place: Place::Answer,
        at: "/value/*/inherits",
        said: "null is not of type",
        reason: "processes say null for what is not set; Swagger 2.0 has no word for it",
    },
    Gap {
        operation: "Work Item Types_List",
        place: Place::Answer,
        at: "/value/*/layout/pages/*/order",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Work Item Types_List",
        place: Place::Answer,
        at: "/value/*/layout/pages/*/sections/*/groups/*/order",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Work Item Types_List",
        place: Place::Answer,
        at: "/value/*/layout/pages/*/sections/*/groups/*/controls/*/order",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Groups_Add",
        place: Place::Answer,
        at: "/order",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Groups_Add",
        place: Place::Answer,
        at: "/controls/*/order",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Controls_Create",
        place: Place::Answer,
        at: "/order",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Fields_List",
        place: Place::Answer,
        at: "/value/*/description",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Fields_Add",
        place: Place::Answer,
        at: "/description",
        said: "null is not of type",
        reason: "likewise",
    },
    Gap {
        operation: "Processes_Get",
        place: Place::Answer,
        at: "/referenceName",
        said: "null is not of type",
        reason: "processes of the system have none, and the service says null for it",
    },
    Gap {
        operation: "Reporting Work Item Revisions_Read Reporting Revisions Get",
        place: Place::Answer,
        at: "/values/*",
        said: "is not of type \"string\"",
        reason: "the definition is that of any streamed batch, of strings; the document's own example and Microsoft's clients have revisions there",
    },
];
