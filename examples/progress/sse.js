// The events of an execution, with graphql-sse. The place in the list is the page's own: it remembers the last
// `seq`, and begins after it when it comes back.

import { createClient } from 'graphql-sse';
import { api, credentials, id, showEvent, showExecution, showLine } from './page.js';

const EVENTS = `
  subscription Events($id: ID!, $after: BigInt) {
    executionEvents(id: $id, after: $after) {
      seq
      message
      execution {
        status
        progress
      }
    }
  }
`;

const client = createClient({ url: api, headers: credentials, retryAttempts: 0 });

async function follow() {
  let after = null;
  for (;;) {
    try {
      for await (const { data, errors } of client.iterate({ query: EVENTS, variables: { id, after } })) {
        if (errors) throw errors[0];
        showLine('connected');
        showEvent(data.executionEvents);
        showExecution(data.executionEvents.execution);
        after = data.executionEvents.seq;
        // Nothing comes after the end, and a connection may be lost before it says so.
        if (['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT'].includes(data.executionEvents.execution.status)) {
          showLine('ended');
        }
      }
      return;
    } catch (error) {
      const { code, resumeAfter } = error.extensions ?? {};
      if (code === 'NOT_FOUND' || code === 'FORBIDDEN') {
        showLine(error.message);
        return;
      }
      if (code === 'EVENTS_EXPIRED') after = resumeAfter;
      showLine('connecting again …');
      await new Promise((wake) => setTimeout(wake, 300 + 700 * Math.random()));
    }
  }
}

follow();
