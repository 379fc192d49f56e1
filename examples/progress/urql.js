// The state of an execution, with urql over graphql-ws. Whoever subscribes again gets the present state first,
// so a connection that comes back needs nothing else.

import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { pipe, subscribe } from 'wonka';
import { api, credentials, id, showExecution, showLine } from './page.js';

const EXECUTION = gql`
  subscription Execution($id: ID!) {
    executionUpdated(id: $id) {
      id
      status
      progress
    }
  }
`;

const socket = createClient({
  url: api.replace(/^http/, 'ws'),
  connectionParams: credentials,
  retryAttempts: Infinity,
  shouldRetry: () => true,
  on: {
    connected: () => showLine('connected'),
    closed: () => showLine('connecting again …'),
  },
});

const client = new Client({
  url: api,
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: query ?? '', variables }, sink) }),
      }),
    }),
  ],
});

pipe(
  client.subscription(EXECUTION, { id }),
  subscribe(({ data, error }) => {
    if (error) showLine(error.message);
    if (data) showExecution(data.executionUpdated);
  }),
);
