"""What the organisation says about itself: fields, types, states, relations, trees, tags, teams."""

from azure.devops.v7_1.work_item_tracking.models import (
    JsonPatchOperation,
    WorkItemClassificationNode,
    WorkItemTagDefinition,
)
from judge import PROJECT, check, connect, end, equal, refused, section

CONNECTION = connect()
RELEASED = CONNECTION.clients.get_work_item_tracking_client()
WIT = CONNECTION.clients_v7_1.get_work_item_tracking_client()


@section
def fields():
    for name, all_fields, one in [
        ("released", RELEASED.get_fields, RELEASED.get_field),
        ("7.1", WIT.get_work_item_fields, WIT.get_work_item_field),
    ]:
        by_name = {field.reference_name: field for field in all_fields()}
        equal(name + ": a title is a string", by_name["System.Title"].type, "string")
        check(name + ": a person", by_name["System.AssignedTo"].is_identity, by_name["System.AssignedTo"])
        check(name + ": a list", by_name["Custom.Risk"].is_picklist, by_name["Custom.Risk"])
        equal(name + ": one field", one("System.Title").name, "Title")
        equal(name + ": one field in a project", one("Custom.Risk", PROJECT).name, "Test Risk")
        refused(name + ": an unknown field", lambda: one("No.Such"))


@section
def types():
    for name, wit in [("released", RELEASED), ("7.1", WIT)]:
        kinds = {kind.name: kind for kind in wit.get_work_item_types(PROJECT)}
        check(name + ": the types", {"Test Case", "Bug", "User Story", "Task"} <= set(kinds), sorted(kinds))
        bug = wit.get_work_item_type(PROJECT, "Bug")
        equal(name + ": a type", bug.reference_name, "Microsoft.VSTS.WorkItemTypes.Bug")
        check(name + ": where a new one begins", [way.to for way in bug.transitions[""]] == ["New"], bug.transitions)
        ways = {start: {way.to for way in ways} for start, ways in bug.transitions.items()}
        check(name + ": where a resolved one goes", {"Active", "Closed"} <= ways["Resolved"], ways)
        check(name + ": where it does not go", "New" not in ways["Resolved"], ways)
        states = wit.get_work_item_type_states(PROJECT, "Test Case")
        equal(name + ": states", [(s.name, s.category) for s in states][0], ("Design", "Proposed"))
        some = wit.get_work_item_type_fields_with_references(PROJECT, "Test Case", expand="AllowedValues")
        risk = [field for field in some if field.reference_name == "Custom.Risk"][0]
        equal(name + ": allowed values", risk.allowed_values, ["High", "Low"])
        equal(name + ": the default", risk.default_value, "Low")
        one = wit.get_work_item_type_field_with_references(PROJECT, "Test Case", "System.State", expand="All")
        check(name + ": states as values", "Ready" in one.allowed_values, one.allowed_values)
        categories = wit.get_work_item_type_categories(PROJECT)
        check(name + ": categories", len(categories) >= 4, categories)
        category = wit.get_work_item_type_category(PROJECT, "Microsoft.TestCaseCategory")
        equal(name + ": a category", category.default_work_item_type.name, "Test Case")
        refused(name + ": an unknown type", lambda: wit.get_work_item_type(PROJECT, "No Type"), "VS402323")


@section
def relation_types():
    for name, wit in [("released", RELEASED), ("7.1", WIT)]:
        kinds = {kind.reference_name: kind for kind in wit.get_relation_types()}
        tests = kinds["Microsoft.VSTS.Common.TestedBy-Reverse"]
        equal(name + ": a link type", (tests.name, tests.attributes["usage"]), ("Tests", "workItemLink"))
        opposite = wit.get_relation_type("System.LinkTypes.Hierarchy-Forward").attributes["oppositeEndReferenceName"]
        equal(name + ": its other end", opposite, "System.LinkTypes.Hierarchy-Reverse")
        check(name + ": kinds of artifacts", wit.get_work_artifact_link_types()[0].tool_type)


@section
def nodes():
    for name, wit in [("released", RELEASED), ("7.1", WIT)]:
        roots = wit.get_root_nodes(PROJECT, depth=2)
        equal(name + ": the roots", [root.structure_type for root in roots], ["area", "iteration"])
        checkout = wit.get_classification_node(PROJECT, "areas", "QA/Checkout")
        equal(name + ": a node's path", checkout.path, "\\Web Shop\\Area\\QA\\Checkout")
        parent = wit.get_classification_node(PROJECT, "Areas", "QA", depth=1)
        equal(name + ": its children", [child.name for child in parent.children], ["Checkout"])
        made = wit.create_or_update_classification_node(
            WorkItemClassificationNode(
                name="Sprint " + name,
                attributes={"startDate": "2026-03-02T00:00:00Z", "finishDate": "2026-03-13T00:00:00Z"},
            ),
            PROJECT,
            "iterations",
        )
        equal(name + ": a new node", (made.name, made.has_children), ("Sprint " + name, False))
        equal(name + ": its dates", made.attributes["startDate"], "2026-03-02T00:00:00Z")
        refused(
            name + ": the same name again",
            lambda: wit.create_or_update_classification_node(
                WorkItemClassificationNode(name="Sprint " + name), PROJECT, "iterations"
            ),
            "VS402371",
        )
        item = wit.create_work_item(
            [
                JsonPatchOperation(op="add", path="/fields/System.Title", value="In a sprint"),
                JsonPatchOperation(op="add", path="/fields/System.IterationPath", value="Web Shop\\Sprint " + name),
            ],
            PROJECT,
            "Task",
        )
        equal(name + ": an item in it", item.fields["System.IterationPath"], "Web Shop\\Sprint " + name)
        renamed = wit.update_classification_node(
            WorkItemClassificationNode(name="Race " + name), PROJECT, "iterations", "Sprint " + name
        )
        equal(name + ": renamed", (renamed.id, renamed.name), (made.id, "Race " + name))
        path = wit.get_work_item(item.id).fields["System.IterationPath"]
        equal(name + ": the item follows", path, "Web Shop\\Race " + name)
        sprint = wit.get_classification_node(PROJECT, "iterations", "Sprint 1")
        equal(name + ": by id", [n.id for n in wit.get_classification_nodes(PROJECT, [sprint.id])], [sprint.id])
        wit.delete_classification_node(PROJECT, "iterations", "Race " + name, reclassify_id=sprint.id)
        path = wit.get_work_item(item.id).fields["System.IterationPath"]
        equal(name + ": the item moves", path, "Web Shop\\Sprint 1")
        refused(
            name + ": deleted", lambda: wit.get_classification_node(PROJECT, "iterations", "Race " + name), "VS402485"
        )


@section
def tags():
    for name, wit in [("released", RELEASED), ("7.1", WIT)]:
        item = wit.create_work_item(
            [
                JsonPatchOperation(op="add", path="/fields/System.Title", value="Tagged"),
                JsonPatchOperation(op="add", path="/fields/System.Tags", value="alpha; beta"),
            ],
            PROJECT,
            "Task",
        )
        known = {tag.name: tag for tag in wit.get_tags(PROJECT)}
        check(name + ": tags are defined by use", {"alpha", "beta"} <= set(known), sorted(known))
        equal(name + ": a tag by its id", wit.get_tag(PROJECT, known["beta"].id).name, "beta")
        wit.update_tag(WorkItemTagDefinition(name="gamma"), PROJECT, "alpha")
        equal(name + ": renamed", wit.get_work_item(item.id).fields["System.Tags"], "beta; gamma")
        wit.delete_tag(PROJECT, "gamma")
        equal(name + ": deleted", wit.get_work_item(item.id).fields["System.Tags"], "beta")
        refused(name + ": an unknown tag", lambda: wit.get_tag(PROJECT, "gamma"))
        wit.delete_tag(PROJECT, "beta")


@section
def teams():
    for name, core in [("released", CONNECTION.clients.get_core_client()), ("7.1", CONNECTION.clients_v7_1.get_core_client())]:
        teams_here = core.get_teams(PROJECT)
        equal(name + ": a project's teams", [team.name for team in teams_here], [PROJECT + " Team"])
        equal(name + ": a team", core.get_team(PROJECT, teams_here[0].id).project_name, PROJECT)
        check(name + ": its members", len(core.get_team_members_with_extended_properties(PROJECT, teams_here[0].id)) > 1)
        check(name + ": processes", "Agile" in [process.name for process in core.get_processes()])


end()
