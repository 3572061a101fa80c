// The hurried hand: leaving an unknown payment behind, the next customer, the top of every page, notes that pile up.
import assert from 'node:assert/strict';
import { everyBrowser } from '../lib/browsers.mjs';
import { journey, signIn, step } from '../lib/journey.mjs';

const CURRENT = everyBrowser().filter((browser) => browser.title === 'current');
const CARD = '6086250000010012';
const PIN = '123456';
const LINES = { inside: '订单信息列表' };

async function add(screen, code) {
  await screen.fill('商品代码', code);
  await screen.key('Enter');
  await screen.see(code, LINES);
}

async function present(screen, card = CARD, pin = PIN) {
  await screen.fill('卡号', card);
  await screen.fill('密码', pin);
  await screen.press('支付');
  await screen.see('是否确认支付？');
}

/** Loses every request to these paths, and keeps what they held. */
async function losing(page, paths, act) {
  const lost = [];
  const listen = (request) => {
    if (request.isInterceptResolutionHandled()) return;
    if (request.method() === 'POST' && paths.includes(new URL(request.url()).pathname)) {
      lost.push({ path: new URL(request.url()).pathname, body: request.postData() });
      request.abort('connectionreset');
    } else request.continue();
  };
  await page.setRequestInterception(true);
  page.on('request', listen);
  try {
    await act();
  } finally {
    page.off('request', listen);
    await page.setRequestInterception(false);
  }
  return lost;
}

journey('结果未知时挂单或开新订单：迟到的支付不再扣款', async ({ screen, server }) => {
  await signIn(screen, server);
  for (const button of ['挂起此单，接待下一位', '新订单']) {
    await step(button, async () => {
      await screen.open(`${server.url}/sale?order=new`);
      await add(screen, '600233');
      await present(screen);
      const lost = await losing(screen.page, ['/sale/confirm', '/sale/query'], async () => {
        await screen.press('确定');
        await screen.see('结果未知');
        await screen.read();
        if (button === '新订单') return;
        await screen.press(button);
        await screen.see('已挂起');
      });
      if (button === '新订单') await screen.press(button);
      await screen.see('还没有商品');
      await screen.gone('结果未知');
      const late = lost.find((one) => one.path === '/sale/confirm');
      await screen.page.evaluate(({ path, body }) => fetch(path, {
        method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }).then((answer) => answer.text()), late);
      screen.problems.length = 0;
    });
  }
  await step('卡内余额没有变化', async () => {
    await screen.open(`${server.url}/sale?order=new`);
    await screen.fill('卡号', CARD);
    await screen.fill('密码', PIN);
    await screen.press('查余额');
    await screen.see('卡内余额');
    assert.match(await screen.text(), /卡内余额\s*¥1,?000\.00/);
  });
}, { browsers: CURRENT });

journey('下一位是空订单，先来的客户在挂单栏等', async ({ screen, server }) => {
  await signIn(screen, server);
  await add(screen, '600233');
  await screen.press('新订单');
  await screen.see('还没有商品');
  await add(screen, '600901');
  await present(screen);
  await step('是否确认支付？按 Esc，光标在支付', async () => {
    await screen.key('Escape');
    await screen.gone('是否确认支付？');
    assert.match(await screen.focused(), /支付/);
  });
  await present(screen);
  await screen.press('确定');
  await screen.see('交易成功');
  await screen.key('F1');
  await screen.see('还没有商品');
  await screen.see('取单');
}, { browsers: CURRENT });

journey('五张小票没有打印，支付仍在屏幕上', async ({ screen, server }) => {
  await signIn(screen, server);
  await screen.page.setViewport({ width: 1366, height: 620 });
  for (let sale = 0; sale < 5; sale += 1) {
    await screen.open(`${server.url}/sale?order=new`);
    await add(screen, '600402');
    await present(screen);
    await screen.press('确定');
    await screen.see('交易成功');
  }
  await screen.open(`${server.url}/sale?order=new`);
  await add(screen, '600402');
  await screen.see('5 笔小票未打印');
  const bottom = await screen.page.evaluate(() => document.querySelector('[data-key="F9 F12"]').getBoundingClientRect().bottom);
  assert.ok(bottom <= 620, `支付 ends at ${bottom}`);
  await screen.page.evaluate(() => document.querySelector('summary').click());
  await screen.press('不打印', { row: '0001' });
  await screen.see('4 笔小票未打印');
  await screen.see('600402', LINES);
  assert.deepEqual(await screen.axe(), []);
}, { browsers: CURRENT });

journey('每一步之后页面在顶端，密钥看得见也能复制', async ({ screen, server }) => {
  const scrolled = () => screen.page.evaluate(() => window.scrollY);
  await signIn(screen, server, 'manager');
  await screen.page.setViewport({ width: 1024, height: 500 });
  await screen.click('接口密钥');
  await screen.fill('名称', 'ERP 收银接口');
  await screen.press('生成密钥');
  await screen.see('只显示这一次');
  assert.equal(await scrolled(), 0);
  const place = await screen.page.evaluate(() => document.querySelector('#token').getBoundingClientRect().toJSON());
  assert.ok(place.top >= 0 && place.bottom <= 500, JSON.stringify(place));
  await screen.press('复制');
  await screen.see('已复制');
  await screen.page.evaluate(() => window.scrollTo(0, 9999));
  await screen.page.evaluate(() => document.querySelector('nav a[href="/orders"]').click());
  await screen.see('这段时间没有交易');
  assert.equal(await scrolled(), 0);
}, { browsers: CURRENT });
