// node e2e/browser/welcome.mjs LINK NAME PASSWORD
//
// Opens a single-use link, sets name and password, and follows the way to GraphiQL. The page must take the token out of its address, ask
// no other host for anything, keep its Content-Security-Policy and log no error; the link must not work a second time. Exits 0, or 1
// with the reason.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { flags, patience } from "./desk.mjs";

const [link, name, password] = process.argv.slice(2);
if (!password) {
  console.error("usage: node welcome.mjs LINK NAME PASSWORD");
  process.exit(1);
}

const profile = await mkdtemp(join(tmpdir(), "switchyard-browser-"));
let context;
try {
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: flags,
    locale: "en-US",
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(patience);
  const { host } = new URL(link);
  const problems = [];
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== "data:" && asked.host !== host) problems.push(`a request to another host: ${request.url()}`);
    if (asked.href.includes(token)) problems.push(`the token is in a request's address: ${request.url()}`);
  });
  page.on("pageerror", (error) => problems.push(`an uncaught error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`a console error: ${message.text()}`);
  });
  const token = new URL(link).hash.split("=").at(-1);

  const accept = async (secret) => {
    await page.goto(link);
    await page.getByLabel("Password").waitFor();
    if (page.url().includes(token)) throw new Error("the token stays in the address");
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(secret);
    await page.getByRole("button", { name: "Set password" }).click();
  };
  const said = page.locator("[role=alert]:not(:empty)");
  const done = page.getByText("Done.");

  // What the server refuses is said, and nothing is lost by it: the form may be sent again. The browser counts these five as ten.
  await accept("😀".repeat(5));
  await said.or(done).first().waitFor();
  if (await done.isVisible()) throw new Error("a password of five characters was taken");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
  await done.waitFor();

  await page.goto("about:blank");
  await accept(password);
  await said.waitFor();
  console.log(`the second time: ${await said.innerText()}`);
  if (await done.isVisible()) throw new Error("the link worked twice");

  if (problems.length > 0) throw new Error(`the page is not clean:\n  ${problems.join("\n  ")}`);
  console.log("OK");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await context?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
