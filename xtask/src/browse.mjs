// Opens the published page in a headless Chromium, and sees what a person would look for.
// Arguments: the page, the program of Chromium, a file for the screenshot; on standard input the manifest.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [file, chromium, screenshot] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync(0, 'utf8'));
const playwright = createRequire(process.cwd() + '/')('playwright-core');

const browser = await playwright.chromium.launch({
  executablePath: chromium,
  // As root, Chromium runs only without its sandbox; it opens nothing but our own page.
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const strangers = [];
  const failures = [];
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) strangers.push(request.url());
  });
  page.on('pageerror', (error) => failures.push(String(error)));

  const samples = { dcs: '8abf6e1e72c12e7c0172c15b508500aa', rocketmq: 'ff80808272dcc90f0172df1e490f41b0' };
  const seen = [];
  for (const service of manifest.services) {
    await page.goto(`${pathToFileURL(file)}?api=${service.service}`);
    await page.getByRole('heading', { level: 1, name: service.title }).waitFor();
    await page.getByText('Where the documents disagree').first().waitFor();
    for (const operation of service.operations) {
      // In the list at the side, by which one opens it.
      const entry = page.getByRole('complementary').getByText(operation.summary).first();
      await entry.click();
      await page.getByRole('heading', { name: operation.summary }).first().waitFor();
      seen.push(operation.id);
    }
    const [first] = service.operations;
    await page.getByRole('complementary').getByText(first.summary).first().click();
    await page.getByText(samples[service.service]).first().waitFor();
    if (service.service === 'dcs') {
      await page.waitForTimeout(500);
      await page.screenshot({ path: screenshot });
    }
  }
  assert.deepEqual(strangers, [], 'the page asks other hosts');
  assert.deepEqual(failures, [], 'the page fails');
  console.log(`${seen.length} operations seen: ${seen.join(', ')}`);
} finally {
  await browser.close();
}
