/** Every page at every width, light and dark and in forced colours: nothing may be wrong with any. */
import { axe, base, finish, html, launch, open, overflow, shot, widths } from './browser.mjs';

const answer = await fetch(`${base}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: '{ latest { sensor { id } } hostile: sensors(filter: { text: "hostile" }) { nodes { id } } }' }),
});
const { data } = await answer.json();

export const paths = [
  '/',
  '/datasets',
  '/datasets?q=temperature',
  '/datasets?q=xylophone',
  // One of each kind: their pages differ by kind.
  ...['raw-messages', 'readings', 'readings-1h', 'sensors', 'quarantined-messages'].map((slug) => `/datasets/${slug}`),
  '/compare?dataset=readings&dataset=sensors',
  '/sensors/',
  '/sensors/?view=map',
  `/sensors/${data.latest[0].sensor.id}`,
  `/sensors/${data.latest[0].sensor.id}?range=PT1H`,
  '/sensors/?q=hostile',
  '/datasets?q=hostile',
  ...data.hostile.nodes.map(({ id }) => `/sensors/${id}?range=PT1H`),
  '/quality',
  '/freshness',
  '/incidents',
  '/lineage',
  '/glossary',
  '/connect?dataset=readings-1h',
  '/quarantine',
  '/sign-in?error=wrong_key',
  '/keys',
  '/access?dataset=readings',
  '/nothing-here',
];

/** Pages that together have every colour, and every part that is laid out otherwise where there is room. */
const ofColours = new Set(['/', '/datasets', '/datasets/readings', `/sensors/${data.latest[0].sensor.id}`, '/quality', '/quarantine']);

const looks = [
  ['light', 'none'],
  ['dark', 'none'],
  ['light', 'active'],
];

const only = process.argv[2];
const problems = [];
const browser = await launch();
for (const path of paths.filter((path) => !only || path.startsWith(only))) {
  const name = path.replaceAll(/[^a-z0-9]+/gi, '_').slice(0, 60) || 'root';
  const isMissing = path === '/nothing-here';
  const note = (where, found) => problems.push(...found.map((problem) => `${path} ${where}: ${problem}`));
  note('html', await html(path));
  const { context, page, problems: seen } = await open(browser);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    const response = await page.goto(path, { waitUntil: 'load' });
    if ((await page.title()) === 'taken') {
      note(width, ['a name was run as a script']);
    }
    if (response.status() !== (isMissing ? 404 : 200)) {
      note(width, [`status ${response.status()}`]);
    }
    for (const [scheme, forcedColors] of looks) {
      const where = `${width} ${forcedColors === 'active' ? 'forced' : scheme}`;
      await page.emulateMedia({ colorScheme: scheme, forcedColors });
      note(where, await overflow(page));
      // What is wrong with the structure is wrong at every width and in every scheme; colours are the same on all pages.
      const isPlain = scheme === 'light' && forcedColors === 'none';
      if ((isPlain && width === 360) || (width === 1280 && ofColours.has(path))) {
        note(where, await axe(page, seen));
      }
      await shot(page, `${name}-${where.replace(' ', '-')}`);
    }
  }
  // The browser itself says of a 404 that it is one.
  note('', isMissing ? seen.filter((problem) => !problem.includes('404')) : seen);
  await context.close();
}
await browser.close();
finish(problems);
