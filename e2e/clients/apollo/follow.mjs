// Follows subscriptions with Apollo Client over graphql-ws, with its cache; queries go over HTTP.
import { ApolloLink, Observable } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { OperationTypeNode } from 'graphql';
import { follow } from '../options.mjs';
import { o, socket } from '../socket.mjs';

const client = socket();

const resume = new ApolloLink((operation, forward) => {
  const variables = (operation.variables = { ...operation.variables }); // ours to change
  return new Observable((observer) => {
    let event, timer, subscription;
    const subscribe = () => {
      event = undefined;
      subscription = forward(operation).subscribe({
        next(result) {
          event = Object.values(result.data ?? {})[0];
          observer.next(result);
          if (event?.cursor) variables.after = event.cursor; // the retry sends it
        },
        error: (error) => observer.error(error),
        complete: () => (event?.resubscribe ? (timer = setTimeout(subscribe, 1_000)) : observer.complete()),
      });
    };
    subscribe();
    return () => {
      clearTimeout(timer);
      subscription.unsubscribe();
    };
  });
});

const live = ApolloLink.from([resume, new GraphQLWsLink(client)]); // the client from above

const http = new HttpLink({ uri: o.url, headers: { authorization: `Bearer ${o.token}` } });
const apollo = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, live, http),
});

function watch(query, variables, handle, stop) {
  apollo.subscribe({ query: gql(query), variables }).subscribe({ next: handle, error: stop, complete: () => stop() });
}

follow(o, watch, (query, variables) => apollo.query({ query: gql(query), variables, fetchPolicy: 'network-only' }));
