"""Test plans: plans, suites, cases in suites, points, configurations, variables."""

from azure.devops.v7_1.test_plan.models import (
    Configuration,
    Results,
    SuiteEntryUpdateParams,
    SuiteTestCaseCreateUpdateParameters,
    TestConfigurationCreateUpdateParameters,
    TestConfigurationReference,
    TestPlanCreateParams,
    TestPlanUpdateParams,
    TestPointUpdateParams,
    TestSuiteCreateParams,
    TestSuiteReference,
    TestSuiteUpdateParams,
    TestVariableCreateUpdateParameters,
    WorkItem,
)
from azure.devops.v7_1.work_item_tracking.models import JsonPatchOperation
from judge import PROJECT, check, connect, end, equal, refused, section

CONNECTION = connect()
PLANS = CONNECTION.clients_v7_1.get_test_plan_client()
RELEASED = CONNECTION.clients.get_test_plan_client()
WIT = CONNECTION.clients_v7_1.get_work_item_tracking_client()


def case(title, kind="Test Case"):
    return WIT.create_work_item([JsonPatchOperation(op="add", path="/fields/System.Title", value=title)], PROJECT, kind).id


def row(id, *configurations):
    points = [Configuration(configuration_id=one) for one in configurations] or None
    return SuiteTestCaseCreateUpdateParameters(work_item=WorkItem(id=id), point_assignments=points)


def suite(plan, name, parent=None, kind="staticTestSuite", **more):
    parent = TestSuiteReference(id=parent or plan.root_suite.id)
    return PLANS.create_test_suite(TestSuiteCreateParams(name=name, suite_type=kind, parent_suite=parent, **more), PROJECT, plan.id)


PLAN = PLANS.create_test_plan(
    TestPlanCreateParams(name="Release 2", area_path="Web Shop\\QA", iteration="Web Shop", description="All of it", start_date="2026-03-01T00:00:00Z"),
    PROJECT,
)
LOGIN, PAY, SEARCH = case("Log in"), case("Pay"), case("Search")


@section
def plans():
    equal("made", (PLAN.name, PLAN.area_path, PLAN.state), ("Release 2", "Web Shop\\QA", "Active"))
    equal("its owner", PLAN.owner.unique_name, "accord@contoso.example")
    item = WIT.get_work_item(PLAN.id)
    equal("a work item too", (item.fields["System.WorkItemType"], item.fields["System.Title"]), ("Test Plan", "Release 2"))
    root = WIT.get_work_item(PLAN.root_suite.id)
    equal("and its root suite", root.fields["System.WorkItemType"], "Test Suite")
    for client in (PLANS, RELEASED):
        equal("listed", [plan.id for plan in client.get_test_plans(PROJECT)], [PLAN.id])
        equal("read", client.get_test_plan_by_id(PROJECT, PLAN.id).name, "Release 2")
    changed = PLANS.update_test_plan(TestPlanUpdateParams(name="Release 3", state="Inactive"), PROJECT, PLAN.id)
    equal("changed", (changed.name, changed.state), ("Release 3", "Inactive"))
    equal("with its root suite", changed.root_suite.name, "Release 3")
    equal("no active one", PLANS.get_test_plans(PROJECT, filter_active_plans=True), [])
    refused("not there", lambda: PLANS.get_test_plan_by_id(PROJECT, 99999), "99999", "TestObjectNotFoundException")
    refused("no name", lambda: PLANS.create_test_plan(TestPlanCreateParams(area_path="Web Shop"), PROJECT), "name")
    refused("no such area", lambda: PLANS.create_test_plan(TestPlanCreateParams(name="x", area_path="Web Shop\\No"), PROJECT), "TF401347")
    refused("not to be deleted as an item", lambda: WIT.delete_work_item(PLAN.id), "test management")
    other = PLANS.create_test_plan(TestPlanCreateParams(name="Short"), PROJECT)
    PLANS.delete_test_plan(PROJECT, other.id)
    refused("deleted", lambda: PLANS.get_test_plan_by_id(PROJECT, other.id), str(other.id))
    refused("with its root suite", lambda: WIT.get_work_item(other.root_suite.id), "TF401232")


@section
def suites():
    shop = suite(PLAN, "Shop")
    cart = suite(PLAN, "Cart", shop.id)
    equal("below", (cart.parent_suite.id, cart.suite_type), (shop.id, "staticTestSuite"))
    equal("a work item too", WIT.get_work_item(cart.id).fields["Microsoft.VSTS.TCM.TestSuiteType"], "Static")
    flat = PLANS.get_test_suites_for_plan(PROJECT, PLAN.id)
    equal("flat", [one.id for one in flat], [PLAN.root_suite.id, shop.id, cart.id])
    tree = PLANS.get_test_suites_for_plan(PROJECT, PLAN.id, as_tree_view=True)
    equal("as a tree", [one.id for one in tree], [PLAN.root_suite.id])
    equal("two levels down", tree[0].children[0].children[0].name, "Cart")
    one = PLANS.get_test_suite_by_id(PROJECT, PLAN.id, shop.id, expand="children")
    equal("with children", [child.id for child in one.children], [cart.id])
    changed = PLANS.update_test_suite(TestSuiteUpdateParams(name="Basket"), PROJECT, PLAN.id, cart.id)
    equal("renamed", changed.name, "Basket")
    moved = PLANS.update_test_suite(TestSuiteUpdateParams(parent_suite=TestSuiteReference(id=PLAN.root_suite.id)), PROJECT, PLAN.id, cart.id)
    equal("moved", moved.parent_suite.id, PLAN.root_suite.id)
    refused(
        "not below itself",
        lambda: PLANS.update_test_suite(TestSuiteUpdateParams(parent_suite=TestSuiteReference(id=shop.id)), PROJECT, PLAN.id, shop.id),
        "below",
    )
    refused("the root stays", lambda: PLANS.delete_test_suite(PROJECT, PLAN.id, PLAN.root_suite.id), "root")
    PLANS.delete_test_suite(PROJECT, PLAN.id, shop.id)
    refused("deleted", lambda: PLANS.get_test_suite_by_id(PROJECT, PLAN.id, shop.id), str(shop.id), "TestObjectNotFoundException")
    PLANS.delete_test_suite(PROJECT, PLAN.id, cart.id)
    refused("no query", lambda: suite(PLAN, "Query", kind="dynamicTestSuite"), "queryString")
    refused("no requirement", lambda: suite(PLAN, "Story", kind="requirementTestSuite"), "requirementId")


@section
def cases_in_suites():
    shop = suite(PLAN, "Shop")
    added = PLANS.add_test_cases_to_suite([row(LOGIN), row(PAY)], PROJECT, PLAN.id, shop.id)
    equal("added", [(one.work_item.id, one.order) for one in added], [(LOGIN, 1), (PAY, 2)])
    equal("a point each", [[p.configuration_name for p in one.point_assignments] for one in added], [["Windows 10"]] * 2)
    refused("again", lambda: PLANS.add_test_cases_to_suite([row(LOGIN)], PROJECT, PLAN.id, shop.id), "already")
    refused("no case", lambda: PLANS.add_test_cases_to_suite([row(case("A bug", "Bug"))], PROJECT, PLAN.id, shop.id), "no test case")
    refused("not there", lambda: PLANS.add_test_cases_to_suite([row(99999)], PROJECT, PLAN.id, shop.id), "99999")
    some = PLANS.get_test_case_list(PROJECT, PLAN.id, shop.id, wit_fields="System.State,System.Title")
    equal("fields", some[0].work_item.work_item_fields, [{"System.State": "Design"}, {"System.Title": "Log in"}])
    slim = PLANS.get_test_case_list(PROJECT, PLAN.id, shop.id, exclude_flags="pointAssignments")
    equal("without points", slim[0].point_assignments, None)
    equal("one", PLANS.get_test_case(PROJECT, PLAN.id, shop.id, str(PAY))[0].work_item.name, "Pay")
    deep = suite(PLAN, "Deep", shop.id)
    PLANS.add_test_cases_to_suite([row(SEARCH)], PROJECT, PLAN.id, deep.id)
    below = PLANS.get_test_case_list(PROJECT, PLAN.id, shop.id, is_recursive=True)
    equal("with suites below", [one.work_item.id for one in below], [LOGIN, PAY, SEARCH])
    equal("suites of a case", [one.id for one in PLANS.get_suites_by_test_case_id(SEARCH)], [deep.id])
    entries = PLANS.reorder_suite_entries(
        [SuiteEntryUpdateParams(id=PAY, sequence_number=1, suite_entry_type="testCase")], PROJECT, shop.id
    )
    equal("another order", [(e.id, e.suite_entry_type) for e in entries], [(PAY, "testCase"), (LOGIN, "testCase"), (deep.id, "suite")])
    equal("only suites", [e.id for e in PLANS.get_suite_entries(PROJECT, shop.id, suite_entry_type="suite")], [deep.id])
    PLANS.remove_test_cases_from_suite(PROJECT, PLAN.id, shop.id, str(PAY))
    equal("removed", [one.work_item.id for one in PLANS.get_test_case_list(PROJECT, PLAN.id, shop.id)], [LOGIN])
    equal("with its point", [p.test_case_reference.id for p in PLANS.get_points_list(PROJECT, PLAN.id, shop.id)], [LOGIN])
    refused("not there any more", lambda: PLANS.remove_test_cases_from_suite(PROJECT, PLAN.id, shop.id, str(PAY)), str(PAY))
    PLANS.delete_test_suite(PROJECT, PLAN.id, shop.id)
    equal("the case stays", WIT.get_work_item(LOGIN).id, LOGIN)


@section
def suites_that_fill_themselves():
    query = "select [System.Id] from WorkItems where [System.TeamProject] = @project and [System.WorkItemType] in group 'Microsoft.TestCaseCategory' and [System.Title] contains 'Pay'"
    paying = suite(PLAN, "Paying", kind="dynamicTestSuite", query_string=query)
    equal("by query", [one.work_item.id for one in PLANS.get_test_case_list(PROJECT, PLAN.id, paying.id)], [PAY])
    fresh = case("Pay later")
    found = PLANS.get_test_case_list(PROJECT, PLAN.id, paying.id)
    equal("a new one joins", [one.work_item.id for one in found], [PAY, fresh])
    refused("not by hand", lambda: PLANS.add_test_cases_to_suite([row(LOGIN)], PROJECT, PLAN.id, paying.id), "query")
    refused("a query that is none", lambda: suite(PLAN, "Odd", kind="dynamicTestSuite", query_string="select nothing"))
    story = case("As a buyer", "User Story")
    needs = suite(PLAN, None, kind="requirementTestSuite", requirement_id=story)
    equal("called like its requirement", needs.name, "%d : As a buyer" % story)
    PLANS.add_test_cases_to_suite([row(LOGIN)], PROJECT, PLAN.id, needs.id)
    links = [link.rel for link in WIT.get_work_item(LOGIN, expand="relations").relations]
    equal("its cases test it", links, ["Microsoft.VSTS.Common.TestedBy-Reverse"])
    equal("and are listed", [one.work_item.id for one in PLANS.get_test_case_list(PROJECT, PLAN.id, needs.id)], [LOGIN])


@section
def configurations_and_variables():
    made = PLANS.create_test_configuration(
        TestConfigurationCreateUpdateParameters(name="Firefox", state="active", values=[{"name": "Browser", "value": "Firefox"}]), PROJECT
    )
    equal("made", (made.name, made.state, made.values[0].value), ("Firefox", "active", "Firefox"))
    equal("listed", [one.name for one in PLANS.get_test_configurations(PROJECT)], ["Windows 10", "Firefox"])
    changed = PLANS.update_test_configuration(TestConfigurationCreateUpdateParameters(description="A browser"), PROJECT, made.id)
    equal("changed", (changed.name, changed.description), ("Firefox", "A browser"))
    both = suite(PLAN, "Both", default_configurations=[TestConfigurationReference(id=1), TestConfigurationReference(id=made.id)])
    PLANS.add_test_cases_to_suite([row(LOGIN), row(PAY, made.id)], PROJECT, PLAN.id, both.id)
    points = PLANS.get_points_list(PROJECT, PLAN.id, both.id)
    equal(
        "points",
        sorted((p.test_case_reference.id, p.configuration.name) for p in points),
        sorted([(LOGIN, "Windows 10"), (LOGIN, "Firefox"), (PAY, "Firefox")]),
    )
    PLANS.update_suite_test_cases([row(LOGIN, 1)], PROJECT, PLAN.id, both.id)
    points = PLANS.get_points_list(PROJECT, PLAN.id, both.id, test_case_id=str(LOGIN))
    equal("one configuration left", [p.configuration.name for p in points], ["Windows 10"])
    refused("in use", lambda: PLANS.delete_test_confguration(PROJECT, made.id), "in use")
    PLANS.delete_test_suite(PROJECT, PLAN.id, both.id)
    PLANS.delete_test_confguration(PROJECT, made.id)
    refused("deleted", lambda: PLANS.get_test_configuration_by_id(PROJECT, made.id), str(made.id))
    variable = PLANS.create_test_variable(TestVariableCreateUpdateParameters(name="Browser", values=["Firefox", "Edge"]), PROJECT)
    equal("a variable", PLANS.get_test_variable_by_id(PROJECT, variable.id).values, ["Firefox", "Edge"])
    variable = PLANS.update_test_variable(TestVariableCreateUpdateParameters(values=["Edge"]), PROJECT, variable.id)
    equal("changed", (variable.name, variable.values), ("Browser", ["Edge"]))
    PLANS.delete_test_variable(PROJECT, variable.id)
    equal("deleted", [one.name for one in PLANS.get_test_variables(PROJECT)], ["Operating System"])


@section
def points():
    shop = suite(PLAN, "Points")
    PLANS.add_test_cases_to_suite([row(LOGIN), row(PAY)], PROJECT, PLAN.id, shop.id)
    first, second = PLANS.get_points_list(PROJECT, PLAN.id, shop.id)
    equal("new", (first.results.outcome, first.is_active, first.test_case_reference.name), ("unspecified", True, "Log in"))
    done = PLANS.update_test_points(
        [TestPointUpdateParams(id=first.id, results=Results(outcome="passed")), TestPointUpdateParams(id=second.id, results=Results(outcome="failed"))],
        PROJECT,
        PLAN.id,
        shop.id,
    )
    equal("outcomes", [p.results.outcome for p in done], ["passed", "failed"])
    check("a run behind them", done[0].results.last_test_run_id == done[1].results.last_test_run_id, done[0].results)
    equal("done", (done[0].is_active, done[0].results.state), (False, "completed"))
    run = CONNECTION.clients_v7_1.get_test_client().get_test_run_by_id(PROJECT, done[0].results.last_test_run_id)
    equal("the run", (run.state, run.total_tests, run.passed_tests, run.plan.id), ("Completed", 2, 1, str(PLAN.id)))
    equal("one", PLANS.get_points(PROJECT, PLAN.id, shop.id, str(first.id))[0].results.outcome, "passed")
    again = PLANS.update_test_points([TestPointUpdateParams(id=first.id, is_active=True)], PROJECT, PLAN.id, shop.id)
    equal("active again", (again[0].is_active, again[0].results.outcome), (True, "unspecified"))
    refused("not there", lambda: PLANS.update_test_points([TestPointUpdateParams(id=99999, results=Results(outcome="passed"))], PROJECT, PLAN.id, shop.id), "99999")
    refused("no outcome", lambda: PLANS.update_test_points([TestPointUpdateParams(id=first.id, results=Results(outcome="odd"))], PROJECT, PLAN.id, shop.id), "odd")


@section
def a_deleted_case_leaves_its_suites():
    shop = suite(PLAN, "Leaving")
    gone = case("Soon gone")
    PLANS.add_test_cases_to_suite([row(gone)], PROJECT, PLAN.id, shop.id)
    PLANS.delete_test_case(PROJECT, gone)
    refused("the item", lambda: WIT.get_work_item(gone), "TF401232")
    equal("the suite", PLANS.get_test_case_list(PROJECT, PLAN.id, shop.id), [])
    equal("the points", PLANS.get_points_list(PROJECT, PLAN.id, shop.id), [])


@section
def long_lists_come_in_pages():
    shop = suite(PLAN, "Long")
    ids = [case("Case %d" % n) for n in range(203)]
    PLANS.add_test_cases_to_suite([row(id) for id in ids], PROJECT, PLAN.id, shop.id)
    page = PLANS.get_test_case_list(PROJECT, PLAN.id, shop.id)
    equal("the first page", len(page), 200)
    # The client keeps the token of the answer to itself; it is the place of the next entry.
    rest = PLANS.get_test_case_list(PROJECT, PLAN.id, shop.id, continuation_token="201")
    equal("the rest", [one.work_item.id for one in rest], ids[200:])


end()
