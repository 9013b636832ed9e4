// What an OpenID Connect issuer does with its keys, by Node's own cryptography: makes key pairs, publishes their public
// halves, and signs tokens. Reads from standard input what is wanted, and writes it to standard output, both as JSON:
//
// { "keys": [{ "kid", "alg" }], "tokens": { name: { "kid", "header"?, "claims", "hmac"?, "unsigned"?, "forged"? } } }

import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const wanted = JSON.parse(readFileSync(0, 'utf8'));

const kinds = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

const keys = {};
for (const { kid, alg } of wanted.keys) {
  keys[kid] = { alg, ...kinds[alg]() };
}

const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function signature(alg, key, message) {
  switch (alg) {
    case 'RS256':
      return sign('sha256', message, key);
    case 'PS256':
      return sign('sha256', message, { key, padding: 6, saltLength: 32 });
    case 'ES256':
      return sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
    case 'ES384':
      return sign('sha384', message, { key, dsaEncoding: 'ieee-p1363' });
    case 'EdDSA':
      return sign(null, message, key);
  }
}

function token({ kid, header, claims, hmac, unsigned, forged }) {
  const { alg, privateKey, publicKey } = keys[kid];
  const message = `${text({ alg, kid, typ: 'JWT', ...header })}.${text(claims)}`;
  let signed;
  if (unsigned) {
    signed = Buffer.alloc(0);
  } else if (hmac) {
    // The old confusion: what everybody knows, taken for a shared secret.
    const secret = publicKey.export({ type: 'spki', format: hmac });
    signed = createHmac('sha256', secret).update(message).digest();
  } else {
    signed = signature(alg, forged ? kinds[alg]().privateKey : privateKey, Buffer.from(message));
  }
  return `${message}.${signed.toString('base64url')}`;
}

const tokens = Object.fromEntries(Object.entries(wanted.tokens).map(([name, one]) => [name, token(one)]));
const published = Object.fromEntries(
  Object.entries(keys).map(([kid, { alg, publicKey }]) => [
    kid,
    { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
  ]),
);
console.log(JSON.stringify({ keys: published, tokens }));
