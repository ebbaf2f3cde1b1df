import { createClient } from "graphql-ws";
import { Store } from "./store.js";

const longestLog = 200;
// The server has said that the token is too old; every stock client connects again, and so with a new one.
const tokenExpired = 4403;

/**
 * The live connection: one graphql-transport-ws socket, the subscription that runs over it, and what it has brought.
 *
 * GraphiQL ends a subscription as soon as anything else is run or shown. Here GraphiQL is told that its part is over with the
 * first result, and the stream goes on in the live panel until it is stopped there: one can answer a customer and see the answer
 * arrive. Later results still go to the result pane while the subscription's own tab is open.
 *
 * A stock client sends the first variables again when it reconnects. Here the last cursor is put into the operation's own
 * variables, so that a stream with an `$after` variable goes on where it stopped: no gap and no double.
 */
export class Stream extends Store {
  #session;
  #url;
  #client = null;
  #clientToken = null;
  #stopRunning = () => {};

  /** The id of GraphiQL's open tab. */
  tab = null;

  constructor(endpoint, session) {
    super({ connection: "closed", detail: null, running: false, name: null, cursor: null, received: 0, seenAt: null, log: [] });
    this.#session = session;
    this.#url = new URL(endpoint);
    this.#url.protocol = this.#url.protocol === "https:" ? "wss:" : "ws:";
    // The socket belongs to who opened it. A renewed token of the same session changes nothing.
    let known = session.value.id;
    session.subscribe(() => {
      if (session.value.id === known) return;
      known = session.value.id;
      this.stop();
      this.#drop();
    });
  }

  /**
   * A subscription as GraphiQL takes it: an observable of what the result pane shows, which is each result but the ticks, for
   * those only say that all is well. The variables are changed as cursors come in.
   */
  observe(operation, name, headers) {
    return { subscribe: (sink) => ({ unsubscribe: this.#start(operation, name, tokenOf(headers), sink) }) };
  }

  /** Ends the running subscription, if there is one. */
  stop() {
    this.#stopRunning();
  }

  /** Empties the log; the subscription goes on. */
  clear() {
    this.set({ log: [] });
  }

  #start(operation, name, token, sink) {
    this.stop();
    if (token !== this.#clientToken) this.#drop();
    this.#clientToken = token;
    this.#client ??= this.#connect(token);
    this.set({ running: true, name, cursor: null, received: 0, seenAt: null, log: [] });

    const tab = this.tab;
    let begun = false;
    let over = false;
    const begin = () => {
      if (!begun) sink.complete();
      begun = true;
    };
    const dispose = this.#client.subscribe(operation, {
      next: (result) => {
        if (over) return;
        const tick = this.#record(result, operation);
        if (this.tab === tab && !(tick && begun)) sink.next(result);
        begin();
      },
      error: (cause) => {
        if (over) return;
        const error = asError(cause);
        this.#log("Error", null, { message: error.message });
        if (!begun) sink.error(error);
        begun = true;
        finish();
      },
      complete: () => finish(),
    });
    const finish = () => {
      if (over) return;
      over = true;
      begin();
      this.set({ running: false });
    };
    this.#stopRunning = () => {
      finish();
      dispose();
    };
    return this.#stopRunning;
  }

  #connect(token) {
    const client = createClient({
      url: this.#url.href,
      keepAlive: 12_000,
      retryAttempts: Infinity,
      // A server that is away is worth waiting for; the codes that are final are final all the same.
      shouldRetry: () => true,
      retryWait: (tries) => new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** tries, 10_000) * (0.7 + 0.6 * Math.random()))),
      connectionParams: async () => {
        const sent = token ?? (await this.#session.bearer());
        return sent ? { authorization: `Bearer ${sent}` } : {};
      },
      on: {
        connecting: (isRetry) => this.#tell(client, { connection: isRetry ? "retrying" : "connecting" }),
        connected: () => this.#tell(client, { connection: "open", detail: null }),
        closed: (event) => {
          if (event.code === tokenExpired && token === null) this.#session.expire();
          const detail = event.code === 1000 ? null : [event.code, event.reason].filter(Boolean).join(" ");
          // Whether the client gives up is said by its error, which comes after this and ends the running.
          this.#tell(client, { connection: "closed", detail });
        },
      },
    });
    return client;
  }

  // A client that was dropped has no say any more.
  #tell(client, parts) {
    if (client === this.#client) this.set(parts);
  }

  #drop() {
    this.#client?.dispose().catch(() => {}); // it may still have been connecting
    this.#client = null;
    this.#clientToken = null;
    this.set({ connection: "closed", detail: null });
  }

  // Writes a result into the log and says whether it was a tick.
  #record(result, operation) {
    const event = Object.values(result.data ?? {})[0];
    const failed = result.errors?.length > 0;
    const type = failed ? "Error" : (event?.__typename ?? this.value.name);
    const cursor = event?.cursor ?? null;
    if (cursor !== null && /\$after\s*:/.test(operation.query)) operation.variables.after = cursor;
    this.set({ seenAt: new Date(), cursor: cursor ?? this.value.cursor });
    if (type === "Tick") return true;
    this.#log(type, cursor, failed ? result.errors : (event ?? result));
    return false;
  }

  #log(type, cursor, body) {
    const received = this.value.received + 1;
    const entry = { key: received, at: new Date(), type, cursor, body };
    this.set({ received, log: [entry, ...this.value.log].slice(0, longestLog) });
  }
}

// A token that the user wrote into the headers editor counts before the session's.
function tokenOf(headers) {
  const entry = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "authorization");
  return entry ? String(entry[1]).replace(/^bearer\s+/i, "") : null;
}

function asError(cause) {
  if (cause instanceof CloseEvent) return new Error(`The connection was closed: ${cause.code} ${cause.reason}`.trim());
  if (Array.isArray(cause)) return new Error(cause.map((error) => error.message).join("\n"));
  return cause instanceof Error ? cause : new Error("The connection could not be made.");
}
