// 商户结算: what a shop sold yesterday is prepared by one person of the card company, confirmed by another and paid out;
// the shop's manager finds the statement. The checker uses the keys alone.
import assert from 'node:assert/strict';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const LATER = { env: { WEBPOS_TEST_DAYS_AHEAD: '1' } };

journey('商户结算', async ({ screen, server }) => {
  await step('收银员收款', async () => {
    await signIn(screen, server);
    await screen.fill('商品代码', '600901');
    await screen.press('添加');
    await screen.fill('卡号', '6086250000010012');
    await screen.fill('密码', '123456');
    await screen.press('支付');
    await screen.press('确定');
    await screen.see('交易成功');
  });
  await server.restart(LATER);
  await step('财务准备结算', async () => {
    await signIn(screen, server, 'finance');
    await screen.click('商户结算');
    assert.deepEqual(await screen.axe(), []);
    await screen.click('准备结算：示例大药房');
    await screen.see('¥22.50');
    await screen.see('¥0.14');
    await screen.see('¥22.36');
    assert.deepEqual(await screen.axe(), []);
    await screen.press('提交复核');
    await screen.see('已提交复核，还没有划付');
    await screen.see('不能复核自己准备的结算');
    assert.deepEqual(await screen.axe(), []);
  });
  await step('复核人确认划付', async () => {
    await change(screen, server, 'checker');
    await screen.click('商户结算');
    await screen.click('查看待复核：示例大药房');
    await screen.press('确认划付');
    await screen.see('请填写审核意见');
    assert.deepEqual(await screen.axe(), []);
    assert.match(await screen.focused(), /复核意见/);
    await screen.type('已核对银行账户', 5);
    for (const key of ['Tab', 'Tab', 'Enter']) await screen.key(key);
    await screen.see('已确认，划付已入账');
    await screen.see('已划付');
    assert.deepEqual(await screen.axe(), []);
  });
  await step('店长查看结算单', async () => {
    await change(screen, server, 'manager');
    await screen.click('结算单');
    await screen.see('22.36');
    assert.deepEqual(await screen.axe(), []);
    const number = /\d{12}/.exec(await screen.text())[0];
    await screen.click(`查看 ${number} 号结算`);
    await screen.see('6086 25** **** 0012');
    assert.ok(!(await screen.has('已核对银行账户')), 'the note is the card company\'s own');
    assert.deepEqual(await screen.axe(), []);
  });
  await step('没有可以再结算的', async () => {
    await change(screen, server, 'finance');
    await screen.click('商户结算');
    await screen.click('准备结算：示例大药房');
    await screen.see('没有可结算的交易');
    assert.deepEqual(await screen.axe(), []);
  });
});
