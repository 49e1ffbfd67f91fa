"""Writes sample data for `accord sandbox --data`, and a project that belongs to it.

Run as a program, because the data of 100,000 items would make the measuring process large:
`sample_data.py FOLDER PAIRS SUITE_SIZE [--unpaired]`. With `--unpaired` there are cases only; else each
case has its work item, and both carry Accord's marks, as an earlier run would have left them.
JSON is written, which is YAML too.
"""

import json
import os
import sys

FIRST_CASE = 1_000_001
FIRST_ITEM = 10_001
FIRST_SUITE = 1
PRIORITIES = ["P1 - Must Test", "P2 - Should Test", "P3 - Good to Test"]
AUTOMATION = ["Manual", "Selenium", "Appium", "Playwright"]


def title(n):
    return f"Order {n:06} is confirmed within five seconds of the payment"


def gherkin(n):
    return (
        f"Scenario: order {n:06}\n"
        "  Given a customer who is signed in and has a delivery address\n"
        f"  And a cart with {n % 7 + 1} items of the catalogue\n"
        "  When the customer pays by card and the bank accepts the payment\n"
        "  Then the confirmation shows the number of the order and the sum\n"
        "  And a message with the same number is sent to the customer\n"
    )


def case(n, paired):
    refs = [f"WEB-{n % 900 + 100}"]
    if paired:
        refs.append(f"AB#{FIRST_ITEM + n}")
    return {
        "id": FIRST_CASE + n,
        "title": title(n),
        "priority": PRIORITIES[n % 3],
        "type": "Functional",
        "template": 2,
        "estimate": 60 * (n % 30 + 1),
        "smoke": n % 5 == 0,
        "regression": n % 2 == 0,
        "automationType": AUTOMATION[n % 4],
        "refs": ", ".join(refs),
        "gherkin": gherkin(n),
        "cucumberTags": "@orders @payment",
        "preconditions": "<p>The shop is open and the <em>test bank</em> answers.</p>",
        "description": "<p>The confirmation follows the payment <strong>without</strong> a reload.</p>",
        "steps": [
            {"action": "<p>Fill the cart and pay by card.</p>", "expected": "<p>The bank accepts.</p>"},
            {"action": "<p>Wait for the confirmation.</p>", "expected": "<p>Number and sum are shown.</p>"},
        ],
    }


def work_item(n):
    tags = ["accord", f"ref:WEB-{n % 900 + 100}"]
    tags += ["smoke"] * (n % 5 == 0) + ["regression"] * (n % 2 == 0)
    address = f"{{testworthy}}/TestCase/Detail/{FIRST_CASE + n}"
    return {
        "id": FIRST_ITEM + n,
        "type": "Test Case",
        "title": title(n),
        "area": "Web Shop\\QA\\Checkout",
        "priority": n % 3 + 1,
        "tags": tags,
        "description": "<p>The confirmation follows the payment <strong>without</strong> a reload.</p>",
        "fields": {
            "Custom.Origin": "TestWorthy",
            "Custom.AutomationType": AUTOMATION[n % 4],
            "Custom.EstimateSeconds": 60 * (n % 30 + 1),
            "Custom.Gherkin": gherkin(n).rstrip("\n"),
            "Custom.CucumberTags": "@orders @payment",
        },
        "hyperlinks": [{"url": address, "comment": f"accord/1 case={FIRST_CASE + n}"}],
    }


def custom(name, shown, kind):
    return {"referenceName": f"Custom.{name}", "name": shown, "type": kind, "workItemTypes": ["Test Case"]}


def suites(pairs, size, paired):
    for number, start in enumerate(range(0, pairs, size)):
        cases = [case(n, paired) for n in range(start, min(start + size, pairs))]
        section = {"name": "Confirmation", "cases": cases}
        yield {"id": FIRST_SUITE + number, "name": f"Orders {number + 1}", "sections": [section]}


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def main():
    folder, pairs, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    paired = "--unpaired" not in sys.argv
    os.makedirs(folder, exist_ok=True)
    testworthy = {
        "createdOn": "2026-02-03T14:12:45.1034207Z",
        "suites": list(suites(pairs, size, paired)),
    }
    write(os.path.join(folder, "testworthy.yaml"), testworthy)
    azure = {
        "users": [{"displayName": "Tess Example", "uniqueName": "tess@contoso.example"}],
        "areas": ["Web Shop\\QA\\Checkout"],
        "iterations": ["Web Shop\\Sprint 12"],
        "fields": [
            custom("Origin", "Origin", "string"),
            custom("AutomationType", "Automation Type", "string"),
            custom("EstimateSeconds", "Estimate in Seconds", "integer"),
            custom("Gherkin", "Gherkin", "plainText"),
            custom("CucumberTags", "Cucumber Tags", "string"),
        ],
        "workItems": [work_item(n) for n in range(pairs)] if paired else [],
    }
    write(os.path.join(folder, "azure-devops.yaml"), azure)


if __name__ == "__main__":
    main()
