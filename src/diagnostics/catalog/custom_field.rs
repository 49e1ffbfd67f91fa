//! Findings about fields that must exist in Azure DevOps.

super::entries! {
    DECLARED_TWICE, "custom-field-declared-twice", Error,
        "Two documents declare one field",
        "A field belongs to the organisation of a connection and is declared once for it, with all its work item types and values: two documents could contradict each other.",
        "Two CustomField documents with `referenceName: Custom.Risk` and the same connection.",
        "Keep one of the two, with the work item types and values of both.";
    SYSTEM_PROCESS, "process-is-system", Error,
        "The project uses a process that nobody can change",
        "Agile, Scrum, CMMI and Basic are Microsoft's own. Fields can only be added to a process that inherits from one of them, and moving a project to such a process keeps its work items as they are. Accord moves no project by itself, so nothing is written.",
        "A CustomField over a project that uses Agile.",
        "In Azure DevOps, open Organization settings > Boards > Process, create an inherited process from the one that the project uses, and on its page Projects change the project to it; then plan again.";
    XML_PROCESS, "process-is-xml", Error,
        "The process of the project is kept in XML files",
        "Collections with the on-premises XML process model, and processes that were imported from them, are changed by editing and importing files (witadmin), not through the interface that Accord uses. Nothing is written.",
        "A CustomField over a collection of Azure DevOps Server with the XML process model.",
        "Add the field to the work item type definitions by hand and remove the CustomField; mappings find it like every other field. Or move the project to an inherited process.";
    PROCESS_FORBIDDEN, "process-forbidden", Error,
        "The token may not see the process",
        "A CustomField needs to know the project's process, its work item types and forms, and the organisation's fields and picklists; the server refuses to show them to this token. The scope Work Items (Read & write) covers them, and changing a process also needs the right to edit it. `plan` and `apply` end 8 with it.",
        "A personal access token with the scope Test management only.",
        "Give the token the scope Work Items (Read & write), and its user the permission Edit process (Organization settings > Boards > Process > the process > Security).";
    TYPE_DIFFERS, "custom-field-type-differs", Error,
        "The field exists with another type",
        "The type of a field cannot be changed once it is there, and its values could not be kept. Accord deletes no field, so nothing is written.",
        "`type: html` where Custom.TestData is a text of one line.",
        "Declare the type that the field has, or give the new field another reference name.";
    NAME_TAKEN, "custom-field-name-taken", Error,
        "The field cannot be made under this name",
        "Reference names and display names are unique in an organisation, deleted fields included, and new fields are always named `Custom.` and one word. A server would refuse this one, or give it another name, so nothing is written.",
        "`name: Priority` for Custom.Urgency: the system's own field is called Priority.",
        "Choose another name. A deleted field can be brought back under Organization settings > Boards > Process > Fields.";
    PICKLIST, "custom-field-picklist", Error,
        "The picklist cannot be changed for this field alone",
        "The values that are declared are not all there, and the list that holds the field's values serves other fields as well, is of another type, or is not one that the server names. Adding values would change what the other fields allow, so nothing is written.",
        "Custom.Risk and Custom.Impact share one picklist, and a value is declared for Custom.Risk only.",
        "Add the value to the list in Azure DevOps if every field on it may have it, or declare only values that the list holds, or use a new field.";
    NO_WORK_ITEM_TYPE, "custom-field-work-item-type", Error,
        "The field cannot go on this work item type",
        "The process of the project has no work item type of this name, or its form has no page that holds fields. Nothing is written.",
        "`workItemTypes: [Testcase]`",
        "Compare `workItemTypes` with the work item types of the process (Organization settings > Boards > Process).";
    LEFT_OUT, "custom-field-left-out", Error,
        "`--only` leaves out a field that the plan needs",
        "A mapping names a field, or a value of it, that is declared by a CustomField and is not there yet. `--only` selects the items and not the CustomField, so the field would not be made before they are written.",
        "`accord apply --only SyncRule/cases` before the CustomField was ever applied.",
        "Add the address of the CustomField: `--only CustomField/NAME --only SyncRule/NAME`, or leave `--only` out.";
    DIFFERS, "custom-field-differs", Warning,
        "The field is not quite as it is declared",
        "What Azure DevOps does not let programs change, or what somebody may have done on purpose: the display name, the letter case of a value, a control that is hidden on a form. A field that people do not see on the form is typed elsewhere again, so a hidden control is worth a look (L22). Nothing is changed.",
        "The field is called Test data there and Test Data in the manifest.",
        "Change the manifest, or the field in Azure DevOps.";
    EXTRA_VALUES, "custom-field-extra-values", Info,
        "The picklist has more values than are declared",
        "Somebody added values in Azure DevOps. They may be in use on work items, so Accord never removes a value.",
        "The list of Custom.Risk has `Unknown`, which the manifest does not name.",
        "Add the values to `allowedValues`, or remove them in Azure DevOps once no work item has them.";
    REMOVED, "custom-field-removed", Warning,
        "A field that Accord made is no longer declared",
        "The CustomField left the manifests. The field, its picklist and its place on types and forms stay as they are in Azure DevOps, with their values on every item: Accord deletes none of them. The next complete apply forgets that it made the field, and then this is told no more.",
        "`git rm fields/risk.yaml` after it was applied.",
        "Nothing, if the field is to stay. Else delete it under Organization settings > Boards > Process > Fields, which deletes its values too.";
}
