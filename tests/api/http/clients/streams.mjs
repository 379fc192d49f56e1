// graphql-ws and graphql-sse as their users write them. usage: streams.mjs URL MODE; prints what they got as JSON.
import { createClient as createSocketClient } from 'graphql-ws';
import { createClient as createEventsClient } from 'graphql-sse';
import WebSocket from 'ws';

const [url, mode, token] = process.argv.slice(2);
const socketUrl = url.replace(/^http/, 'ws');
// By themselves they give up when nobody listens, as while a server restarts.
const patient = { shouldRetry: () => true, retryAttempts: 200, retry: async () => new Promise((resolve) => setTimeout(resolve, 50)) };

const overSocket = (options = {}) =>
  createSocketClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: token ? { Authorization: `Bearer ${token}` } : undefined,
    retryAttempts: 0,
    ...options,
  });
const overEvents = (options = {}) =>
  createEventsClient({
    url,
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    retryAttempts: 0,
    ...options,
  });

const all = async (client, query, variables) => {
  const results = [];
  for await (const result of client.iterate({ query, variables })) results.push(result);
  return results;
};

const everything = async (client) => {
  const found = {
    query: await all(client, '{ hello }'),
    mutation: await all(client, 'mutation { change }'),
    subscription: await all(client, 'subscription ($n: Int!) { ticks(count: $n) }', { n: 3 }),
  };
  try {
    found.invalid = await all(client, '{ unknown }');
  } catch (errors) {
    found.invalid = errors;
  }
  return found;
};

const refused = async (client) => {
  try {
    return { results: await all(client, '{ hello }') };
  } catch (error) {
    return { code: error.code, reason: error.reason, status: error.response?.status };
  }
};

// Reads until an event says so, over whatever happens to the server in between.
const persistent = async (client) => {
  const values = [];
  for await (const { data } of client.iterate({ query: 'subscription { feed(name: "a") { value } }' })) {
    values.push(data.feed.value);
    console.log(JSON.stringify({ value: data.feed.value }));
    if (data.feed.value === 'last') break;
  }
  return values;
};

const modes = {
  everything: async () => ({ socket: await everything(overSocket()), events: await everything(overEvents()) }),
  refused: async () => ({ socket: await refused(overSocket()), events: await refused(overEvents()) }),
  'persistent-socket': () => persistent(overSocket({ ...patient, retryWait: patient.retry })),
  'persistent-events': () => persistent(overEvents(patient)),
  'keep-alive': async () => {
    const client = overSocket({ keepAlive: 50, lazy: false });
    const pongs = await new Promise((resolve) => {
      let count = 0;
      client.on('pong', () => (count += 1) >= 3 && resolve(count));
    });
    return { pongs };
  },
};
console.log(JSON.stringify(await modes[mode]()));
process.exit(0);
