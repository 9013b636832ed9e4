// The whole audit suite of graphql-http against a service: node audits.mjs URL
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
const audits = serverAudits({ url, fetchFn: fetch });
if (audits.length < 60) {
  throw new Error(`only ${audits.length} audits`);
}
const failed = [];
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status !== 'ok') {
    failed.push(`${audit.id} ${result.status}: ${audit.name}: ${result.reason}`);
  }
}
if (failed.length > 0) {
  console.error(failed.join('\n'));
  process.exit(1);
}
console.log(`${audits.length} audits ok`);
