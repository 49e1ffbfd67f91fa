"""Cuts openapi-slice.json out of GitHub's OpenAPI document.

    npm install @octokit/openapi && python3 tests/github/slice.py node_modules/@octokit/openapi

Only what accord asks for is kept, without examples and descriptions of members. To be run again when accord
asks GitHub for something new.
"""

import json
import pathlib
import sys

USED = {
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["patch"],
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ["get"],
}
LEFT_OUT = {"example", "examples", "description", "externalDocs", "x-github", "x-githubCloudOnly"}


def bare(node, names=False):
    """The node without what only people read; under `properties` every key is a name."""
    if isinstance(node, dict):
        return {
            key: bare(value, key == "properties" and not names)
            for key, value in node.items()
            if names or key not in LEFT_OUT
        }
    if isinstance(node, list):
        return [bare(value) for value in node]
    return node


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def main():
    package = pathlib.Path(sys.argv[1])
    version = json.loads((package / "package.json").read_text())["version"]
    whole = json.loads((package / "generated" / "api.github.com.json").read_text())
    paths = {
        path: {
            key: value
            for key, value in whole["paths"][path].items()
            if key in methods or key == "parameters"
        }
        for path, methods in USED.items()
    }
    paths = bare(paths)
    components = {}
    waiting = list(references(paths))
    while waiting:
        reference = waiting.pop()
        _, _, kind, name = reference.split("/")
        if name in components.setdefault(kind, {}):
            continue
        kept = bare(whole["components"][kind][name], kind == "examples")
        components[kind][name] = kept
        waiting.extend(references(kept))
    document = {
        "openapi": whole["openapi"],
        "info": {
            "title": whole["info"]["title"],
            "version": whole["info"]["version"],
            "license": whole["info"]["license"],
            "description": f"A slice of @octokit/openapi {version} (MIT, Copyright Octokit contributors),"
            " cut by tests/github/slice.py",
        },
        "paths": paths,
        "components": {kind: dict(sorted(kept.items())) for kind, kept in sorted(components.items())},
    }
    target = pathlib.Path(__file__).with_name("openapi-slice.json")
    target.write_text(json.dumps(document, indent=1) + "\n")


main()
