// PostGraphile over every table of the schema `public`, on Node's http server, as its documentation sets it up
// for production: no GraphiQL, no watching, no explaining.
// node server.mjs '{"host": …, "user": …, "database": …}' CONNECTIONS
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const [address, connections] = process.argv.slice(2);

// PostGraphile leaves out what no index serves. The foreign keys of the schema carry the owner along, and no
// index begins with both columns: with keys of one column it has these relations too, and joins by the index.
// The column `mode` has no index, yet a filter asks for it beside what has one.
const tagged = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      "public.messages": { tags: { foreignKey: ["(session_id) references sessions (id)"] } },
      "public.tool_calls": { tags: { foreignKey: ["(message_id) references messages (id)"] } },
    },
    attribute: { "public.sessions.mode": { tags: { behavior: "+filterBy" } } },
  },
});

const preset = {
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  plugins: [tagged],
  schema: { connectionFilterRelations: true },
  pgServices: [
    makePgService({
      poolConfig: { ...JSON.parse(address), max: Number(connections) },
      schemas: ["public"],
    }),
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false, watch: false },
  grafast: { explain: false },
};

const server = createServer();
server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});

// The other end of the standard input is held open by the parent as long as it lives, however it ends.
process.stdin.on("end", () => process.exit()).resume();
