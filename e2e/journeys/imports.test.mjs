// 导入: a price file is sent, found wrong, corrected, confirmed and taken back; a large change waits for a second person.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const LINES = { inside: '订单信息列表' };

/** Runs `use` with a function that writes a file and answers its place. */
async function files(use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'imports-'));
  const write = (name, text) => {
    const place = path.join(folder, name);
    writeFileSync(place, text);
    return place;
  };
  try { await use(write); } finally { rmSync(folder, { recursive: true }); }
}

/** Opens the form for files of 示例大药房. */
async function open(screen) {
  await screen.click('商品');
  await screen.see('先选商户');
  await screen.click('示例大药房');
  await screen.see('感冒灵颗粒');
  await screen.click('导入');
  await screen.see('文件里没有的商品');
}

/** Sends a file, and waits until it is checked. */
async function send(screen, kind, file) {
  await screen.fill('内容', kind);
  await screen.choose('选择文件', file);
  await screen.press('上传并检查');
}

/** Rings up a product by its code. */
async function ring(screen, code, price) {
  await screen.fill('商品代码', code);
  await screen.key('Enter');
  await screen.see(price, LINES);
}

journey('导入', async ({ screen, server }) => files(async (write) => {
  await step('有错误的文件什么也不改', async () => {
    await signIn(screen, server, 'operator');
    await open(screen);
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('office-import');
    await send(screen, '价格', write('价格.csv', '货号,零售价,最低价,最高价,产地\n600233,"12,5",,,江苏\n600201,16.90,,,\n'));
    await screen.see('处错误，没有任何数据被修改');
    await screen.see('请填 12.50');
    await screen.see('已忽略，不影响导入');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('office-import-faults');
  });

  await step('改好的文件先看差异，再确认', async () => {
    await screen.choose('改好的文件', write('价格.csv', '货号,零售价,最低价,最高价\n600233,16.50,15.00,18.00\n'));
    await screen.press('重新上传并检查');
    await screen.see('不变');
    await screen.see('16.50');
    assert.deepEqual(await screen.axe(), []);
    await screen.screenshot('office-edition');
    await screen.press('确认生效');
    await screen.see('起生效，第 1 版');
    await change(screen, server, 'cashier');
    await ring(screen, '600233', '16.50');
    await change(screen, server, 'operator');
  });

  await step('撤回', async () => {
    await screen.click('商品');
    await screen.see('先选商户');
    await screen.click('示例大药房');
    await screen.click('第 1 版');
    await screen.press('撤回这一版');
    await screen.see('起生效，第 2 版');
    assert.deepEqual(await screen.axe(), []);
    await change(screen, server, 'cashier');
    await ring(screen, '600233', '15.50');
    await change(screen, server, 'operator');
  });

  await step('超过 30 % 的要另一人复核', async () => {
    await open(screen);
    await send(screen, '价格', write('大改.csv', '商品代码,单价,最低价,最高价\n600233,31.00,30.00,32.00\n'));
    await screen.see('要另一人复核');
    await screen.press('提交复核');
    await screen.see('不能复核自己提交的');
    await change(screen, server, 'checker');
    await screen.click('待复核');
    await screen.click('批量改商品');
    await screen.see('大改.csv');
    await screen.press('同意');
    await screen.see('已同意');
    await change(screen, server, 'cashier');
    await ring(screen, '600233', '31.00');
  });
}));
