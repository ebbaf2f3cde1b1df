// An outside peer of the live benchmarks: graphql-yoga with graphql-ws, events by Redis through ioredis. It takes ADDR and REDIS_URL, serves clients at
// /graphql, and takes messages to publish at /publish, a line each.
import { createServer } from 'node:http';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';

const channel = `fan ${process.env.ADDR}`; // its own: others that are measured publish on the same Redis
const [publisher, subscriber] = [new Redis(process.env.REDIS_URL), new Redis(process.env.REDIS_URL)];
const events = createPubSub();
await subscriber.subscribe(channel);
subscriber.on('message', (_, text) => events.publish('event', JSON.parse(text)));

const schema = createSchema({
  typeDefs: `
    type Query { isUp: Boolean! }
    type Message { messageId: ID! kind: String! sender: String! text: String! at: String! }
    type Conversation { id: ID! version: Int! status: String! name: String! unreadCount: Int! lastAt: String! lastMessage: Message }
    type Event { cursor: String! conversation: Conversation }
    type Subscription { inboxEvents: Event! }`,
  resolvers: {
    Query: { isUp: () => true },
    Subscription: {
      inboxEvents: {
        async *subscribe() {
          const all = events.subscribe('event');
          yield { cursor: 'begin', conversation: null };
          yield* all;
        },
        resolve: (event) => event,
      },
    },
  },
});

const yoga = createYoga({ schema, logging: false });
const server = createServer(async (request, response) => {
  if (request.url === '/healthz') return response.end();
  if (request.url !== '/publish') return yoga(request, response);
  let body = '';
  for await (const part of request) body += part;
  const pipe = publisher.pipeline();
  for (const line of body.split('\n')) if (line) pipe.publish(channel, line);
  await pipe.exec();
  response.end();
});
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
server.keepAliveTimeout = 600_000; // the publisher keeps its connection between turns
const [host, port] = process.env.ADDR.split(':');
server.listen(Number(port), host);
