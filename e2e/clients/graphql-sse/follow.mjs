// Follows operations with graphql-sse, in its distinct connections mode: each is a request of its own.
import { createClient } from "graphql-sse";
import { follow, options } from '../options.mjs';

const o = options();
const freshAccessToken = async () => o.token;

const client = createClient({
  url: o.url,
  retryAttempts: 0, // what is final and what is not is said below
  headers: async () => ({ authorization: `Bearer ${await freshAccessToken()}` }),
});

export function watch(query, variables, handle, stop, { silence = 25_000, pause = 1_000 } = {}) {
  const operation = { query, variables: { ...variables } };
  let event, isSilent, timer, unsubscribe;
  const listen = () => { // a Tick comes every ten seconds: without a sign the connection is dead
    clearTimeout(timer);
    timer = setTimeout(() => { isSilent = true; unsubscribe(); }, silence);
  };
  const again = () => (timer = setTimeout(subscribe, pause * (1 + Math.random())));
  const subscribe = () => {
    event = undefined;
    isSilent = false;
    unsubscribe = client.subscribe(operation, {
      next(result) {
        listen();
        event = Object.values(result.data ?? {})[0];
        handle(result);
        if (event?.cursor) operation.variables.after = event.cursor; // the next request sends it
      },
      error(error) {
        clearTimeout(timer);
        const status = error.response?.status ?? 503; // without an answer the connection broke
        return status < 500 && status !== 429 ? stop(error) : again();
      },
      complete() {
        clearTimeout(timer);
        return isSilent || event?.resubscribe ? again() : stop();
      },
    });
    listen();
  };
  subscribe();
  return () => {
    isSilent = false;
    clearTimeout(timer);
    unsubscribe();
  };
}

async function ask(query, variables) {
  for await (const result of client.iterate({ query, variables })) return result;
}

follow(o, (query, variables, handle, stop) => watch(query, variables, handle, stop, { silence: o.silence, pause: o.pause }), ask);
