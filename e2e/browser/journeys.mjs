/** What people do with the pages, from the first look to a text that runs; with a keyboard alone; without scripts. */
import { execFileSync } from 'node:child_process';
import { examples as questions } from '../../api/assets/graphiql/src/examples.js';
import { base, finish, launch, open, until } from './browser.mjs';

const problems = [];
const browser = await launch();

async function journey(name, walk, options) {
  if (process.argv[2] && !name.includes(process.argv[2])) {
    return;
  }
  const { context, page, problems: seen } = await open(browser, options);
  try {
    await walk(page, context);
  } catch (error) {
    seen.push(error.message.split('\n').slice(0, 6).join(' '));
  }
  problems.push(...seen.map((problem) => `${name}: ${problem}`));
  await context.close();
}

function expect(holds, what) {
  if (!holds) {
    throw new Error(`expected ${what}`);
  }
}

async function graphql(query) {
  const answer = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await answer.json();
  expect(!errors, `an answer to ${query}, not ${JSON.stringify(errors)}`);
  return data;
}

await journey(
  'search, dataset, copy, run',
  async (page) => {
    await page.goto('/');
    expect(await page.locator('#q').evaluate((input) => input === document.activeElement), 'the focus in the search');
    await page.keyboard.type('readings');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/datasets\?q=readings/);
    await page.getByRole('link', { name: 'Readings', exact: true }).first().click();
    await page.waitForURL(/\/datasets\/readings$/);
    await page.getByRole('link', { name: 'Connect', exact: true }).last().click();
    const snippet = page.locator('#snippet-curl');
    await snippet.waitFor({ state: 'visible' });
    await page.locator('button[data-copy="#snippet-curl"]').click();
    await until('Copied', () => page.getByText('Copied').first().isVisible());
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text === (await snippet.textContent()), 'the text as it is shown');
    const answer = execFileSync('bash', ['-c', text.split('\n\n')[0]], { encoding: 'utf8' });
    expect(JSON.parse(answer).data.readingRows.length > 0, `readings, not ${answer.slice(0, 200)}`);
  },
  { permissions: ['clipboard-read', 'clipboard-write'] },
);

await journey('live values', async (page) => {
  await page.goto('/sensors/');
  const shown = () => page.locator('[data-live-sensor]').allTextContents();
  const before = await shown();
  await until('another value', async () => (await shown()).some((text, at) => text !== before[at]));
  const toggle = page.getByRole('button', { name: 'Live values' });
  await toggle.click();
  await until('a pause', async () => (await toggle.getAttribute('aria-pressed')) === 'false');
});

await journey('zoom by mouse and keyboard', async (page) => {
  await page.goto('/sensors/');
  await page.locator('tbody th a').first().click();
  await page.waitForURL(/\/sensors\/[0-9a-f-]{36}/);
  const plot = page.locator('figure[data-plot]');
  await plot.locator('canvas').first().waitFor();
  const over = plot.locator('.u-over');
  const box = await over.boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  const span = () => {
    const query = new URL(page.url()).searchParams;
    return Date.parse(query.get('to')) - Date.parse(query.get('from'));
  };
  const day = 86_400_000;
  expect(span() > day * 0.1 && span() < day * 0.3, `a fifth of a day, not ${span() / day}`);
  const zoomed = span();
  await plot.locator('[tabindex="0"]').first().focus();
  await page.keyboard.press('+');
  await until('a narrower range', async () => span() < zoomed);
  await page.goBack();
  await until('the range before', async () => span() === zoomed);
});

await journey('a point shows its message, its flag and every other value', async (page) => {
  // The test has sent two values out of range for one time, the first of which is served.
  const { readings } = await graphql(
    '{ readings(sensor: "Boiler pressure", first: 1, filter: { flags: [FAIL] }) { nodes { time sensor { id } } } }',
  );
  const { time, sensor } = readings.nodes[0];
  const around = [-1, 1].map((seconds) => new Date(Date.parse(time) + seconds * 1_000).toISOString());
  await page.goto(`/sensors/${sensor.id}?from=${around[0]}&to=${around[1]}`);
  const canvas = page.locator('.plot-canvas');
  await canvas.locator('canvas').first().waitFor();
  await canvas.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  const panel = page.locator('.plot-panel');
  await panel.getByText('Other values').waitFor();
  // Spaces of all widths are one.
  const text = (await panel.innerText()).replaceAll(/\s+/g, ' ');
  for (const part of ['9999 bar', '9998 bar', 'failed', 'the highest that the sensor reports', '"dt"']) {
    expect(text.includes(part), `“${part}” in the panel, not only ${text}`);
  }
  await page.keyboard.press('Escape');
  expect(await panel.isHidden(), 'the panel to close');
});

await journey('the playground runs its examples and leads back', async (page) => {
  await page.goto('/graphql');
  await page.locator('.graphiql-execute-button').waitFor();
  const examples = page.locator('[data-example]');
  for (let at = 0; at < questions.length; at += 1) {
    const example = examples.nth(at);
    const name = await example.innerText();
    await example.click();
    // What runs is what the tab is named by.
    const operation = /(?:query|subscription) (\w+)/.exec(questions[at].query)[1];
    await page.locator('.graphiql-tab-active', { hasText: operation }).waitFor();
    await page.locator('.graphiql-execute-button').click();
    const said = () => page.locator('.result-window').innerText();
    await until(`an answer to “${name}”`, async () => (await said()).includes('"data"'));
    expect(!(await said()).includes('"errors"'), `no error of “${name}”, not ${await said()}`);
  }
  await page.getByRole('link', { name: 'Fieldbook' }).click();
  await page.waitForURL((url) => url.pathname === '/');
});

await journey('a keyboard alone reaches everything', async (page) => {
  for (const path of ['/', '/datasets', '/datasets/readings', '/sensors/', '/quality']) {
    await page.goto(path);
    await page.evaluate(() => document.activeElement?.blur());
    const wanted = await page.evaluate(() => {
      const all = 'a[href], button:not([disabled]), input:not([type=hidden]), select, summary, textarea, [tabindex="0"]';
      const shown = [...document.querySelectorAll(all)].filter((element) => element.checkVisibility());
      shown.forEach((element, at) => element.setAttribute('data-at', String(at)));
      return shown.length;
    });
    const reached = new Set();
    for (let presses = 0; presses < wanted + 20; presses += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => document.activeElement?.getAttribute('data-at'));
      if (at !== null) {
        reached.add(at);
      }
    }
    const missed = await page.evaluate(
      (got) => [...document.querySelectorAll('[data-at]')].filter((element) => !got.includes(element.getAttribute('data-at'))).map((element) => element.outerHTML.slice(0, 120)),
      [...reached],
    );
    expect(missed.length === 0, `everything on ${path} within reach, not without ${missed.slice(0, 3).join(' | ')}`);
  }
});

await journey(
  'without scripts',
  async (page) => {
    await page.goto('/datasets/readings');
    // Its line may be a dot, which has no size for the driver.
    expect(await page.locator('.plot-canvas > svg').isVisible(), 'a picture');
    await page.locator('.ranges a').first().click();
    await page.waitForURL(/range=PT1H/);
    expect(await page.locator('.plot-canvas > svg, .plot-canvas > .empty').isVisible(), 'a picture of an hour');
    await page.locator('select[name=sensor]').selectOption({ index: 1 });
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/sensor=/);
    await page.goto('/datasets');
    await page.locator('.facets a').first().click();
    await page.waitForURL(/kind=/);
    expect((await page.locator('tbody tr').count()) > 0, 'datasets of that kind');
    await page.locator('tbody input[type=checkbox]').first().check();
    await page.getByRole('button', { name: 'Compare the chosen' }).click();
    await page.waitForURL(/\/compare\?dataset=/);
    await page.goto('/sensors/');
    await page.getByRole('link', { name: 'Type' }).click();
    await page.waitForURL(/order=TYPE_ASC/);
    expect((await page.locator('th[aria-sort=ascending]').count()) === 1, 'a sorted column');
  },
  { javaScriptEnabled: false },
);

await journey('sign in, make a key, use it, revoke it, sign out', async (page) => {
  const key = process.env.FIELDBOOK_KEY;
  await page.goto('/keys');
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('Key').fill('fb_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/keys$/);
  await page.getByLabel('Name').fill('Notebook <script>');
  await page.getByRole('button', { name: 'Make it' }).click();
  const secret = (await page.locator('#secret').textContent()).trim();
  expect(secret.startsWith('fb_'), 'a key');
  const ask = () =>
    fetch(`${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: JSON.stringify({ query: '{ service { asker { name } } }' }),
    });
  expect((await (await ask()).json()).data.service.asker.name === 'Notebook <script>', 'the key to be good');
  await page.goto('/keys');
  expect(!(await page.content()).includes(secret), 'the key to be shown once');
  await page.getByRole('button', { name: /Revoke/ }).first().click();
  await page.getByText('Revoked').first().waitFor();
  await until('the end of the key', async () => (await ask()).status === 401);
  await page.goto('/quarantine');
  expect(await page.getByRole('link', { name: 'Quarantine' }).isVisible(), 'the quarantine in the menu of a steward');
  const again = page.getByRole('button', { name: /^Try again/ }).first();
  await again.click();
  await page.waitForURL(/\/quarantine#replays$/);
  await until('a replay that is done', async () => {
    await page.reload();
    return page.locator('#replays ~ div').getByText('Done').first().isVisible();
  });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).waitFor();
});

await journey('errors are pages', async (page) => {
  for (const [path, status, text] of [
    ['/datasets/nothing', 404, 'no dataset'],
    ['/sensors/00000000-0000-0000-0000-000000000000', 404, 'no sensor'],
    ['/sensors/?range=never', 200, 'sensors'],
    ['/datasets/readings?range=never', 400, 'range is a duration'],
    ['/nothing', 404, 'nothing at /nothing'],
    ['/export/readings.csv?from=never', 400, 'from'],
  ]) {
    const response = await page.request.get(path, { headers: { accept: 'text/html' } });
    expect(response.status() === status, `${status} at ${path}, not ${response.status()}`);
    const body = await response.text();
    expect(body.includes('<main') && body.includes(text), `a page that says “${text}” at ${path}`);
  }
});

console.log(`journeys at ${base}`);
await browser.close();
finish(problems);
