// 批量导入: a file with stores is sent, found wrong, corrected, confirmed, and opened by a second person; then their people,
// whose first password is on a sheet that is shown once.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { change, journey, signIn, step } from '../lib/journey.mjs';

const OWN = 'Kuai-le-de-xiao-yao-77';

/** Runs `use` with a function that writes a file and answers its place. */
async function files(use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rolls-'));
  const write = (name, text) => {
    const place = path.join(folder, name);
    writeFileSync(place, text);
    return place;
  };
  try { await use(write); } finally { rmSync(folder, { recursive: true }); }
}

/** Screenshots at both sizes of an office's screen. */
async function look(screen, name) {
  for (const [width, height] of [[1024, 768], [1366, 768]]) {
    await screen.page.setViewport({ width, height });
    await screen.screenshot(`${name}-${width}`);
  }
}

/** The number of the first link to such a page. */
const linked = (screen, begin) =>
  screen.page.evaluate((b) => document.querySelector(`main td a[href^="${b}"]`).getAttribute('href').slice(b.length), begin);

journey('批量导入', async ({ screen, server }) => files(async (write) => {
  await step('有错误的文件什么也不改', async () => {
    await signIn(screen, server, 'admin');
    await screen.click('商户门店');
    await screen.click('批量导入');
    await screen.see('模板');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'rolls-new');
    await screen.fill('内容', '门店');
    await screen.choose('选择文件', write('门店.csv', '商户号,门店,电话,终端数\n898320159120001,河西店,2586988520,2\n898320159129999,江宁店,,1\n'));
    await screen.press('上传并检查');
    await screen.see('有 2 处错误，没有任何数据被修改');
    await screen.see('应为 02586988520');
    await screen.see('没有这个商户');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'rolls-faults');
  });

  let outlet;
  await step('改好的文件先看差异，再确认', async () => {
    const text = '商户号,门店,地址,电话,营业时间,终端数\n898320159120001,河西店,示例路 88 号,025-86988520,周一至周日 08:00–21:00,2\n898320159120001,江宁店,,,,1\n';
    await screen.choose('改好的文件', write('门店.csv', text));
    await screen.press('重新上传并检查');
    await screen.see('新门店');
    await screen.see('示例路 88 号');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'rolls-checked');
    await screen.press('确认写入');
    await screen.see('新门店等另一人复核');
    outlet = await linked(screen, '/office/outlets/');
    assert.match(outlet, /^\d{7}$/);
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'rolls-entered');
  });

  await step('另一人同意后两家门店一起开业', async () => {
    await change(screen, server, 'checker');
    await screen.open(`${server.url}/office/outlets/${outlet}`);
    await screen.see('待开通');
    await screen.click('待复核');
    await screen.fill('事项', '开通门店');
    await screen.press('查询');
    for (const name of ['河西店', '江宁店']) await screen.fill(`选择 示例大药房 ${name} 待开通 → 营业`, true);
    await screen.fill('审核意见', '地址和终端已核对');
    await screen.press('同意所选');
    await screen.see('刚才一起复核的');
    await screen.open(`${server.url}/office/outlets/${outlet}`);
    await screen.see('营业');
  });

  await step('门店的人，登录单只显示一次', async () => {
    await change(screen, server, 'admin');
    await screen.click('人员');
    await screen.click('批量导入');
    await screen.see('模板');
    const text = `登录名,姓名,角色,门店号,手机\nzhou.xy,周小燕,收银员,${outlet},13900001111\nlin.wei,林伟,店长、收银员,${outlet},\n`;
    await screen.choose('选择文件', write('人员.csv', text));
    await screen.press('上传并检查');
    await screen.see('周小燕');
    await screen.see('139****1111');
    await screen.press('确认写入');
    await screen.see('还有 2 人没有初始密码');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'rolls-people');
    await screen.press('生成并打印下一批');
    await screen.see('只显示这一次，72 小时内有效');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'rolls-sheets');
  });

  await step('新收银员用登录单登录', async () => {
    const password = await screen.page.evaluate(() => document.querySelectorAll('td.pw')[2].textContent.trim());
    await screen.click('我已交给本人');
    await screen.gone('没有初始密码');
    await screen.press('退出登录');
    await signIn(screen, server, 'zhou.xy', password);
    await screen.see('首次登录，请先修改密码');
    await screen.fill('原密码', password);
    await screen.fill('新密码', OWN);
    await screen.fill('再输一次', OWN);
    await screen.press('确认修改');
    // A new store sells at enrolled tills only.
    await screen.see('此电脑还没有登记为收银终端');
  });
}));
