// The manual's last part, 订单交易查询: no slip was printed; was the card charged, and may the goods be handed over?
import assert from 'node:assert/strict';
import { journey, signIn, step } from '../lib/journey.mjs';

const RICH = '6086250000010012';
const POOR = '6086250000020029';
const PIN = '123456';
const LIST = { inside: '订单明细' };

journey('订单交易查询', async ({ screen, server, browser }) => {
  await step('消费未出票', async () => {
    await signIn(screen, server);
    await pay(screen, '600233', '1', RICH);
    await screen.press('确定');
    await screen.see('交易成功');
    await screen.open(`${server.url}/sale?order=new`);
    await pay(screen, '600901', '4', POOR);
    await screen.see('余额不足');
  });

  await step('单击左边的“订单查询”', async () => {
    await screen.click('订单查询');
    await screen.see('退货只限交易后 48 小时内');
    assert.match(await screen.value('交易日期 从'), /^\d{4}-\d\d-\d\d$/);
    assert.equal(await screen.value('交易日期 从'), await screen.value('到'));
  });

  await step('选择交易日期后点右边的“查询”', async () => {
    await screen.press('查询');
    await screen.see('共 2 笔');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('orders');
  });

  await step('交易状态显示“交易成功”即为正常扣款', async () => {
    await screen.see('交易成功', { ...LIST, row: '6086 25** **** 0012' });
    await screen.see('可以交付药品', { ...LIST, row: '6086 25** **** 0012' });
    await screen.see('15.50', { ...LIST, row: '6086 25** **** 0012' });
  });

  await step('红色字体显示“交易失败”即为无效扣款', async () => {
    const failed = { ...LIST, row: '6086 25** **** 0029' };
    await screen.see('交易失败', failed);
    await screen.see('没有扣款，请勿交付药品', failed);
    await screen.see('51', failed);
    await screen.see('余额不足，差 ¥60.00', failed);
    const colour = await screen.page.evaluate(() => getComputedStyle(document.querySelector('td .st.bad')).color);
    assert.equal(colour, 'rgb(173, 31, 26)', 'red');
  });

  await step('按状态、卡号后四位查询', async () => {
    await screen.fill('交易状态', '交易失败');
    await screen.press('查询');
    await screen.gone('6086 25** **** 0012', LIST);
    await screen.see('失败 1 笔');
    await screen.fill('交易状态', '全部');
    await screen.fill('卡号后四位', '0012');
    await screen.key('Enter');
    await screen.see('共 1 笔');
    await screen.see('交易成功', LIST);
  });

  await step('日期范围最多 31 天', async () => {
    await screen.open(`${server.url}/orders?from=2026-01-01&to=2026-02-01`);
    await screen.see('日期范围最多 31 天。');
    assert.match(await screen.page.title(), /^错误：订单查询/);
    assert.deepEqual(await screen.axe(), []);
  });

  await step('订单明细：每一步都有记录', async () => {
    await screen.click('订单查询');
    const day = (await screen.value('到')).replace(/-/g, '').slice(2);
    await screen.click(`${day}0001`, LIST);
    await screen.see('可以交付药品');
    await screen.see('录入 感冒灵颗粒 ×1');
    await screen.see('消费 ¥15.50');
    await screen.see('可退截止');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('order');
    await screen.click('补打');
    await screen.see('持卡人存根');
    await screen.back();
  });

  await step('窄屏和英文', async () => {
    await screen.page.setViewport({ width: 1024, height: 768 });
    await screen.open(`${server.url}/orders`);
    assert.deepEqual(await screen.axe(), []);
    assert.ok(await screen.page.evaluate(() => document.documentElement.scrollWidth <= 1024), 'no sideways scrolling');
    await screen.screenshot('orders-1024');
    await screen.open(`${server.url}/lang/en?back=/orders`);
    await screen.see('Goods may be handed over');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('orders-1024-en');
    if (browser.js) assert.ok(await screen.has('Export Excel'));
  });
});

async function pay(screen, code, quantity, card) {
  await screen.fill('商品代码', `${quantity}*${code}`);
  await screen.key('Enter');
  await screen.see(code, { inside: '订单信息列表' });
  await screen.fill('卡号', card);
  await screen.fill('密码', PIN);
  await screen.press('支付');
}
