// A queue at the till: scanner, card reader and keyboard, no mouse. The product promises these counts of keys.
import assert from 'node:assert/strict';
import { everyBrowser } from '../lib/browsers.mjs';
import { journey, signIn, step } from '../lib/journey.mjs';

const SCRIPTED = everyBrowser().filter((browser) => browser.js);
const BARCODES = ['6991371002332', '6991038009018', '6991149004025'];
const TRACK = ';6086250000010012=29121010000012300000?';
const LINES = { inside: '订单信息列表' };

/** A person at the keyboard: every key counts. */
class Hands {
  keys = 0;
  constructor(screen) { this.screen = screen; }
  async key(name) { this.keys += 1; await this.screen.key(name); }
  async type(text) { this.keys += text.length; await this.screen.type(text, 90); }
}

const scan = (screen, code) => screen.burst(code);

journey('三件商品：扫码、刷卡、打印', async ({ screen, server }) => {
  await signIn(screen, server);
  await screen.see('选择商品');
  const hands = new Hands(screen);

  await step('扫码三次，焦点不动', async () => {
    for (const barcode of BARCODES) await scan(screen, barcode);
    await screen.see('44.50');
    for (const code of ['600233', '600901', '600402']) await screen.see(code, LINES);
  });
  await step('刷卡，焦点在密码', async () => {
    await scan(screen, TRACK);
    assert.match(await screen.focused(), /密码/);
    const html = await screen.page.content();
    assert.ok(!html.includes('2912101'), 'nothing of the track but the number is kept');
  });
  await step('客户输密码，回车；确认，回车；打印，回车', async () => {
    await hands.type('123456');
    await hands.key('Enter');
    await screen.see('是否确认支付？');
    await screen.read();
    await hands.key('Enter');
    await screen.see('交易成功');
    await hands.key('Enter');
    await screen.see('商户存根');
  });
  assert.ok(hands.keys <= 10, `${hands.keys} keys, 0 clicks`);
}, { browsers: SCRIPTED });

journey('没有扫码枪：拼音首字母', async ({ screen, server }) => {
  await signIn(screen, server);
  await screen.see('选择商品');
  const hands = new Hands(screen);
  for (const [initials, code] of [['fzl', '600110'], ['slb', '600113'], ['rsj', '600116']]) {
    await hands.type(initials);
    await hands.key('Enter');
    await screen.see(code, LINES);
  }
  await scan(screen, TRACK);
  await hands.type('123456');
  await hands.key('Enter');
  await screen.see('是否确认支付？');
  await screen.read();
  await hands.key('Enter');
  await screen.see('交易成功');
  await hands.key('Enter');
  await screen.see('商户存根');
  assert.ok(hands.keys <= 25, `${hands.keys} keys, 0 clicks`);
}, { browsers: SCRIPTED.filter((browser) => browser.name === 'current') });

journey('扫码在任何地方都认得', async ({ screen, server }) => {
  await signIn(screen, server);
  await step('焦点在密码时扫码：加商品，密码没有提交', async () => {
    await scan(screen, BARCODES[0]);
    await screen.see('600233', LINES);
    await scan(screen, TRACK);
    await scan(screen, BARCODES[1]);
    await screen.see('600901', LINES);
    await screen.gone('交易失败');
  });
  await step('密码键盘一次送出六位和回车：就是密码', async () => {
    await screen.key('F3');
    await scan(screen, TRACK);
    assert.match(await screen.focused(), /密码/);
    await scan(screen, '123456');
    await screen.see('是否确认支付？');
    await screen.key('Escape');
    await screen.gone('是否确认支付？');
  });
  await step('同一条码再扫：数量加一', async () => {
    await new Promise((done) => setTimeout(done, 300));
    await scan(screen, BARCODES[1]);
    await screen.see('45.00', { ...LINES, row: '600901' });
  });
  await step('*3：上一行改为 3 件', async () => {
    await screen.key('F1');
    await screen.type('*3', 120);
    await screen.key('Enter');
    await screen.see('67.50', { ...LINES, row: '600901' });
  });
  await step('选择商品里扫码：找到商品，没有加入', async () => {
    await screen.key('F2');
    await screen.see('筛选');
    await scan(screen, BARCODES[2]);
    await screen.see('600402', { inside: '商品列表' });
    await screen.gone('600402', LINES);
  });
}, { browsers: SCRIPTED });
