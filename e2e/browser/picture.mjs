// node e2e/browser/picture.mjs URL TEAM EMAIL PASSWORD FILE [EVENTS]
//
// Makes the README's picture of a live session: signs in, watches the inbox live, prints READY, waits for EVENTS events (8 when
// not said) and writes FILE as PNG. Something has to write to the server meanwhile: `make demo` does.
import { Desk } from "./desk.mjs";

const [base, team, email, password, file, events = "8"] = process.argv.slice(2);
if (!file) {
  console.error("usage: node picture.mjs URL TEAM EMAIL PASSWORD FILE [EVENTS]");
  process.exit(1);
}

let desk;
try {
  desk = await Desk.open(base, { viewport: { width: 1360, height: 820 } });
  await desk.signIn({ team, email, password });
  await desk.openExample(/watch the inbox live/i);
  await desk.run();
  await desk.seeEvent("Hello");
  console.log("READY");
  await desk.page.waitForFunction((count) => document.querySelectorAll(".live li[data-type]").length > count, Number(events));
  await desk.picture(file);
  console.log(`wrote ${file}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await desk?.close();
}
