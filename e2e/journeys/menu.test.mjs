// 菜单: every role opens every page of its menu, in both languages and at both widths of a till's screen. So a new page in
// the menu is looked at here without a line of its own.
import assert from 'node:assert/strict';
import { everyBrowser } from '../lib/browsers.mjs';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const PEOPLE = ['cashier', 'manager', 'agent', 'operator', 'checker', 'finance', 'auditor', 'admin'];
const WIDTHS = [1366, 1024];
const BROWSERS = everyBrowser().filter(({ title }) => title === 'current' || title === '80-nojs');

const menu = (screen) => screen.page.evaluate(() =>
  [...document.querySelectorAll('nav.side a')].map((link) => link.getAttribute('href')).filter((path) => path !== '/lock'));

/** What is wrong with the page as it stands, beside what axe finds. */
const flaws = () => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('it scrolls sideways');
  if (/\{\d\}/.test(document.body.innerText)) wrong.push('a value is missing in a sentence');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('it has not one heading');
  return wrong;
};

journey('菜单', async ({ screen, server }) => {
  let signedIn = false;
  for (const login of PEOPLE) {
    await step(login, async () => {
      await (signedIn ? change : signIn)(screen, server, login);
      signedIn = true;
      const pages = await menu(screen);
      assert.ok(pages.length > 0, 'the menu is empty');
      for (const language of ['en', 'zh']) {
        await screen.open(`${server.url}/lang/${language}`);
        for (const page of pages) {
          await screen.open(server.url + page);
          for (const width of WIDTHS) {
            await screen.page.setViewport({ width, height: 768 });
            assert.deepEqual(await screen.page.evaluate(flaws), [], `${page} ${language} ${width}`);
          }
          assert.deepEqual(await screen.axe(), [], `${page} ${language}`);
        }
      }
    });
  }
}, { browsers: BROWSERS });
