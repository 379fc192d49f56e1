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

  const fetcher = async (operation, options) => {
    const body = named(operation) ? operation : { ...operation, operationName: undefined };
    const response = await fetch(location.pathname, {
      method: 'POST',
      headers: {
        ...options?.headers,
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
    return response.json();
  };

  const asked = new URLSearchParams(location.search);
  const shared = { query: asked.get('query') || undefined, variables: asked.get('variables') || undefined };
  // Tabs are for the first visit; to those of an earlier one GraphiQL adds what the address asks for.
  const tabs = settings.examples.map((query) => ({ query }));
  if (shared.query) tabs.unshift(shared);

  YogaGraphiQL.renderYogaGraphiQL(root, {
    fetcher,
    title: 'Atrium',
    logo: settings.logo,
    defaultTabs: tabs.length ? tabs : undefined,
    initialQuery: shared.query,
    initialVariables: shared.variables,
    shouldPersistHeaders: false,
    onEditQuery: () => {},
  });
})();
