// Follows a subscription with graphql-ws, prints every payload as a line of JSON, and cuts its own socket on the way: the client's own
// retry goes on from the last cursor, which is put into the variables object that it resends.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { follower, options } from '../options.mjs';

const o = options();
const follow = follower(o);
let socket;
const client = createClient({
  url: o.url.replace(/^http/, 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: o.token ? { authorization: `Bearer ${o.token}` } : undefined,
  retryAttempts: o.retries ?? 5,
  retryWait: async () => {},
  shouldRetry: () => true,
  on: {
    connected: (s) => { socket = s; },
    closed: (e) => console.error(JSON.stringify({ closed: e.code, reason: e.reason })),
  },
});
const iterable = client.iterate({ query: o.query, operationName: o.operationName, variables: o.variables });
try {
  for await (const result of iterable) {
    const { isEnough, isCut } = follow(result);
    if (isEnough) break;
    if (isCut) socket.terminate();
  }
} catch (e) {
  console.error(JSON.stringify({ failed: Array.isArray(e) ? e : { code: e.code, reason: e.reason, message: e.message } }));
  process.exitCode = 1;
}
await client.dispose();
