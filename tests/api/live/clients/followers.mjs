// The clients of the JavaScript world, each following the events of an execution until the last one.
// usage: followers.mjs CLIENT URL ID TOKEN; prints each event's `seq` and message as a line of JSON. What a client
// does not do by itself, coming back with the place that was reached, is done here once for all of them.
import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, subscriptionExchange } from '@urql/core';
import { createClient as createEventsClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import relay from 'relay-runtime';
import { onEnd, pipe, subscribe } from 'wonka';
import WebSocket from 'ws';
import RELAY_SUBSCRIPTION from './__generated__/followersSubscription.graphql.js';

// Apollo's link compares with the browser's own.
globalThis.WebSocket ??= WebSocket;

const [name, url, id, token] = process.argv.slice(2);
const Authorization = `Bearer ${token}`;
const QUERY = `subscription followersSubscription($id: ID!, $after: BigInt) {
  executionEvents(id: $id, after: $after) { id seq message }
}`;

const overSocket = () =>
  createSocketClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization },
    retryAttempts: 0,
  });
const stream = (client) => (variables, sink) => client.subscribe({ query: QUERY, variables }, sink);

const clients = {
  'graphql-ws': () => stream(overSocket()),
  'graphql-sse': () => stream(createEventsClient({ url, headers: { Authorization }, retryAttempts: 0 })),
  apollo: () => {
    const client = new ApolloClient({ cache: new InMemoryCache(), link: new GraphQLWsLink(overSocket()) });
    return (variables, sink) => client.subscribe({ query: gql(QUERY), variables }).subscribe({
      ...sink,
      next: ({ data, error }) => (error ? sink.error(error) : sink.next({ data })),
    });
  },
  urql: () => {
    const socket = overSocket();
    const forwardSubscription = ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
    });
    const client = new Client({ url, exchanges: [subscriptionExchange({ forwardSubscription })] });
    return (variables, sink) => pipe(
      client.subscription(QUERY, variables),
      onEnd(sink.complete),
      subscribe(({ data, error }) => (error ? sink.error(error) : sink.next({ data }))),
    );
  },
  relay: () => {
    const socket = overSocket();
    const environment = new relay.Environment({
      store: new relay.Store(new relay.RecordSource()),
      network: relay.Network.create(
        () => { throw new Error('there are no queries'); },
        ({ name: operationName, text: query }, variables) =>
          relay.Observable.create((sink) => socket.subscribe({ operationName, query, variables }, sink)),
      ),
    });
    return (variables, sink) => relay.requestSubscription(environment, {
      subscription: RELAY_SUBSCRIPTION,
      variables,
      onNext: (data) => sink.next({ data }),
      onError: sink.error,
      onCompleted: sink.complete,
    });
  },
};

const follow = clients[name]();
let after = null;
for (let last = false; !last; ) {
  await new Promise((end) => {
    follow({ id, after }, {
      next: ({ data }) => {
        const { seq, message } = data.executionEvents;
        after = seq;
        last = message === 'last';
        console.log(JSON.stringify([Number(seq), message]));
        if (last) end();
      },
      error: end,
      complete: end,
    });
  });
  if (!last) await new Promise((wake) => setTimeout(wake, 50));
}
process.exit(0);
