// A receiver of webhooks that checks signatures with the library that the authors of the specification keep.
//
// First argument: the secret. It says `listening PORT`, then a line of JSON for each request. What it answers, its path says:
// /ok 204, /fail/N 500 for the first N requests and then 204, /redirect 302 to /ok, /gone 410, /slow nothing.
// It ends with its input.

import http from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.argv[2]);
const seen = new Map();

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    let verified = true;
    try {
      webhook.verify(body, request.headers);
    } catch {
      verified = false;
    }
    const before = seen.get(request.url) ?? 0;
    seen.set(request.url, before + 1);
    const [, kind, count] = request.url.split('/');
    const status = { ok: 204, fail: before < Number(count) ? 500 : 204, redirect: 302, gone: 410 }[kind];
    console.log(JSON.stringify({
      path: request.url,
      method: request.method,
      type: request.headers['content-type'],
      id: request.headers['webhook-id'],
      verified,
      body: JSON.parse(body),
    }));
    if (status !== undefined) {
      response.writeHead(status, status === 302 ? { location: '/ok' } : {}).end();
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.stdin.on('end', () => process.exit(0)).resume();
