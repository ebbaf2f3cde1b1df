// Runs the inbox against a server. The one argument is JSON: url, token, view, count. Commands are lines on standard input: "more" loads the next
// page, "open ID" shows the details of a conversation, "again" fetches them anew; the end of it is the end.
const { createClient } = require('graphql-ws');
const { createElement: h, Suspense, useEffect, useState } = require('react');
const { RelayEnvironmentProvider } = require('react-relay');
const { create } = require('react-test-renderer');
const readline = require('node:readline');
const { Environment, Network, Observable, RecordSource, Store } = require('relay-runtime');
const WebSocket = require('ws');
const { Details, Inbox } = require('./inbox.js');

const { url, token, view, count } = JSON.parse(process.argv[2]);
const authorization = `Bearer ${token}`;
const socket = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, connectionParams: { authorization } });

const network = Network.create(
  async ({ text, name }, variables) => {
    const answer = await fetch(url, {
      method: 'POST', headers: { 'Content-Type': 'application/json', authorization }, body: JSON.stringify({ query: text, operationName: name, variables }),
    });
    console.log(JSON.stringify({ fetched: name }));
    return answer.json();
  },
  ({ text, name }, variables) => Observable.create((sink) => socket.subscribe({ query: text, operationName: name, variables }, sink)),
);
const environment = new Environment({ network, store: new Store(new RecordSource()) });

const listeners = new Map();
const commands = {
  on(name, listener) {
    listeners.set(name, listener);
    return () => listeners.get(name) === listener && listeners.delete(name);
  },
};
readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [name, ...rest] = line.split(' ');
    listeners.get(name)(...rest);
  })
  .on('close', () => process.exit(0));

function App() {
  const [id, open] = useState(null);
  useEffect(() => commands.on('open', open), []);
  return [h(Inbox, { key: 'inbox', view, count, commands }), id && h(Details, { key: id, id, commands })];
}

create(h(RelayEnvironmentProvider, { environment }, h(Suspense, { fallback: null }, h(App))));
