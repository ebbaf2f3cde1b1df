// Follows operations with graphql-ws. Its own retry goes on from the last cursor, which is put into the variables object that it resends.
import { follow } from '../options.mjs';
import { o, socket } from '../socket.mjs';

const client = socket();

export function watch(query, variables, handle, stop) {
  const operation = { query, variables: { ...variables } };
  let event, timer, unsubscribe;
  const subscribe = () => {
    event = undefined;
    unsubscribe = client.subscribe(operation, {
      next(result) {
        event = Object.values(result.data ?? {})[0];
        handle(result);
        if (event?.cursor) operation.variables.after = event.cursor; // the retry sends it
      },
      error: stop,
      complete: () => (event?.resubscribe ? (timer = setTimeout(subscribe, 1_000)) : stop()),
    });
  };
  subscribe();
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

async function ask(query, variables) {
  for await (const result of client.iterate({ query, variables })) return result;
}

follow(o, watch, ask);
