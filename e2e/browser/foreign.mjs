// node e2e/browser/foreign.mjs SERVER PAGE TOKEN
//
// Opens PAGE, which lies on another site, and lets it try the API of SERVER with a stolen token in every way that a page has: requests that
// ask first and requests that do not, a form, events and a WebSocket. Nothing may be read and no socket may open. Prints a line for each way;
// exits 0, or 1 with the reason.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { flags, patience } from "./desk.mjs";

const [server, at, token] = process.argv.slice(2);
if (!token) {
  console.error("usage: node foreign.mjs SERVER PAGE TOKEN");
  process.exit(1);
}

const profile = await mkdtemp(join(tmpdir(), "switchyard-browser-"));
let context;
try {
  context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: flags });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(patience);
  await page.goto(at);
  const got = await page.evaluate(
    async ([api, token]) => {
      const change = JSON.stringify({ query: `mutation { tagCreate(input: {name: "from another site"}) { tag { id } } }` });
      const read = async (how, init) => {
        try {
          const answer = await fetch(how, init);
          return answer.type === "opaque" ? "opaque" : `read ${await answer.text()}`;
        } catch (error) {
          return "refused";
        }
      };
      const opened = (thing, open, close) =>
        new Promise((settle) => {
          thing.addEventListener(open, () => settle("opened"));
          thing.addEventListener(close, () => settle("refused"));
        });
      const bearer = { Authorization: `Bearer ${token}` };
      const events = api + "?query=" + encodeURIComponent("subscription { inboxEvents { __typename } }");
      return {
        "a change with a token": await read(api, { method: "POST", headers: { ...bearer, "Content-Type": "application/json" }, body: change }),
        "a query with a token": await read(api, { method: "POST", headers: { ...bearer, "Content-Type": "application/json" }, body: `{"query":"{viewer{role}}"}` }),
        "a change as JSON": await read(api, { method: "POST", headers: { "Content-Type": "application/json" }, body: change }),
        "a change as text": await read(api, { method: "POST", body: change }),
        "a change as text, unread": await read(api, { method: "POST", mode: "no-cors", body: change }),
        "an upload": await read(new URL("/uploads", api), { method: "POST", headers: bearer, body: "x" }),
        "events": await opened(new EventSource(events), "open", "error"),
        "a WebSocket": await opened(new WebSocket(api.replace("http", "ws"), "graphql-transport-ws"), "open", "error"),
      };
    },
    [server + "/graphql", token],
  );
  for (const [way, answer] of Object.entries(got)) {
    console.log(`${way}: ${answer}`);
    const expected = way.endsWith("unread") ? "opaque" : "refused";
    if (answer !== expected) throw new Error(`${way} is ${answer} and not ${expected}`);
  }
  // A form goes where it wants; what comes back must be a refusal.
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().startsWith(server)),
    page.evaluate((api) => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = api;
      form.enctype = "text/plain";
      const field = document.createElement("input");
      field.name = '{"query":"mutation { tagCreate(input: {name: \\"from a form\\"}) { tag { id } } }","x":"';
      field.value = '"}';
      form.append(field);
      document.body.append(form);
      form.submit();
    }, server + "/graphql"),
  ]);
  if (answer.status() < 400) throw new Error(`a form is answered ${answer.status()}`);
  console.log(`a form: ${answer.status()}`);
  // The same page on the server's own origin reads: what was refused was refused for where it came from.
  const home = await context.newPage();
  await home.goto(server + "/graphiql");
  const own = await home.evaluate(
    async ([api, token]) =>
      (await fetch(api, { method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: `{"query":"{viewer{role}}"}` })).text(),
    [server + "/graphql", token],
  );
  if (!own.includes("ADMIN")) throw new Error(`the server's own page reads ${own}`);
  console.log("OK");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await context?.close();
  await rm(profile, { recursive: true, force: true });
}
