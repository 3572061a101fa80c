// 待复核: a merchant's rate is proposed by one person of the card company and approved by another; the one who comes late
// reads who decided; what changed meanwhile is shown beside what was.
import assert from 'node:assert/strict';
import { change, journey, signIn, step } from '../lib/journey.mjs';

/** Screenshots at both sizes of an office's screen. */
async function look(screen, name) {
  for (const [width, height] of [[1024, 768], [1366, 768]]) {
    await screen.page.setViewport({ width, height });
    await screen.screenshot(`${name}-${width}`);
  }
}

journey('待复核', async ({ screen, server }) => {
  await step('财务提交两张费率经办单', async () => {
    await signIn(screen, server, 'finance');
    for (const rate of ['38', '45']) {
      await screen.click('商户结算');
      await screen.click('准备结算：示例大药房');
      await screen.fill('费率（万分之）', rate);
      await screen.press('提交新费率');
      await screen.see('已提交复核，还没有生效');
      await screen.see('不能复核自己提交的');
    }
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'todo-own');
  });
  await step('复核人同意其中一张', async () => {
    await change(screen, server, 'checker');
    await screen.click('待复核');
    await screen.see('等您复核');
    await screen.see('0.45%');
    await screen.click('商户费率', { row: '0.45%' });
    await screen.see('0.60%');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'todo-one');
    await screen.press('同意 0.45%');
    await screen.see('请填写 2 到 100 个字');
    await screen.fill('审核意见', '合同已核对');
    await screen.press('同意 0.45%');
    await screen.see('已同意，已经生效');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'todo-decided');
  });
  await step('另一张的内容已变化', async () => {
    await screen.click('商户费率', { row: '0.38%' });
    await screen.see('内容已变化，请重新核对');
    await screen.see('不能同意：内容已变化');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'todo-stale');
    await screen.fill('审核意见', '费率已变，请重新提交');
    await screen.press('驳回');
    await screen.see('已驳回，没有生效');
  });
});
