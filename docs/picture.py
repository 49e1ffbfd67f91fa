#!/usr/bin/env python3
"""Draws captured terminal output as an SVG picture. The same input gives the same bytes.

    cargo run -q --locked -- demo --color always > target/demo.ansi
    python3 docs/picture.py target/demo.ansi docs/demo.svg \
        --part '== A tester renames' '$ accord apply' \
        --part '== And again nothing' '$ accord status' \
        --part 'demo: done' ''

Each `--part FROM TO` takes the lines from the first one that begins with FROM up to, but not with, the next
one that begins with TO (to the end if TO is empty). What lies between two parts is drawn as an ellipsis.
Colours are those of SGR codes that accord prints: bold, dim, and the eight foreground colours.
"""

import argparse
import re
import sys
from xml.sax.saxutils import escape

CELL_WIDTH, LINE_HEIGHT, MARGIN, FONT_SIZE = 8.4, 19, 20, 14
BACKGROUND, FOREGROUND = "#0d1117", "#e6edf3"
COLOURS = {
    30: "#484f58", 31: "#ff7b72", 32: "#3fb950", 33: "#d29922",
    34: "#58a6ff", 35: "#bc8cff", 36: "#39c5cf", 37: "#b1bac4",
}
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def parts_of(lines, wanted):
    """The lines of the wanted parts, with an ellipsis between two of them."""
    if not wanted:
        return lines
    plain = [SGR.sub("", line) for line in lines]
    chosen = []
    for start, end in wanted:
        first = next((n for n, line in enumerate(plain) if line.startswith(start)), None)
        if first is None:
            sys.exit(f"no line begins with {start!r}")
        after = range(first + 1, len(lines))
        last = next((n for n in after if end and plain[n].startswith(end)), len(lines))
        if chosen:
            chosen += ["\x1b[2m[...]\x1b[0m", ""]
        chosen += lines[first:last]
        while chosen and not chosen[-1].strip():
            chosen.pop()
        chosen.append("")
    return chosen[:-1]


def spans(line):
    """Pieces of a line: column, text, colour, bold, dim."""
    column, at, colour, bold, dim = 0, 0, FOREGROUND, False, False
    for match in list(SGR.finditer(line)) + [None]:
        text = line[at : match.start() if match else len(line)]
        if text:
            yield column, text, colour, bold, dim
            column += len(text)
        if match is None:
            return
        at = match.end()
        for code in (int(code or 0) for code in match.group(1).split(";")):
            if code == 0:
                colour, bold, dim = FOREGROUND, False, False
            elif code == 1:
                bold = True
            elif code == 2:
                dim = True
            elif code in COLOURS:
                colour = COLOURS[code]
            else:
                sys.exit(f"this picture knows no SGR code {code}")


def draw(lines, title):
    columns = max(len(SGR.sub("", line)) for line in lines)
    width = round(columns * CELL_WIDTH + 2 * MARGIN)
    height = len(lines) * LINE_HEIGHT + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" '
        f'font-size="{FONT_SIZE}" xml:space="preserve">',
    ]
    for row, line in enumerate(lines):
        y = MARGIN + row * LINE_HEIGHT + FONT_SIZE
        for column, text, colour, bold, dim in spans(line):
            indent = len(text) - len(text.lstrip(" "))
            text = text.strip(" ")
            if not text:
                continue
            # Each piece has its own place and length, so that any monospaced font lines up.
            x = MARGIN + (column + indent) * CELL_WIDTH
            style = (' font-weight="bold"' if bold else "") + (' opacity="0.65"' if dim else "")
            out.append(
                f'<text x="{x:.1f}" y="{y}" textLength="{len(text) * CELL_WIDTH:.1f}" '
                f'lengthAdjust="spacingAndGlyphs" fill="{colour}"{style}>{escape(text)}</text>'
            )
    out += ["</g>", "</svg>", ""]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ansi")
    parser.add_argument("svg")
    parser.add_argument("--part", nargs=2, action="append", metavar=("FROM", "TO"))
    parser.add_argument("--title", default="Terminal output of accord")
    arguments = parser.parse_args()
    with open(arguments.ansi, encoding="utf-8") as file:
        lines = file.read().splitlines()
    with open(arguments.svg, "w", encoding="utf-8", newline="\n") as file:
        file.write(draw(parts_of(lines, arguments.part), arguments.title))


if __name__ == "__main__":
    main()
