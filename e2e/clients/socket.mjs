// The connection of graphql-ws, as docs/api/reconnect.md makes it.
import { createClient } from "graphql-ws";
import WebSocket from 'ws';
import { options } from './options.mjs';

export const o = options();
globalThis.WebSocket = WebSocket; // browsers have one
const freshAccessToken = async () => o.token;

export function connect(url, options) {
  let unanswered; // the timer of a ping without its pong
  const client = createClient({
    url,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    connectionParams: async () => ({ authorization: `Bearer ${await freshAccessToken()}` }),
    connectionAckWaitTimeout: 10_000,
    keepAlive: 10_000,
    on: {
      ping: (received) => received || (unanswered = setTimeout(() => client.terminate(), 5_000)),
      pong: (received) => received && clearTimeout(unanswered),
      closed: () => clearTimeout(unanswered),
    },
    ...options,
  });
  return client;
}

// socket is the connection with what a test wants: no long waits, and every end of it printed.
export function socket() {
  const pause = o.pause === undefined ? {} : { retryWait: () => new Promise((resolve) => setTimeout(resolve, o.pause)) };
  const client = connect(o.url.replace(/^http/, 'ws'), { ...pause, ...(o.silence && { keepAlive: o.silence }) });
  client.on('closed', (e) => console.error(JSON.stringify({ closed: e.code, reason: e.reason })));
  return client;
}
