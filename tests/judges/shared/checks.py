"""How a check is told, in every script of the judges.

A check prints one line, `ok   ...` or `FAIL ...`. A section that ends early fails as one check more, so nothing is
passed over in silence. `end` sets the exit code.
"""

import sys
import traceback

_failures = 0
_checks = 0


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


def section(function):
    """Runs a part of a script at once; an exception in it is a failure, and the next part goes on."""
    try:
        function()
    except Exception as error:
        check(function.__name__ + " ends early", False, repr(error))
        traceback.print_exc()
    return function


def end():
    """The last line of every script."""
    print("%d checks, %d failed" % (_checks, _failures))
    sys.exit(1 if _failures else 0)
