/** Validates every `*.graphql` of a folder, and a module's `examples`, against a schema: `documents.mjs SCHEMA FOLDER MODULE`. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';

const [sdl, folder, module] = process.argv.slice(2);
const { examples } = await import(module);
const schema = buildSchema(readFileSync(sdl, 'utf8'));
const names = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
const documents = [
  ...names.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]),
  ...examples.map(({ title, query }) => [title, query]),
];
const problems = documents.flatMap(([name, text]) => validate(schema, parse(text)).map((error) => `${name}: ${error.message}`));
for (const problem of problems) {
  console.error(problem);
}
console.log(`${names.length} documents, ${examples.length} examples`);
process.exit(problems.length === 0 ? 0 : 1);
