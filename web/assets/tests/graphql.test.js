import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask, fieldsOf } from '../graphql.js';

/** Answers the next questions with this; gives what was asked. */
function answer(status, body) {
  const asked = [];
  globalThis.fetch = async (url, options) => {
    asked.push({ url, ...JSON.parse(options.body) });
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return asked;
}

test('an answer is its data', async () => {
  const asked = answer(200, { data: { service: { name: 'Fieldbook' } } });
  assert.deepEqual(await ask('{ service { name } }', { a: 1 }), { service: { name: 'Fieldbook' } });
  assert.deepEqual(asked, [{ url: '/graphql', query: '{ service { name } }', variables: { a: 1 } }]);
});

test('an error keeps the words, the code and the details of the server', async () => {
  answer(400, { errors: [{ message: 'Too many', extensions: { code: 'LIMIT_EXCEEDED', limit: 5 } }] });
  await assert.rejects(ask('{ a }'), {
    message: 'Too many',
    code: 'LIMIT_EXCEEDED',
    details: { limit: 5 },
    denied: false,
  });
});

test('a problem is an error, too', async () => {
  answer(401, { title: 'Unauthenticated', detail: 'Show a key.', code: 'UNAUTHENTICATED' });
  await assert.rejects(ask('{ a }'), { message: 'Show a key.', code: 'UNAUTHENTICATED', denied: true });
});

test('so is an answer in part, unless the caller can do with it', async () => {
  answer(200, { data: { a: null }, errors: [{ message: 'No' }] });
  await assert.rejects(ask('{ a }'), { message: 'No', code: 'INTERNAL' });
  assert.deepEqual(await ask('{ a }', {}, { partial: true }), { a: null });
});

test("a proxy's page, and no answer at all, are told apart", async () => {
  answer(502, '<html>');
  await assert.rejects(ask('{ a }'), { message: 'The service answered with status 502.' });
  globalThis.fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  await assert.rejects(ask('{ a }'), { code: 'UNREACHABLE' });
});

test('who gave up gets no error of ours', async () => {
  const given = new AbortController();
  globalThis.fetch = async () => {
    given.abort();
    throw given.signal.reason;
  };
  await assert.rejects(ask('{ a }', {}, { signal: given.signal }), { name: 'AbortError' });
});

test('the fields of a type are asked for once, and again where that failed', async () => {
  answer(503, { title: 'Unavailable', code: 'UNAVAILABLE' });
  await assert.rejects(fieldsOf('Reading'));
  const asked = answer(200, { data: { __type: { fields: [{ name: 'time' }, { name: 'flagReason' }] } } });
  assert.ok((await fieldsOf('Reading')).has('flagReason'));
  await fieldsOf('Reading');
  assert.equal(asked.length, 1);
});
