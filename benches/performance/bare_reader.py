"""Reads what a plan reads and does nothing with it: what the sandbox alone costs.

`bare_reader.py ORGANIZATION TESTWORTHY SUITES FIRST_ITEM ITEMS`: every suite, one after the other, then
the work items by 200, eight at a time. Credentials come from the environment.
"""

import base64
import http.client
import json
import os
import sys
import threading
from urllib.parse import urlsplit

IN_FLIGHT = 8
PAGE = 200


def exchange(connection, method, path, headers, body=None):
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    size = 0
    while chunk := answer.read(1 << 20):
        size += len(chunk)
    if answer.status != 200:
        raise SystemExit(f"{method} {path}: status {answer.status}")
    return size


def main():
    organization, testworthy = map(urlsplit, sys.argv[1:3])
    suites, first, items = map(int, sys.argv[3:6])
    token = base64.b64encode(f":{os.environ['AZURE_DEVOPS_EXT_PAT']}".encode()).decode()
    azure = {"authorization": f"Basic {token}", "content-type": "application/json"}
    tests = {
        "X-USER-EMAIL": os.environ["TESTWORTHY_USER_EMAIL"],
        "X-TMA-KEY": os.environ["TESTWORTHY_API_KEY"],
        "X-PROJECT-KEY": os.environ["TESTWORTHY_PROJECT_KEY"],
    }
    connection = http.client.HTTPConnection(testworthy.netloc)
    cases = sum(
        exchange(connection, "GET", f"{testworthy.path}/api/tests/get_cases/{suite + 1}", tests)
        for suite in range(suites)
    )
    pages = [list(range(at, min(at + PAGE, first + items))) for at in range(first, first + items, PAGE)]
    sizes = []

    def work():
        connection = http.client.HTTPConnection(organization.netloc)
        path = f"{organization.path}/_apis/wit/workitemsbatch?api-version=7.1"
        while pages:
            try:
                ids = pages.pop()
            except IndexError:
                return
            body = json.dumps({"ids": ids, "$expand": "relations", "errorPolicy": "omit"})
            sizes.append(exchange(connection, "POST", path, azure, body))

    threads = [threading.Thread(target=work) for _ in range(IN_FLIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{cases / 1e6:.1f} MB of cases, {sum(sizes) / 1e6:.1f} MB of work items")


if __name__ == "__main__":
    main()
