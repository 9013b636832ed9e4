/**
 * Measures pages in a browser: node pages.mjs URL PATH-OF-A-DATASET PATH-OF-A-SENSOR RUNS
 *
 * - The dataset's page: first byte, and how much comes over the wire until it is whole, with nothing in the cache.
 * - The sensor's page, a year of it: from the call to the first picture (the server draws one), to the one to move about
 *   in, and from each gesture to the picture that answers it; how many points an answer held at most.
 * - Lighthouse's four marks of the dataset's page, as a phone and as a desk sees it.
 *
 * Prints a line for each.
 */
import { createServer } from 'node:net';
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromium } from 'playwright-core';

const [base, dataset, sensor, runsText] = process.argv.slice(2);
const runs = Number(runsText);
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const YEAR = 365 * 86_400_000;

/** Gestures, each narrowing what is seen of a year down to minutes. */
const ZOOMS = [
  ['a month', 1 / 12],
  ['two days', 1 / 15],
  ['three hours', 1 / 16],
  ['ten minutes', 1 / 18],
];

const debugging = await freePort();
const browser = await chromium.launch({
  executablePath: process.env.FIELDBOOK_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--disable-background-networking',
    '--disable-component-update',
    `--remote-debugging-port=${debugging}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
});
await measureDataset();
await measureYear();
await measureLighthouse('a phone', undefined);
await measureLighthouse('a desk', desktopConfig);
await browser.close();

async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** The middle one with the lowest and the highest. */
function told(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(0)} (${sorted[0].toFixed(0)} to ${sorted.at(-1).toFixed(0)})`;
}

async function fresh() {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 900 } });
  return { context, page: await context.newPage() };
}

async function measureDataset() {
  const [first, whole] = [[], []];
  let kilobytes = {};
  for (let run = 0; run <= runs * 5; run += 1) {
    const { context, page } = await fresh();
    await page.goto(dataset, { waitUntil: 'load' });
    const seen = await page.evaluate(() => {
      const [page] = performance.getEntriesByType('navigation');
      const assets = performance.getEntriesByType('resource').filter((one) => one.name.includes('/assets/'));
      const sum = (all) => all.reduce((bytes, one) => bytes + one.encodedBodySize, 0);
      return {
        first: page.responseStart - page.requestStart,
        whole: page.loadEventStart,
        page: page.encodedBodySize,
        scripts: sum(assets.filter((one) => one.name.endsWith('.js'))),
        rest: sum(assets.filter((one) => !one.name.endsWith('.js'))),
      };
    });
    await context.close();
    if (run > 0) {
      first.push(seen.first);
      whole.push(seen.whole);
    }
    kilobytes = { page: seen.page / 1e3, scripts: seen.scripts / 1e3, rest: seen.rest / 1e3 };
  }
  const { page, scripts, rest } = kilobytes;
  console.log(
    `${dataset}: first byte ${told(first)} ms, loaded after ${told(whole)} ms; over the wire ${(page + scripts + rest).toFixed(0)} kB ` +
      `(page ${page.toFixed(0)}, scripts ${scripts.toFixed(0)}, styles and the rest ${rest.toFixed(0)})`,
  );
}

async function measureYear() {
  const served = [];
  const [drawn, moving] = [[], []];
  const zooms = ZOOMS.map(() => []);
  let points = 0;
  const to = Date.now() - 4 * 3_600_000;
  const address = `${sensor}?from=${new Date(to - YEAR).toISOString()}&to=${new Date(to).toISOString()}`;
  for (let run = 0; run <= runs; run += 1) {
    const { context, page } = await fresh();
    page.on('response', async (response) => {
      if (new URL(response.url()).pathname === '/graphql' && response.request().method() === 'POST') {
        points = Math.max(points, longest(await response.json().catch(() => null)));
      }
    });
    await page.addInitScript(watch);
    await page.goto(address, { waitUntil: 'load' });
    await page.waitForFunction(() => globalThis.plotIsMoving !== undefined);
    const seen = await page.evaluate(() => ({
      first: performance.getEntriesByType('navigation')[0].responseStart,
      drawn: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      moving: globalThis.plotIsMoving,
    }));
    const each = [];
    for (const [, share] of ZOOMS) {
      each.push(await zoom(page, share));
    }
    await context.close();
    if (run > 0) {
      served.push(seen.first);
      drawn.push(seen.drawn);
      moving.push(seen.moving);
      each.forEach((time, at) => zooms[at].push(time));
    }
  }
  console.log(
    `a year of a sensor that sends each second: first byte ${told(served)} ms, first picture ${told(drawn)} ms, ` +
      `the one to move about in ${told(moving)} ms after the call`,
  );
  console.log(
    `zoom by the mouse, from letting go to the picture: ${ZOOMS.map(([name], at) => `${name} ${told(zooms[at])} ms`).join(', ')}`,
  );
  console.log(`points in an answer at most: ${points}`);
}

/** In the page: when the plot is first drawn by a script, and when each gesture is answered. */
function watch() {
  const note = () => {
    const canvas = document.querySelector('.plot-canvas');
    if (globalThis.plotIsMoving === undefined && canvas?.querySelector('canvas') && !canvas.hasAttribute('aria-busy')) {
      globalThis.plotIsMoving = performance.now();
    }
  };
  new MutationObserver((changes) => {
    note();
    for (const { attributeName, target } of changes) {
      if (attributeName === 'aria-busy' && !target.hasAttribute('aria-busy') && globalThis.letGoAt !== undefined) {
        const began = globalThis.letGoAt;
        globalThis.letGoAt = undefined;
        // Drawn in the next frame.
        requestAnimationFrame(() => setTimeout(() => (globalThis.answeredAfter = performance.now() - began)));
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-busy'] });
  document.addEventListener('mouseup', (event) => (globalThis.letGoAt = event.timeStamp), { capture: true });
}

async function zoom(page, share) {
  const box = await page.locator('.u-over').boundingBox();
  const at = (part) => [box.x + box.width * part, box.y + box.height / 2];
  await page.evaluate(() => (globalThis.answeredAfter = undefined));
  await page.mouse.move(...at(0.5 - share / 2));
  await page.mouse.down();
  await page.mouse.move(...at(0.5 + share / 2), { steps: 4 });
  await page.mouse.up();
  const handle = await page.waitForFunction(() => globalThis.answeredAfter);
  return handle.jsonValue();
}

/** The longest list anywhere in an answer. */
function longest(value) {
  if (value === null || typeof value !== 'object') {
    return 0;
  }
  const own = Array.isArray(value) ? value.length : 0;
  return Math.max(own, ...Object.values(value).filter((one) => typeof one === 'object').map(longest));
}

async function measureLighthouse(name, config) {
  const marks = CATEGORIES.map(() => []);
  const missed = new Set();
  for (let run = 0; run < runs; run += 1) {
    const result = await lighthouse(base + dataset, { port: debugging, onlyCategories: CATEGORIES, logLevel: 'error' }, config);
    CATEGORIES.forEach((category, at) => marks[at].push(result.lhr.categories[category].score * 100));
    for (const category of CATEGORIES) {
      for (const { id, weight } of result.lhr.categories[category].auditRefs) {
        const { score, title } = result.lhr.audits[id];
        if (weight > 0 && score !== null && score < 0.9) {
          missed.add(`${title} (${id})`);
        }
      }
    }
  }
  console.log(`Lighthouse, as ${name} sees ${dataset}: ${CATEGORIES.map((category, at) => `${category} ${told(marks[at])}`).join(', ')}`);
  for (const audit of missed) {
    console.log(`  short of 90: ${audit}`);
  }
}
