"""Work items from their creation to their end, by the released client and by the one for 7.1."""

import datetime

from azure.devops.v7_1.work_item_tracking.models import (
    JsonPatchOperation,
    TeamContext,
    Wiql,
    WorkItemBatchGetRequest,
)
from judge import PROJECT, check, connect, end, equal, refused, section

TITLE = "System.Title"


def patch(*operations):
    """A patch document from (op, path, value) triples."""
    return [JsonPatchOperation(op=op, path=path, value=value) for op, path, value in operations]


def create(wit, title, kind="Test Case", project=PROJECT, more=()):
    return wit.create_work_item(patch(("add", "/fields/" + TITLE, title), *more), project, kind)


def judge(name, wit):
    """The whole life of an item by one client."""

    @section
    def create_and_read():
        made = create(wit, "Pay by card", more=[("add", "/fields/System.Tags", "smoke; checkout")])
        equal(name + ": a new item has revision 1", made.rev, 1)
        equal(name + ": its title", made.fields[TITLE], "Pay by card")
        equal(name + ": its type", made.fields["System.WorkItemType"], "Test Case")
        equal(name + ": its tags, sorted", made.fields["System.Tags"], "checkout; smoke")
        check(name + ": its links", "workItemUpdates" in made._links.additional_properties, made._links)
        read = wit.get_work_item(made.id)
        equal(name + ": read back", (read.id, read.rev, read.fields), (made.id, made.rev, made.fields))
        full = wit.get_work_item(made.id, expand="All")
        equal(name + ": expanded, the id is a field too", full.fields["System.Id"], made.id)
        part = wit.get_work_item(made.id, fields=[TITLE])
        equal(name + ": only what was asked for", part.fields, {TITLE: "Pay by card"})
        person = made.fields["System.CreatedBy"]
        check(name + ": a person is an object", person.get("uniqueName", "").count("@") == 1, person)
        refused(name + ": fields and expand", lambda: wit.get_work_item(made.id, fields=[TITLE], expand="All"), "expand")

    @section
    def update_and_stale_revision():
        made = create(wit, "Pay by invoice")
        good = patch(("test", "/rev", made.rev), ("add", "/fields/" + TITLE, "Pay by invoice later"))
        changed = wit.update_work_item(good, made.id)
        equal(name + ": an update makes a revision", (changed.rev, changed.fields[TITLE]), (2, "Pay by invoice later"))
        refused(
            name + ": a stale revision is refused",
            lambda: wit.update_work_item(good, made.id),
            "VS403351",
            "TestPatchOperationFailedException",
        )
        equal(name + ": and changes nothing", wit.get_work_item(made.id).rev, 2)
        dry = wit.update_work_item(patch(("add", "/fields/" + TITLE, "x")), made.id, validate_only=True)
        equal(name + ": validateOnly tells the item", dry.fields[TITLE], "x")
        equal(name + ": validateOnly stores nothing", wit.get_work_item(made.id).fields[TITLE], "Pay by invoice later")
        cleared = wit.update_work_item(patch(("add", "/fields/System.Description", "<p>one</p>")), made.id)
        check(name + ": a long text", "one" in cleared.fields["System.Description"])
        cleared = wit.update_work_item(patch(("remove", "/fields/System.Description", None)), made.id)
        check(name + ": a cleared field is absent", "System.Description" not in cleared.fields)

    @section
    def formats():
        description = "System.Description"

        def told(item):
            # The client has no member of that name; what it does not know it keeps apart.
            return (item.additional_properties or {}).get("multilineFieldsFormat")

        made = create(wit, "Formatted", more=[("add", "/fields/" + description, "<p>one</p>")])
        equal(name + ": a long text is HTML", told(made), {description: "html"})
        markdown = wit.update_work_item(
            patch(
                ("add", "/fields/" + description, "**one**"),
                ("add", "/multilineFieldsFormat/" + description, "Markdown"),
            ),
            made.id,
        )
        equal(name + ": a long text becomes Markdown", told(markdown), {description: "markdown"})
        later = wit.update_work_item(patch(("add", "/fields/" + description, "a < b")), made.id)
        equal(name + ": and stays it", (told(later), later.fields[description]), ({description: "markdown"}, "a < b"))
        equal(name + ": read alone", told(wit.get_work_item(made.id)), {description: "markdown"})
        equal(name + ": not with named fields", told(wit.get_work_item(made.id, fields=[description])), None)

    @section
    def history():
        made = create(wit, "First title")
        wit.update_work_item(patch(("add", "/fields/" + TITLE, "Second title")), made.id)
        wit.update_work_item(patch(("add", "/fields/System.History", "A remark")), made.id)
        revisions = wit.get_revisions(made.id)
        titles = [revision.fields[TITLE] for revision in revisions]
        equal(name + ": revisions", titles, ["First title", "Second title", "Second title"])
        equal(name + ": one revision", wit.get_revision(made.id, 1).fields[TITLE], "First title")
        equal(name + ": a page of revisions", [r.rev for r in wit.get_revisions(made.id, top=1, skip=1)], [2])
        updates = wit.get_updates(made.id)
        change = updates[1].fields[TITLE]
        equal(name + ": an update", (change.old_value, change.new_value), ("First title", "Second title"))
        equal(name + ": one update", wit.get_update(made.id, 2).rev, 2)
        reference = revisions[2].comment_version_ref
        check(name + ": the revision names its comment", reference is not None and reference.comment_id, reference)

    @section
    def many_at_once():
        ids = [create(wit, "Number %d" % number).id for number in range(3)]
        request = WorkItemBatchGetRequest(ids=ids, fields=["System.Id", TITLE])
        found = wit.get_work_items_batch(request)
        equal(name + ": a batch in its order", [item.id for item in found], ids)
        equal(name + ": a batch with fields", [len(item.fields) for item in found], [2, 2, 2])
        missing = WorkItemBatchGetRequest(ids=[ids[0], 99999], error_policy="omit")
        found = wit.get_work_items_batch(missing)
        equal(name + ": a missing one is left out", [item and item.id for item in found], [ids[0], None])
        refused(
            name + ": a missing one fails the batch",
            lambda: wit.get_work_items_batch(WorkItemBatchGetRequest(ids=[ids[0], 99999], error_policy="fail")),
            "TF401232",
        )
        found = wit.get_work_items(ids, expand="Relations", error_policy="Omit")
        equal(name + ": a list", [item.id for item in found], ids)
        too_many = WorkItemBatchGetRequest(ids=list(range(1, 202)))
        refused(name + ": more than 200", lambda: wit.get_work_items_batch(too_many), "VS403474")

    @section
    def queries():
        first = create(wit, "Query me " + name)
        second = create(wit, "Query me " + name)
        text = "SELECT [System.Id], [System.Title] FROM WorkItems WHERE [System.Title] = 'Query me %s'" % name
        ordered = Wiql(query=text + " ORDER BY [System.Id] DESC")
        found = wit.query_by_wiql(ordered)
        equal(name + ": a query", [item.id for item in found.work_items], [second.id, first.id])
        equal(name + ": its kind", (found.query_type, found.query_result_type), ("flat", "workItem"))
        equal(name + ": its columns", [c.reference_name for c in found.columns], ["System.Id", TITLE])
        equal(name + ": its order", [(c.field.reference_name, c.descending) for c in found.sort_columns], [("System.Id", True)])
        check(name + ": its time", isinstance(found.as_of, datetime.datetime), found.as_of)
        equal(name + ": only the first", [item.id for item in wit.query_by_wiql(ordered, top=1).work_items], [second.id])
        here = Wiql(query=text + " AND [System.TeamProject] = @project")
        equal(name + ": in a project", len(wit.query_by_wiql(here, TeamContext(project=PROJECT)).work_items), 2)
        equal(name + ": in another one", wit.query_by_wiql(here, TeamContext(project="Warehouse")).work_items, [])
        team = TeamContext(project=PROJECT, team=PROJECT + " Team")
        equal(name + ": in a team", len(wit.query_by_wiql(here, team).work_items), 2)
        later = Wiql(query=text + " AND [System.ChangedDate] >= '2020-01-01T10:00:00Z'")
        equal(name + ": with a time", len(wit.query_by_wiql(later, time_precision=True).work_items), 2)
        refused(name + ": with a time by day", lambda: wit.query_by_wiql(later), "date precision")
        wrong = Wiql(query="SELECT [System.Id] FROM WorkItems WHERE [No.Field] = 1")
        refused(name + ": an unknown field", lambda: wit.query_by_wiql(wrong), "TF51005")

    @section
    def relations():
        story = create(wit, "A story", "User Story")
        case = create(wit, "A case")

        def add(rel, url):
            return patch(("add", "/relations/-", {"rel": rel, "url": url, "attributes": {"comment": "why"}}))

        linked = wit.update_work_item(add("Microsoft.VSTS.Common.TestedBy-Reverse", story.url), case.id)
        equal(name + ": a link makes no revision", linked.rev, case.rev)
        equal(name + ": the link", [r.rel for r in linked.relations], ["Microsoft.VSTS.Common.TestedBy-Reverse"])
        equal(name + ": its comment", linked.relations[0].attributes["comment"], "why")
        other = wit.get_work_item(story.id, expand="Relations")
        equal(name + ": the other end", [r.rel for r in other.relations], ["Microsoft.VSTS.Common.TestedBy-Forward"])
        refused(
            name + ": the same link again",
            lambda: wit.update_work_item(add("Microsoft.VSTS.Common.TestedBy-Reverse", story.url), case.id),
            "already exists",
        )
        web = wit.update_work_item(add("Hyperlink", "https://example.com/1"), case.id)
        equal(name + ": a hyperlink makes a revision", web.rev, case.rev + 1)
        index = [r.rel for r in web.relations].index("Hyperlink")
        left = wit.update_work_item(patch(("remove", "/relations/%d" % index, None)), case.id)
        equal(name + ": a removed hyperlink", [r.rel for r in left.relations], [linked.relations[0].rel])
        plain = wit.get_work_item(case.id)
        check(name + ": relations only on request", plain.relations is None, plain.relations)

    @section
    def the_end():
        item = create(wit, "To be deleted", "Bug")
        told = wit.delete_work_item(item.id)
        equal(name + ": deleted", (told.id, told.code, told.type), (item.id, 200, "Bug"))
        refused(
            name + ": a deleted item is not found",
            lambda: wit.get_work_item(item.id),
            "TF401232",
            "WorkItemUnauthorizedAccessException",
        )
        equal(name + ": in the bin", wit.get_deleted_work_item(item.id).name, "To be deleted")
        listed = [reference.id for reference in wit.get_deleted_work_item_shallow_references()]
        check(name + ": the bin lists it", item.id in listed, listed)
        equal(name + ": asked by id", [d.id for d in wit.get_deleted_work_items([item.id])], [item.id])
        wit.restore_work_item({"isDeleted": False}, item.id)
        equal(name + ": restored", wit.get_work_item(item.id).fields[TITLE], "To be deleted")
        wit.delete_work_item(item.id)
        wit.destroy_work_item(item.id)
        refused(name + ": destroyed", lambda: wit.get_deleted_work_item(item.id), "TF401232")
        case = create(wit, "A case is no such item")
        refused(name + ": a test case is deleted elsewhere", lambda: wit.delete_work_item(case.id), "test management")

    @section
    def refusals():
        refused(
            name + ": an unknown field",
            lambda: create(wit, "x", more=[("add", "/fields/No.Such", "1")]),
            "TF51535",
        )
        refused(name + ": an unknown type", lambda: create(wit, "x", kind="No Type"), "VS402323")
        refused(
            name + ": no title",
            lambda: wit.create_work_item(patch(("add", "/fields/System.Description", "x")), PROJECT, "Bug"),
            "TF401320",
            "RuleValidationException",
        )
        refused(
            name + ": a value that the list lacks",
            lambda: create(wit, "x", more=[("add", "/fields/Custom.Risk", "Huge")]),
            "list of supported values",
            "RuleValidationException",
        )
        refused(
            name + ": an unknown area",
            lambda: create(wit, "x", more=[("add", "/fields/System.AreaPath", "Web Shop\\Nowhere")]),
            "TF401347",
        )
        refused(
            name + ": an unknown person",
            lambda: create(wit, "x", more=[("add", "/fields/System.AssignedTo", "nobody@contoso.example")]),
            "unknown identity",
            "WorkItemFieldInvalidException",
        )
        refused(
            name + ": bypassing rules without the right",
            lambda: wit.create_work_item(patch(("add", "/fields/" + TITLE, "x")), PROJECT, "Bug", bypass_rules=True),
            "TF401322",
        )
        refused(name + ": an unknown project", lambda: create(wit, "x", project="Nowhere"), "TF200016")


CONNECTION = connect()
judge("released", CONNECTION.clients.get_work_item_tracking_client())
judge("7.1", CONNECTION.clients_v7_1.get_work_item_tracking_client())


@section
def only_in_7_1():
    from azure.devops.v7_1.work_item_tracking.models import WorkItemDeleteBatchRequest

    wit = CONNECTION.clients_v7_1.get_work_item_tracking_client()
    ids = [create(wit, "Away with it", "Task").id for _ in range(2)]
    told = wit.delete_work_items(WorkItemDeleteBatchRequest(ids=ids + [99999], destroy=False))
    equal("many deleted at once", [(one.id, one.code) for one in told.results], [(ids[0], 200), (ids[1], 200), (99999, 404)])
    refused("both are gone", lambda: wit.get_work_items(ids), "TF401232")
    blank = wit.get_work_item_template(PROJECT, "Bug")
    equal("a blank item has its state", blank.fields["System.State"], "New")
    item = create(wit, "As it was")
    before = wit.get_work_item(item.id).fields["System.ChangedDate"]
    wit.update_work_item(patch(("add", "/fields/" + TITLE, "As it is")), item.id)
    was = wit.get_work_item(item.id, as_of=before)
    equal("an item as it was", was.fields[TITLE], "As it was")


end()
