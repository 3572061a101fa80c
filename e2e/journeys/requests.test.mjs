// 商品登记申请: the cashier scans what the catalogue lacks, the card company answers, the till shows it and sells.
import assert from 'node:assert/strict';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const LINES = { inside: '订单信息列表' };

/** Screenshots at both sizes of a screen. */
async function look(screen, name) {
  for (const [width, height] of [[1024, 768], [1366, 768]]) {
    await screen.page.setViewport({ width, height });
    await screen.screenshot(`${name}-${width}`);
  }
  assert.deepEqual(await screen.axe(), [], name);
}

async function scan(screen, code) {
  await screen.fill('商品代码', code);
  await screen.key('Enter');
}

/** Asks for a code under a name. */
async function ask(screen, code, name) {
  await scan(screen, code);
  await screen.click('申请登记');
  await screen.fill('商品名称', name);
  await screen.press('提交申请');
  await screen.see('已提交，答复会显示在这台收银机上');
}

/** 答复 on the list, at the row of `name`. */
async function open(screen, server, name) {
  await screen.open(`${server.url}/office/requests`);
  await screen.click(`答复 ${name}`);
  await screen.see(`登记申请：${name}`);
}

journey('商品登记申请', async ({ screen, server }) => {
  await signIn(screen, server);
  await step('收银员扫到没有的条码', async () => {
    await scan(screen, '600233');
    await screen.see('600233', LINES);
    await scan(screen, '6901234567892');
    await screen.see('没有条码 6901234567892 的商品');
    await screen.see('用 699999 其他药品');
    await look(screen, 'request-not-found');
    await screen.click('申请登记');
    await screen.see('商品目录里没有条码 6901234567892');
    await look(screen, 'request-form');
    await screen.fill('商品名称', '药');
    await screen.press('提交申请');
    await screen.see('请填 2–60 个字的商品名称');
    await screen.fill('商品名称', '示例益气颗粒');
    await screen.key('Enter');
    await screen.see('已提交，答复会显示在这台收银机上');
    await screen.see('600233', LINES);
    await scan(screen, '6901234567892');
    await screen.see('登记申请已提交，等待答复');
  });
  await step('另两个', async () => {
    await ask(screen, '6901234567908', '感冒灵');
    await ask(screen, '6901234567915', '示例保健酒');
  });

  await step('客服看列表', async () => {
    await change(screen, server, 'agent');
    await screen.open(`${server.url}/office/requests`);
    await screen.see('本页 3 个申请');
    await look(screen, 'requests');
  });
  await step('加入目录', async () => {
    await open(screen, server, '示例益气颗粒');
    await look(screen, 'request');
    await screen.fill('商品代码（1–20', '600999');
    await screen.fill('规格', '5g×10袋');
    await screen.fill('药品类别', '乙类非处方药');
    await screen.fill('单价', '23.80');
    await screen.fill('慧医卡支付', '可以');
    await screen.press('加入目录');
    await screen.see('已答复，收银机会显示。');
  });
  await step('对应到', async () => {
    await open(screen, server, '感冒灵');
    await screen.fill('商品代码（该商户的）', '000000');
    await screen.press('对应到此代码');
    await screen.see('该商户没有这个商品代码');
    await look(screen, 'request-wrong');
    await screen.press('对应到 600233');
    await screen.see('已答复，收银机会显示。');
  });
  await step('拒绝', async () => {
    await open(screen, server, '示例保健酒');
    await screen.fill('原因', '酒类不在范围');
    await screen.press('拒绝');
    await screen.see('没有等待答复的申请');
    await look(screen, 'requests-none');
    await screen.click('全部');
    await screen.see('酒类不在范围');
    await look(screen, 'requests-all');
    await screen.click('查看 示例保健酒');
    await screen.see('许诺（9006）');
    await look(screen, 'request-answered');
  });

  await step('收银机显示答复', async () => {
    await change(screen, server, 'cashier');
    await screen.see('“示例益气颗粒”已登记：600999 示例益气颗粒');
    await screen.see('“感冒灵”请用 600233 感冒灵颗粒');
    await look(screen, 'request-answers');
    await screen.press('知道了：感冒灵');
    await screen.gone('请用 600233');
    await screen.see('“示例保健酒”不登记：酒类不在范围');
    await scan(screen, '6901234567892');
    await screen.see('600999', LINES);
    await screen.see('23.80', LINES);
    await screen.gone('已登记：600999');
    await screen.press('知道了：示例保健酒');
    await screen.gone('酒类不在范围');
  });
});
