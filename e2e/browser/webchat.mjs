// node e2e/browser/webchat.mjs SCENARIO JSON
//
// A visitor of a website uses the chat window, in one of the ways below. JSON has url, the site's address, server, where the script comes
// from, and what the scenario needs. Prints how far it came, in capital letters; OK and exit code 0 at the end, or 1 with the reason.
import { readFile } from "node:fs/promises";
import { Visitor, check, words } from "./visitor.mjs";

const [scenario, json] = process.argv.slice(2);
const given = JSON.parse(json);
const say = (line) => console.log(line);
let visitor;

const scenarios = {
  /** By keyboard alone: writes, gets the answers in {answers}, closes, opens, reloads, goes to another page and away. */
  async talk({ text, answers }) {
    const { page } = visitor;
    await visitor.launcher.waitFor();
    await visitor.assertAccessible("closed");
    check(!(await visitor.panel.isVisible()), "the window is open before anybody opened it");
    await visitor.tabTo((name) => words.zh.open.test(name));
    check((await visitor.launcher.getAttribute("aria-expanded")) === "false", "the launcher says it is expanded");
    await page.keyboard.press("Enter");
    await visitor.box.waitFor();
    check((await visitor.focused()) === words.zh.write, `the focus is at ${await visitor.focused()}`);
    check((await visitor.launcher.getAttribute("aria-expanded")) === "true", "the launcher does not say that it is expanded");

    // Enter that ends the choice of a word is not the Enter that sends.
    const input = await visitor.context.newCDPSession(page);
    await input.send("Input.imeSetComposition", { text: "ㄋㄧˇ", selectionStart: 3, selectionEnd: 3 });
    await input.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 229, nativeVirtualKeyCode: 229 });
    await page.evaluate(() => {
      const box = document.querySelector("switchyard-chat").shadowRoot.querySelector("textarea");
      box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true, composed: true }));
    });
    await input.send("Input.insertText", { text: "你" });
    check((await visitor.box.inputValue()) === "你", `the box holds ${JSON.stringify(await visitor.box.inputValue())}`);
    check((await visitor.shown()).length === 0, "a word that was being chosen was sent");
    await page.keyboard.press("Backspace");

    await page.keyboard.insertText(text);
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.insertText("第二行");
    await page.keyboard.press("Enter");
    const whole = `${text}\n第二行`;
    await visitor.sent(whole);
    check((await visitor.box.inputValue()) === "", "the box is not empty after sending");
    say("WROTE");
    await visitor.bubble(answers[0]).waitFor();
    say("SAW");
    await visitor.assertAccessible("open");
    const tree = await visitor.tree();
    for (const [role, name] of [["dialog", given.title], ["log", words.zh.log], ["textbox", words.zh.write], ["button", words.zh.close], ["button", words.zh.send]]) {
      check(tree.some((node) => node.role === role && node.name === name), `no ${role} is called ${name}`);
    }
    check(tree.some((node) => node.role === "log" && node.live === "polite"), "new messages are not read out");
    await visitor.screenshot("talk-open");
    say("LOOKED");

    await page.keyboard.press("Escape");
    await visitor.panel.waitFor({ state: "hidden" });
    check(words.zh.open.test(await visitor.focused()), `after Escape the focus is at ${await visitor.focused()}`);
    say("CLOSED");
    await page.getByRole("button", { name: "1 則未讀" }).waitFor();
    say("UNREAD");
    await page.getByRole("button", { name: "2 則未讀" }).waitFor();
    check((await page.locator("switchyard-chat [role=status].quiet").textContent()) !== "", "the closed window does not say that something came");
    await page.keyboard.press("Enter");
    await visitor.bubble(answers[2]).waitFor();
    say("OPENED");

    await page.reload();
    await visitor.bubble(answers[2]).waitFor(); // an open window comes along
    check((await visitor.focused()) !== words.zh.write, "the window takes the focus of a new page");
    const texts = (await visitor.shown()).map(({ text }) => text);
    check(JSON.stringify(texts) === JSON.stringify([whole, ...answers.slice(0, 3)]), `after the reload it shows ${JSON.stringify(texts)}`);
    say("RELOADED");

    await page.evaluate(() => {
      history.pushState(null, "", "/cart?step=2");
      document.title = "購物車";
    });
    await visitor.bubble(answers[3]).waitFor(); // somebody saw that the page is another one
    say("MOVED");
    await visitor.assertClean();
    await page.goto("about:blank");
    say("LEFT");
  },

  /** Writes {count} messages while the network comes and goes, and prints in the end what it shows. */
  async cut({ count, last }) {
    await visitor.openWindow();
    for (let n = 1; n <= count; n++) {
      await visitor.write(`v${n}`);
      if (n === 6) await visitor.context.setOffline(true);
      if (n === 10) await visitor.context.setOffline(false);
      say(`WROTE ${n}`);
      // At these the network is taken away and given back from outside; the window says so.
      if (n % 8 === 0 && n < count) await visitor.offline(true);
      if (n % 8 === 4 && n > 8) await visitor.offline(false);
    }
    await visitor.sent(`v${count}`);
    await visitor.bubble(last).waitFor();
    await visitor.page.waitForFunction(() => !document.querySelector("switchyard-chat").shadowRoot.querySelector('[data-status="sending"], [data-status="failed"]'));
    const live = await visitor.shown();
    await visitor.page.reload();
    await visitor.bubble(last).waitFor();
    const older = visitor.log.getByRole("button", { name: words.zh.older });
    for (;;) {
      const before = (await visitor.shown()).length;
      if (!(await older.isVisible())) break;
      await older.evaluate((button) => button.click()); // by the mouse it would be scrolled to first, which loads them too and takes the button away
      await visitor.page.waitForFunction((n) => document.querySelector("switchyard-chat").shadowRoot.querySelectorAll(".message[data-id]").length > n, before);
    }
    const again = await visitor.shown();
    await visitor.assertClean();
    say(JSON.stringify({ live, again }));
  },

  /** Writes while the server is away for another one. */
  async restart({ answers }) {
    await visitor.openWindow();
    await visitor.write("before");
    await visitor.sent("before");
    say("BEFORE");
    await visitor.offline(true);
    await visitor.write("while it was away");
    say("AWAY");
    await visitor.sent("while it was away");
    await visitor.offline(false);
    await visitor.bubble(answers[0]).waitFor();
    check((await visitor.shown()).map(({ text }) => text).join() === ["before", "while it was away", ...answers].join(), "something is lost, doubled or out of order");
    await visitor.assertClean();
  },

  /** Answers are lost on the way, the server has trouble and sends away, and WebSockets and then streams do not get through. */
  async faults({ answers }) {
    const { page, context } = visitor;
    await visitor.openWindow();
    const ids = [];
    let n = 0;
    await context.route("**/webchat/v1/messages", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      ids.push(route.request().postDataJSON().client_msg_id);
      const headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After" };
      switch (++n) {
        case 1: // it arrives, and nobody hears of it
          await route.fetch();
          return route.abort("connectionreset");
        case 2:
          return route.fulfill({ status: 503, headers, body: "<html>Bad gateway</html>" });
        case 3:
          return route.fulfill({ status: 429, headers: { ...headers, "Retry-After": "1" }, json: { error: { code: "RATE_LIMITED", message: "slowly" } } });
        case 4:
          return route.fulfill({ status: 400, headers, json: { error: { code: "VALIDATION", message: "<b>this is not taken</b>" } } });
        default:
          return route.continue();
      }
    });
    await visitor.write("lost answer");
    await visitor.sent("lost answer");
    await visitor.write("troubled");
    const failed = visitor.log.locator('.message[data-status="failed"]');
    await failed.getByText("<b>this is not taken</b>").waitFor();
    check(n >= 4, `only ${n} tries`);
    const troubled = ids.slice(-3);
    check(new Set(troubled).size === 1, `the tries have ids of their own: ${troubled}`);
    await failed.getByRole("button", { name: words.zh.retry }).click();
    await visitor.sent("troubled");
    check(ids.at(-1) === troubled[0], "trying again by hand has another id");
    await context.unroute("**/webchat/v1/messages");
    say("TROUBLED");

    let sockets = 0;
    await page.routeWebSocket(/\/webchat\/v1\/ws$/, (socket) => {
      sockets++;
      socket.close({ code: 4999 });
    });
    const stream = page.waitForRequest(/\/webchat\/v1\/events\?/);
    await page.reload();
    await stream;
    check(sockets >= 2, `the stream was begun after ${sockets} sockets`);
    await visitor.write("by stream");
    await visitor.sent("by stream");
    say("STREAM");
    await visitor.bubble(answers[0]).waitFor();

    await context.route(/\/webchat\/v1\/events\?/, (route) => route.fulfill({ status: 404, headers: { "Access-Control-Allow-Origin": "*" }, body: "" }));
    const poll = page.waitForRequest(/\/webchat\/v1\/messages\?after=/);
    await page.reload();
    await poll;
    await visitor.write("by asking");
    await visitor.sent("by asking");
    say("ASKING");
    await visitor.bubble(answers[1]).waitFor();
    await visitor.assertClean();
  },

  /** Hears by a stream of events, since no socket gets through, while its session is ended from elsewhere. */
  async over() {
    const { page } = visitor;
    await visitor.openWindow();
    await page.routeWebSocket(/\/webchat\/v1\/ws$/, (socket) => socket.close({ code: 4999 }));
    const stream = page.waitForResponse(/\/webchat\/v1\/events\?/);
    await page.reload();
    await visitor.write("of the first session");
    await visitor.sent("of the first session");
    await stream;
    const anew = page.waitForRequest((request) => request.method() === "POST" && /\/webchat\/v1\/sessions$/.test(request.url()));
    await page.evaluate(async (base) => {
      const name = Object.keys(localStorage).find((key) => key.endsWith(":token"));
      const answer = await fetch(`${base}/webchat/v1/logout`, { method: "POST", headers: { Authorization: `Bearer ${JSON.parse(localStorage.getItem(name))}`, "Content-Type": "application/json" }, body: "{}" });
      if (!answer.ok) throw new Error(`the session is not ended: ${answer.status}`);
    }, given.server);
    await anew; // by itself, and not only when something is written
    await visitor.bubble("of the first session").waitFor({ state: "detached" });
    await visitor.write("of the second");
    await visitor.sent("of the second");
    await visitor.assertClean();
  },

  /** Two pages of the site are one visitor; a page that is closed leaves what it could not send to the other; signing out leaves nothing. */
  async tabs({ answers }) {
    await visitor.openWindow();
    await visitor.write("from one");
    await visitor.sent("from one");
    const first = visitor.page;
    const second = await visitor.context.newPage();
    await visitor.watch(second);
    await second.goto(new URL("/two", visitor.url).href);
    visitor.page = second;
    await visitor.openWindow();
    await visitor.sent("from one");
    await visitor.write("from two");
    await visitor.sent("from two");
    visitor.page = first;
    await first.bringToFront();
    await visitor.sent("from two");
    say("BOTH");
    await visitor.bubble(answers[0]).waitFor();
    visitor.page = second;
    await visitor.bubble(answers[0]).waitFor();

    await first.route("**/webchat/v1/messages", (route) => route.abort("internetdisconnected"));
    visitor.page = first;
    await visitor.write("left behind");
    await visitor.log.locator('[data-status="sending"]').waitFor();
    await first.close();
    visitor.page = second;
    await second.bringToFront();
    await visitor.sent("left behind");
    say("CARRIED");

    const token = () => second.evaluate(() => Object.entries(localStorage).find(([key]) => key.endsWith(":token"))?.[1]);
    const before = await token();
    check(before, "no token is kept");
    await second.evaluate(() => globalThis.SwitchyardChat.logout());
    check((await token()) !== before, "after signing out the token is still there");
    check((await visitor.shown()).length === 0, `after signing out it shows ${JSON.stringify(await visitor.shown())}`);
    await visitor.write("somebody else");
    await visitor.sent("somebody else");
    say("ELSE");
    await visitor.assertClean();
  },

  /** Says who it is, before the script is there and after. */
  async identify({ identity, answers }) {
    await visitor.openWindow();
    await visitor.write("before the name");
    await visitor.sent("before the name");
    say("NOBODY");
    await visitor.page.evaluate((who) => globalThis.SwitchyardChat.identify(who), { ...identity, user_hash: "0".repeat(64) });
    await visitor.write("a false name");
    await visitor.sent("a false name");
    say("FALSE");
    await visitor.bubble(answers[0]).waitFor();
    await visitor.page.evaluate((who) => globalThis.SwitchyardChat.identify(who), identity);
    await visitor.write("with the name");
    await visitor.sent("with the name");
    await visitor.sent("before the name");
    say("MEMBER");

    // On another device the shop's page says it before the script is loaded.
    await visitor.page.evaluate(() => (localStorage.clear(), sessionStorage.clear()));
    await visitor.page.addInitScript((who) => (globalThis.SwitchyardChat = [["identify", who], ["open"]]), identity);
    await visitor.page.reload();
    await visitor.sent("with the name");
    await visitor.assertClean();
  },

  /** Markup from all sides stays text. */
  async markup({ payloads, perMessage, answers }) {
    const { page } = visitor;
    await visitor.openWindow();
    const batches = [];
    for (let i = 0; i < payloads.length; i += perMessage) batches.push(payloads.slice(i, i + perMessage).join("\n"));
    await page.evaluate((title) => (document.title = title), payloads[0]);
    for (const batch of batches) await visitor.write(batch);
    await page.waitForFunction((n) => {
      const all = document.querySelector("switchyard-chat").shadowRoot.querySelectorAll('.mine[data-status="sent"]');
      return all.length === n;
    }, batches.length);
    say("WROTE");
    await visitor.bubble(answers.at(-1)).waitFor();
    for (let i = 0; i < 10 && (await visitor.log.getByRole("button", { name: words.zh.older }).isVisible()); i++) {
      await visitor.log.getByRole("button", { name: words.zh.older }).evaluate((button) => button.click());
      await page.waitForLoadState("networkidle");
    }
    const found = await page.evaluate(() => {
      const root = document.querySelector("switchyard-chat").shadowRoot;
      const texts = (mine) => [...root.querySelectorAll(`.message[data-id]${mine} .bubble`)].map((bubble) => bubble.textContent);
      const known = ["A", "DIV", "SPAN", "BUTTON", "SECTION", "HEADER", "FOOTER", "FORM", "INPUT", "TEXTAREA", "svg", "path", "IMG", "CANVAS"];
      const all = [...root.querySelectorAll("*")];
      return {
        own: texts(".mine"), theirs: texts(":not(.mine)"),
        strange: all.filter(({ tagName }) => !known.includes(tagName)).map((element) => element.outerHTML),
        inBubbles: [...root.querySelectorAll(".bubble *")].filter(({ tagName }) => tagName !== "A").map((element) => element.outerHTML),
        handlers: all.flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc" || name === "style" && element.closest(".bubble"))),
        links: [...root.querySelectorAll("a")].map((a) => [a.getAttribute("href"), a.rel, a.textContent]),
        title: root.querySelector(".title").textContent, greeting: root.querySelector(".greeting").textContent,
        pwned: Object.keys(globalThis).filter((name) => name.startsWith("pwned")),
      };
    });
    const expected = JSON.stringify(batches);
    check(JSON.stringify(found.own) === expected, `its own texts are changed: ${JSON.stringify(found.own)}`);
    check(JSON.stringify(found.theirs) === JSON.stringify(answers), `the answers are changed: ${JSON.stringify(found.theirs)}`);
    check(found.title === given.title && found.greeting === given.greeting, `the title is ${found.title}, the greeting ${found.greeting}`);
    for (const kind of ["strange", "inBubbles", "handlers", "pwned"]) check(found[kind].length === 0, `${kind}: ${found[kind].join("\n")}`);
    check(found.links.length > 0, "no address became a link");
    for (const [href, rel, text] of found.links) {
      check(/^https?:\/\//.test(href), `a link leads to ${href}`);
      check(rel.includes("noopener") && rel.includes("nofollow"), `the rel of ${href} is ${rel}`);
      check(payloads.some((payload) => payload.includes(text)), `${text} was in no payload`);
    }
    await visitor.screenshot("markup");
    await visitor.assertClean();
  },

  /** Sends pictures, chosen and pasted, and gets one; says what is no picture. */
  async pictures({ picture, large }) {
    const { page } = visitor;
    const buffer = Buffer.from(picture, "base64");
    await visitor.openWindow();
    const choose = (...files) => visitor.panel.locator("input[type=file]").setInputFiles(files);
    const alert = visitor.panel.getByRole("alert");
    await choose({ name: "a.gif", mimeType: "image/gif", buffer: Buffer.from("GIF89a...") });
    await alert.getByText("JPG").waitFor();
    await choose({ name: "page.png", mimeType: "image/png", buffer: Buffer.from("<script>alert(1)</script>") });
    await alert.getByText("JPG").waitFor();
    await choose({ name: "large.png", mimeType: "image/png", buffer: Buffer.concat([buffer, Buffer.alloc(large)]) });
    await alert.getByText("10 MB").waitFor();
    check((await visitor.panel.locator(".chosen canvas").count()) === 0, "what is no picture was taken");

    // One is sent while the upload fails once, another is taken back.
    let uploads = 0;
    await page.route("**/webchat/v1/uploads", (route) => (++uploads === 1 ? route.abort("connectionreset") : route.continue()));
    await choose({ name: "one.png", mimeType: "image/png", buffer }, { name: "two.png", mimeType: "image/png", buffer });
    await visitor.panel.getByRole("button", { name: /two\.png/ }).click();
    await visitor.box.fill("這是照片");
    await visitor.screenshot("pictures-chosen");
    await visitor.panel.getByRole("button", { name: words.zh.send, exact: true }).click();
    const loaded = (n) => page.waitForFunction((count) => {
      const images = [...document.querySelector("switchyard-chat").shadowRoot.querySelectorAll(".picture img")];
      return images.length === count && images.every((image) => image.complete && image.naturalWidth > 0);
    }, n);
    await loaded(1);
    await visitor.sent("這是照片");
    check(uploads >= 2, "the upload was not tried again");
    say("SENT");
    await loaded(2); // the agent's
    const order = (await visitor.log.locator(".message[data-id]").evaluateAll((all) => all.map((element) => (element.querySelector("img") ? "picture" : element.querySelector(".bubble").textContent)))).join();
    check(order === "picture,這是照片,picture", `the order is ${order}`);

    // Pasted; and the page goes away before it could be sent.
    await page.unroute("**/webchat/v1/uploads");
    await page.route("**/webchat/v1/uploads", (route) => route.abort("internetdisconnected"));
    await visitor.box.evaluate((box, data) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], "pasted.png", { type: "image/png" }));
      box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
    }, picture);
    await visitor.panel.locator(".chosen canvas").waitFor();
    await visitor.box.press("Enter");
    await visitor.log.locator('[data-status="sending"] canvas').waitFor();
    await page.unroute("**/webchat/v1/uploads");
    await page.reload();
    await loaded(3);
    await visitor.screenshot("pictures");
    await visitor.assertClean();
  },

  /** The window in English, on a small screen, on a site that tries to change its looks; the looks change while it is open. */
  async english({ color }) {
    visitor.words = words.en;
    const { page } = visitor;
    // A browser that keeps nothing for pages, on a page without https.
    await page.addInitScript(() => {
      const refuse = { get: () => { throw new DOMException("blocked", "SecurityError"); } };
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(globalThis, name, refuse);
      delete Navigator.prototype.locks;
      delete Crypto.prototype.randomUUID;
    });
    await page.reload();
    await visitor.openWindow();
    await visitor.assertAccessible("in English");
    const { width, height } = await visitor.panel.boundingBox();
    check(width === 390 && height === 700, `the window is ${width} × ${height}`);
    await visitor.tabTo((name) => name === words.en.send);
    await page.keyboard.press("Tab");
    check((await visitor.focused()) === words.en.close, `from the last stop Tab leads to ${await visitor.focused()}`);
    await page.keyboard.press("Shift+Tab");
    check((await visitor.focused()) === words.en.send, `and back to ${await visitor.focused()}`);
    const looks = await visitor.panel.locator("header").evaluate((header) => {
      const { backgroundColor, color, fontSize } = getComputedStyle(header);
      return { backgroundColor, color, fontSize };
    });
    check(looks.fontSize === "15px" && looks.backgroundColor !== "rgb(255, 0, 0)", `the site's styles reach in: ${JSON.stringify(looks)}`);
    check((await page.locator("h1").evaluate((h1) => getComputedStyle(h1).fontSize)) === "41px", "the window's styles reach out");
    await visitor.write("in English");
    await visitor.sent("in English");
    say("WROTE");
    await page.waitForFunction((expected) => getComputedStyle(document.querySelector("switchyard-chat").shadowRoot.querySelector("header")).backgroundColor === expected, color);
    await visitor.assertAccessible("in another colour");
    await visitor.screenshot("english");
    await page.keyboard.press("Escape");
    await visitor.panel.waitFor({ state: "hidden" });
    await visitor.assertClean();
  },

  /** The demo page, as somebody who tries the server sees it. */
  async demo({ text }) {
    await visitor.openWindow();
    await visitor.page.getByRole("link", { name: /Oolong/ }).click();
    await visitor.write(text);
    await visitor.sent(text);
    await visitor.assertClean();
    say("WROTE");
    await visitor.page.setViewportSize({ width: 1280, height: 900 });
    await visitor.assertAccessible("the demo page");
    await visitor.screenshot("demo");
    await visitor.assertClean();
  },
};

try {
  if (given.payloads) given.payloads = (await readFile(given.payloads, "utf8")).split("\n").filter(Boolean);
  visitor = await Visitor.open(given.url, given.server, given.options);
  await scenarios[scenario](given);
  say("OK");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
  await visitor?.screenshot(`${scenario}-failed`).catch(() => {});
  try {
    console.error(JSON.stringify(await visitor?.shown()));
    await visitor?.assertClean();
  } catch (problems) {
    console.error(problems.message);
  }
} finally {
  await visitor?.close();
}
