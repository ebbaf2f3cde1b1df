// The inbox as Relay shows one: a page that grows, rows of fragments, and the stream that keeps them.
const { createElement: h, useEffect, useMemo } = require('react');
const { ConnectionHandler, graphql, useFragment, useLazyLoadQuery, usePaginationFragment, useRefetchableFragment, useSubscription } = require('react-relay');

const say = (what) => console.log(JSON.stringify(what));

/** Inbox shows a view and, of the conversation that is open, the details. */
function Inbox({ view, count, commands }) {
  const query = useLazyLoadQuery(graphql`
    query inboxQuery($view: InboxView!, $count: Int!) {
      ...inbox_page @arguments(view: $view, count: $count)
    }
  `, { view, count });
  return h(Page, { query, view, count, commands });
}

function Page({ query, view, count, commands }) {
  const { data, loadNext, hasNext, isLoadingNext } = usePaginationFragment(graphql`
    fragment inbox_page on Query
    @refetchable(queryName: "inboxPageQuery")
    @argumentDefinitions(view: { type: "InboxView!" }, count: { type: "Int!" }, cursor: { type: "Cursor" }) {
      conversations(view: $view, first: $count, after: $cursor) @connection(key: "inbox_conversations", filters: ["view"]) {
        __id
        asOf
        edges {
          node {
            id
            ...inbox_row
          }
        }
      }
    }
  `, query);
  const list = data.conversations.__id;
  useSubscription(useMemo(() => ({
    subscription: graphql`
      subscription inboxLiveSubscription($view: InboxView!, $after: Cursor) {
        inboxEvents(view: $view, after: $after) {
          __typename
          cursor
          ... on ConversationEntered {
            conversation {
              id
              ...inbox_row
            }
          }
          ... on ConversationChanged {
            conversation {
              id
              ...inbox_row
            }
          }
          ... on ConversationLeft {
            conversationId
          }
          ... on StreamEnded {
            resubscribe
          }
        }
      }
    `,
    variables: { view, after: data.conversations.asOf },
    updater(store) {
      const event = store.getRootField('inboxEvents');
      const rows = store.get(list);
      switch (event.getValue('__typename')) {
        case 'ConversationEntered': {
          const row = event.getLinkedRecord('conversation');
          ConnectionHandler.deleteNode(rows, row.getDataID());
          ConnectionHandler.insertEdgeBefore(rows, ConnectionHandler.createEdge(store, rows, row, 'ConversationEdge'));
          break;
        }
        case 'ConversationLeft':
          ConnectionHandler.deleteNode(rows, event.getValue('conversationId'));
      }
    },
    // The position of the first page, once: what comes later comes by the stream.
  }), [view, list]));
  useEffect(() => commands.on('more', () => loadNext(count)), [loadNext]);
  const rows = data.conversations.edges;
  return [
    ...rows.map(({ node }, i) => h(Row, { key: node.id, row: node, isFirst: i === 0 })),
    h(State, { key: 'state', rows: rows.map(({ node }) => node.id), hasNext, isLoadingNext }),
  ];
}

function State({ rows, hasNext, isLoadingNext }) {
  useEffect(() => { if (!isLoadingNext) say({ rows, hasNext }); }, [rows.join(), hasNext, isLoadingNext]);
  return null;
}

function Row({ row, isFirst }) {
  const { id, name, unreadCount, lastMessage } = useFragment(graphql`
    fragment inbox_row on Conversation {
      id
      name
      unreadCount
      lastMessage {
        text
      }
    }
  `, row);
  useEffect(() => { if (isFirst) say({ first: { id, name, unreadCount, text: lastMessage?.text } }); }, [id, name, unreadCount, lastMessage?.text, isFirst]);
  return null;
}

/** Details of one conversation, which are fetched anew by its id. */
function Details({ id, commands }) {
  const { node } = useLazyLoadQuery(graphql`
    query inboxDetailsQuery($id: ID!) {
      node(id: $id) {
        ...inbox_details @alias(as: "conversation")
      }
    }
  `, { id });
  const [details, refetch] = useRefetchableFragment(graphql`
    fragment inbox_details on Conversation @refetchable(queryName: "inboxDetailsRefetchQuery") {
      id
      status
      follower {
        name
      }
    }
  `, node.conversation);
  useEffect(() => commands.on('again', () => refetch({}, { fetchPolicy: 'network-only' })), [refetch]);
  useEffect(() => say({ details: details.id, status: details.status, follower: details.follower?.name ?? null }), [details]);
  return null;
}

module.exports = { Inbox, Details };
