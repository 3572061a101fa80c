// 召回: the operator stops a product while a cashier has it on an order; another person ends it.
import assert from 'node:assert/strict';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const LINES = { inside: '订单信息列表' };

/** Rings up a product by its code. */
async function ring(screen, code) {
  await screen.fill('商品代码', code);
  await screen.key('Enter');
  await screen.see(code, LINES);
}

journey('召回', async ({ screen, server }) => {
  await step('收银台上有这个商品', async () => {
    await signIn(screen, server);
    await ring(screen, '600233');
    await ring(screen, '600402');
    await change(screen, server, 'operator');
  });

  await step('运营召回：先看会停哪些商品', async () => {
    await screen.click('召回');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('商品代码', '600233');
    await screen.fill('收银台显示', '厂家通知停售，请下架');
    await screen.fill('原因', '批号不合格');
    await screen.press('下一步：看会停哪些商品');
    await screen.see('召回这些商品？');
    await screen.see('康宁药房');
    assert.deepEqual(await screen.axe(), []);
    await screen.press('立即召回');
    await screen.see('所有收银台不再销售');
    assert.deepEqual(await screen.axe(), []);
    await change(screen, server, 'cashier');
  });

  await step('订单里的和新扫的都不能卖，其余照常', async () => {
    await screen.see('已召回：厂家通知停售，请下架', LINES);
    await screen.see('订单里有已召回的商品，删除后才能支付');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('sale-recalled');
    await screen.press('删除', { row: '600233' });
    await screen.gone('600233', LINES);
    await screen.fill('商品代码', '600233');
    await screen.key('Enter');
    await screen.see('已召回，不能销售：厂家通知停售，请下架');
    await screen.fill('商品代码', '');
    await screen.fill('卡号', '6086250000010012');
    await screen.fill('密码', '123456');
    await screen.press('支付');
    await screen.see('是否确认支付？');
    await screen.read();
    await screen.press('确定支付');
    await screen.see('交易成功');
    await change(screen, server, 'operator');
  });

  await step('结束要另一人复核', async () => {
    await screen.click('召回');
    await screen.click('代码 600233');
    await screen.press('提交复核：结束召回');
    await screen.see('不能复核自己提交的');
    await change(screen, server, 'checker');
    await screen.click('待复核');
    await screen.click('结束召回');
    await screen.fill('审核意见', '复检合格');
    await screen.press('同意');
    await screen.see('已同意，已经生效');
    await change(screen, server, 'cashier');
    await ring(screen, '600233');
  });
});
