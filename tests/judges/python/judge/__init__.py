"""What every script of the Python client shares: where the sandbox is, and what it refuses."""

import json
import os
import urllib.request

from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from msrest.authentication import BasicAuthentication

from checks import check, end, equal, section  # noqa: F401 (scripts take them from here)

ADDRESS = os.environ["ACCORD_JUDGE_ADDRESS"]
ORGANIZATION = os.environ["ACCORD_JUDGE_ORGANIZATION"]
PROJECT = os.environ["ACCORD_JUDGE_PROJECT"]
TOKEN = os.environ["ACCORD_JUDGE_TOKEN"]
ORGANIZATION_URL = ADDRESS + "/" + ORGANIZATION


def connect(token=TOKEN):
    """A connection as the client's documentation makes one: an empty user name, the token as the password."""
    return Connection(base_url=ORGANIZATION_URL, creds=BasicAuthentication("", token))


def refused(what, call, text="", type_key=None, kind=AzureDevOpsServiceError):
    """Tells whether a call ends with an error of the client, with this text and type key, and returns it."""
    try:
        answer = call()
    except kind as error:
        message = getattr(error, "message", None) or str(error)
        check(what, text in message, "expected %r in %r" % (text, message))
        if type_key is not None:
            equal(what + ": typeKey", error.type_key, type_key)
        return error
    except Exception as error:  # another error is a finding as well
        check(what, False, "expected %s, got %r" % (kind.__name__, error))
        return None
    check(what, False, "expected an error, got %r" % (answer,))
    return None


def control(method, path, body=None):
    """A request to the sandbox's own control surface, for what a script cannot do as a client."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ADDRESS + "/_sandbox" + path, data=data, method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None
