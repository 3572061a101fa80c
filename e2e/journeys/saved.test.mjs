// What the browser remembers of a login goes into the login page only: not into card, PIN, a manager's consent or the lock.
import assert from 'node:assert/strict';
import test from 'node:test';
import { everyBrowser } from '../lib/browsers.mjs';
import { journey, signIn } from '../lib/journey.mjs';
import { withSavedLogin } from '../lib/saved.mjs';
import { Server } from '../lib/server.mjs';

const SCRIPTED = everyBrowser().filter((browser) => browser.js);
const PASSWORD = 'Demo-pass-2026';
/** Begins like a PIN. */
const SAVED = { login: 'cashier', password: '123456Yaodian' };

/** The pages that ask a person for a password or a PIN within a session. */
async function asking(screen, server, look) {
  await screen.fill('商品代码', '600233');
  await screen.key('Enter');
  await screen.see('600233', { inside: '订单信息列表' });
  const order = new URL(screen.url).searchParams.get('order');
  for (const path of [`/sale?order=${order}`, `/sale/price?order=${order}&code=600233&price=1.00&qty=1`]) {
    await screen.open(server.url + path);
    await look(path);
  }
  await screen.open(`${server.url}/sale?order=${order}`);
  await screen.press('锁定屏幕');
  await screen.see('解锁');
  await look('/lock');
}

if (everyBrowser().some((browser) => browser.title === 'current')) {
  test('保存的登录名和密码：只在登录页', { timeout: 120_000 }, async () => {
    const server = await Server.start();
    try {
      await withSavedLogin(server, SAVED, async (screen) => {
        /** Fields with text. A page reads what was filled in only after a person's first click. */
        const filled = async () => {
          await screen.read();
          await screen.page.mouse.click(690, 3);
          await screen.read();
          return screen.page.evaluate(() => [...document.querySelectorAll('input:not([type=hidden])')]
            .filter((el) => el.value && !/^(q|pr)$/.test(el.id)).map((el) => `${el.id} ${el.value}`));
        };
        await screen.open(server.url);
        assert.deepEqual(await filled(), ['u cashier', 'p 123456Yaodian'], 'the browser fills the login page');
        await signIn(screen, server, 'cashier', PASSWORD);
        await asking(screen, server, async (path) => assert.deepEqual(await filled(), [], path));
      });
    } finally {
      await server.end();
    }
  });
}

journey('密码栏不让浏览器填写，锁屏可以粘贴', async ({ screen, server }) => {
  await signIn(screen, server);
  await asking(screen, server, async (path) => {
    const fields = await screen.page.evaluate(() => [...document.querySelectorAll('input')]
      .filter((el) => el.type === 'password' || /^(cn|mu)$/.test(el.id)).map((el) => [el.type, el.getAttribute('autocomplete')]));
    assert.ok(fields.length > 0, path);
    for (const [type, autocomplete] of fields) assert.equal(autocomplete, type === 'password' ? 'one-time-code' : 'off', path);
  });
  const free = await screen.page.evaluate(() => document.getElementById('p').dispatchEvent(
    new ClipboardEvent('paste', { bubbles: true, cancelable: true }),
  ));
  assert.ok(free, 'nothing stops a paste');
  await screen.fill('密码', PASSWORD);
  await screen.press('解锁');
  await screen.see('600233', { inside: '订单信息列表' });
}, { browsers: SCRIPTED });
