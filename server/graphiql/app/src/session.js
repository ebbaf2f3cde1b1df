import { Store } from "./store.js";

const storageKey = "switchyard:session";
const signedOut = { kind: "out", id: null, accessToken: null, refreshToken: null, renewAt: null, viewer: null, team: null };
// A token is renewed when three quarters of its life are over, so that no request meets its end; but never in a hurry, for this
// machine's clock may be ahead of the server's.
const shortestLife = 30_000;
const longestTimer = 2 ** 31 - 1;

const grant = "accessToken refreshToken accessTokenExpiresAt viewer { id name role }";
const signInDocument = `mutation SignIn($input: SignInInput!) { signIn(input: $input) { ${grant} userErrors { message code field } } }`;
const refreshDocument = `mutation SessionRefresh($input: SessionRefreshInput!) { sessionRefresh(input: $input) { ${grant} userErrors { message code field } } }`;
const viewerDocument = "query Viewer { viewer { role team { slug } agent { name } apiToken { name } } }";
const signOutDocument = "mutation SignOut($input: SignOutInput!) { signOut(input: $input) { userErrors { message } } }";

/** A failure with the code of a text that the page knows, or the server's own text. */
export class SessionError extends Error {
  constructor(code, message, fields = []) {
    super(message ?? code);
    this.code = code;
    this.fields = fields;
  }
}

/**
 * Who is signed in. Tokens live in memory and in sessionStorage: they survive a reload and die with the tab.
 *
 * A refresh token is good for one use, and its second use ends the whole session. A duplicated tab starts with a copy of
 * sessionStorage, so each session is held under a lock: the tab that cannot get it drops its copy and asks for a new sign-in.
 */
export class Session extends Store {
  #endpoint;
  #timer = 0;
  #refreshing = null;
  #release = () => {};

  constructor(endpoint) {
    super({ ...signedOut, notice: null });
    this.#endpoint = endpoint;
    document.addEventListener("visibilitychange", () => {
      // Timers sleep with the machine; look again when somebody looks at the page.
      if (!document.hidden && this.#isStale()) this.refresh().catch(() => {});
    });
  }

  /** Takes up the session that this tab had before a reload, if there is one. */
  async restore() {
    let saved;
    try {
      saved = JSON.parse(sessionStorage.getItem(storageKey));
    } catch {
      saved = null;
    }
    if (!saved?.accessToken) return;
    if (!(await this.#hold(saved.id))) {
      sessionStorage.removeItem(storageKey);
      this.set({ notice: "otherTab" });
      return;
    }
    this.set({ ...signedOut, ...saved });
    this.#schedule();
  }

  /** Signs in with a password. Throws a SessionError that says which fields are wrong. */
  async signIn({ team, email, password }) {
    const result = await this.#post(signInDocument, { input: { team, email, password } });
    const payload = payloadOf(result, "signIn");
    await this.#accept({ kind: "session", id: randomId(), team, ...grantOf(payload) });
  }

  /** Works with an API token. The server is asked whose it is; a token it refuses is not kept. */
  async useToken(token) {
    const result = await this.#post(viewerDocument, {}, token);
    if (result.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED")) {
      throw new SessionError("refused", result.errors[0].message);
    }
    const { role, team, agent, apiToken } = result.data?.viewer ?? {};
    const viewer = { name: (apiToken ?? agent)?.name, role };
    await this.#accept({ ...signedOut, kind: "token", id: randomId(), accessToken: token, viewer, team: team?.slug ?? null });
  }

  /** Forgets the tokens here, and tells the server to; without an answer they end there by themselves. An API token lives on. */
  signOut() {
    const { kind, accessToken } = this.value;
    this.#forget(null);
    if (kind === "session") this.#post(signOutDocument, { input: {} }, accessToken).catch(() => {});
  }

  #forget(notice) {
    clearTimeout(this.#timer);
    this.#release();
    sessionStorage.removeItem(storageKey);
    this.set({ ...signedOut, notice });
  }

  /** The token to send, renewed first when it is about to end; null when nobody is signed in. */
  async bearer() {
    if (this.#isStale()) await this.refresh().catch(() => {});
    return this.value.accessToken;
  }

  /**
   * Makes the next bearer() renew: the server has said that the token is too old, whatever this machine's clock says. False when
   * there is nothing to renew with.
   */
  expire() {
    const renewable = this.value.kind === "session";
    if (renewable) this.set({ renewAt: 0 });
    return renewable;
  }

  /** Trades the refresh token for new ones. Callers at the same time share one trade. */
  refresh() {
    this.#refreshing ??= this.#trade().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #trade() {
    const { kind, refreshToken } = this.value;
    if (kind !== "session") return;
    let result;
    try {
      result = await this.#post(refreshDocument, { input: { refreshToken } });
    } catch (error) {
      this.#schedule(10_000);
      throw error;
    }
    if (this.value.refreshToken !== refreshToken) return; // signed out, or in as somebody else, in the meantime
    try {
      this.#store({ ...this.value, ...grantOf(payloadOf(result, "sessionRefresh")) });
    } catch (error) {
      if (error.code === "busy") {
        this.#schedule(10_000);
      } else {
        this.#forget("sessionOver");
      }
      throw error;
    }
  }

  async #accept(value) {
    this.#release();
    await this.#hold(value.id);
    this.#store(value);
  }

  #store(value) {
    const { notice, ...kept } = value;
    sessionStorage.setItem(storageKey, JSON.stringify(kept));
    this.set({ ...kept, notice: null });
    this.#schedule();
  }

  #isStale() {
    const { kind, renewAt } = this.value;
    return kind === "session" && renewAt !== null && Date.now() >= renewAt;
  }

  #schedule(wait) {
    clearTimeout(this.#timer);
    const { kind, renewAt } = this.value;
    if (kind !== "session" || renewAt === null) return;
    const delay = wait ?? Math.max(renewAt - Date.now(), 0);
    this.#timer = setTimeout(() => this.refresh().catch(() => {}), Math.min(delay, longestTimer));
  }

  // Resolves to false when another tab holds the session. Without the Web Locks API (plain HTTP on another machine's name)
  // there is nothing to hold and the answer is true.
  #hold(id) {
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      // A reload may ask before the page that it replaces has let go: wait a moment before believing that it is another tab.
      const signal = AbortSignal.timeout(1_500);
      navigator.locks
        .request(`${storageKey}:${id}`, { signal }, () => {
          resolve(true);
          return new Promise((release) => {
            this.#release = release;
          });
        })
        .catch(() => resolve(false));
    });
  }

  async #post(query, variables, token) {
    let response;
    try {
      response = await fetch(this.#endpoint, {
        method: "POST",
        credentials: "omit",
        headers: {
          "content-type": "application/json",
          accept: "application/graphql-response+json, application/json;q=0.9",
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify({ query, variables }),
      });
    } catch {
      throw new SessionError("unreachable");
    }
    try {
      return await response.json();
    } catch {
      throw new SessionError(response.status >= 500 ? "unreachable" : "unexpected");
    }
  }
}

// Errors of these codes say nothing about the token: it may be tried again.
const passing = new Set(["THROTTLED", "UNAVAILABLE", "INTERNAL"]);

function payloadOf(result, field) {
  if (result.errors?.length) {
    const [error] = result.errors;
    throw new SessionError(passing.has(error.extensions?.code) ? "busy" : "refused", error.message);
  }
  const payload = result.data?.[field];
  if (!payload) throw new SessionError("unexpected");
  if (payload.userErrors?.length) {
    throw new SessionError(
      "refused",
      payload.userErrors.map((error) => error.message).join(" "),
      payload.userErrors.map((error) => error.field).filter(Boolean),
    );
  }
  if (!payload.accessToken || !payload.accessTokenExpiresAt) throw new SessionError("unexpected");
  return payload;
}

function grantOf({ accessToken, refreshToken, accessTokenExpiresAt, viewer }) {
  const life = Date.parse(accessTokenExpiresAt) - Date.now();
  const renewAt = Date.now() + Math.max(0.75 * life, shortestLife);
  return { accessToken, refreshToken, renewAt, viewer };
}

// crypto.randomUUID is missing on plain HTTP under another machine's name.
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
