// A worker for Atrium in one file: it claims executions, reports its steps, and completes them.

const url = process.env.ATRIUM_URL ?? "http://127.0.0.1:8000/graphql";
const key = process.env.ATRIUM_WORKER_KEY;
const leaseSeconds = 30;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Step = { seq: number; status: string };
type Claimed = {
  executionId: string;
  token: string;
  input: Json;
  agent: { name: string } | null;
  steps: Step[];
};
type LeaseState = { executionId: string; held: boolean; status: string };

class LeaseLost extends Error {}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Run a mutation. What gets no answer is sent again, since the API does no numbered write twice. */
async function call<Payload>(name: string, selection: string, input: Json): Promise<Payload> {
  const kind = `${name[0].toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation Worker($input: ${kind}!) {
    ${name}(input: $input) { ${selection} errors { code message } }
  }`;
  for (;;) {
    let response: Response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) },
        body: JSON.stringify({ query, variables: { input } }),
      });
      if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
    } catch (error) {
      console.error(`No answer from ${url} (${error}); trying again.`);
      await sleep(1);
      continue;
    }
    const answer = await response.json();
    if (answer.errors) throw new Error(answer.errors[0].message);
    const [fault] = answer.data[name].errors;
    if (fault?.code === "LEASE_LOST") throw new LeaseLost(fault.message);
    if (fault) throw new Error(fault.message);
    return answer.data[name];
  }
}

/** One execution in our hands. `write` numbers what we write to it. */
class Run {
  lost = false;
  private writes = 0;

  constructor(readonly claimed: Claimed) {}

  get lease() {
    return { executionId: this.claimed.executionId, token: this.claimed.token };
  }

  async write(name: string, values: { [name: string]: Json }): Promise<void> {
    if (this.lost) throw new LeaseLost("The heartbeat said so.");
    await call(name, "", { lease: this.lease, write: String(this.writes + 1), ...values });
    this.writes++; // Only now: a write that is refused has not taken its number.
  }
}

/** The work itself: put your own here. */
async function work(run: Run): Promise<void> {
  const name = run.claimed.agent?.name ?? "execution";
  // What another worker did before it fell silent need not be done again.
  const ended = run.claimed.steps.filter((step) => step.status === "COMPLETED").map((step) => step.seq);
  if (!ended.includes(1)) await think(run, name);
  await run.write("completeExecution", { output: { said: `Hello from ${name}.`, input: run.claimed.input } });
}

async function think(run: Run, name: string): Promise<void> {
  await run.write("recordStep", { seq: 1, nodeId: "think", status: "RUNNING", stepsTotal: 1 });
  await run.write("appendEvents", { events: [{ message: `${name} is thinking in TypeScript.` }] });
  await sleep(1);
  await run.write("recordStep", { seq: 1, nodeId: "think", status: "COMPLETED", usage: { tokens: "42" } });
}

let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (stopping = true));

console.log(`Waiting for agents' executions of ${url}. Ctrl-C stops.`);
while (!stopping) {
  const { executions } = await call<{ executions: Claimed[] }>(
    "claimExecutions",
    "executions { executionId token input agent { name } steps { seq status } }",
    { worker: `typescript-${process.pid}`, kinds: ["AGENT"], limit: 1, leaseSeconds },
  );
  for (const claimed of executions) {
    const run = new Run(claimed);
    const beat = async () => {
      const { leases } = await call<{ leases: LeaseState[] }>("heartbeat", "leases { executionId held status }", {
        leases: [run.lease],
        leaseSeconds,
      });
      run.lost = !leases[0].held;
    };
    const heart = setInterval(() => void beat().catch(console.error), (leaseSeconds * 1000) / 3);
    try {
      await work(run);
      console.log(`Done: ${claimed.executionId}`);
    } catch (error) {
      if (error instanceof LeaseLost) console.log(`No longer ours: ${claimed.executionId}`);
      else {
        await run.write("failExecution", { code: "WORKER_ERROR", message: String(error), retryable: true });
      }
    } finally {
      clearInterval(heart);
    }
  }
  if (!executions.length && !stopping) await sleep(1);
}
