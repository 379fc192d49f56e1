(() => {
  const settings = JSON.parse(document.getElementById('settings').textContent);
  const root = document.getElementById('graphiql');

  if (typeof YogaGraphiQL === 'undefined') {
    const message = document.createElement('p');
    message.textContent = settings.missing;
    root.replaceChildren(message);
    return;
  }

  // A worker cannot be given an integrity hash, and none may come from another origin; a checked blob can.
  const startWorker = async (label) => {
    const { url, integrity } = settings.workers[label] ?? settings.workers.editorWorkerService;
    const response = await fetch(url, { integrity, credentials: 'omit' });
    const source = URL.createObjectURL(new Blob([await response.text()], { type: 'text/javascript' }));
    const worker = new Worker(source);
    URL.revokeObjectURL(source);
    return worker;
  };
  self.MonacoEnvironment = { globalAPI: false, getWorker: (_module, label) => startWorker(label) };

  // GraphiQL notices a new operation name only some time after it was typed, and would still send the old one.
  const named = ({ query, operationName }) =>
    new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query);

  // A token comes behind the #, which browsers send nowhere, and is kept for this tab of the browser alone.
  const arrived = new URLSearchParams(location.hash.slice(1)).get('token');
  if (arrived !== null) {
    sessionStorage.setItem('atrium:token', arrived);
    history.replaceState(null, '', location.pathname + location.search);
  }
  const token = sessionStorage.getItem('atrium:token');
  const authorization = token ? `Bearer ${token}` : '';
  const headers = JSON.stringify({ Authorization: authorization }, null, 2);

  // What stands in the headers pane goes first; there an empty value means that the header is not sent.
  const sent = (pane = {}) => {
    const names = Object.keys(pane).map((name) => name.toLowerCase());
    const all = names.includes('authorization') ? pane : { ...pane, Authorization: authorization };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  };

  const post = (operation, options, accept, signal) =>
    fetch(location.pathname, {
      method: 'POST',
      headers: { ...sent(options?.headers), accept, 'content-type': 'application/json' },
      body: JSON.stringify(named(operation) ? operation : { ...operation, operationName: undefined }),
      signal,
    });

  // By the text, for the same reason: what GraphiQL has parsed may be older.
  const subscribes = (operation) => {
    const text = operation.query.replace(/#.*/g, '');
    const kinds = [...text.matchAll(/(?:^|\})\s*(query|mutation|subscription)\b\s*(\w*)/g)];
    const chosen = named(operation) ? kinds.find(([, , name]) => name === operation.operationName) : kinds[0];
    return chosen?.[1] === 'subscription';
  };

  // The data of each event whose end has come, and what stands behind the last of them.
  const split = (text) => {
    const blocks = text.split('\n\n');
    const rest = blocks.pop();
    const lines = blocks.flatMap((block) => block.split('\n').filter((line) => line.startsWith('data: {')));
    return [lines.map((line) => JSON.parse(line.slice('data: '.length))), rest];
  };

  // Events come over the same path and with the same headers; GraphiQL calls return() to stop them.
  const subscribe = (operation, options) => {
    const stop = new AbortController();
    const results = (async function* () {
      const response = await post(operation, options, 'text/event-stream', stop.signal);
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
        yield await response.json();
        return;
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
        let found;
        [found, rest] = split(rest + value);
        yield* found;
      }
    })();
    const next = async () => {
      try {
        return await results.next();
      } catch (error) {
        if (stop.signal.aborted) return { done: true };
        throw error;
      }
    };
    const end = async () => {
      stop.abort();
      return { done: true };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
  };

  const fetcher = async (operation, options) => {
    if (subscribes(operation)) return subscribe(operation, options);
    const accept = 'application/graphql-response+json, application/json;q=0.9';
    return (await post(operation, options, accept)).json();
  };

  const asked = new URLSearchParams(location.search);
  const shared = {
    query: asked.get('query') || undefined,
    variables: asked.get('variables') || undefined,
    headers,
  };
  // Tabs are for the first visit; to those of an earlier one GraphiQL adds what the address asks for.
  const tabs = settings.examples.map((query) => ({ query, headers }));
  if (shared.query) tabs.unshift(shared);

  YogaGraphiQL.renderYogaGraphiQL(root, {
    fetcher,
    title: 'Atrium',
    logo: settings.logo,
    defaultTabs: tabs.length ? tabs : undefined,
    initialQuery: shared.query,
    initialVariables: shared.variables,
    initialHeaders: headers,
    defaultHeaders: headers,
    shouldPersistHeaders: false,
    onEditQuery: () => {},
  });
})();
