// 价目: a list of the company for many merchants, and one that gives some outlets of a merchant other prices.
import assert from 'node:assert/strict';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const LINES = { inside: '订单信息列表' };

async function ring(screen, code, price) {
  await screen.fill('商品代码', code);
  await screen.key('Enter');
  await screen.see(price, LINES);
}

async function make(screen, name, merchant) {
  await screen.click('商品');
  await screen.click('价目');
  await screen.fill('价目名称', name);
  await screen.fill('商户号', merchant);
  await screen.press('建立');
  await screen.see('价目资料');
}

journey('价目', async ({ screen, server }) => {
  await step('公司价目里登记商品', async () => {
    await signIn(screen, server, 'operator');
    await screen.click('商品');
    assert.deepEqual(await screen.axe(), []);
    await make(screen, '公司标准价目', '');
    assert.deepEqual(await screen.axe(), []);
    await screen.click('本价目的商品');
    await screen.see('目录里还没有商品');
    await screen.click('新商品', { inside: '公司标准价目的商品' });
    await screen.fill('商品代码（1–20', 'C0001');
    await screen.fill('商品名称', '公司益气颗粒');
    await screen.fill('药品类别', '乙类非处方药');
    await screen.fill('慧医卡支付', '可以');
    await screen.fill('单价', '23.80');
    await screen.press('保存');
    await screen.see('C0001 公司益气颗粒');
  });

  await step('商户的价目归到公司价目之下', async () => {
    await screen.click('商品');
    await screen.click('示例大药房');
    await screen.click('价目设置');
    await screen.fill('上级价目', '公司标准价目');
    await screen.press('保存上级');
    await screen.see('公司标准价目');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('office-list');
  });

  await step('部分门店另定价格', async () => {
    await make(screen, '鼓楼价目', '898320159120001');
    await screen.click('本价目的商品');
    await screen.see('上级：示例大药房');
    await screen.fill('代码、条码、名称、拼音或批准文号', '600233');
    await screen.key('Enter');
    await screen.click('600233');
    await screen.see('资料由上级价目决定');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('单价', '16.50');
    await screen.fill('每单限购', '2');
    await screen.press('保存');
    await screen.see('恢复上级价格');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('office-product-own');
    await screen.click('鼓楼价目的商品');
    await screen.see('另定');
    await screen.screenshot('office-products-below');
    await screen.click('价目设置');
    await screen.fill('鼓楼店', '');
    await screen.press('选中的改用本价目');
    await screen.see('1 家门店用本价目');
    await screen.screenshot('office-list-outlets');
    await change(screen, server, 'cashier');
  });

  await step('两家门店各按自己的价目卖', async () => {
    await ring(screen, '600233', '15.50');
    await ring(screen, 'C0001', '23.80');
    await change(screen, server, 'cashier2');
    await ring(screen, '600233', '16.50');
    await ring(screen, 'C0001', '23.80');
    await ring(screen, '600233', '16.50');
    await screen.fill('商品代码', '600233');
    await screen.key('Enter');
    await screen.see('该商品每单限购 2 件');
    await screen.screenshot('sale-limit');
  });
});
