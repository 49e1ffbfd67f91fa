"""Fields a second for each codec, from `benches/codecs`, and what other libraries do with the same texts."""

import json
import os
import subprocess
import sys
import time

HEADER = ["codec", "what is done", "fields/s on one core", "(spread)", "MB/s"]

PEER = '''\
import sys, time
what, path = sys.argv[1], sys.argv[2]
text = open(path, encoding="utf-8").read()
if what == "nh3":
    import nh3
    call = lambda: nh3.clean(text)
elif what == "markdownify":
    import markdownify
    call = lambda: markdownify.markdownify(text)
elif what == "mistune":
    import mistune
    render = mistune.create_markdown(plugins=["table", "strikethrough"])
    call = lambda: render(text)
elif what == "beautifulsoup4":
    import bs4
    call = lambda: bs4.BeautifulSoup(text, "html.parser")
call()
samples = []
for _ in range(5):
    calls, start = 0, time.process_time()
    while time.process_time() - start < 0.3:
        call()
        calls += 1
    samples.append(calls / (time.process_time() - start))
print(*sorted(samples))
'''

PEERS = [
    ("nh3", "nh3 (Rust: parses as we do, sanitises, writes HTML)", "short.html"),
    ("nh3", "nh3 (Rust: parses as we do, sanitises, writes HTML)", "long.html"),
    ("beautifulsoup4", "Beautiful Soup (Python: parses HTML only)", "long.html"),
    ("markdownify", "markdownify (Python: HTML to Markdown)", "long.html"),
    ("mistune", "mistune (Python: Markdown to HTML)", "long.md"),
]

# The row of Accord that does what the peer does, or more.
SAME = {
    ("nh3", "short.html"): ("richText, HTML, one line", "read"),
    ("nh3", "long.html"): ("richText, HTML, a page", "read"),
    ("beautifulsoup4", "long.html"): ("richText, HTML, a page", "read"),
    ("markdownify", "long.html"): ("richText, HTML to Markdown, a page", "read and write"),
    ("mistune", "long.md"): ("richText, Markdown, a page", "read"),
}


def line(cells):
    return "| " + " | ".join(cells) + " |"


def count(number):
    """Three digits are all that a shared machine tells."""
    digits = max(0, len(str(int(number))) - 3)
    return f"{int(round(number, -digits)):,}"


def program(repository):
    """Builds the benchmark; gives its path."""
    command = ["cargo", "bench", "--bench", "codecs", "--no-run", "--message-format=json"]
    built = subprocess.run(command, cwd=repository, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = (json.loads(text) for text in built.splitlines() if text.startswith("{"))
    paths = [message["executable"] for message in messages
             if message.get("executable") and message["target"]["name"] == "codecs"]
    return paths[-1]


def measure(repository, peers, path=None, items=100_000):
    """Runs everything; gives the lines of the table and of what stands under it."""
    command = [path or program(repository), "--items", str(items)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(text) for text in output.splitlines()]
    rates, rows, notes = {}, [], []
    for one in found:
        if "items" in one:
            fields = one["items"] * one["rows"]
            notes.append(
                f"{one['items']:,} items with {one['rows']} mapped fields, both sides read and compared: "
                f"{one['cpu']:.2f} s on one core ({count(fields / one['cpu'])} fields a second), wall time "
                f"{one['wall']:.2f} s on one thread, {one['wall_on_all_cores']:.2f} s on {one['cores']}."
            )
            continue
        rates[one["what"], one["how"]] = one["per_second"]
        speed = f"{one['megabytes_per_second']:.1f}" if one["bytes"] else ""
        spread = f"{count(one['slowest'])}–{count(one['fastest'])}"
        rows.append([one["what"], one["how"], count(one["per_second"]), spread, speed])
    for name, told, text in PEERS:
        rows.append(peer(repository, peers, name, told, text, rates))
    table = [line(HEADER), line(["---"] * len(HEADER)), *map(line, rows)]
    return [*table, "", *notes]


def peer(repository, peers, name, told, text, rates):
    reason = "not asked for" if peers is None else peers.skipped.get(name)
    if reason:
        return [told, text, "skipped", reason, ""]
    path = os.path.join(repository, "benches", "codecs", "texts", text)
    command = [os.path.join(peers.bin, "python"), "-c", PEER, name, path]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    samples = [float(number) for number in output.split()]
    middle = samples[len(samples) // 2]
    ours = rates[SAME[name, text]]
    size = os.path.getsize(path) * middle / 1e6
    what = f"{text}; Accord does {ours / middle:.1f} times as many"
    return [told, what, count(middle), f"{count(samples[0])}–{count(samples[-1])}", f"{size:.1f}"]


if __name__ == "__main__":
    started = time.time()
    repository = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    print("\n".join(measure(repository, None, *sys.argv[1:2])))
    print(f"{time.time() - started:.0f} s", file=sys.stderr)
