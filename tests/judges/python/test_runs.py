"""Test runs: runs, results, statistics, attachments, points by the older routes."""

import base64
import datetime

from azure.devops.v7_1.test.models import (
    PointsFilter,
    PointUpdateModel,
    RunCreateModel,
    RunUpdateModel,
    ShallowReference,
    TestAttachmentRequestModel,
    TestCaseResult,
    TestPointsQuery,
)
from azure.devops.v7_1.test_plan.models import SuiteTestCaseCreateUpdateParameters, TestPlanCreateParams, WorkItem
from azure.devops.v7_1.work_item_tracking.models import JsonPatchOperation
from judge import PROJECT, check, connect, end, equal, refused, section

CONNECTION = connect()
TESTS = CONNECTION.clients_v7_1.get_test_client()
RELEASED = CONNECTION.clients.get_test_client()
PLANS = CONNECTION.clients_v7_1.get_test_plan_client()
WIT = CONNECTION.clients_v7_1.get_work_item_tracking_client()


def case(title):
    return WIT.create_work_item([JsonPatchOperation(op="add", path="/fields/System.Title", value=title)], PROJECT, "Test Case").id


PLAN = PLANS.create_test_plan(TestPlanCreateParams(name="Release 2"), PROJECT)
SUITE = PLAN.root_suite.id
CASES = [case("Log in"), case("Pay")]
PLANS.add_test_cases_to_suite([SuiteTestCaseCreateUpdateParameters(work_item=WorkItem(id=id)) for id in CASES], PROJECT, PLAN.id, SUITE)
POINTS = [point.id for point in PLANS.get_points_list(PROJECT, PLAN.id, SUITE)]


@section
def a_run_on_points():
    run = TESTS.create_test_run(RunCreateModel(name="Night", plan=ShallowReference(id=PLAN.id), point_ids=POINTS), PROJECT)
    equal("made", (run.name, run.state, run.total_tests, run.incomplete_tests), ("Night", "NotStarted", 2, 2))
    results = TESTS.get_test_results(PROJECT, run.id)
    equal("a result for each point", [r.test_case_title for r in results], ["Log in", "Pay"])
    equal("their ids", [r.id for r in results], [100000, 100001])
    equal("waiting", {r.state for r in results}, {"Pending"})
    TESTS.update_test_run(RunUpdateModel(state="InProgress"), PROJECT, run.id)
    changed = TESTS.update_test_results(
        [
            TestCaseResult(id=100000, state="Completed", outcome="Passed", duration_in_ms=1500, comment="fine"),
            TestCaseResult(id=100001, state="Completed", outcome="Failed", error_message="no total", stack_trace="at pay"),
        ],
        PROJECT,
        run.id,
    )
    equal("outcomes", [(r.outcome, r.state) for r in changed], [("Passed", "Completed"), ("Failed", "Completed")])
    one = TESTS.get_test_result_by_id(PROJECT, run.id, 100001)
    equal("read again", (one.error_message, one.stack_trace, one.test_case.id), ("no total", "at pay", str(CASES[1])))
    equal("its point", one.test_point.id, str(POINTS[1]))
    failed = TESTS.get_test_results(PROJECT, run.id, outcomes=["Failed"])
    equal("only failed ones", [r.id for r in failed], [100001])
    points = {p.id: p.results for p in PLANS.get_points_list(PROJECT, PLAN.id, SUITE)}
    equal("points know", [points[id].outcome for id in POINTS], ["passed", "failed"])
    equal("and by what", points[POINTS[0]].last_test_run_id, run.id)
    statistics = {s.outcome: s.count for s in TESTS.get_test_run_statistics(PROJECT, run.id).run_statistics}
    equal("statistics", statistics, {"Passed": 1, "Failed": 1})
    run = TESTS.update_test_run(RunUpdateModel(state="Completed", comment="over"), PROJECT, run.id)
    equal("completed", (run.state, run.comment, run.passed_tests, run.incomplete_tests), ("Completed", "over", 1, 0))
    check("when", run.completed_date is not None, run)
    equal("its plan", run.plan.id, str(PLAN.id))
    refused("no such outcome", lambda: TESTS.update_test_results([TestCaseResult(id=100000, outcome="Odd")], PROJECT, run.id), "Odd")
    refused("no such result", lambda: TESTS.update_test_results([TestCaseResult(id=7, outcome="Passed")], PROJECT, run.id), "7", "TestObjectNotFoundException")
    refused("no such state", lambda: TESTS.update_test_run(RunUpdateModel(state="Odd"), PROJECT, run.id), "Odd")


@section
def an_automated_run():
    run = TESTS.create_test_run(RunCreateModel(name="Pipeline", automated=True, state="InProgress"), PROJECT)
    added = TESTS.add_test_results_to_test_run(
        [
            TestCaseResult(test_case_title="Adds", automated_test_name="cart.adds", outcome="Passed", state="Completed"),
            TestCaseResult(test_case_title="Pays", automated_test_name="cart.pays", outcome="Failed", state="Completed", test_case=ShallowReference(id=CASES[1])),
        ],
        PROJECT,
        run.id,
    )
    equal("added", [r.id for r in added], [100000, 100001])
    results = TESTS.get_test_results(PROJECT, run.id)
    equal("told", [(r.automated_test_name, r.outcome) for r in results], [("cart.adds", "Passed"), ("cart.pays", "Failed")])
    equal("a page", [r.id for r in TESTS.get_test_results(PROJECT, run.id, skip=1, top=1)], [100001])
    refused("too many at once", lambda: TESTS.get_test_results(PROJECT, run.id, top=1001), "1000")
    refused("without a title", lambda: TESTS.add_test_results_to_test_run([TestCaseResult(outcome="Passed")], PROJECT, run.id), "testCaseTitle")
    equal("automated", RELEASED.get_test_run_by_id(PROJECT, run.id).is_automated, True)


@section
def runs_are_listed_and_queried():
    names = [run.name for run in TESTS.get_test_runs(PROJECT)]
    check("listed", {"Night", "Pipeline"} <= set(names), names)
    equal("automated ones", [run.name for run in TESTS.get_test_runs(PROJECT, automated=True)], ["Pipeline"])
    equal("of the plan", [run.name for run in TESTS.get_test_runs(PROJECT, plan_id=PLAN.id)], ["Night"])
    now = TESTS.get_test_runs(PROJECT)[0].last_updated_date
    day = datetime.timedelta(days=1)
    found = TESTS.query_test_runs(PROJECT, now - day, now + day)
    equal("in a window", {run.name for run in found}, {"Night", "Pipeline"})
    found = TESTS.query_test_runs(PROJECT, now - day, now + day, top=1)
    equal("the first page", [run.name for run in found], ["Night"])
    equal("another window", TESTS.query_test_runs(PROJECT, now - 3 * day, now - 2 * day), [])
    refused("too wide", lambda: TESTS.query_test_runs(PROJECT, now - 5 * day, now + 3 * day), "7 days")
    refused("no name", lambda: TESTS.create_test_run(RunCreateModel(automated=True), PROJECT), "name")
    refused("points without a plan", lambda: TESTS.create_test_run(RunCreateModel(name="x", point_ids=POINTS), PROJECT), "plan")
    refused("no such point", lambda: TESTS.create_test_run(RunCreateModel(name="x", plan=ShallowReference(id=PLAN.id), point_ids=[99999]), PROJECT), "99999")


@section
def attachments():
    run = TESTS.create_test_run(RunCreateModel(name="With files", plan=ShallowReference(id=PLAN.id), point_ids=POINTS[:1]), PROJECT)
    stream = base64.b64encode(b"\x00\x01log").decode()
    model = TestAttachmentRequestModel(stream=stream, file_name="log.bin", comment="a log", attachment_type="GeneralAttachment")
    for what, add, read, content in [
        ("a run's file", lambda: TESTS.create_test_run_attachment(model, PROJECT, run.id), lambda: TESTS.get_test_run_attachments(PROJECT, run.id), lambda id: TESTS.get_test_run_attachment_content(PROJECT, run.id, id)),
        (
            "a result's file",
            lambda: TESTS.create_test_result_attachment(model, PROJECT, run.id, 100000),
            lambda: TESTS.get_test_result_attachments(PROJECT, run.id, 100000),
            lambda id: TESTS.get_test_result_attachment_content(PROJECT, run.id, 100000, id),
        ),
    ]:
        made = add()
        equal(what, [(f.id, f.file_name, f.size, f.comment) for f in read()], [(made.id, "log.bin", 5, "a log")])
        equal(what + ", byte by byte", b"".join(content(made.id)), b"\x00\x01log")
    bad = TestAttachmentRequestModel(stream="%%%", file_name="x")
    refused("no base64", lambda: TESTS.create_test_run_attachment(bad, PROJECT, run.id), "base64")
    refused("no such file", lambda: b"".join(TESTS.get_test_run_attachment_content(PROJECT, run.id, 999)), "999")


@section
def points_by_the_older_routes():
    told = TESTS.get_points(PROJECT, PLAN.id, SUITE)
    equal("of a suite", [point.id for point in told], POINTS)
    equal("one", TESTS.get_point(PROJECT, PLAN.id, SUITE, POINTS[1]).test_case.name, "Pay")
    found = TESTS.get_points_by_query(TestPointsQuery(points_filter=PointsFilter(testcase_ids=[CASES[1]])), PROJECT)
    equal("by query", [point.id for point in found.points], [POINTS[1]])
    changed = TESTS.update_test_points(PointUpdateModel(outcome="Blocked"), PROJECT, PLAN.id, SUITE, str(POINTS[0]))
    equal("blocked", changed[0].outcome, "Blocked")
    changed = TESTS.update_test_points(PointUpdateModel(reset_to_active=True), PROJECT, PLAN.id, SUITE, str(POINTS[0]))
    equal("active again", changed[0].outcome, "Unspecified")


@section
def a_deleted_run():
    run = TESTS.create_test_run(RunCreateModel(name="Short", automated=True), PROJECT)
    TESTS.delete_test_run(PROJECT, run.id)
    refused("gone", lambda: TESTS.get_test_run_by_id(PROJECT, run.id), str(run.id), "TestObjectNotFoundException")


end()
