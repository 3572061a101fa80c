// The till never lies about money: lost answers, a restart in the middle, a draft that survives, every demo card.
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

async function present(screen, card, pin) {
  await screen.fill('卡号', card);
  await screen.fill('密码', pin);
  await screen.press('支付');
}

async function balance(screen) {
  await screen.fill('卡号', CARD);
  await screen.fill('密码', PIN);
  await screen.press('查余额');
  await screen.see('卡内余额');
  return /卡内余额\s*¥([\d.]+)/.exec(await screen.text())[1];
}

journey('应答丢失：结果未知，查询后是真的结果，只扣一次', async ({ screen, server }) => {
  await signIn(screen, server);
  await add(screen, '600233');
  await present(screen, CARD, PIN);
  await screen.see('是否确认支付？');
  await step('服务器停顿，支付没有应答', async () => {
    screen.patienceMs = 30_000;
    server.sigstop();
    await screen.press('确定');
    await screen.see('正在支付');
    await screen.see('结果未知');
    await screen.see('不要再次支付');
  });
  await step('恢复后查询：交易成功', async () => {
    // Before the first look-up: one that overtakes the payment withdraws it.
    server.sigcont();
    await screen.screenshot('outcome-unknown');
    await screen.read();
    // The panel also looks the payment up by itself, so the button is found and pressed in one go, if it is still there.
    await screen.page.evaluate(() => {
      const button = [...document.querySelectorAll('button')].find((one) => one.textContent.includes('立即查询结果'));
      if (button) button.click();
    });
    await screen.see('交易成功');
  });
  await step('只扣一次', async () => {
    await screen.press('不打印');
    await add(screen, '600402');
    assert.equal(await balance(screen), '984.50');
  });
}, { browsers: CURRENT });

journey('支付途中断电：重启后确认没有扣款，可以重新支付', async ({ screen, server }) => {
  await signIn(screen, server);
  await add(screen, '600233');
  await present(screen, CARD, PIN);
  await screen.see('是否确认支付？');
  screen.patienceMs = 30_000;
  server.sigstop();
  await screen.press('确定');
  await screen.see('正在支付');
  await server.kill9();
  await screen.see('结果未知');
  await server.restart();
  await step('查询：确认没有扣款', async () => {
    await screen.press('立即查询结果');
    await screen.see('没有扣款');
  });
  await step('订单还在，可以重新支付', async () => {
    await screen.open(`${server.url}/sale`);
    await screen.see('600233', LINES);
    await present(screen, CARD, PIN);
    await screen.see('984.50');
    await screen.press('确定');
    await screen.see('交易成功');
  });
  screen.problems.length = 0; // This journey breaks the connection on purpose.
}, { browsers: CURRENT });

journey('订单在服务器上：刷新、断电、另一次登录都还在', async ({ screen, server }) => {
  await signIn(screen, server);
  await add(screen, '600233');
  await add(screen, '600901');
  await screen.reload();
  await screen.see('38.00');
  await server.kill9();
  await server.restart();
  await screen.open(`${server.url}/sale`);
  await screen.see('600233', LINES);
  await screen.see('38.00');
  screen.problems.length = 0;
}, { browsers: CURRENT });

journey('每张演示卡的返回码', async ({ screen, server }) => {
  await signIn(screen, server);
  await add(screen, '600901');
  await add(screen, '600233');
  const answers = [
    ['6086250000030036', '123456', '41', '挂失'],
    ['6086250000040043', '123456', '54', '过期'],
    ['6086250000050059', '123456', '62', '冻结'],
    ['6086250000060066', '123456', '75', '次数超限'],
    ['6086250000090097', '654321', '62', '尚未激活'],
    ['6086250000010012', '000000', '55', '还可试 4 次'],
    ['6086250000020029', '123456', '51', '余额不足，差 ¥8.00'],
  ];
  for (const [card, pin, code, words] of answers) {
    await step(`${card}: ${code}`, async () => {
      await present(screen, card, pin);
      await screen.see(words);
      await screen.see(code);
      await screen.see('没有扣款');
      await screen.see('交易失败', { inside: '交易状态' });
      assert.deepEqual(await screen.axe(), []);
      await screen.screenshot(`declined-${code}`);
      await screen.open(`${server.url}/sale`);
    });
  }
  await step('不存在的卡与密码错误同一个答复', async () => {
    await present(screen, '6086259999999993', '123456');
    await screen.see('还可试 4 次');
  });
}, { browsers: CURRENT });

/** The panel of an unknown outcome, as the page of a void or refund has it. */
const panel = ([method, action], fields) => `<section class="card bd"><h2>结果未知</h2>
  <form method="${method}" action="${action}" data-poll>
    ${fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`).join('')}
    <button class="btn pri wide" autofocus>立即查询结果</button>
  </form></section>`;

/**
 * The answer of the form is lost: the browser gets the panel instead, and the request reaches the server a moment later.
 * So the first look-up by the panel itself finds it.
 */
async function loseAnswer(screen, path, poll) {
  const { page } = screen;
  await page.setRequestInterception(true);
  let late;
  const take = async (request) => {
    if (request.method() !== 'POST' || new URL(request.url()).pathname !== path) { await request.continue(); return; }
    page.off('request', take);
    const body = request.postData(), sent = [...new URLSearchParams(body)];
    const html = await page.evaluate(() => document.documentElement.outerHTML);
    const fields = poll[0] === 'get' ? [['order', new Map(sent).get('order')], ['a', new Map(sent).get('request')]] : sent;
    const around = html.replace(/(<main[^>]*>)[^]*(<\/main>)/, (_, begin, end) => begin + panel(poll, fields) + end);
    await request.respond({ contentType: 'text/html; charset=utf-8', body: `<!doctype html>${around}` });
    const cookie = (await page.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const { origin } = new URL(request.url()), headers = { cookie, origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };
    late = fetch(request.url(), { method: 'POST', body, headers, redirect: 'manual' });
  };
  page.on('request', take);
  return async () => {
    const { status } = await late;
    assert.ok(status < 400, `${path} answered ${status}`);
    await page.setRequestInterception(false);
  };
}

/** Waits for the panel's own look-up, presses at once where `name` has appeared, and later again. */
async function pressUnread(screen, press, name, here, there) {
  const { page } = screen, path = () => new URL(page.url()).pathname;
  const at = await page.evaluate((text) => new Promise((found) => {
    const look = () => {
      const el = document.querySelector('[data-result="ok"]')
        && [...document.querySelectorAll('main a')].find((one) => one.innerText.includes(text));
      if (!el) return false;
      const { x, y, width, height } = el.getBoundingClientRect();
      found({ x: x + width / 2, y: y + height / 2 });
      return true;
    };
    const watch = new MutationObserver(() => { if (look()) watch.disconnect(); });
    if (!look()) watch.observe(document.body, { childList: true, subtree: true });
  }), name);
  await press(page, at);
  await screen.see('页面刚刚变化');
  assert.equal(path(), here, 'the press was for the panel that had just gone');
  await screen.read();
  await press(page, at);
  await page.waitForFunction((text) => new RegExp(text).test(location.pathname), { timeout: 8000 }, there);
}

const PRESSES = [
  ['点击', (page, { x, y }) => page.mouse.click(x, y)],
  ['回车', (page) => page.keyboard.press('Enter')],
];

for (const [word, press] of PRESSES) {
  journey(`撤销、退货的结果自己查到：刚变的页面不接受${word}`, async ({ screen, server }) => {
    await signIn(screen, server, 'manager');
    for (const code of ['600233', '600901']) {
      await screen.open(`${server.url}/sale?order=new`);
      await add(screen, code);
      await present(screen, CARD, PIN);
      await screen.see('是否确认支付？');
      await screen.read();
      await screen.press('确定');
      await screen.see('交易成功');
    }
    await step('撤销', async () => {
      await screen.open(`${server.url}/orders`);
      await screen.press('撤销', { row: '15.50' });
      await screen.see('确认撤销');
      const over = await loseAnswer(screen, '/void', ['get', '/void']);
      await screen.press('确认撤销');
      await screen.see('立即查询结果');
      await over();
      await pressUnread(screen, press, '打印', '/void', '^/slip/');
    });
    await step('退货申请', async () => {
      await screen.open(`${server.url}/orders`);
      await screen.press('退货申请', { row: '22.50' });
      await screen.fill('发错商品或收错款', '');
      await screen.fill('退货原因', '收银录入错误');
      const over = await loseAnswer(screen, '/refunds/new', ['post', '/refunds/new']);
      await screen.press('确认');
      await screen.see('立即查询结果');
      await over();
      await pressUnread(screen, press, '返回', '/refunds/new', '^/orders$');
    });
  }, { browsers: CURRENT });
}
