/** Validates every `*.graphql` of a folder against a schema: `documents.mjs SCHEMA FOLDER`. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';

const [sdl, folder] = process.argv.slice(2);
const schema = buildSchema(readFileSync(sdl, 'utf8'));
const names = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
const problems = names.flatMap((name) => {
  const document = parse(readFileSync(`${folder}/${name}`, 'utf8'));
  return validate(schema, document).map((error) => `${name}: ${error.message}`);
});
for (const problem of problems) {
  console.error(problem);
}
console.log(`${names.length} documents`);
process.exit(problems.length === 0 ? 0 : 1);
