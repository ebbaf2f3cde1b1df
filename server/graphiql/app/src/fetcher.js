import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { parse } from "graphql";
import { randomId } from "./session.js";

/**
 * What GraphiQL sends operations through: HTTP with the session's token, or the live stream. A token that the user wrote into
 * the headers editor counts before the session's.
 */
export function createFetcher({ endpoint, session, stream, ids }) {
  const http = createGraphiQLFetcher({
    url: endpoint,
    enableIncrementalDelivery: false,
    fetch: async (url, init) => {
      const headers = new Headers(init.headers);
      const own = headers.has("authorization");
      const ask = async () => {
        const token = own ? null : await session.bearer();
        if (token) headers.set("authorization", `Bearer ${token}`);
        return read(await fetch(url, { ...init, headers, credentials: "omit" }));
      };
      let result = await ask();
      if (!own && isUnauthenticated(result) && session.expire()) result = await ask();
      ids.learn(result.data);
      return { json: () => result };
    },
  });

  return (params, options) => {
    const chosen = operationOf(params);
    const sent = { ...params, operationName: chosen ? chosen.name?.value : params.operationName };
    if (chosen?.operation !== "subscription") return http(sent, { headers: options?.headers });
    const { query, operationName, variables } = sent;
    return stream.observe({ query, operationName, variables: { ...variables } }, operationName ?? "subscription", options?.headers);
  };
}

// The operation that is meant. GraphiQL says its name and its document a moment late: who opens an example and runs it at once
// would run it under the name of the one before. Undefined where the text cannot be read; the server says why.
function operationOf({ query, operationName }) {
  let document;
  try {
    document = parse(query, { noLocation: true });
  } catch {
    return undefined;
  }
  const operations = document.definitions.filter(({ kind }) => kind === "OperationDefinition");
  return operations.length === 1 ? operations[0] : operations.find(({ name }) => name?.value === operationName);
}

async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page, say. Show it for what it is; GraphiQL would only say that it is no JSON.
    throw new Error(`HTTP ${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
}

function isUnauthenticated(result) {
  return result.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED") ?? false;
}

/**
 * The ids that results have shown, one for each type: the first of the latest result. Examples name them as `{{Conversation}}`,
 * so that the one about a conversation works right after the one that lists them.
 */
export class Ids {
  #known = new Map();

  /** Takes the ids out of a result: of every object with `__typename` and `id`. */
  learn(data) {
    const seen = new Set();
    const visit = (value) => {
      if (Array.isArray(value)) {
        value.forEach(visit);
      } else if (value && typeof value === "object") {
        const { __typename: type, id } = value;
        if (typeof type === "string" && typeof id === "string" && !seen.has(type)) {
          seen.add(type);
          this.#known.set(type, id);
        }
        Object.values(value).forEach(visit);
      }
    };
    visit(data);
  }

  /** Fills a text's `{{Type}}` with known ids and `{{new}}` with a new random key. Unknown ones stay as they are. */
  fill(text) {
    return text.replace(/\{\{(\w+)\}\}/g, (whole, name) => (name === "new" ? randomId() : (this.#known.get(name) ?? whole)));
  }
}
