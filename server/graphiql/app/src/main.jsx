import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";
import { buildSchema } from "graphql";
import { createRoot } from "react-dom/client";
import { createFetcher, Ids } from "./fetcher.js";
import { Page } from "./Page.jsx";
import { Session } from "./session.js";
import { Stream } from "./stream.js";
import { firstLanguage, rememberLanguage, textOf } from "./text.js";

const here = new URL("./", document.baseURI);

async function start() {
  const [config, examples] = await Promise.all([getJSON("config.json"), getJSON("examples.json")]);
  const endpoint = new URL(config.endpoint, here).href;
  const session = new Session(endpoint);
  const [schema] = await Promise.all([getSchema(new URL(config.schema, here)), session.restore()]);
  const stream = new Stream(endpoint, session);
  const ids = new Ids();
  const fetcher = createFetcher({ endpoint, session, stream, ids });
  createRoot(document.getElementById("desk")).render(
    <Page bar={document.getElementById("bar")} {...{ config, examples, schema, session, stream, ids, fetcher }} />,
  );
}

async function getJSON(name) {
  const response = await fetch(new URL(name, here), { credentials: "omit" });
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  return response.json();
}

// The server's schema file is open to all and introspection only to those signed in, so documentation and completion come from
// the file. Without it GraphiQL asks by introspection.
async function getSchema(url) {
  try {
    const response = await fetch(url, { credentials: "omit" });
    return response.ok ? buildSchema(await response.text(), { assumeValid: true }) : undefined;
  } catch {
    return undefined;
  }
}

const language = firstLanguage();
rememberLanguage(language);
start().catch((error) => {
  const message = document.createElement("p");
  message.className = "loading";
  message.setAttribute("role", "alert");
  message.textContent = `${textOf(language).failed} ${error.message}`;
  document.getElementById("desk").replaceChildren(message);
});
