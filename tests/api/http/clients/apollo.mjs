// Asks the same query twice through Apollo Client with its persisted-query link, and prints what went over the wire.
// Usage: node apollo.mjs URL [get]
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const [url, mode] = process.argv.slice(2);
const sent = [];

async function recording(input, options) {
  const asked = new URL(input);
  const body = options.method === "GET" ? Object.fromEntries(asked.searchParams) : JSON.parse(options.body);
  if (options.method === "GET") body.extensions = JSON.parse(body.extensions);
  const response = await fetch(input, options);
  sent.push({
    method: options.method,
    hash: body.extensions?.persistedQuery?.sha256Hash ?? null,
    query: body.query ?? null,
    status: response.status,
  });
  return response;
}

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.from([
    new PersistedQueryLink({
      sha256: (text) => createHash("sha256").update(text).digest("hex"),
      useGETForHashedQueries: mode === "get",
    }),
    new HttpLink({ uri: url, fetch: recording }),
  ]),
});

const query = gql`
  query Hello($name: String!) {
    hello(name: $name)
  }
`;
const answers = [];
for (const name of ["one", "two"]) {
  const { data } = await client.query({ query, variables: { name }, fetchPolicy: "no-cache" });
  answers.push(data.hello);
}
console.log(JSON.stringify({ answers, sent }));
