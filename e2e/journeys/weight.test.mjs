// What an old PC on a slow line has to load, compressed.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { everyBrowser } from '../lib/browsers.mjs';
import { change, journey, signIn } from '../lib/journey.mjs';

const CURRENT = everyBrowser().filter((browser) => browser.title === 'current');
const KB = 1024;

journey('消费收款、框架、脚本和样式的大小', async ({ screen, server }) => {
  await signIn(screen, server);
  for (const code of ['600233', '600901', '600402']) {
    await screen.fill('商品代码', code);
    await screen.key('Enter');
    await screen.see(code, { inside: '订单信息列表' });
  }
  const texts = await screen.page.evaluate(async () => {
    const [style, script] = ['link[rel=stylesheet]', 'script[src]'].map((what) => document.querySelector(what));
    const urls = { page: location.href, style: style.href, script: script.src };
    const texts = await Promise.all(Object.values(urls).map((url) => fetch(url).then((answer) => answer.text())));
    return Object.fromEntries(Object.keys(urls).map((name, n) => [name, texts[n]]));
  });
  // The frame is on every page; a manager's menu is the longest of a store.
  await change(screen, server, 'manager');
  await screen.open(`${server.url}/disputes`);
  const page = await screen.page.evaluate(() => fetch(location.href).then((answer) => answer.text()));
  texts.frame = page.replace(/<main[^]*<\/main>/, '');
  const size = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, gzipSync(text).length]));
  console.log('gzipped', size);
  for (const [name, most] of Object.entries({ page: 5 * KB, frame: 1.8 * KB, style: 8 * KB, script: 12 * KB })) {
    assert.ok(size[name] <= most, `${name}: ${size[name]} of ${most} bytes`);
  }
}, { browsers: CURRENT });
