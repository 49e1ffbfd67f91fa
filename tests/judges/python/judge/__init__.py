"""What every script shares: where the sandbox is, and how a check is told.

A check prints one line, `ok   ...` or `FAIL ...`. A section that ends early fails as one check more, so nothing is
passed over in silence. `end` sets the exit code.
"""

import json
import os
import sys
import traceback
import urllib.request

from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from msrest.authentication import BasicAuthentication

ADDRESS = os.environ["ACCORD_JUDGE_ADDRESS"]
ORGANIZATION = os.environ["ACCORD_JUDGE_ORGANIZATION"]
PROJECT = os.environ["ACCORD_JUDGE_PROJECT"]
TOKEN = os.environ["ACCORD_JUDGE_TOKEN"]
ORGANIZATION_URL = ADDRESS + "/" + ORGANIZATION

_failures = 0
_checks = 0


def connect(token=TOKEN):
    """A connection as the client's documentation makes one: an empty user name, the token as the password."""
    return Connection(base_url=ORGANIZATION_URL, creds=BasicAuthentication("", token))


def check(what, holds, detail=""):
    """Tells whether something holds; `detail` is shown when it does not."""
    global _failures, _checks
    _checks += 1
    if holds:
        print("ok   " + what)
    else:
        _failures += 1
        print("FAIL " + what + ((": " + str(detail)) if detail != "" else ""))
    return bool(holds)


def equal(what, actual, expected):
    """Tells whether two values are equal."""
    return check(what, actual == expected, "expected %r, got %r" % (expected, actual))


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


def section(function):
    """Runs a part of a script at once; an exception in it is a failure, and the next part goes on."""
    try:
        function()
    except Exception as error:
        check(function.__name__ + " ends early", False, repr(error))
        traceback.print_exc()
    return function


def control(method, path, body=None):
    """A request to the sandbox's own control surface, for what a script cannot do as a client."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ADDRESS + "/_sandbox" + path, data=data, method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def end():
    """The last line of every script."""
    print("%d checks, %d failed" % (_checks, _failures))
    sys.exit(1 if _failures else 0)
