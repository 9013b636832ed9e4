/**
 * Questions to the API: one POST to /graphql each, and one kind of error for whatever goes wrong on the way.
 */

/** Longer than the service's own limit of an answer (30 s), so that its word comes before ours. */
const ANSWER_MS_MAX = 35_000;

/** An error whose `code` is one of docs/reference/errors.md, or `UNREACHABLE` where there was no answer at all. */
export class GraphqlError extends Error {
  /**
   * @param {string} message what went wrong, in the server's words where it has any
   * @param {string} code
   * @param {Record<string, unknown>} [details] what else the error says, such as `argument` or `retryAfterSeconds`
   */
  constructor(message, code, details = {}) {
    super(message);
    this.name = 'GraphqlError';
    this.code = code;
    this.details = details;
  }

  /** Whether another user, or the same one signed in, may see what this one may not. */
  get denied() {
    return this.code === 'UNAUTHENTICATED' || this.code === 'FORBIDDEN';
  }
}

/**
 * Asks, and gives the data. An answer in part is an error, too, unless `partial` says that the caller can do with it.
 *
 * @param {string} document
 * @param {Record<string, unknown>} [variables]
 * @param {{signal?: AbortSignal, partial?: boolean}} [options]
 * @returns {Promise<any>}
 * @throws {GraphqlError} or an `AbortError`, when the caller gave up
 */
export async function ask(document, variables = {}, { signal, partial = false } = {}) {
  const answer = await post({ query: document, variables }, signal);
  const body = await readJson(answer, signal);
  const error = errorOf(answer, body);
  if (error && !(partial && body?.data)) {
    throw error;
  }
  return body.data;
}

async function post(body, signal) {
  try {
    return await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
      },
      body: JSON.stringify(body),
      credentials: 'same-origin',
      signal: withDeadline(signal),
    });
  } catch (error) {
    throw unreachable(error, signal);
  }
}

async function readJson(answer, signal) {
  try {
    return await answer.json();
  } catch (error) {
    if (error instanceof SyntaxError) {
      // A proxy's page of HTML: its status is all that there is to say.
      return null;
    }
    throw unreachable(error, signal);
  }
}

/** What the caller gave up stays what it is; everything else is a service that can't be reached. */
function unreachable(error, signal) {
  return signal?.aborted ? error : new GraphqlError('The service does not answer.', 'UNREACHABLE');
}

function withDeadline(signal) {
  const deadline = AbortSignal.timeout(ANSWER_MS_MAX);
  // Browsers without `any` have no deadline, but can be given up by the caller, which matters more.
  return signal ? (AbortSignal.any?.([signal, deadline]) ?? signal) : deadline;
}

/** The first error of an answer in GraphQL's form, in that of RFC 9457, or in none. */
function errorOf(answer, body) {
  const first = body?.errors?.[0];
  if (first) {
    const { code, ...details } = first.extensions ?? {};
    return new GraphqlError(String(first.message), code ?? 'INTERNAL', details);
  }
  if (body?.data) {
    return null;
  }
  const said = body?.detail ?? body?.title ?? `The service answered with status ${answer.status}.`;
  return new GraphqlError(String(said), body?.code ?? 'INTERNAL', body ?? {});
}

/** @type {Map<string, Promise<Set<string>>>} */
const fieldsOfTypes = new Map();

/**
 * The names of a type's fields as this server has them; asked once a page.
 *
 * @param {string} type
 * @returns {Promise<Set<string>>}
 */
export function fieldsOf(type) {
  let known = fieldsOfTypes.get(type);
  if (!known) {
    known = ask('query Fields($type: String!) { __type(name: $type) { fields { name } } }', { type }).then(
      (data) => new Set((data.__type?.fields ?? []).map((field) => field.name)),
    );
    known.catch(() => fieldsOfTypes.delete(type));
    fieldsOfTypes.set(type, known);
  }
  return known;
}
