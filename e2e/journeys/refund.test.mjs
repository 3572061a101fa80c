// The manual's 退货操作, steps 1 to 7: the cashier asks, the manager reviews in a browser of their own.
import assert from 'node:assert/strict';
import { launch } from '../lib/browsers.mjs';
import { journey, signIn, step } from '../lib/journey.mjs';

const CARD = '6086250000010012';
const PIN = '123456';

journey('退货操作', async ({ screen, server, browser }) => {
  await signIn(screen, server);
  await sell(screen);

  await step('1. 单击左边的“订单查询”，选择日期后单击右边的“查询”', async () => {
    await screen.open(`${server.url}/sale`);
    await screen.click('订单查询');
    await screen.press('查询');
    await screen.see('交易成功');
  });

  await step('2. 选择所需退款的订单，核对卡号和金额后点击右边的“退货申请”', async () => {
    await screen.press('退货申请', { row: '38.00' });
    await screen.see('6086 25** **** 0012');
    await screen.see('38.00');
    await screen.see('可退截止');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'refund-request');
  });

  await step('3. 输入“退货原因”后点下方的确认（退货原因不能空置）', async () => {
    await screen.press('确认');
    await screen.see('请填写退货原因');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'refund-reason');
    await screen.see('请选择退货类别');
    await screen.fill('发错商品或收错款', '');
    await screen.fill('退货原因', '收银录入错误');
    await screen.press('确认');
    await screen.see('已提交。还需要“退货审核”，通过后退款才到卡。');
    assert.deepEqual(await screen.axe(), []);
  });

  const manager = await launch(browser.name, browser);
  try {
    await signIn(manager, server, 'manager');
    await step('4. 单击左边的“退货审核”后直接点右边的“查询”', async () => {
      await manager.click('退货审核');
      await manager.press('查询');
      await manager.see('未处理', { row: '38.00' });
      assert.deepEqual(await manager.axe(), []);
      await look(manager, 'refund-list');
    });

    await step('5. 核对处理状态“未处理”的订单的交易卡号及金额，点击右边的“退货审核”', async () => {
      await manager.see('6086 25** **** 0012', { row: '38.00' });
      await manager.press('退货审核', { row: '38.00' });
      await manager.see('审核信息');
      assert.deepEqual(await manager.axe(), []);
    });

    await step('6. 填写上退款卡号及审核意见后确认', async () => {
      await manager.fill('退款卡号', '6086250000020029');
      await manager.fill('审核意见', '核对药品未拆封，同意退货');
      await manager.press('同意退款');
      await manager.see('与原卡号不一致（末四位应为 0012），不能退款');
      assert.deepEqual(await manager.axe(), []);
      await look(manager, 'refund-review');
      await manager.fill('退款卡号', CARD);
      await manager.fill('审核意见', '核对药品未拆封，同意退货');
      await manager.press('同意退款');
      await manager.see('退款成功，¥38.00 已退回 0012 卡。请打印退货小票（一式两份）。');
      assert.ok(!(await manager.text()).replace(/\s/g, '').includes(CARD), 'the card number is masked');
      assert.deepEqual(await manager.axe(), []);
      await look(manager, 'refund-done');
    });

    await step('7. 退货提示成功后将退货小票打印出来，一式两份', async () => {
      await manager.press('打印退货小票');
      await manager.see('商户存根');
      await manager.see('持卡人存根');
      await manager.see('退货 REFUND');
      assert.deepEqual(await manager.axe(), []);
      await manager.screenshot('refund-slip');
      const slip = await manager.pdf('refund-slip');
      assert.equal(slip.pages, 2, `one page per copy: ${slip.file}`);
      assert.match(slip.text[0], /38\.00/);
      assert.match(slip.text[1], /38\.00[\s\S]*1,000\.00/);
      assert.doesNotMatch(slip.text[0], /1,?000\.00/, 'the balance is private to the customer');
      assert.ok(!slip.text.join('').includes(CARD), 'the card number is masked on the slip');
      for (const [paper, pages] of [['58mm', 2], ['A4', 1], ['80mm', 2]]) {
        await manager.press(paper);
        const slip = await manager.pdf(`refund-slip-${paper}`);
        assert.equal(slip.pages, pages, `${paper}: ${slip.file}`);
      }
    });
    assert.deepEqual(manager.problems, [], 'problems that nobody saw on the screen');
  } finally {
    await manager.end();
  }
});

journey('撤销', async ({ screen, server }) => {
  await signIn(screen, server);
  await sell(screen);
  await screen.open(`${server.url}/orders`);
  await screen.click('2', { row: '38.00' });
  await screen.press('撤销');
  await screen.see('是否撤销这笔交易？全额退回原卡。');
  assert.deepEqual(await screen.axe(), []);
  await look(screen, 'void');
  await screen.fill('用户名', 'manager');
  await screen.fill('密码', 'Demo-pass-2026');
  await screen.press('确认撤销');
  await screen.see('撤销成功，¥38.00 已退回 0012 卡');
  assert.deepEqual(await screen.axe(), []);
  await screen.press('打印撤销小票');
  await screen.see('撤销 VOID');
});

/** Two goods for 38.00, paid and their slip left for later. */
async function sell(screen) {
  for (const [code, price] of [['600233', '15.50'], ['600901', '22.50']]) {
    await screen.fill('商品代码', code);
    await screen.key('Enter');
    await screen.see(price, { inside: '订单信息列表' });
  }
  await screen.fill('卡号', CARD);
  await screen.fill('密码', PIN);
  await screen.press('支付');
  await screen.press('确定');
  await screen.see('交易成功');
}

/** Pictures at the two widths of tills. */
async function look(screen, name) {
  await screen.screenshot(name);
  const { width, height } = screen.page.viewport();
  await screen.page.setViewport({ width: 1024, height: 768 });
  await screen.screenshot(`${name}-1024`);
  await screen.page.setViewport({ width, height });
}
