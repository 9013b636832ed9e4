/**
 * A browser at a Fieldbook, and what is wrong with a page: errors of its console, requests that leave the host, text
 * that does not fit, what axe-core finds serious, HTML that is not valid.
 *
 * FIELDBOOK_URL is the service; FIELDBOOK_CHROMIUM the browser, if it is not Debian's; FIELDBOOK_SHOTS a folder for
 * pictures, which are taken only then.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const base = process.env.FIELDBOOK_URL ?? 'http://127.0.0.1:8000';
const shots = process.env.FIELDBOOK_SHOTS;

export const widths = [360, 768, 1280];

/** Without its own network errands, which leave the host. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch() {
  // Root may not use the sandbox, and tests may be root's.
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: process.env.FIELDBOOK_CHROMIUM ?? '/usr/bin/chromium',
    args: isRoot ? [...FLAGS, '--no-sandbox'] : FLAGS,
  });
}

/** A page that notes what must not happen. `problems` grows while it is used. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ baseURL: base, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') {
      problems.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOwn = url.origin === base || ['data:', 'blob:'].includes(url.protocol);
    if (!isOwn) {
      problems.push(`a request left the host: ${request.url()}`);
    }
  });
  return { context, page, problems };
}

/** What is too wide for the window, but for what scrolls within itself. */
export async function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) {
      return [];
    }
    const wide = [...document.querySelectorAll('main *, header *, footer *')].filter(
      (element) => element.getBoundingClientRect().right > width + 1 && !element.closest('.scroll, pre, .snippet, nav'),
    );
    return wide.slice(0, 3).map((element) => `too wide: <${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}">`);
  });
}

/** What axe-core finds serious or critical. What the policy forbids of its own probes is none of the page's `problems`. */
export async function axe(page, problems) {
  const before = problems.length;
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  problems.length = before;
  return found.violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `axe ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: {
    // How the HTML is laid out, and how long its titles are, is not what it is.
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
    'void-style': 'off',
    'doctype-style': ['error', { style: 'lowercase' }],
    // Checkboxes of one name are one list.
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'submit', 'button', 'reset'] }],
    'no-implicit-button-type': 'off',
    // Signs and bidi isolation are meant.
    'no-raw-characters': 'off',
    'prefer-native-element': 'off',
  },
});

/** What is not valid in the HTML of an address. */
export async function html(path) {
  const response = await fetch(base + path, { headers: { accept: 'text/html' } });
  const report = await validator.validateString(await response.text());
  return report.results.flatMap((result) =>
    result.messages.map((message) => `html ${message.line}:${message.column} ${message.ruleId}: ${message.message}`),
  );
}

export async function shot(page, name) {
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  }
}

/** Ends the process with what was found. */
export function finish(problems) {
  for (const problem of problems) {
    console.error(problem);
  }
  console.log(problems.length === 0 ? 'all is well' : `${problems.length} problems`);
  process.exit(problems.length === 0 ? 0 : 1);
}

/** Waits for a level, never for an edge; gives up after a time in which nothing here takes so long. */
export async function until(what, holds) {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Error(`never came: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
