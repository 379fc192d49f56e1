// Writes persisted-documents.json, as graphql-codegen's client preset makes it.
// Usage: node codegen.mjs SCHEMA DOCUMENTS FOLDER ALGORITHM
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { codegen } from "@graphql-codegen/core";
import { preset } from "@graphql-codegen/client-preset";
import { buildASTSchema, parse } from "graphql";

const [schemaFile, documentsFile, folder, hashAlgorithm] = process.argv.slice(2);
const schema = parse(readFileSync(schemaFile, "utf8"));
const text = readFileSync(documentsFile, "utf8");
const options = {
  baseOutputDir: folder,
  schema,
  schemaAst: buildASTSchema(schema),
  documents: [{ location: documentsFile, document: parse(text), rawSDL: text }],
  config: {},
  plugins: [],
  pluginMap: {},
  presetConfig: { persistedDocuments: { hashAlgorithm } },
};
for (const output of await preset.buildGeneratesSection(options)) {
  const content = await codegen(output);
  mkdirSync(path.dirname(output.filename), { recursive: true });
  writeFileSync(output.filename, content);
}
