// node e2e/browser/graphiql.mjs URL TEAM EMAIL PASSWORD EXPECTED_TEXT
//
// Opens /graphiql, signs in, runs the inbox example, and watches the inbox live. Prints READY when the subscription has said
// Hello, then waits for EXPECTED_TEXT to show up. The page must ask no other host for anything, keep its Content-Security-Policy
// and log no error. Exits 0, or 1 with the reason. SCREENSHOTS names a folder for pictures of the way.
import { Desk } from "./desk.mjs";

const [base, team, email, password, expected] = process.argv.slice(2);
if (!expected) {
  console.error("usage: node graphiql.mjs URL TEAM EMAIL PASSWORD EXPECTED_TEXT");
  process.exit(1);
}

let desk;
try {
  desk = await Desk.open(base);
  await desk.screenshot("1-open");

  await desk.signIn({ team, email, password });
  const person = await desk.person();
  if (person.trim() === "") throw new Error("the page does not say who is signed in");
  console.log(`signed in as ${person}`);

  await desk.openExample(/the inbox, with counts/i);
  const inbox = await desk.result();
  console.log(`the inbox example gave ${Object.keys(inbox).join(", ")}`);
  await desk.screenshot("2-inbox");

  // A reload keeps the session: the tokens are the tab's.
  await desk.page.reload();
  await desk.page.getByRole("button", { name: "Sign out" }).waitFor();
  await desk.page.locator(".graphiql-query-editor .view-lines").waitFor();

  await desk.openExample(/watch the inbox live/i);
  await desk.run();
  await desk.seeEvent("Hello");
  console.log("READY");

  await desk.seeText(expected);
  if ((await desk.cursor()) === "") throw new Error("the live panel shows no cursor");
  const connection = await desk.page.locator(".live-sign").getAttribute("data-connection");
  if (connection !== "open") throw new Error(`the sign in the bar says ${connection} while events come in`);
  await desk.screenshot("3-live");

  // The stream goes on while something else is run, until it is stopped.
  await desk.openExample(/who am i/i);
  await desk.result();
  await desk.page.locator('.live[data-running="true"]').waitFor();
  await desk.page.getByRole("button", { name: "Stop", exact: true }).click();
  await desk.page.locator('.live[data-running="false"]').waitFor();
  await desk.page.getByRole("button", { name: "Sign out" }).click();
  await desk.page.locator("#bar > .account > button", { hasText: "Sign in" }).waitFor();
  const kept = await desk.page.evaluate(() => sessionStorage.getItem("switchyard:session"));
  if (kept !== null) throw new Error("signing out leaves tokens in the tab");

  desk.assertClean();
  console.log("OK");
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
  await desk?.screenshot("failed").catch(() => {});
  try {
    desk?.assertClean();
  } catch (problems) {
    console.error(problems.message);
  }
} finally {
  await desk?.close();
}
