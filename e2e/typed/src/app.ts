// A small desk in strict TypeScript: signs in, reads the inbox, follows what waits, answers, and watches until the platform has taken the answer.
// The one argument is JSON: url, team, email, password, from (the text that the conversation must have), text. Prints a line of JSON for each step.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { graphql, useFragment } from './gen/index.js';
import type { UserErrorCode, WatchSubscription } from './gen/graphql.js';

const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      accessToken
      viewer { id name role }
      userErrors { code message }
    }
  }
`);

const Row = graphql(`
  fragment Row on Conversation {
    id
    version
    name
    status
    unreadCount
    lastMessage { text kind }
  }
`);

const Inbox = graphql(`
  query Inbox($view: InboxView!, $first: Int!) {
    conversations(view: $view, first: $first) {
      asOf
      nodes { ...Row }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const Follow = graphql(`
  mutation Follow($input: ConversationFollowInput!) {
    conversationFollow(input: $input) {
      conversation { ...Row }
      cursor
      userErrors { code message }
    }
  }
`);

const Send = graphql(`
  mutation Send($input: MessageSendInput!) {
    messageSend(input: $input) {
      message { id seq delivery }
      userErrors { code message }
    }
  }
`);

const Watch = graphql(`
  subscription Watch($id: ID!, $after: Cursor) {
    conversationEvents(conversationId: $id, after: $after) {
      __typename
      cursor
      ... on Hello { recovered }
      ... on MessageAdded { message { id seq sender delivery content { __typename ... on TextContent { text } } } }
      ... on MessageChanged { message { id seq delivery failure { code text } } }
      ... on ConversationChanged { conversation { ...Row } }
      ... on ResyncRequired { resync: reason }
      ... on StreamEnded { ended: reason resubscribe }
    }
  }
`);

interface Options { url: string; team: string; email: string; password: string; from: string; text: string }

const o = JSON.parse(process.argv[2] ?? '{}') as Options;
const say = (what: object) => console.log(JSON.stringify(what));
let token: string | null = null;

async function ask<Result, Variables>(document: TypedDocumentNode<Result, Variables>, variables: Variables): Promise<Result> {
  const answer = await fetch(o.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await answer.json()) as { data?: Result; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.map((e) => e.message).join('; ') ?? answer.statusText);
  return data;
}

/** Gives what a payload promises, or says why it is not there. */
function sure<T>(value: T | null | undefined, errors: readonly { code: UserErrorCode; message: string }[]): T {
  if (value == null) throw new Error(errors.map((e) => `${e.code}: ${e.message}`).join('; '));
  return value;
}

type Event = WatchSubscription['conversationEvents'];

/** Tells what happened, and whether it is that the message was sent. A type of frame that this does not know does not compile. */
function isSent(event: Event, message: string): boolean {
  switch (event.__typename) {
    case 'Hello':
      say({ recovered: event.recovered });
      return false;
    case 'MessageAdded':
      say({ added: event.message.seq, sender: event.message.sender, text: event.message.content.__typename === 'TextContent' ? event.message.content.text : null });
      return event.message.id === message && event.message.delivery === 'SENT';
    case 'MessageChanged':
      if (event.message.failure) throw new Error(event.message.failure.text);
      return event.message.id === message && event.message.delivery === 'SENT';
    case 'ConversationChanged':
      say({ unread: useFragment(Row, event.conversation).unreadCount });
      return false;
    case 'ResyncRequired':
      throw new Error(event.resync);
    case 'StreamEnded':
      throw new Error(event.ended);
    case 'DraftChanged':
    case 'GroupChanged':
    case 'Tick':
      return false;
    default:
      return event satisfies never;
  }
}

const { signIn } = await ask(SignIn, { input: { team: o.team, email: o.email, password: o.password } });
token = sure(signIn.accessToken, signIn.userErrors);
say({ viewer: sure(signIn.viewer, signIn.userErrors).name });

const { conversations } = await ask(Inbox, { view: 'PENDING_HUMAN', first: 25 });
const rows = conversations.nodes.map((node) => useFragment(Row, node));
const wanted = rows.find((row) => row.lastMessage?.text === o.from);
if (!wanted) throw new Error(`nobody wrote ${o.from}`);
say({ rows: rows.length, wanted: wanted.status, unread: wanted.unreadCount });

const { conversationFollow } = await ask(Follow, { input: { conversationId: wanted.id } });
const followed = useFragment(Row, sure(conversationFollow.conversation, conversationFollow.userErrors));
say({ followed: followed.status, isNewer: followed.version > wanted.version });

const { messageSend } = await ask(Send, { input: { conversationId: wanted.id, clientMessageId: 'typed', content: { text: o.text } } });
const sent = sure(messageSend.message, messageSend.userErrors);

const socket = createClient({ url: o.url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${token}` } });
for await (const { data } of socket.iterate<WatchSubscription>({ query: print(Watch), variables: { id: wanted.id, after: conversationFollow.cursor } })) {
  if (data && isSent(data.conversationEvents, sent.id)) break;
}
say({ sent: sent.seq });
await socket.dispose();
