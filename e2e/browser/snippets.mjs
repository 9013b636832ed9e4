/** The texts to copy for a dataset, as a page shows them: JSON of tool and text. `FIELDBOOK_DATASET` is its slug. */
import { base, launch, open } from './browser.mjs';

const browser = await launch();
const { page } = await open(browser);
await page.goto(`${base}/connect?dataset=${process.env.FIELDBOOK_DATASET}`);
const snippets = await page.$$eval('.snippets pre', (texts) =>
  Object.fromEntries(texts.map((text) => [text.id.replace('snippet-', ''), text.textContent])),
);
await browser.close();
console.log(JSON.stringify(snippets));
