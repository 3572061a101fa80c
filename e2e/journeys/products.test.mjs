// 商品: the operator adds a product, changes its price, and proposes one that moves far; the till follows.
import assert from 'node:assert/strict';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const LINES = { inside: '订单信息列表' };

/** Rings up a product by its code. */
async function ring(screen, code, price) {
  await screen.fill('商品代码', code);
  await screen.key('Enter');
  await screen.see(price, LINES);
}

/** Opens the page of a product of 示例大药房. */
async function open(screen, code, name) {
  await screen.click('商品');
  await screen.see('先选商户');
  await screen.click('示例大药房');
  await screen.fill('代码、条码、名称、拼音或批准文号', code);
  await screen.key('Enter');
  await screen.click(code);
  await screen.see(name);
}

journey('商品', async ({ screen, server }) => {
  await step('运营登记新商品', async () => {
    await signIn(screen, server, 'operator');
    await screen.click('商品');
    assert.deepEqual(await screen.axe(), []);
    await screen.click('示例大药房');
    await screen.see('感冒灵颗粒');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('office-products');
    await screen.click('新商品');
    await screen.fill('商品代码（1–20', '600999');
    await screen.fill('商品名称', '示例益气颗粒');
    await screen.fill('条码', '6901234567892');
    await screen.fill('药品类别', '乙类非处方药');
    await screen.fill('慧医卡支付', '可以');
    await screen.fill('单价', '12,5');
    await screen.press('保存');
    await screen.see('请填 0.01 到 99999.99 元');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('单价', '23.80');
    await screen.press('保存');
    await screen.see('600999 示例益气颗粒');
    assert.deepEqual(await screen.axe(), []);
    await change(screen, server, 'cashier');
  });

  await step('收银台马上能扫到', async () => {
    await ring(screen, '6901234567892', '23.80');
    await change(screen, server, 'operator');
  });

  await step('小改价马上生效，大改价要另一人复核', async () => {
    await open(screen, '600999', '示例益气颗粒');
    await screen.fill('单价', '25.00');
    await screen.press('保存');
    await screen.see('23.80');
    await screen.fill('某一时刻卖什么价', '2026-11-02 14:05');
    await screen.press('查');
    await screen.see('时还没有这个商品');
    await screen.screenshot('office-product');
    await screen.fill('单价', '40.00');
    await screen.press('保存');
    await screen.see('不能复核自己提交的');
    await change(screen, server, 'checker');
    await screen.click('待复核');
    await screen.click('商品改价');
    await screen.see('40.00');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('审核意见', '供货价上涨');
    await screen.press('同意');
    await screen.see('已同意，已经生效');
    await change(screen, server, 'cashier');
  });

  await step('录过的按原价收，收银员确认；新录的按现价', async () => {
    await screen.see('价格已更新：现价 40.00', LINES);
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('sale-price-updated');
    await screen.fill('卡号', '6086250000010012');
    await screen.fill('密码', '123456');
    await screen.press('支付');
    await screen.see('现价 ¥40.00，这张订单按 ¥23.80 收');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('sale-price-confirm');
    await screen.read();
    await screen.press('确定支付');
    await screen.see('交易成功');
    await ring(screen, '600999', '40.00');
  });
});
