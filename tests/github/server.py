#!/usr/bin/env python3
"""A stand-in for the parts of GitHub's API that accord uses, on loopback, for tests.

    server.py [--port N] [--set FILE.json]

The first line on stdout is the address. It knows nothing of accord: what it answers follows GitHub's own
OpenAPI document, and tests/github/judge.rs checks that it does. Only the standard library is needed.

Routes of its own, below /stand-in/:
  GET  /stand-in/exchanges   everything that was asked and answered so far
  GET  /stand-in/comments    all comments
  POST /stand-in/set         changes the state; a JSON object with any of:
      login       who tokens without an entry in `tokens` write as
      tokens      { token: login }; when it is not empty, other tokens get 401
      viewer      whether GraphQL tells who the token belongs to (true)
      maximum     characters that a comment may have (65536)
      locked      numbers of conversations that nobody may comment on
      comments    [{ issue, login, body }] to be added
      pulls       [{ number, sha, base, head, merged }] to be added
      faults      [fault] to be added; the first one that fits a request is used up by it:
          method, path       what it fits; the path by a part of it
          times              how often (1)
          status, message, headers, errors     the answer
          after              carry the request out all the same
          delete             first delete the comment that the path names
          elsewhere          lead the next page to this address
"""

import argparse
import http.server
import json
import re
import sys
import threading
import urllib.parse

DOCUMENTATION = "https://docs.github.com/rest"
TIME = "2026-01-02T03:04:05Z"

USER_URLS = (
    "avatar events followers following gists html organizations received_events repos starred"
    " subscriptions"
).split()
REPOSITORY_URLS = (
    "archive assignees blobs branches collaborators comments commits compare contents contributors"
    " deployments downloads events forks git_commits git_refs git_tags hooks html issue_comment"
    " issue_events issues keys labels languages merges milestones notifications pulls releases"
    " stargazers statuses subscribers subscription tags teams trees clone git ssh svn"
).split()
PULL_URLS = (
    "html diff patch issue commits review_comments review_comment comments statuses"
).split()
PULL_LINKS = "comments commits statuses html issue review_comments review_comment self".split()


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.login = "github-actions[bot]"
        self.tokens = {}
        self.viewer = True
        self.maximum = 65536
        self.locked = []
        self.comments = []
        self.pulls = []
        self.faults = []
        self.exchanges = []
        self.next_id = 1000

    def set(self, wanted):
        for key in ("login", "tokens", "viewer", "maximum", "locked"):
            if key in wanted:
                setattr(self, key, wanted[key])
        for comment in wanted.get("comments", []):
            self.add(comment["issue"], comment["login"], comment["body"])
        self.pulls.extend(wanted.get("pulls", []))
        self.faults.extend(wanted.get("faults", []))

    def add(self, issue, login, body):
        self.next_id += 1
        comment = {"id": self.next_id, "issue": issue, "login": login, "body": body, "edits": 0}
        self.comments.append(comment)
        return comment

    def fault(self, method, path):
        for fault in self.faults:
            fits = fault.get("method", method) == method and fault.get("path", "") in path
            if fits and fault.get("times", 1) > 0:
                fault["times"] = fault.get("times", 1) - 1
                return fault
        return None


def user(base, login):
    number = 1 + sum(login.encode())
    here = f"{base}/users/{urllib.parse.quote(login, safe='')}"
    answer = {f"{name}_url": f"{here}/{name}" for name in USER_URLS}
    answer.update(
        login=login,
        id=number,
        node_id=f"U_{number}",
        gravatar_id="",
        url=here,
        type="Bot" if login.endswith("[bot]") else "User",
        site_admin=False,
    )
    return answer


def comment(base, repository, one):
    web = f"https://github.com/{repository}/pull/{one['issue']}"
    return {
        "id": one["id"],
        "node_id": f"IC_{one['id']}",
        "url": f"{base}/repos/{repository}/issues/comments/{one['id']}",
        "html_url": f"{web}#issuecomment-{one['id']}",
        "issue_url": f"{base}/repos/{repository}/issues/{one['issue']}",
        "body": one["body"],
        "user": user(base, one["login"]),
        "created_at": TIME,
        "updated_at": TIME,
        "author_association": "NONE",
        "performed_via_github_app": None,
    }


def repository(base, name):
    owner, short = name.split("/")
    here = f"{base}/repos/{name}"
    answer = {f"{key}_url": f"{here}/{key}" for key in REPOSITORY_URLS}
    answer.update({key: 0 for key in (
        "forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count",
        "watchers", "watchers_count",
    )})
    answer.update({f"has_{key}": True for key in ("downloads", "issues", "projects", "wiki", "pages")})
    answer.update(
        id=1, node_id="R_1", name=short, full_name=name, owner=user(base, owner), private=False,
        description=None, fork=False, url=here, default_branch="main", homepage=None, language=None,
        archived=False, disabled=False, mirror_url=None, license=None, pushed_at=TIME,
        created_at=TIME, updated_at=TIME,
    )
    return answer


def pull(base, name, one):
    here = f"{base}/repos/{name}/pulls/{one['number']}"
    answer = {f"{key}_url": f"{here}/{key}" for key in PULL_URLS}

    def end(ref, sha):
        owner = name.split("/")[0]
        return {
            "label": f"{owner}:{ref}", "ref": ref, "sha": sha,
            "repo": repository(base, name), "user": user(base, owner),
        }

    answer.update(
        id=one["number"], node_id=f"PR_{one['number']}", number=one["number"], url=here,
        state="closed" if one.get("merged") else "open", locked=False, title="A change",
        user=user(base, "ada"), body=None, labels=[], milestone=None, assignee=None,
        created_at=TIME, updated_at=TIME, closed_at=one.get("merged"), merged_at=one.get("merged"),
        merge_commit_sha=one["sha"], author_association="MEMBER", auto_merge=None,
        head=end(one.get("branch", "topic"), one.get("head", "0" * 40)),
        base=end(one.get("base", "main"), "1" * 40),
        _links={key: {"href": f"{here}/{key}"} for key in PULL_LINKS},
    )
    return answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = State()

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        address = urllib.parse.urlsplit(self.path)
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw.decode("utf-8", "replace")
        state = self.state
        if address.path.startswith("/stand-in/"):
            with state.lock:
                return self.answer(200, self.own(address.path, body))
        with state.lock:
            status, answer, headers = self.serve(address, body)
            state.exchanges.append({
                "method": self.command,
                "path": address.path,
                "query": address.query,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body,
                "status": status,
                "answer": answer,
            })
        self.answer(status, answer, headers)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

    def own(self, path, body):
        state = self.state
        if path == "/stand-in/exchanges":
            return state.exchanges
        if path == "/stand-in/comments":
            return state.comments
        if path == "/stand-in/set" and isinstance(body, dict):
            state.set(body)
        return {}

    def base(self):
        return f"http://{self.headers.get('Host')}"

    def serve(self, address, body):
        """Status, body and headers of an answer."""
        state = self.state

        def refuse(status, message, headers=None, errors=None):
            words = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
            if errors:
                words["errors"] = errors
            return status, words, headers or {}

        if not self.headers.get("User-Agent"):
            return refuse(403, "Request forbidden by administrative rules. Please make sure your"
                               " request has a User-Agent header")
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if scheme.lower() not in ("bearer", "token") or not token:
            return refuse(401, "Requires authentication")
        if state.tokens and token not in state.tokens:
            return refuse(401, "Bad credentials")
        login = state.tokens.get(token, state.login)

        fault = state.fault(self.command, address.path) or {}
        if fault.get("delete"):
            number = int(address.path.rsplit("/", 1)[1])
            state.comments = [one for one in state.comments if one["id"] != number]
        if "status" in fault and not fault.get("after"):
            return refuse(fault["status"], fault.get("message", ""), fault.get("headers"),
                          fault.get("errors"))
        answer = self.routed(address, body, login, refuse, fault)
        if "status" in fault:
            return refuse(fault["status"], fault.get("message", ""), fault.get("headers"))
        return answer

    def routed(self, address, body, login, refuse, fault):
        state, base, path, method = self.state, self.base(), address.path, self.command
        if path == "/graphql" and method == "POST":
            if not state.viewer:
                return refuse(404, "Not Found")
            if not isinstance(body, dict) or not re.search(r"viewer\s*{\s*login\s*}", body.get("query", "")):
                return 200, {"errors": [{"message": "the stand-in knows one question"}]}, {}
            return 200, {"data": {"viewer": {"login": login}}}, {}
        found = re.fullmatch(r"/repos/([\w.-]+/[\w.-]+)/(.*)", path)
        if not found:
            return refuse(404, "Not Found")
        name, rest = found.groups()
        query = dict(urllib.parse.parse_qsl(address.query))

        def too_long():
            text = body.get("body") if isinstance(body, dict) else None
            if not isinstance(text, str):
                return refuse(422, "Invalid request.\n\n\"body\" wasn't supplied.")
            if len(text) > state.maximum:
                words = f"body is too long (maximum is {state.maximum} characters)"
                problem = {"resource": "IssueComment", "code": "unprocessable", "field": "data",
                           "message": words}
                return refuse(422, "Validation Failed", errors=[problem])
            return None

        found = re.fullmatch(r"issues/(\d+)/comments", rest)
        if found:
            issue = int(found[1])
            if method == "GET":
                return self.page(address, query, name, issue, fault)
            if method == "POST":
                if issue in state.locked:
                    return refuse(403, "Unable to create comment because issue is locked.")
                return too_long() or (
                    201, comment(base, name, state.add(issue, login, body["body"])), {}
                )
        found = re.fullmatch(r"issues/comments/(\d+)", rest)
        if found and method == "PATCH":
            for one in state.comments:
                if one["id"] == int(found[1]):
                    if one["login"] != login:
                        return refuse(403, "Resource not accessible by integration")
                    problem = too_long()
                    if not problem:
                        one["body"] = body["body"]
                        one["edits"] += 1
                    return problem or (200, comment(base, name, one), {})
            return refuse(404, "Not Found")
        found = re.fullmatch(r"commits/([0-9a-f]+)/pulls", rest)
        if found and method == "GET":
            return 200, [pull(base, name, one) for one in state.pulls if one["sha"] == found[1]], {}
        return refuse(404, "Not Found")

    def page(self, address, query, name, issue, fault):
        size = max(1, min(100, int(query.get("per_page", 30))))
        number = max(1, int(query.get("page", 1)))
        all_of_it = [one for one in self.state.comments if one["issue"] == issue]
        part = all_of_it[(number - 1) * size:number * size]
        last = max(1, -(-len(all_of_it) // size))
        links = []

        def link(page, relation, base):
            links.append(f'<{base}{address.path}?per_page={size}&page={page}>; rel="{relation}"')

        if number > 1:
            link(number - 1, "prev", self.base())
        if number < last:
            link(number + 1, "next", fault.get("elsewhere", self.base()))
            link(last, "last", self.base())
        headers = {"Link": ", ".join(links)} if links else {}
        return 200, [comment(self.base(), name, one) for one in part], headers


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--set")
    arguments = arguments.parse_args()
    if arguments.set:
        with open(arguments.set, encoding="utf-8") as file:
            Handler.state.set(json.load(file))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


main()
