// Follows subscriptions with urql over graphql-ws, with its cache; queries go over HTTP.
import { subscriptionExchange } from "@urql/core";
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { follow } from '../options.mjs';
import { o, socket } from '../socket.mjs';

const client = socket();

const live = subscriptionExchange({
  forwardSubscription(request) {
    const operation = { query: request.query, variables: { ...request.variables } };
    return {
      subscribe(sink) {
        let event, timer, unsubscribe;
        const subscribe = () => {
          event = undefined;
          unsubscribe = client.subscribe(operation, {
            next(result) {
              event = Object.values(result.data ?? {})[0];
              sink.next(result);
              if (event?.cursor) operation.variables.after = event.cursor; // the retry sends it
            },
            error: (error) => sink.error(error),
            complete: () => (event?.resubscribe ? (timer = setTimeout(subscribe, 1_000)) : sink.complete()),
          });
        };
        subscribe();
        return {
          unsubscribe() {
            clearTimeout(timer);
            unsubscribe();
          },
        };
      },
    };
  },
});

const urql = new Client({
  url: o.url,
  exchanges: [cacheExchange, fetchExchange, live],
  preferGetMethod: false,
  fetchOptions: { headers: { authorization: `Bearer ${o.token}` } },
});

function watch(query, variables, handle, stop) {
  let error;
  let isOver = false;
  urql.subscription(query, variables).subscribe((result) => {
    if (isOver) return;
    error = result.error?.networkError;
    if (!error) handle({ data: result.data });
    if (error || !result.hasNext) {
      isOver = true;
      stop(error);
    }
  });
}

follow(o, watch, (query, variables) => urql.query(query, variables, { requestPolicy: 'network-only' }).toPromise().then(({ data, error }) => ({ data, error })));
