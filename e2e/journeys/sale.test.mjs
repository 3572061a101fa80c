// The manual's first part, from 登陆网站 to 打印明细, step by step in its words.
import assert from 'node:assert/strict';
import { journey, signIn, step } from '../lib/journey.mjs';

const CARD = '6086250000010012';
const PIN = '123456';
const LINES = { inside: '订单信息列表' };

journey('消费操作', async ({ screen, server }) => {
  await step('系统登录', async () => {
    await signIn(screen, server);
    await screen.see('王敏');
    await screen.see('选择商品');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('sale-empty');
  });

  await step('第一步 选择商品', async () => {
    await pick(screen, '感冒灵', '600233');
    await screen.see('感冒灵颗粒');
    assert.equal(await screen.value('单价'), '15.50');
  });

  await step('第二步 添加商品：修改“单价”后按回车键', async () => {
    await screen.fill('单价', '15.00');
    await screen.key('Enter');
    await screen.see('600233', LINES);
    await screen.see('15.00', { ...LINES, row: '600233' });
  });

  await step('依次重复第一、第二步骤，点击【添加】', async () => {
    await pick(screen, 'blf', '600901');
    await screen.press('添加');
    await screen.see('22.50', { ...LINES, row: '600901' });
    await screen.fill('商品代码', '600402');
    await screen.key('Enter');
    await screen.see('6.50', { ...LINES, row: '600402' });
    await screen.see('44.00');
  });

  await step('如果添加数据有误，则点击【删除】', async () => {
    await screen.press('删除', { row: '600402' });
    await screen.see('撤销');
    await screen.gone('600402', LINES);
    await screen.see('37.50');
    await screen.press('撤销');
    await screen.see('600402', LINES);
    await screen.press('删除', { row: '600402' });
    await screen.gone('600402', LINES);
    await screen.see('37.50');
  });

  await step('支付前点击【查余额】', async () => {
    await screen.fill('卡号', CARD);
    await screen.fill('密码', PIN);
    await screen.press('查余额');
    await screen.see('1,000.00');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('sale-balance');
  });

  await step('第三步 支付：依次输入卡号、密码，点击【支付】', async () => {
    await screen.fill('卡号', CARD);
    await screen.fill('密码', PIN);
    await screen.press('支付');
    await screen.see('是否确认支付？');
    await screen.see('37.50');
    await screen.see('1,000.00');
    await screen.see('962.50');
    assert.ok(!(await screen.text()).replace(/\s/g, '').includes(CARD), 'the card number is masked');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('sale-confirm');
  });

  await step('如信息无误则点击【确定】', async () => {
    await screen.press('确定');
    await screen.see('交易成功');
    await screen.see('00', { inside: '交易状态' });
    await screen.see('37.50', { inside: '交易状态' });
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('sale-success');
  });

  await step('第四步 打印明细：点击【交易打印】，打印', async () => {
    await screen.press('交易打印');
    await screen.see('商户存根');
    await screen.see('持卡人存根');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('slip');
    const slip = await screen.pdf('slip');
    assert.equal(slip.pages, 2, `one page per copy: ${slip.file}`);
    assert.match(slip.text[0], /37\.50/);
    assert.match(slip.text[1], /37\.50[\s\S]*962\.50/);
    assert.doesNotMatch(slip.text[0], /962\.50/, 'the balance is private to the customer');
    assert.ok(!slip.text.join('').includes(CARD), 'the card number is masked on the slip');
  });
});

/** 在弹出的商品列表页面通过筛选找到商品，点击“商品代码”，选择后窗口自动关闭。 */
async function pick(screen, filter, code) {
  await screen.press('选择商品');
  await screen.fill('名称', filter);
  await screen.press('筛选');
  await screen.click(code);
  await screen.gone('筛选');
}
