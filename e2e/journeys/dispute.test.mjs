// 争议: a holder contests a sale; one person of the card company opens it, the shop's manager answers, another person of
// the company upholds it with the keys alone, and the money is back on the card.
import assert from 'node:assert/strict';
import { change, journey, signIn, step } from '../lib/journey.mjs';

/** Screenshots at both sizes of a till's screen. */
async function look(screen, name) {
  for (const [width, height] of [[1024, 768], [1366, 768]]) {
    await screen.page.setViewport({ width, height });
    await screen.screenshot(`${name}-${width}`);
  }
}

journey('争议', async ({ screen, server }) => {
  let sale;
  await step('收银员收款', async () => {
    await signIn(screen, server);
    await screen.fill('商品代码', '600901');
    await screen.press('添加');
    await screen.fill('卡号', '6086250000010012');
    await screen.fill('密码', '123456');
    await screen.press('支付');
    await screen.press('确定');
    await screen.see('交易成功');
    sale = (await screen.page.content()).match(/href="\/slip\/(\d{12})"/)[1];
  });
  await step('发卡公司受理争议', async () => {
    await change(screen, server, 'operator');
    await screen.click('争议处理');
    await screen.see('没有争议');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('参考号', sale);
    await screen.press('查找交易');
    await screen.see('示例大药房');
    await screen.see('¥22.50');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('争议金额', '99');
    await screen.fill('持卡人陈述', '袋子里没有这盒药');
    await screen.fill('争议原因', '未收到商品');
    await screen.press('提交受理');
    await screen.see('未处理');
    await screen.see('卡内余额没有变化');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('争议金额', '10');
    await screen.fill('持卡人陈述', '袋子里没有这盒药');
    await screen.fill('争议原因', '未收到商品');
    await look(screen, 'dispute-open');
    await screen.press('提交受理');
    await screen.see('已受理，资金未变动');
    await screen.see('等待商户答复');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'dispute-opened');
  });
  await step('店长答复', async () => {
    await change(screen, server, 'manager');
    await screen.click('争议');
    await screen.see('待商户答复', { row: '10.00' });
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'dispute-own');
    await screen.click('查看', { row: '10.00' });
    await screen.press('申辩');
    await screen.see('请填写 2 至 100 字');
    await screen.fill('答复说明', '顾客当面签收，有签购单存根');
    await look(screen, 'dispute-answer');
    await screen.press('申辩');
    await screen.see('答复已提交，资金未变动');
    assert.deepEqual(await screen.axe(), []);
  });
  await step('另一人裁定', async () => {
    await change(screen, server, 'checker');
    await screen.click('争议处理');
    await screen.click('查看', { row: '10.00' });
    await screen.see('顾客当面签收');
    await screen.press('成立，退款');
    await screen.see('请填写 2 至 100 字');
    assert.match(await screen.focused(), /裁定说明/);
    await screen.type('监控显示未放入袋中', 5);
    for (const key of ['Tab', 'Tab', 'Enter']) await screen.key(key);
    await screen.see('壹拾元整');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'dispute-confirm');
    await screen.read();
    await screen.key('Enter');
    await screen.see('争议成立，¥10.00 已退回原卡');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'dispute-upheld');
  });
  await step('收银员查得部分争议退款', async () => {
    await change(screen, server, 'cashier');
    await screen.click('订单查询');
    await screen.press('查询');
    await screen.see('22.50');
    await screen.see('部分争议退款');
  });
});
