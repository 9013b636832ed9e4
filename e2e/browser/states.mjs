/**
 * Pages where something is not there, once each: `states.mjs away` with a dead database, `states.mjs closed` where nothing
 * is open without a key, `states.mjs part` with a key (FIELDBOOK_KEY) that opens one sensor, `states.mjs stale` where all
 * sensors are silent, `states.mjs empty` where there was never one.
 */
import { axe, base, finish, html, launch, open, overflow, shot } from './browser.mjs';

const state = process.argv[2];
const ALL = ['/', '/datasets', '/datasets/readings', '/sensors/', '/quality', '/freshness', '/incidents', '/lineage', '/glossary', '/connect'];

/** What pages answer, and what they say. */
const expected = {
  away: Object.fromEntries(ALL.map((path) => [path, [503, /not available just now/i]])),
  closed: Object.fromEntries(ALL.map((path) => [path, [401, /sign in to see this/i]])),
  part: {
    '/': [200, /sensor/i],
    '/sensors/': [200, /boiler pressure/i],
    '/datasets/readings': [200, /readings/i],
    '/quality': [200, /quality/i],
    '/quarantine': [403, /not open to you/i],
    '/keys': [200, /keys/i],
  },
  stale: {
    '/': [200, /stale/i],
    '/datasets/readings': [200, /stale/i],
    '/sensors/': [200, /stale/i],
    '/freshness': [200, /stale/i],
  },
  empty: {
    '/': [200, /none yet/i],
    '/datasets/readings': [200, /no readings/i],
    '/sensors/': [200, /no sensor/i],
    '/sensors/?view=map': [200, /no sensor/i],
    '/quality': [200, /no sensor|nothing/i],
    '/incidents': [200, /no incident/i],
    '/freshness': [200, /no sensor|nothing/i],
    '/lineage': [200, /lineage/i],
  },
}[state];

const problems = [];
const browser = await launch();
const { context, page, problems: seen } = await open(browser);
if (state === 'part') {
  await page.goto('/sign-in');
  await page.getByLabel('Key').fill(process.env.FIELDBOOK_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
}
for (const [path, [status, words]] of Object.entries(expected)) {
  const note = (found) => problems.push(...found.map((problem) => `${state} ${path}: ${problem}`));
  const response = await page.goto(path, { waitUntil: 'load' });
  if (response.status() !== status) {
    note([`status ${response.status()}, not ${status}`]);
  }
  const main = await page.locator('main').innerText();
  if (!words.test(main)) {
    note([`expected ${words} in ${JSON.stringify(main.slice(0, 300))}`]);
  }
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    note(await overflow(page));
  }
  note(await axe(page, seen));
  if (state !== 'part') {
    note(await html(path));
  }
  await shot(page, `${state}-${path.replaceAll(/[^a-z0-9]+/gi, '_')}`);
}
// The browser itself says of a status that it is none of success.
problems.push(...seen.filter((problem) => !/status of (401|403|503)/.test(problem)));
await context.close();
await browser.close();
console.log(`${state} at ${base}`);
finish(problems);
