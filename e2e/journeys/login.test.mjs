// 系统登录: the first page of the manual, its errors, and the lock screen.
import assert from 'node:assert/strict';
import { journey, signIn, step } from '../lib/journey.mjs';

journey('登录', async ({ screen, server, browser }) => {
  await step('看不清：换一张验证码', async () => {
    await screen.open(server.url);
    assert.deepEqual(await screen.axe(), []);
    const image = () => screen.page.evaluate(() => document.querySelector('#captcha img').getAttribute('src'));
    const before = await image();
    await screen.fill('用户名', 'cashier');
    if (browser.js) await screen.click('看不清，换一张验证码');
    else await screen.press('看不清，换一张验证码');
    assert.notEqual(await image(), before);
    assert.equal(await screen.value('用户名'), 'cashier', 'what was typed stays');
  });

  await step('密码输错：说明原因，用户名保留', async () => {
    await signIn(screen, server, 'cashier', 'not-the-password');
    await screen.see('用户名或密码不正确。还可以再试 4 次，之后锁定 15 分钟。');
    assert.match(await screen.page.title(), /^错误：登录/);
    assert.equal(await screen.page.evaluate(() => document.activeElement.id), 'p', 'the cursor is in the password');
    assert.deepEqual(await screen.axe(), []);
  });

  await step('登录', async () => {
    await screen.fill('密码', 'Demo-pass-2026');
    await screen.fill('验证码', 'abcd');
    await screen.press('登录');
    await screen.see('王敏（1003）');
  });

  await step('锁定屏幕后输入密码继续', async () => {
    await screen.press('锁定屏幕');
    await screen.see('王敏（1003）已登录，请输入密码继续。');
    assert.deepEqual(await screen.axe(), []);
    await screen.open(`${server.url}/sale`);
    await screen.see('屏幕已锁定');
    await screen.fill('密码', 'Demo-pass-2026');
    await screen.press('解锁');
    await screen.see('王敏（1003）');
  });

  await step('首次登录修改密码', async () => {
    await screen.press('退出登录');
    await screen.see('您已退出登录。');
    await signIn(screen, server, 'newhire');
    await screen.see('首次登录，请先修改密码。');
    await screen.fill('原密码', 'Demo-pass-2026');
    await screen.fill('新密码', 'password1234');
    await screen.fill('再输一次', 'password1234');
    await screen.press('确认修改');
    await screen.see('新密码太容易被猜到，请换一个');
    assert.deepEqual(await screen.axe(), []);
    await screen.fill('原密码', 'Demo-pass-2026');
    await screen.fill('新密码', 'Kuai-le-de-xiao-yao-77');
    await screen.fill('再输一次', 'Kuai-le-de-xiao-yao-77');
    await screen.press('确认修改');
    await screen.see('密码已修改。其他登录已全部退出。');
    await screen.click('修改密码');
    await screen.see('我的登录');
    assert.deepEqual(await screen.axe(), []);
  });

  await step('地址输错：说明怎么办', async () => {
    await screen.open(`${server.url}/nowhere`);
    await screen.see('没有找到这个页面');
    assert.deepEqual(await screen.axe(), []);
    await screen.click('返回首页');
    await screen.see('赵晓（1004）');
  });
});
