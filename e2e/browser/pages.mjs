/** Every page at every width, light and dark and in forced colours: nothing may be wrong with any. */
import { axe, base, finish, html, launch, open, overflow, shot, widths } from './browser.mjs';

const answer = await fetch(`${base}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: '{ latest { sensor { id } } datasets { nodes { slug } } }' }),
});
const { data } = await answer.json();

export const paths = [
  '/',
  '/datasets',
  '/datasets?q=temperature',
  '/datasets?q=xylophone',
  ...data.datasets.nodes.map(({ slug }) => `/datasets/${slug}`),
  '/compare?dataset=readings&dataset=sensors',
  '/sensors/',
  '/sensors/?view=map',
  `/sensors/${data.latest[0].sensor.id}`,
  `/sensors/${data.latest[0].sensor.id}?range=PT1H`,
  '/quality',
  '/freshness',
  '/incidents',
  '/lineage',
  '/glossary',
  '/connect?dataset=readings-1h',
  '/nothing-here',
];

const only = process.argv[2];
const problems = [];
const browser = await launch();
for (const path of paths.filter((path) => !only || path.startsWith(only))) {
  const name = path.replaceAll(/[^a-z0-9]+/gi, '_').slice(0, 60) || 'root';
  const isMissing = path === '/nothing-here';
  const note = (where, found) => problems.push(...found.map((problem) => `${path} ${where}: ${problem}`));
  note('html', await html(path));
  for (const [scheme, forced] of [['light', 'none'], ['dark', 'none'], ['light', 'active']]) {
    const { context, page, problems: seen } = await open(browser, { colorScheme: scheme, forcedColors: forced });
    for (const width of forced === 'active' ? [1280] : widths) {
      const where = `${width} ${forced === 'active' ? 'forced' : scheme}`;
      await page.setViewportSize({ width, height: 900 });
      const response = await page.goto(path, { waitUntil: 'load' });
      const expected = isMissing ? 404 : 200;
      if (response.status() !== expected) {
        note(where, [`status ${response.status()}`]);
      }
      note(where, await overflow(page));
      if (width !== 768) {
        note(where, await axe(page));
      }
      await shot(page, `${name}-${where.replace(' ', '-')}`);
    }
    // The browser itself says of a 404 that it is one.
    note(scheme, isMissing ? seen.filter((problem) => !problem.includes('404')) : seen);
    await context.close();
  }
}
await browser.close();
finish(problems);
