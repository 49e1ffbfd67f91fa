"""The table, as Markdown."""

import measure

HEADER = ["work", "items", "wall s", "(spread)", "CPU s", "peak MB", "sandbox CPU s", "requests ADO / TW", "reach"]


class Table:
    """Rows in the order in which they were measured; each is printed as soon as it is known."""

    def __init__(self):
        self.rows = []

    def add(self, work, items, samples, *, sandbox_cpu=None, requests=None, reach=""):
        walls = [sample.wall for sample in samples]
        spread = f"{digits(walls[0])}–{digits(walls[-1])}" if len(walls) > 1 else "once"
        row = [
            work,
            f"{items:,}" if items else "",
            digits(measure.median(samples, "wall")),
            spread,
            digits(measure.median(samples, "cpu")),
            f"{measure.median(samples, 'peak_mb'):.0f}",
            "" if sandbox_cpu is None else digits(sandbox_cpu),
            requests or "",
            reach,
        ]
        self._put(row)

    def skip(self, work, reason):
        self._put([work, "", "skipped", reason, "", "", "", "", ""])

    def _put(self, row):
        if not self.rows:
            print(line(HEADER), line(["---"] * len(HEADER)), sep="\n", flush=True)
        self.rows.append(row)
        print(line(row), flush=True)

    def markdown(self):
        return "\n".join([line(HEADER), line(["---"] * len(HEADER)), *map(line, self.rows)])


def line(cells):
    return "| " + " | ".join(cells) + " |"


def digits(seconds):
    if seconds < 0.1:
        return f"{seconds:.3f}"
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"
