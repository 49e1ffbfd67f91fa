"""Processes: picklists, fields, derived and custom types, states, forms, and what items make of them."""

from azure.devops.v7_1.work_item_tracking.models import FieldUpdate, JsonPatchOperation, WorkItemField2
from azure.devops.v7_1.work_item_tracking_process.models import (
    AddProcessWorkItemTypeFieldRequest,
    Control,
    CreateProcessModel,
    CreateProcessWorkItemTypeRequest,
    Group,
    HideStateModel,
    Page,
    PickList,
    UpdateProcessModel,
    UpdateProcessWorkItemTypeFieldRequest,
    UpdateProcessWorkItemTypeRequest,
    WorkItemStateInputModel,
)
from judge import PROJECT, check, connect, end, equal, refused, section

CONNECTION = connect()
PROCESSES = CONNECTION.clients_v7_1.get_work_item_tracking_process_client()
RELEASED = CONNECTION.clients.get_work_item_tracking_process_client()
WIT = CONNECTION.clients_v7_1.get_work_item_tracking_client()
AGILE = "adcc42ab-9882-485e-a3ed-7678f01f66bc"
OURS = [p for p in PROCESSES.get_list_of_processes(expand="projects") if p.projects][0]
BUG = "Microsoft.VSTS.WorkItemTypes.Bug"
TASK = "Microsoft.VSTS.WorkItemTypes.Task"


def create(kind, **fields):
    patch = [JsonPatchOperation(op="add", path="/fields/" + name.replace("__", "."), value=value) for name, value in fields.items()]
    return WIT.create_work_item(patch, PROJECT, kind)


def update(item, **fields):
    patch = [JsonPatchOperation(op="add", path="/fields/" + name.replace("__", "."), value=value) for name, value in fields.items()]
    return WIT.update_work_item(patch, item.id)


@section
def processes_are_listed():
    for client in (PROCESSES, RELEASED):
        by_name = {p.name: p for p in client.get_list_of_processes()}
        check("the system processes", {"Agile", "Scrum", "CMMI", "Basic"} <= set(by_name), sorted(by_name))
        equal("Agile is a system process", by_name["Agile"].customization_type, "system")
        equal("its id", by_name["Agile"].type_id, AGILE)
    equal("ours is inherited", OURS.customization_type, "inherited")
    equal("from Agile", OURS.parent_process_type_id, AGILE)
    equal("our projects", sorted(p.name for p in OURS.projects), ["Warehouse", PROJECT])
    core = CONNECTION.clients_v7_1.get_core_client().get_project(PROJECT, include_capabilities=True)
    equal("the project's process", core.capabilities["processTemplate"]["templateTypeId"], OURS.type_id)


@section
def a_process_is_made_changed_and_deleted():
    made = PROCESSES.create_new_process(CreateProcessModel(name="Our Scrum", parent_process_type_id=AGILE, description="x"))
    equal("it inherits", made.parent_process_type_id, AGILE)
    refused(
        "the name again",
        lambda: PROCESSES.create_new_process(CreateProcessModel(name="our scrum", parent_process_type_id=AGILE)),
        "already in use",
    )
    renamed = PROCESSES.edit_process(UpdateProcessModel(name="Our Agile", is_enabled=False), made.type_id)
    equal("renamed", (renamed.name, renamed.is_enabled), ("Our Agile", False))
    types = PROCESSES.get_process_work_item_types(made.type_id)
    check("its types", BUG in [t.reference_name for t in types], types)
    PROCESSES.delete_process_by_id(made.type_id)
    refused("gone", lambda: PROCESSES.get_process_by_its_id(made.type_id), made.type_id)
    refused("a process in use stays", lambda: PROCESSES.delete_process_by_id(OURS.type_id), "in use")


@section
def a_system_process_refuses_changes():
    refused(
        "a type",
        lambda: PROCESSES.create_process_work_item_type(CreateProcessWorkItemTypeRequest(name="Idea"), AGILE),
        "VS402356",
    )
    refused("its name", lambda: PROCESSES.edit_process(UpdateProcessModel(name="Mine"), AGILE), "VS402356")
    refused("its end", lambda: PROCESSES.delete_process_by_id(AGILE), "VS402356")
    refused(
        "a field",
        lambda: PROCESSES.add_field_to_work_item_type(
            AddProcessWorkItemTypeFieldRequest(reference_name="System.Tags"), AGILE, BUG
        ),
        "VS402356",
    )


@section
def picklists():
    made = PROCESSES.create_list(PickList(name="Browsers", type="String", items=["Firefox", "Edge"], is_suggested=False))
    equal("the items", made.items, ["Firefox", "Edge"])
    refused(
        "the name again",
        lambda: PROCESSES.create_list(PickList(name="browsers", type="String", items=["A"])),
        "VS402848",
    )
    refused("no items", lambda: PROCESSES.create_list(PickList(name="None", type="String", items=[])), "Items")
    refused(
        "an item twice",
        lambda: PROCESSES.create_list(PickList(name="Twice", type="String", items=["A", "a"])),
        "more than once",
    )
    refused(
        "an item too long",
        lambda: PROCESSES.create_list(PickList(name="Long", type="String", items=["x" * 257])),
        "256",
    )
    refused(
        "no number",
        lambda: PROCESSES.create_list(PickList(name="Numbers", type="Integer", items=["one"])),
        "not valid",
    )
    made.items.append("Safari")
    equal("replaced", PROCESSES.update_list(made, made.id).items, ["Firefox", "Edge", "Safari"])
    equal("read again", PROCESSES.get_list(made.id).items, ["Firefox", "Edge", "Safari"])
    check("listed", made.id in [one.id for one in PROCESSES.get_lists_metadata()])
    PROCESSES.delete_list(made.id)
    refused("gone", lambda: PROCESSES.get_list(made.id), made.id)


@section
def a_field_is_made_and_used():
    bug = PROCESSES.create_process_work_item_type(CreateProcessWorkItemTypeRequest(inherits_from=BUG), OURS.type_id)
    equal("a derived type", (bug.reference_name, bug.inherits, bug.customization), ("ContosoAgile.Bug", BUG, "inherited"))
    check(
        "it stands for the system's",
        BUG not in [t.reference_name for t in PROCESSES.get_process_work_item_types(OURS.type_id)],
    )
    refused(
        "derived twice",
        lambda: PROCESSES.create_process_work_item_type(CreateProcessWorkItemTypeRequest(inherits_from=BUG), OURS.type_id),
        "already",
    )
    lists = PROCESSES.create_list(PickList(name="Origins", type="String", items=["Field", "Lab"]))
    field = WIT.create_work_item_field(
        WorkItemField2(
            name="Bug Origin",
            reference_name="Custom.BugOrigin",
            type="string",
            usage="workItem",
            is_picklist=True,
            picklist_id=lists.id,
        )
    )
    equal("the field", (field.reference_name, field.type, field.is_picklist), ("Custom.BugOrigin", "string", True))
    equal("its list", field.picklist_id, lists.id)
    refused(
        "the field again",
        lambda: WIT.create_work_item_field(WorkItemField2(name="bug origin", reference_name="Custom.X", type="string")),
        "VS402803",
    )
    refused("a list in use stays", lambda: PROCESSES.delete_list(lists.id), "Custom.BugOrigin")
    refused("not on the type yet", lambda: create("Bug", System__Title="a", Custom__BugOrigin="Lab"), "Bug Origin")
    added = PROCESSES.add_field_to_work_item_type(
        AddProcessWorkItemTypeFieldRequest(reference_name="Custom.BugOrigin", required=True, default_value="Lab"),
        OURS.type_id,
        bug.reference_name,
    )
    equal("added", (added.required, added.default_value, added.customization), (True, "Lab", "custom"))
    refused(
        "added twice",
        lambda: PROCESSES.add_field_to_work_item_type(
            AddProcessWorkItemTypeFieldRequest(reference_name="Custom.BugOrigin"), OURS.type_id, bug.reference_name
        ),
        "already",
    )
    on_type = {f.reference_name: f for f in WIT.get_work_item_type_fields_with_references(PROJECT, "Bug", expand="all")}
    equal("told on the type", on_type["Custom.BugOrigin"].allowed_values, ["Field", "Lab"])
    equal("required there", on_type["Custom.BugOrigin"].always_required, True)
    item = create("Bug", System__Title="Total is wrong")
    equal("the default on a new item", item.fields["Custom.BugOrigin"], "Lab")
    equal("another value", update(item, Custom__BugOrigin="field").fields["Custom.BugOrigin"], "Field")
    refused("no listed value", lambda: update(item, Custom__BugOrigin="Moon"), "not in the list", "RuleValidationException")
    refused("never empty", lambda: update(item, Custom__BugOrigin=""), "Required", "RuleValidationException")
    lists.items.append("Moon")
    PROCESSES.update_list(lists, lists.id)
    equal("the list grew", update(item, Custom__BugOrigin="Moon").fields["Custom.BugOrigin"], "Moon")
    changed = PROCESSES.update_work_item_type_field(
        UpdateProcessWorkItemTypeFieldRequest(required=False, read_only=True),
        OURS.type_id,
        bug.reference_name,
        "Custom.BugOrigin",
    )
    equal("rules changed", (changed.required, changed.read_only), (False, True))
    refused("read-only", lambda: update(item, Custom__BugOrigin="Lab"), "ReadOnly")
    one = PROCESSES.get_work_item_type_field(OURS.type_id, bug.reference_name, "Custom.BugOrigin", expand="allowedValues")
    equal("its values", one.allowed_values, ["Field", "Lab", "Moon"])
    names = [f.reference_name for f in PROCESSES.get_all_work_item_type_fields(OURS.type_id, bug.reference_name)]
    check("listed on the type", "Custom.BugOrigin" in names and "System.Title" in names, names)

    WIT.delete_work_item_field("Custom.BugOrigin")
    refused("a deleted field", lambda: WIT.get_work_item_field("Custom.BugOrigin"), "Custom.BugOrigin")
    refused("not to be written", lambda: update(item, Custom__BugOrigin="Lab"), "TF51535")
    check("not on items", "Custom.BugOrigin" not in WIT.get_work_item(item.id).fields)
    deleted = {f.reference_name: f for f in WIT.get_work_item_fields(expand="includeDeleted")}
    equal("but listed on request", deleted["Custom.BugOrigin"].is_deleted, True)
    refused("its name stays taken", lambda: WIT.create_work_item_field(WorkItemField2(name="Bug Origin", type="html")), "VS402803")
    WIT.update_work_item_field(FieldUpdate(is_deleted=False), "Custom.BugOrigin")
    equal("restored with its values", WIT.get_work_item(item.id).fields["Custom.BugOrigin"], "Moon")
    PROCESSES.remove_work_item_type_field(OURS.type_id, bug.reference_name, "Custom.BugOrigin")
    on_type = [f.reference_name for f in WIT.get_work_item_type_fields_with_references(PROJECT, "Bug")]
    check("taken off the type", "Custom.BugOrigin" not in on_type)
    refused(
        "a system field stays",
        lambda: PROCESSES.remove_work_item_type_field(OURS.type_id, bug.reference_name, "Microsoft.VSTS.Common.Severity"),
        "system",
    )


@section
def fields_of_each_type():
    PROCESSES.create_process_work_item_type(CreateProcessWorkItemTypeRequest(inherits_from=TASK), OURS.type_id)
    for kind, value in [
        ("string", "text"),
        ("html", "<p>text</p>"),
        ("plainText", "text"),
        ("integer", 7),
        ("double", 1.5),
        ("boolean", True),
        ("dateTime", "2026-03-01T00:00:00Z"),
        ("identity", "tester@contoso.example"),
    ]:
        name = "Kind " + kind
        field = WIT.create_work_item_field(WorkItemField2(name=name, reference_name="Custom.Kind" + kind, type=kind))
        PROCESSES.add_field_to_work_item_type(
            AddProcessWorkItemTypeFieldRequest(reference_name=field.reference_name), OURS.type_id, "ContosoAgile.Task"
        )
        item = create("Task", System__Title=name, **{field.reference_name.replace(".", "__"): value})
        told = item.fields[field.reference_name]
        told = told["uniqueName"] if kind == "identity" else told.strip().replace(" </p>", "</p>") if kind == "html" else told
        equal("a field of type " + kind, told, value)
        equal("identity flag of " + kind, bool(field.is_identity), kind == "identity")
    for kind, base in [("picklistString", "string"), ("picklistInteger", "integer"), ("picklistDouble", "double")]:
        values = ["1", "2"]
        lists = PROCESSES.create_list(PickList(name="List " + kind, type=base, items=values))
        field = WIT.create_work_item_field(
            WorkItemField2(name="List " + kind, reference_name="Custom.List" + kind, type=kind, picklist_id=lists.id)
        )
        equal("a list of type " + kind, (field.type, field.is_picklist), (base, True))
    refused("no such type", lambda: WIT.create_work_item_field(WorkItemField2(name="Odd", type="odd")), "odd")
    refused("a name with a dot", lambda: WIT.create_work_item_field(WorkItemField2(name="A.B", type="string")), "A.B")


@section
def a_type_of_our_own():
    made = PROCESSES.create_process_work_item_type(
        CreateProcessWorkItemTypeRequest(name="Test Idea", color="ff0000", icon="icon_book", description="An idea"), OURS.type_id
    )
    equal("its reference name", made.reference_name, "ContosoAgile.TestIdea")
    equal("custom", made.customization, "custom")
    refused(
        "the name again",
        lambda: PROCESSES.create_process_work_item_type(CreateProcessWorkItemTypeRequest(name="test idea"), OURS.type_id),
        "already in use",
    )
    item = create("Test Idea", System__Title="Pay by invoice")
    equal("an item of it", item.fields["System.WorkItemType"], "Test Idea")
    check("told with the others", "Test Idea" in [t.name for t in WIT.get_work_item_types(PROJECT)])
    changed = PROCESSES.update_process_work_item_type(
        UpdateProcessWorkItemTypeRequest(description="Another", is_disabled=True), OURS.type_id, made.reference_name
    )
    equal("changed", (changed.description, changed.is_disabled), ("Another", True))
    PROCESSES.delete_process_work_item_type(OURS.type_id, made.reference_name)
    refused("gone", lambda: PROCESSES.get_process_work_item_type(OURS.type_id, made.reference_name), "VS402805")
    refused("with its items", lambda: WIT.get_work_item(item.id), "TF401232")
    refused("no more of it", lambda: create("Test Idea", System__Title="x"), "VS402323")


@section
def states():
    kind = "ContosoAgile.Task"
    made = PROCESSES.create_state_definition(
        WorkItemStateInputModel(name="Waiting", color="b2b2b2", state_category="InProgress"), OURS.type_id, kind
    )
    equal("custom", (made.name, made.customization_type, made.hidden), ("Waiting", "custom", False))
    names = [s.name for s in PROCESSES.get_state_definitions(OURS.type_id, kind)]
    equal("in the order of categories", names, ["New", "Active", "Waiting", "Closed", "Removed"])
    refused(
        "the name again",
        lambda: PROCESSES.create_state_definition(
            WorkItemStateInputModel(name="waiting", state_category="Proposed"), OURS.type_id, kind
        ),
        "VS403083",
    )
    item = create("Task", System__Title="Wait")
    moved = update(item, System__State="Waiting")
    equal("an item in it", (moved.fields["System.State"], moved.fields["System.Reason"]), ("Waiting", "Moved to state Waiting"))
    color = PROCESSES.update_state_definition(WorkItemStateInputModel(color="00ff00"), OURS.type_id, kind, made.id)
    equal("another color", color.color, "00ff00")
    equal("told by the project", [s.name for s in WIT.get_work_item_type_states(PROJECT, "Task")], names)
    removed = [s for s in PROCESSES.get_state_definitions(OURS.type_id, kind) if s.name == "Removed"][0]
    hidden = PROCESSES.hide_state_definition(HideStateModel(hidden=True), OURS.type_id, kind, removed.id)
    equal("hidden", (hidden.hidden, hidden.customization_type), (True, "inherited"))
    check("not told by the project", "Removed" not in [s.name for s in WIT.get_work_item_type_states(PROJECT, "Task")])
    refused("and not to be had", lambda: update(item, System__State="Removed"), "not in the list")
    closed = [s for s in PROCESSES.get_state_definitions(OURS.type_id, kind) if s.name == "Closed"][0]
    refused("the last of its category", lambda: PROCESSES.hide_state_definition(HideStateModel(hidden=True), OURS.type_id, kind, closed.id), "only one")
    refused("a system state stays", lambda: PROCESSES.delete_state_definition(OURS.type_id, kind, closed.id), "system state")
    PROCESSES.delete_state_definition(OURS.type_id, kind, made.id)
    refused("gone", lambda: PROCESSES.get_state_definition(OURS.type_id, kind, made.id), made.id)
    story = "Microsoft.VSTS.WorkItemTypes.UserStory"
    refused(
        "not on a type that is the system's",
        lambda: PROCESSES.create_state_definition(WorkItemStateInputModel(name="X", state_category="Proposed"), OURS.type_id, story),
        "inherit",
    )


@section
def the_form():
    kind = "ContosoAgile.Task"
    form = PROCESSES.get_form_layout(OURS.type_id, kind)
    page = form.pages[0]
    equal("the first page", (page.label, page.page_type), ("Details", "custom"))
    check("the others", ["history", "links", "attachments"] == [p.page_type for p in form.pages[1:]], form.pages)
    group = PROCESSES.add_group(Group(label="Ours", visible=True), OURS.type_id, kind, page.id, "Section2")
    control = PROCESSES.create_control_in_group(
        Control(id="Custom.Kindinteger", label="Number", visible=True), OURS.type_id, kind, group.id
    )
    equal("a control", (control.id, control.control_type), ("Custom.Kindinteger", "FieldControl"))
    refused(
        "a field that is not on the type",
        lambda: PROCESSES.create_control_in_group(Control(id="Custom.BugOrigin"), OURS.type_id, kind, group.id),
        "Custom.BugOrigin",
    )
    renamed = PROCESSES.update_group(Group(label="Mine"), OURS.type_id, kind, page.id, "Section2", group.id)
    equal("a group renamed", renamed.label, "Mine")
    PROCESSES.update_control(Control(label="Count"), OURS.type_id, kind, group.id, control.id)
    form = PROCESSES.get_form_layout(OURS.type_id, kind)
    groups = [g for s in form.pages[0].sections for g in s.groups if g.id == group.id]
    equal("on the form", [(c.id, c.label) for c in groups[0].controls], [("Custom.Kindinteger", "Count")])
    PROCESSES.remove_control_from_group(OURS.type_id, kind, group.id, control.id)
    PROCESSES.remove_group(OURS.type_id, kind, page.id, "Section2", group.id)
    extra = PROCESSES.add_page(Page(label="More", page_type="custom"), OURS.type_id, kind)
    PROCESSES.remove_page(OURS.type_id, kind, extra.id)
    equal("as before", len(PROCESSES.get_form_layout(OURS.type_id, kind).pages), 4)
    check("system controls", len(PROCESSES.get_system_controls(OURS.type_id, kind)) > 3)


end()
