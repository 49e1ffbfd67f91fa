"""The projects that are measured: one that belongs to sample data, one of a thousand files."""

import os
import shutil

from sample_data import FIRST_SUITE

CONNECTION = """\
apiVersion: accord/v1
kind: Connection
metadata: {{ name: {name} }}
spec:
  testworthy:
    url: {testworthy}
    userEmail: {{ env: TESTWORTHY_USER_EMAIL{suffix} }}
    apiKey: {{ env: TESTWORTHY_API_KEY{suffix} }}
    projectKey: {{ env: TESTWORTHY_PROJECT_KEY{suffix} }}
    timeZone: America/Chicago
  azureDevOps:
    organizationUrl: {organization}
    project: Web Shop
    personalAccessToken: {{ env: AZURE_DEVOPS_EXT_PAT{suffix} }}
"""

PROJECT = """\
apiVersion: accord/v1
kind: Project
metadata: { name: benchmark }
spec: {}
"""

RULE = """\
apiVersion: accord/v1
kind: SyncRule
metadata: {{ name: {name} }}
spec:
  connection: {connection}
  mapping: {mapping}
  direction: toAzureDevOps
  scope:
    testworthy: {{ suites: [{suites}] }}
    azureDevOps: {{ areaPath: 'Web Shop\\QA\\Checkout' }}
  createIn:
    azureDevOps: {{ areaPath: 'Web Shop\\QA\\Checkout' }}
  match: [marker, id]
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def example_mapping(repository):
    path = os.path.join(repository, "examples/sandbox-project/mappings/test-case.yaml")
    with open(path, encoding="utf-8") as file:
        return file.read()


def linked(folder, repository, sandbox, pairs, suite_size):
    """The example's mapping over the suites of the sample data."""
    shutil.rmtree(folder, ignore_errors=True)
    count = -(-pairs // suite_size)
    numbers = ", ".join(str(FIRST_SUITE + n) for n in range(count))
    connection = CONNECTION.format(
        name="web-shop", suffix="",
        testworthy=sandbox.testworthy, organization=sandbox.organization,
    )
    write(folder, "accord.yaml", PROJECT)
    write(folder, "connection.yaml", connection)
    write(folder, "mappings/test-case.yaml", example_mapping(repository))
    rule = RULE.format(name="orders", connection="web-shop", mapping="test-case", suites=numbers)
    write(folder, "rules/orders.yaml", rule)


def manifests(folder, repository, files):
    """So many files: a project, connections, mappings like the example's, and as many rules."""
    shutil.rmtree(folder, ignore_errors=True)
    write(folder, "accord.yaml", PROJECT)
    mapping = example_mapping(repository)
    connections = max(1, files // 100)
    rest = files - 1 - connections
    for n in range(connections):
        text = CONNECTION.format(
            name=f"team-{n:04}", suffix=f"_{n:04}", testworthy=f"https://team-{n}.testworthy.us",
            organization=f"https://dev.azure.com/team-{n}",
        )
        write(folder, f"connections/team-{n:04}.yaml", text)
    mappings = rest // 2
    for n in range(mappings):
        text = mapping.replace("name: test-case", f"name: mapping-{n:04}")
        write(folder, f"mappings/mapping-{n:04}.yaml", text)
    for n in range(rest - mappings):
        text = RULE.format(
            name=f"rule-{n:04}", connection=f"team-{n % connections:04}",
            mapping=f"mapping-{n % mappings:04}", suites=n + 1,
        )
        write(folder, f"rules/rule-{n:04}.yaml", text)
