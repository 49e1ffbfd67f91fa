"""Service hooks: the catalogue, subscriptions, deliveries to a receiver of this script, their record."""

import base64
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.devops.v7_1.service_hooks.models import (
    InputFilter,
    InputFilterCondition,
    InputValues,
    InputValuesQuery,
    Notification,
    NotificationDetails,
    NotificationsQuery,
    PublishersQuery,
    Subscription,
    SubscriptionsQuery,
)
from azure.devops.v7_1.work_item_tracking.models import JsonPatchOperation
from judge import PROJECT, check, connect, control, end, equal, refused, section

CONNECTION = connect()
HOOKS = CONNECTION.clients_v7_1.get_service_hooks_client()
WIT = CONNECTION.clients_v7_1.get_work_item_tracking_client()
PROJECT_ID = CONNECTION.clients_v7_1.get_core_client().get_project(PROJECT).id
ARRIVED = queue.Queue()
ANSWERS = []


class Receiver(BaseHTTPRequestHandler):
    """Keeps what comes; answers what `ANSWERS` says, then 200."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = ANSWERS.pop(0) if ANSWERS else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        ARRIVED.put((self.path, dict(self.headers), json.loads(body)))

    def log_message(self, *_):
        pass


SERVER = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
URL = "http://127.0.0.1:%d" % SERVER.server_port


def subscription(event="workitem.created", publisher=None, **consumer):
    inputs = {"projectId": PROJECT_ID}
    inputs.update(publisher or {})
    return Subscription(
        publisher_id="tfs",
        event_type=event,
        resource_version="1.0",
        consumer_id="webHooks",
        consumer_action_id="httpRequest",
        publisher_inputs=inputs,
        consumer_inputs=dict({"url": URL + "/hook"}, **consumer),
    )


def operations(**fields):
    return [JsonPatchOperation(op="add", path="/fields/" + name.replace("__", "."), value=value) for name, value in fields.items()]


def arrival():
    return ARRIVED.get(timeout=20)


@section
def what_there_is():
    publisher = HOOKS.get_publisher("tfs")
    equal("publishers", [p.id for p in HOOKS.list_publishers()], ["tfs"])
    events = {e.id: e for e in HOOKS.list_event_types("tfs")}
    for name in ("created", "updated", "deleted", "restored", "commented"):
        check("event " + name, "workitem." + name in events, sorted(events))
    equal("the publisher's events", {e.id for e in publisher.supported_events}, set(events))
    inputs = [i.id for i in HOOKS.get_event_type("tfs", "workitem.updated").input_descriptors]
    check("inputs of an update", {"projectId", "changedFields", "linksChanged"} <= set(inputs), inputs)
    check("versions", "5.1-preview.3" in events["workitem.created"].supported_resource_versions)
    consumer = HOOKS.get_consumer("webHooks")
    equal("consumers", [c.id for c in HOOKS.list_consumers()], [consumer.id])
    action = HOOKS.get_consumer_action("webHooks", "httpRequest")
    secret = {i.id: bool(i.is_confidential) for i in action.input_descriptors}
    equal("what is secret", [name for name, is_secret in secret.items() if is_secret], ["basicAuthPassword"])
    equal("actions", [a.id for a in HOOKS.list_consumer_actions("webHooks")], ["httpRequest"])
    found = HOOKS.query_publishers(PublishersQuery(publisher_ids=["tfs"])).results
    equal("publishers by query", [p.id for p in found], ["tfs"])
    values = HOOKS.query_input_values(InputValuesQuery(current_values={"projectId": PROJECT_ID}, input_values=[InputValues(input_id="workItemType")]), "tfs")
    check("values of an input", "Test Case" in [v.value for v in values.input_values[0].possible_values])
    refused("no such event", lambda: HOOKS.get_event_type("tfs", "workitem.eaten"), "workitem.eaten")
    refused("no such publisher", lambda: HOOKS.get_publisher("nobody"), "nobody")


@section
def subscriptions():
    made = HOOKS.create_subscription(subscription(basicAuthUsername="hook", basicAuthPassword="secret", httpHeaders="X-Own: yes"))
    equal("enabled", made.status, "enabled")
    equal("masked", made.consumer_inputs["basicAuthPassword"], "********")
    equal("not masked", made.consumer_inputs["basicAuthUsername"], "hook")
    check("filled in", made.id and made.created_by and made.publisher_inputs["tfsSubscriptionId"], made)
    equal("read again", HOOKS.get_subscription(made.id).consumer_inputs["basicAuthPassword"], "********")
    twin = HOOKS.create_subscription(subscription())
    check("the same twice", twin.id != made.id)
    equal("listed", {s.id for s in HOOKS.list_subscriptions(publisher_id="tfs", event_type="workitem.created")}, {made.id, twin.id})
    equal("another event", HOOKS.list_subscriptions(event_type="workitem.deleted"), [])
    by_url = InputFilter(conditions=[InputFilterCondition(input_id="url", operator="equals", input_value=URL + "/hook")])
    by_project = InputFilter(conditions=[InputFilterCondition(input_id="projectId", operator="equals", input_value=PROJECT_ID)])
    found = HOOKS.create_subscriptions_query(
        SubscriptionsQuery(publisher_id="tfs", publisher_input_filters=[by_project], consumer_input_filters=[by_url])
    )
    equal("by query", {s.id for s in found.results}, {made.id, twin.id})
    none = InputFilter(conditions=[InputFilterCondition(input_id="url", operator="equals", input_value="http://127.0.0.1/other")])
    equal("none by query", HOOKS.create_subscriptions_query(SubscriptionsQuery(publisher_id="tfs", consumer_input_filters=[none])).results, [])
    other = subscription("workitem.updated", {"changedFields": "System.State"})
    other.status = "disabledByUser"
    replaced = HOOKS.replace_subscription(other, twin.id)
    equal("replaced", (replaced.event_type, replaced.status), ("workitem.updated", "disabledByUser"))
    for one in (made, twin):
        HOOKS.delete_subscription(one.id)
    refused("gone", lambda: HOOKS.get_subscription(made.id), made.id, "SubscriptionNotFoundException")


@section
def what_is_refused():
    refused("no url", lambda: HOOKS.create_subscription(subscription(url="")), "url")
    refused("no address", lambda: HOOKS.create_subscription(subscription(url="receiver")), "url")
    refused("no such event", lambda: HOOKS.create_subscription(subscription("workitem.eaten")), "workitem.eaten")
    refused("no such project", lambda: HOOKS.create_subscription(subscription(publisher={"projectId": "nowhere"})), "projectId")
    refused("no such choice", lambda: HOOKS.create_subscription(subscription(resourceDetailsToSend="some")), "resourceDetailsToSend")
    refused("a long password", lambda: HOOKS.create_subscription(subscription(basicAuthPassword="x" * 257)), "256")
    one = subscription()
    one.resource_version = "9.9"
    refused("no such version", lambda: HOOKS.create_subscription(one), "9.9")
    one = subscription()
    one.consumer_id = "slack"
    refused("no such consumer", lambda: HOOKS.create_subscription(one), "slack")


@section
def deliveries():
    made = {
        name: HOOKS.create_subscription(
            subscription("workitem." + name, basicAuthUsername="hook", basicAuthPassword="secret", httpHeaders="X-Own: yes")
        )
        for name in ("created", "updated", "deleted", "restored")
    }
    bug = WIT.create_work_item(operations(System__Title="Total is wrong", System__AssignedTo="tester@contoso.example"), PROJECT, "Bug")
    path, headers, event = arrival()
    equal("where it came", path, "/hook")
    equal("basic authentication", headers["Authorization"], "Basic " + base64.b64encode(b"hook:secret").decode())
    equal("an own header", headers["X-Own"], "yes")
    equal("the event", (event["eventType"], event["publisherId"]), ("workitem.created", "tfs"))
    equal("its subscription", event["subscriptionId"], made["created"].id)
    check("its message", "Bug #%d" % bug.id in event["message"]["text"] and event["message"]["html"], event["message"])
    equal("the item", (event["resource"]["id"], event["resource"]["rev"]), (bug.id, 1))
    equal("people are texts", event["resource"]["fields"]["System.AssignedTo"], "Web Shop Tester <tester@contoso.example>")
    equal("the project", event["resourceContainers"]["project"]["id"], PROJECT_ID)
    WIT.update_work_item(operations(System__Title="Sum is wrong"), bug.id)
    event = arrival()[2]
    equal("an update", (event["eventType"], event["resource"]["workItemId"]), ("workitem.updated", bug.id))
    equal("what changed", event["resource"]["fields"]["System.Title"], {"oldValue": "Total is wrong", "newValue": "Sum is wrong"})
    equal("the item after it", event["resource"]["revision"]["fields"]["System.Title"], "Sum is wrong")
    WIT.delete_work_item(bug.id)
    event = arrival()[2]
    equal("a deletion", event["eventType"], "workitem.deleted")
    check("of the recycle bin", "recyclebin" in event["resource"]["url"].lower(), event["resource"]["url"])
    WIT.restore_work_item({"isDeleted": False}, bug.id)
    equal("a restoration", arrival()[2]["eventType"], "workitem.restored")
    control("POST", "/azureDevOps/workItems/%d" % bug.id, {"fields": {"System.Title": "By hand"}})
    equal("a person's edit", arrival()[2]["resource"]["fields"]["System.Title"]["newValue"], "By hand")
    records = []
    while len(records) < 1 or records[0].result != "succeeded":
        records = HOOKS.get_notifications(made["created"].id)
    equal("recorded once", len(records), 1)
    record = HOOKS.get_notification(made["created"].id, records[0].id)
    equal("one attempt", record.details.request_attempts, 1)
    check("without the password", "secret" not in json.dumps(record.as_dict()) and base64.b64encode(b"hook:secret").decode() not in json.dumps(record.as_dict()))
    found = HOOKS.query_notifications(NotificationsQuery(subscription_ids=[made["updated"].id], include_details=True))
    check("records by query", len(found.results) == 2 and found.results[0].details.event_type == "workitem.updated", found)
    for one in made.values():
        HOOKS.delete_subscription(one.id)


@section
def filters_and_details():
    made = [
        HOOKS.create_subscription(subscription("workitem.updated", {"changedFields": "System.State"}, resourceDetailsToSend="minimal", messagesToSend="none")),
        HOOKS.create_subscription(subscription("workitem.created", {"workItemType": "Task"}, url=URL + "/tasks")),
    ]
    bug = WIT.create_work_item(operations(System__Title="Quiet"), PROJECT, "Bug")
    WIT.update_work_item(operations(System__Title="Still quiet"), bug.id)
    WIT.update_work_item(operations(System__State="Active"), bug.id)
    event = arrival()[2]
    equal("only the state", event["eventType"], "workitem.updated")
    check("minimal", "fields" not in event["resource"] and event["resource"]["workItemId"] == bug.id, event["resource"])
    equal("no message", event["message"], None)
    WIT.create_work_item(operations(System__Title="Loud"), PROJECT, "Task")
    equal("only tasks", arrival()[0], "/tasks")
    check("nothing else", ARRIVED.empty())
    for one in made:
        HOOKS.delete_subscription(one.id)


@section
def a_receiver_that_fails_for_a_while():
    made = HOOKS.create_subscription(subscription())
    ANSWERS.extend([503, 504])
    WIT.create_work_item(operations(System__Title="Try again"), PROJECT, "Bug")
    numbers = {arrival()[2]["notificationId"] for _ in range(3)}
    equal("the same notification three times", len(numbers), 1)
    record = None
    while record is None or record.status != "completed":
        record = HOOKS.get_notification(made.id, numbers.copy().pop())
    equal("succeeded at last", (record.result, record.details.request_attempts), ("succeeded", 3))
    equal("still enabled", HOOKS.get_subscription(made.id).status, "enabled")
    ANSWERS.extend([410])
    WIT.create_work_item(operations(System__Title="Never again"), PROJECT, "Bug")
    arrival()
    while HOOKS.get_subscription(made.id).status == "enabled":
        pass
    equal("gone means disabled", HOOKS.get_subscription(made.id).status, "disabledBySystem")
    HOOKS.delete_subscription(made.id)


@section
def tests():
    one = subscription()
    details = NotificationDetails(
        event_type=one.event_type,
        publisher_id=one.publisher_id,
        consumer_id=one.consumer_id,
        consumer_action_id=one.consumer_action_id,
        publisher_inputs=one.publisher_inputs,
        consumer_inputs=one.consumer_inputs,
    )
    told = HOOKS.create_test_notification(Notification(details=details))
    equal("a test arrives", arrival()[2]["resource"]["workItemId"], 0)
    equal("and is told", (told.status, told.result), ("completed", "succeeded"))
    details.consumer_inputs = {"url": "http://receiver.example/hook"}
    told = HOOKS.create_test_notification(Notification(details=details))
    equal("elsewhere it fails", (told.result, "loopback" in told.details.error_message), ("failed", True))


end()
