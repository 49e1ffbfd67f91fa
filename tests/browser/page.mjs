// Looks at the pages of a plan with a real browser: node page.mjs BROWSER FOLDER
// Prints a line for each check, and ends with 1 if one fails.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [browserPath, folder] = process.argv.slice(2);
const address = (name) => pathToFileURL(join(folder, `${name}.html`)).href;
let failed = 0;
const check = (what, holds, more = "") => {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}${holds ? "" : `: ${more}`}`);
  if (!holds) failed += 1;
};

const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });

// A page, and what it does that it should not: messages of the console, errors, requests.
const open = async (name, options = {}, hash = "") => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const noise = [];
  page.on("console", (message) => noise.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => noise.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (url.split("#")[0] !== address(name) && !url.startsWith("data:")) noise.push(`request: ${url}`);
  });
  page.on("dialog", (dialog) => noise.push(`dialog: ${dialog.message()}`));
  const started = Date.now();
  await page.goto(address(name) + hash);
  return { page, noise, took: Date.now() - started, close: () => context.close() };
};
const visible = (page, selector) => page.locator(selector).evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
const rows = (page) => visible(page, ".rows > .row");
const status = (page) => page.locator("[role=status]").textContent();
const settled = (page) => page.waitForTimeout(250);

// ---- a large plan ---------------------------------------------------------------------------------
{
  const { page, noise, took, close } = await open("large");
  check("10,000 changes open within 5 s", took < 5000, `${took} ms`);
  check("only what is looked at is drawn", (await page.locator("*").count()) < 15_000, `${await page.locator("*").count()} elements`);
  check("texts of the plan do not run", (await page.title()).startsWith("Plan 11d0bf6d"), await page.title());
  check("deletes stand first", (await page.locator("#changes .row").first().getAttribute("class")) === "row delete");
  const before = await rows(page);
  await page.keyboard.press("/");
  await page.keyboard.type("case 210044");
  await settled(page);
  const found = await rows(page);
  check("search leaves fewer rows", found > 0 && found < before, `${before} -> ${found}`);
  check("the number of what fits is said", /^\d+ of /.test(await status(page)), await status(page));
  await page.keyboard.press("Escape");
  await settled(page);
  check("Escape brings everything back", (await rows(page)) === before, `${await rows(page)}`);
  await page.keyboard.press("/");
  await page.keyboard.type("no such words anywhere");
  await settled(page);
  check("a search without a hit says so", await page.getByText("Nothing in this plan fits").isVisible());
  await page.keyboard.press("Escape");
  await settled(page);

  await page.getByRole("checkbox", { name: /^delete|^close/ }).first().check();
  const deletes = await page.locator(".rows > .row:visible").evaluateAll((all) => all.every((one) => one.classList.contains("delete")));
  check("a filter leaves its kind only", deletes && (await rows(page)) > 0);
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByRole("checkbox", { name: /^Conflicts/ }).check();
  check("a filter shows conflicts only", (await visible(page, "#conflicts .row")) > 0 && (await visible(page, "#changes .row")) === 0);
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByRole("checkbox", { name: /^Custom\.TestData/ }).check();
  check("a filter by field leaves fewer rows", (await rows(page)) > 0 && (await rows(page)) < before);
  await page.getByRole("button", { name: "Clear" }).click();

  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("j");
  const first = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("j");
  const second = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("k");
  check("j and k go along the rows", first !== second && (await page.evaluate(() => document.activeElement.textContent)) === first);
  await page.keyboard.press("Enter");
  check("Enter opens a row", await page.evaluate(() => document.activeElement.closest("details").open));

  const drawn = await page.locator("#changes .row").count();
  await page.locator("#changes > .rest").scrollIntoViewIfNeeded();
  await settled(page);
  check("scrolling draws more rows", (await page.locator("#changes .row").count()) > drawn);
  check("nothing was said to the console and nothing was asked of a server", noise.length === 0, noise.join("; "));
  await close();
}

// ---- links to one change --------------------------------------------------------------------------
for (const [what, hash] of [
  ["a change by itself", "#SyncRule/smoke-cases/case/219544"],
  ["a change in a group", "#SyncRule/regression-cases/case/219921"],
  ["a conflict", "#SyncRule/regression-cases/case/400031"],
]) {
  const { page, noise, close } = await open("large", {}, hash);
  await settled(page);
  const target = page.locator(".linked");
  const shown = (await target.count()) === 1 && (await target.evaluate((one) => {
    const box = one.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  }));
  check(`a link opens ${what}`, shown && (await target.innerText()).length > 0);
  const opened = await target.evaluate((one) => Boolean(one.closest("details[open]") || one.querySelector("details[open]")));
  check(`${what} is opened`, opened);
  check(`nothing was said to the console (${what})`, noise.length === 0, noise.join("; "));
  await close();
}

// ---- at every width, in light and dark ------------------------------------------------------------
for (const name of ["large", "small", "empty"]) {
  for (const width of [360, 768, 1280]) {
    for (const colorScheme of ["light", "dark"]) {
      const { page, noise, close } = await open(name, { viewport: { width, height: 800 }, colorScheme });
      const where = `${name}, ${width} px, ${colorScheme}`;
      await page.evaluate(() => document.querySelectorAll(".rows > .row > details").forEach((one, at) => { if (at < 40) one.open = true; }));
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`no scrolling sideways (${where})`, wide <= 0, `${wide} px too wide`);
      // axe needs to run a script of its own, which the page's policy would refuse: it comes from outside.
      const result = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
      const bad = result.violations.filter((one) => ["serious", "critical"].includes(one.impact));
      const told = bad.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].target} ${one.nodes[0].failureSummary}`);
      check(`axe finds nothing serious (${where})`, bad.length === 0, told.join("; "));
      check(`nothing was said to the console (${where})`, noise.length === 0, noise.join("; "));
      await close();
    }
  }
}

// ---- without a script, and on paper ---------------------------------------------------------------
{
  const { page, close } = await open("small", { javaScriptEnabled: false });
  const text = await page.locator("body").innerText();
  check("without a script it says what is missing", text.includes("need JavaScript"));
  check("without a script the changes are there", (await page.locator("#changes .row").count()) > 3);
  await close();
  const linked = await open("large", { javaScriptEnabled: false }, "#SyncRule/regression-cases/case/210000");
  check("without a script a link leads to its change", await linked.page.locator("[id='SyncRule/regression-cases/case/210000']").isVisible());
  await linked.close();
}
{
  const { page, close } = await open("small");
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  const closed = await page.locator(".rows > .row > details:not([open])").count();
  check("on paper every row is opened", closed === 0, `${closed} are closed`);
  check("on paper there are no tools", !(await page.locator("#tools").isVisible()));
  await close();
}

await browser.close();
process.exit(failed ? 1 : 0);
