// What Mermaid's own parser makes of a file: boxes with their words, and lines, as JSON.
// It is run beside an installation of mermaid and jsdom (tests/cli/graph.rs).
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

// Mermaid cleans labels with a library that wants a page.
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

// Inside the parser an entity code stands between these marks until the picture is drawn.
const words = (text) =>
  text
    .replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/ﬂ°([a-z]+)¶ß/g, "#$1;")
    .split(/<br\s*\/?>/);

const text = readFileSync(process.argv[2], "utf8");
await mermaid.parse(text);
const { db, type } = await mermaid.mermaidAPI.getDiagramFromText(text);
const nodes = [...db.getVertices().values()].map(({ id, text, type: shape }) => ({ id, shape, lines: words(text) }));
const edges = db.getEdges().map(({ start, end, stroke }) => ({ from: start, to: end, stroke }));
console.log(JSON.stringify({ type, nodes, edges }));
