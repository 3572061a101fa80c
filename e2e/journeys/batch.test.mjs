// 班结: two cashiers at one till, the report of the shift, its close, and both papers.
import assert from 'node:assert/strict';
import { journey, signIn, step } from '../lib/journey.mjs';

const CARD = '6086250000010012';
const PIN = '123456';

journey('班结对账', async ({ screen, server, browser }) => {
  await step('收银员收款，打印小票', async () => {
    await signIn(screen, server);
    await sell(screen, '600901');
    await screen.press('交易打印');
    await screen.press('打印');
    await screen.open(`${server.url}/sale`);
  });

  await step('店长在同一终端收款，一笔失败', async () => {
    await leave(screen);
    await signIn(screen, server, 'manager');
    await sell(screen, '600233');
    await screen.press('不打印');
    await ring(screen, '600402');
    await pay(screen, '000000');
    await screen.see('密码错误');
  });

  await step('班结对账：本班的数字', async () => {
    await screen.click('班结对账');
    await screen.see('000001');
    await screen.see('22.50', { inside: '交易金额', row: '王敏' });
    await screen.see('15.50', { inside: '交易金额', row: '李强' });
    await screen.see('38.00', { inside: '交易金额', row: '合计' });
    await screen.see('密码错误', { inside: '失败交易' });
    await screen.see('个订单还没有支付');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('batch-now');
    await screen.page.setViewport({ width: 1024, height: 768 });
    assert.deepEqual(await screen.axe(), []);
    assert.ok(await fits(screen), 'nothing is wider than a narrow till');
    await screen.screenshot('batch-now-1024');
    await screen.page.setViewport({ width: 1366, height: 768 });
  });

  await step('班结：确认', async () => {
    await screen.press('班结…');
    await screen.see('确认班结？');
    await screen.see('¥38.00');
    await screen.see('000002');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('batch-close');
    await screen.read();
    if (browser.js) await screen.key('Enter');
    else await screen.press('确认班结');
    await screen.see('班结完成');
    await screen.see('RMB 38.00');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('batch-report');
  });

  await step('打印：80mm、58mm、A4', async () => {
    for (const [paper, widthMm] of [['80mm', 80], ['58mm', 58]]) {
      await screen.press(paper);
      const roll = await screen.pdf(`batch-${widthMm}`);
      assert.equal(roll.pages, 1, `one page, one cut: ${roll.file}`);
      assert.equal(roll.widthMm, widthMm);
      assert.match(roll.text[0], /38\.00/);
      await screen.screenshot(`batch-${widthMm}`);
    }
    await screen.press('A4');
    await screen.see('制表');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('batch-a4');
    const sheet = await screen.pdf('batch-a4');
    assert.deepEqual([sheet.pages, sheet.widthMm, sheet.heightMm], [1, 297, 210], sheet.file);
    assert.match(sheet.text[0], /22\.50[\s\S]*15\.50[\s\S]*38\.00|15\.50[\s\S]*22\.50[\s\S]*38\.00/);
    await screen.press('打印');
    await screen.see('已记录打印');
    await screen.gone('DUPLICATED');
    await screen.press('打印');
    await screen.see('DUPLICATED 1');
  });

  await step('下一班从新批次开始，空班不用班结', async () => {
    await screen.press('返回班结对账');
    await screen.see('本班还没有交易');
    await screen.see('38.00', { inside: '已班结', row: '000001' });
    await screen.gone('班结…');
    await screen.screenshot('batch-next');
    await screen.click('消费收款');
    await pay(screen, PIN);
    await screen.press('确定');
    await screen.see('交易成功');
    await screen.press('交易打印');
    await screen.see('000002');
  });
});

/** The page itself never scrolls sideways. */
async function fits(screen) {
  return screen.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
}

async function ring(screen, code) {
  await screen.fill('商品代码', code);
  await screen.key('Enter');
  await screen.see(code, { inside: '订单信息列表' });
}

async function pay(screen, pin) {
  await screen.fill('卡号', CARD);
  await screen.fill('密码', pin);
  await screen.press('支付');
}

async function sell(screen, code) {
  await ring(screen, code);
  await pay(screen, PIN);
  await screen.press('确定');
  await screen.see('交易成功');
}

async function leave(screen) {
  await screen.press('退出登录');
  await screen.see('您已退出登录');
}
