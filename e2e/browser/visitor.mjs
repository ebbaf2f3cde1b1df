// What a visitor of a website does with the chat window, for webchat.mjs.
import { mkdtemp, mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { flags, patience } from "./desk.mjs";

/** The words of the window that visitors go by. */
export const words = {
  zh: { open: /^開啟聊天視窗/, close: "關閉聊天視窗", write: "輸入訊息", send: "傳送", log: "對話內容", attach: /^傳送圖片/, older: "載入較早的訊息", retry: "再試一次" },
  en: { open: /^Open the chat/, close: "Close the chat", write: "Write a message", send: "Send", log: "Conversation", attach: /^Send a picture/, older: "Load earlier messages", retry: "Try again" },
};

/** A page of a website with the chat window, in a browser of its own. */
export class Visitor {
  #profile;
  #hosts;
  #problems = [];
  words = words.zh;

  /** Opens a page of a site whose script comes from the server. */
  static async open(url, server, { path = "/", ...options } = {}) {
    const visitor = new Visitor();
    visitor.#profile = await mkdtemp(join(tmpdir(), "switchyard-browser-"));
    visitor.#hosts = new Set([new URL(url).host, new URL(server).host]);
    visitor.url = url;
    try {
      visitor.context = await chromium.launchPersistentContext(visitor.#profile, {
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        headless: true,
        args: flags,
        locale: "zh-TW",
        viewport: { width: 1100, height: 800 },
        ...options,
      });
      visitor.page = visitor.context.pages()[0] ?? (await visitor.context.newPage());
      await visitor.watch(visitor.page);
      await visitor.page.goto(new URL(path, url).href);
      return visitor;
    } catch (error) {
      await visitor.close();
      throw error;
    }
  }

  /** Notes everything that a page should not do. What the network does to it is no fault of its own. */
  async watch(page) {
    page.setDefaultTimeout(patience);
    const address = (kind, asked) => {
      const { protocol, host } = new URL(asked);
      if (protocol !== "data:" && !this.#hosts.has(host)) this.#problems.push(`${kind} to another host: ${asked}`);
    };
    page.on("request", (request) => address("a request", request.url()));
    page.on("websocket", (socket) => address("a socket", socket.url()));
    page.on("pageerror", (error) => this.#problems.push(`an uncaught error: ${error.message}`));
    page.on("dialog", (dialog) => {
      this.#problems.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on("console", (message) => {
      if (message.type() === "error" && !/net::ERR_|Failed to load resource|WebSocket/.test(message.text())) this.#problems.push(`a console error: ${message.text()}`);
    });
    await page.addInitScript(() => {
      globalThis.violations = [];
      addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
  }

  /** Throws when a page has asked another host for anything, broken a Content-Security-Policy, shown a dialog or let an error through. */
  async assertClean() {
    for (const page of this.context.pages()) {
      for (const violation of await page.evaluate(() => globalThis.violations ?? [])) this.#problems.push(`a violation of the policy: ${violation}`);
    }
    if (this.#problems.length > 0) throw new Error(`the page is not clean:\n  ${this.#problems.join("\n  ")}`);
  }

  get launcher() {
    return this.page.locator("switchyard-chat .launcher");
  }

  get panel() {
    return this.page.locator("switchyard-chat").getByRole("dialog");
  }

  get box() {
    return this.panel.getByRole("textbox", { name: this.words.write });
  }

  get log() {
    return this.panel.getByRole("log", { name: this.words.log });
  }

  /** The bubbles whose text is exactly this. */
  bubble(text) {
    return this.log.locator(".message").filter({ has: this.page.getByText(text, { exact: true }) });
  }

  async openWindow() {
    await this.page.getByRole("button", { name: this.words.open }).click();
    await this.box.waitFor();
  }

  /** Writes a text and sends it with Enter. */
  async write(text) {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** Waits until the server has what was written. */
  async sent(text) {
    await this.bubble(text).locator('xpath=self::*[@data-status="sent" or @data-status="received" or @data-status="read"]').waitFor();
  }

  /** Waits until the open window says that there is no connection, or ceases to. */
  async offline(isSo) {
    await this.panel.locator(".notice").waitFor({ state: isSo ? "visible" : "hidden" });
  }

  /** The messages as the window shows them: whose, in which state, and what. */
  async shown() {
    return this.log.locator(".message[data-id]").evaluateAll((all) => all.map((element) => ({
      isMine: element.classList.contains("mine"), status: element.dataset.status, seq: Number(element.dataset.seq ?? 0), text: element.querySelector(".bubble").textContent,
    })));
  }

  /** Presses Tab until what has the focus fits; throws after a while. */
  async tabTo(fits, key = "Tab") {
    for (let i = 0; i < 20; i++) {
      const name = await this.focused();
      if (fits(name)) return name;
      await this.page.keyboard.press(key);
    }
    throw new Error(`Tab does not lead there; it is at ${await this.focused()}`);
  }

  /** The label of what has the focus, in the window or on the page. */
  focused(page = this.page) {
    return page.evaluate(() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
    });
  }

  /** Throws what axe finds wrong with the page as it is. */
  async assertAccessible(when) {
    const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
    await this.page.evaluate(await readFile(axe, "utf8"));
    const { violations, passes } = await this.page.evaluate(() => globalThis.axe.run());
    if (passes.length < 5) throw new Error(`${when}: axe looked at too little`);
    if (violations.length === 0) return;
    const list = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.flat().join(" ")} ${failureSummary}`).join("; ")}`);
    throw new Error(`${when}: ${list.join("\n  ")}`);
  }

  /** What a screen reader is told of: roles, names and properties of the browser's accessibility tree. */
  async tree() {
    const session = await this.context.newCDPSession(this.page);
    const { nodes } = await session.send("Accessibility.getFullAXTree");
    await session.detach();
    return nodes.filter(({ ignored }) => !ignored).map(({ role, name, properties = [] }) => ({
      role: role?.value, name: name?.value, ...Object.fromEntries(properties.map((p) => [p.name, p.value.value])),
    }));
  }

  /** Writes a PNG into the folder named by SCREENSHOTS; does nothing without it. */
  async screenshot(name) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
  }

  async close() {
    await this.context?.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Throws unless it is so. */
export function check(isSo, otherwise) {
  if (!isSo) throw new Error(otherwise);
}
