// Follows a subscription with graphql-sse, in its distinct connections mode, prints every payload as a line of JSON, and cuts its own stream on the way. This
// client takes the end of a stream for the end of the subscription, so it is subscribed again with the last cursor.
import { createClient } from 'graphql-sse';
import { follower, options } from '../options.mjs';

const o = options();
const follow = follower(o);
let isEnough = false;
while (!isEnough) {
  const client = createClient({
    url: o.url,
    headers: o.token ? { Authorization: `Bearer ${o.token}` } : {},
    retryAttempts: 0,
  });
  let isCut = false;
  try {
    for await (const result of client.iterate({ query: o.query, operationName: o.operationName, variables: o.variables })) {
      ({ isEnough, isCut } = follow(result));
      if (isEnough || isCut) break;
    }
  } catch (e) {
    console.error(JSON.stringify({ failed: { message: e.message, status: e.response?.status } }));
    process.exit(1);
  } finally {
    client.dispose();
  }
  if (!isCut) break; // complete
}
