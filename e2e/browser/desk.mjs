// What a person does at /graphiql, for the scripts beside this file.
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

// Chromium's own traffic (updates, sync, look-ups) is switched off: only the page's requests are of interest here.
export const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a step may take: a loaded machine starts Chromium and the editor slowly. */
export const patience = 60_000;

/** The page, opened in a browser of its own. */
export class Desk {
  #profile;
  #context;
  #problems = [];

  /** Opens /graphiql of the server at base and waits until the editor is there. */
  static async open(base, options = {}) {
    const desk = new Desk();
    desk.#profile = await mkdtemp(join(tmpdir(), "switchyard-browser-"));
    try {
      desk.#context = await chromium.launchPersistentContext(desk.#profile, {
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        headless: true,
        args: flags,
        locale: "en-US",
        viewport: { width: 1440, height: 900 },
        ...options,
      });
      const page = desk.#context.pages()[0] ?? (await desk.#context.newPage());
      desk.page = page;
      page.setDefaultTimeout(patience);
      desk.#watch(page, new URL(base).host);
      const response = await page.goto(new URL("/graphiql", base).href);
      if (!response.ok()) throw new Error(`/graphiql answered ${response.status()}`);
      await page.locator(".graphiql-execute-button").waitFor();
      await page.locator(".graphiql-query-editor .view-lines").waitFor();
      return desk;
    } catch (error) {
      await desk.close();
      throw error;
    }
  }

  #watch(page, host) {
    const address = (kind, url) => {
      const { protocol, host: asked } = new URL(url);
      if (protocol === "data:" || asked === host) return;
      this.#problems.push(`${kind} to another host: ${url}`);
    };
    page.on("request", (request) => address("a request", request.url()));
    page.on("websocket", (socket) => address("a socket", socket.url()));
    page.on("pageerror", (error) => this.#problems.push(`an uncaught error: ${error.message}`));
    // Violations of the Content-Security-Policy, of the page and of its workers, are console errors too.
    page.on("console", (message) => {
      if (message.type() === "error") this.#problems.push(`a console error: ${message.text()}`);
    });
  }

  /** Throws when the page has asked another host for anything, broken its Content-Security-Policy, or logged an error. */
  assertClean() {
    if (this.#problems.length > 0) throw new Error(`the page is not clean:\n  ${this.#problems.join("\n  ")}`);
  }

  /** Signs in with a password, in the box that opens by itself. */
  async signIn({ team, email, password }) {
    const box = this.page.getByRole("dialog", { name: "Sign in" });
    if (!(await box.isVisible())) await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await box.getByLabel("Team").fill(team);
    await box.getByLabel("Email", { exact: true }).fill(email);
    await box.getByLabel("Password", { exact: true }).fill(password);
    await box.getByRole("button", { name: "Sign in", exact: true }).last().click();
    const signOut = this.page.getByRole("button", { name: "Sign out" });
    const refusal = box.getByRole("alert");
    await signOut.or(refusal).first().waitFor();
    if (!(await signOut.isVisible())) throw new Error(`the sign-in was refused: ${await refusal.innerText()}`);
  }

  /** The name of who is signed in. */
  async person() {
    return this.page.locator("#bar .person b").innerText();
  }

  /** Opens the example whose title matches, in a tab of its own. */
  async openExample(title) {
    await this.page.getByRole("button", { name: "Examples" }).click();
    await this.page.getByRole("menuitem", { name: title }).click();
    await this.page.getByRole("menu").waitFor({ state: "detached" });
  }

  /** Runs the open operation. */
  async run() {
    await this.page.locator(".graphiql-execute-button").click();
  }

  /** Runs the open query or mutation and gives its result; errors in the result are failures. */
  async result() {
    await this.page.evaluate(() => globalThis.__MONACO.editor.getModels().find((model) => model.uri.path.includes("response")).setValue(""));
    await this.run();
    const handle = await this.page.waitForFunction(() => {
      const text = globalThis.__MONACO.editor.getModels().find((model) => model.uri.path.includes("response")).getValue();
      return text.trim() === "" ? null : text;
    });
    const text = await handle.jsonValue();
    let result;
    try {
      result = JSON.parse(text);
    } catch {
      throw new Error(`the result is no JSON: ${text}`);
    }
    if (result.errors || !result.data) throw new Error(`the operation failed: ${text}`);
    return result.data;
  }

  /** Waits until the live panel shows an event of this type. What the result pane says instead is in the error. */
  async seeEvent(type) {
    try {
      await this.page.locator(`.live li[data-type="${type}"]`).first().waitFor();
    } catch {
      throw new Error(`no ${type} came; the page shows: ${await this.#shown()}`);
    }
  }

  /** Waits until the live events or the result pane contain a text. */
  async seeText(text) {
    try {
      await this.page.waitForFunction((expected) => {
        const response = globalThis.__MONACO.editor.getModels().find((model) => model.uri.path.includes("response")).getValue();
        const events = document.querySelector(".live ol")?.textContent ?? "";
        return response.includes(expected) || events.includes(expected);
      }, text);
    } catch {
      throw new Error(`${JSON.stringify(text)} did not come; the page shows: ${await this.#shown()}`);
    }
  }

  /** The last cursor that the live panel shows; empty when there is none. */
  async cursor() {
    const code = this.page.locator(".live [data-cursor]");
    return (await code.count()) === 0 ? "" : code.getAttribute("data-cursor");
  }

  async #shown() {
    return this.page.evaluate(() => {
      const response = globalThis.__MONACO?.editor.getModels().find((model) => model.uri.path.includes("response"));
      const sign = document.querySelector(".live-sign")?.textContent;
      const live = document.querySelector(".live ol")?.textContent;
      return JSON.stringify({ connection: sign, result: response?.getValue(), live });
    });
  }

  /** Writes what the page looks like to a PNG file. */
  async picture(path) {
    await this.page.screenshot({ path, animations: "disabled" });
  }

  /** Writes a numbered PNG into the folder named by SCREENSHOTS; does nothing without it. */
  async screenshot(name) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    await this.picture(join(folder, `${name}.png`));
  }

  async close() {
    await this.#context?.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
