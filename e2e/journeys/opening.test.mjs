// 开业: from an empty database of either kind to the first sale on a card of the company's own and its slip, by the browser
// alone after the first two people; under the rules of a real installation.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { everyBrowser } from '../lib/browsers.mjs';
import { journey, signIn, step } from '../lib/journey.mjs';

const OWN = 'Kuai-le-de-xiao-yao-77';

/** Screenshots at both sizes of an office's screen. */
async function look(screen, name) {
  for (const [width, height] of [[1024, 768], [1366, 768]]) {
    await screen.page.setViewport({ width, height });
    await screen.screenshot(`${name}-${width}`);
  }
}

/** The initial password that the command line prints. */
const printed = (said) => said.trim().split(' ').pop();

/** The text of the first element that `selector` names. */
const text = (screen, selector) => screen.page.evaluate((s) => document.querySelector(s)?.textContent.trim(), selector);

/** The 6 digits that an authenticator shows for `key` (base 32) now: RFC 6238. */
function digits(key) {
  const bits = [...key.replace(/ /g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'));
  const secret = Buffer.from(bits.join('').match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', secret).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Recovery codes by login, for every later sign-in: a code of the app counts once. */
const recovery = {};

/** 第二验证, which people of the card company set up before anything else. */
async function factor(screen, login) {
  await screen.see('公司人员必须设置第二验证');
  await screen.fill('2. 输入 App 显示的 6 位数字', digits(await text(screen, '#key')));
  await screen.press('设置');
  await screen.see('第二验证已设置');
  recovery[login] = await screen.page.evaluate(() => [...document.querySelectorAll('.codes li')].map((li) => li.textContent));
  assert.equal(recovery[login].length, 10);
  await screen.click('我已保存');
}

/** The first sign-in, with a password of the person's own. */
async function first(screen, server, login, password) {
  await signIn(screen, server, login, password);
  await screen.see('首次登录，请先修改密码');
  await screen.fill('原密码', password);
  await screen.fill('新密码', OWN);
  await screen.fill('再输一次', OWN);
  await screen.press('确认修改');
}

/** A later sign-in of somebody at the card company. */
async function again(screen, server, login) {
  await signIn(screen, server, login, OWN);
  await screen.fill('手机验证器的 6 位数字', recovery[login].pop());
  await screen.press('继续');
}

/** 邀请 somebody into the new store; answers the initial password of the sheet. */
async function invite(screen, name, login, role) {
  await screen.open(`${new URL(screen.url).origin}/office/people/new`);
  await screen.fill('姓名', name);
  await screen.fill('登录名', login);
  await screen.fill(role, true);
  await screen.press('邀请并显示初始密码');
  await screen.see('只显示这一次，72 小时内有效');
  return text(screen, '#pw');
}

async function walk({ screen, server }) {
  const heping = printed(server.admin('create', '--login', 'heping', '--name', '何平', '--role', 'admin', '--role', 'operator'));
  const liuyang = printed(server.admin('create', '--login', 'liuyang', '--name', '刘洋', '--role', 'checker', '--role', 'operator'));

  await step('第二个人登录并改密码', async () => {
    await first(screen, server, 'liuyang', liuyang);
    await factor(screen, 'liuyang');
  });
  await step('开业清单', async () => {
    await screen.press('退出登录');
    await first(screen, server, 'heping', heping);
    await factor(screen, 'heping');
    await screen.open(`${server.url}/office`);
    await screen.see('开业清单');
    await screen.see('完成 1 项，共 6 项');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'opening');
  });
  await step('公司信息', async () => {
    await screen.click('去做：公司信息');
    await screen.fill('公司名称', '示例健康卡服务公司');
    await screen.fill('机构号', '898');
    await screen.fill('地区', '3201');
    await screen.fill('卡 BIN', '608625');
    await screen.fill('小票上的发卡机构', '示例健康卡服务公司');
    await screen.press('保存');
    await screen.see('已保存');
  });
  let code;
  await step('新开门店', async () => {
    await screen.open(`${server.url}/office`);
    await screen.see('示例健康卡服务公司');
    await screen.click('去做：商户、门店、终端');
    await screen.fill('商户名称', '示例百草堂');
    await screen.fill('统一社会信用代码', '91320100MA1XXXXX1Y');
    await screen.fill('开户银行', '示例银行南京分行');
    await screen.fill('收款账号', '6222000011112222');
    await screen.fill('账户名', '示例百草堂');
    await screen.fill('手续费率', '0.38');
    await screen.fill('门店名称', '河西店');
    await screen.press('保存并提交复核');
    await screen.see('第 18 位校验不对');
    const right = /应为 (.)/.exec(await screen.page.evaluate(() => document.body.innerText))[1];
    await screen.fill('统一社会信用代码', `91320100MA1XXXXX1${right}`);
    await screen.press('保存并提交复核');
    await screen.see('已建好 1 家商户、1 家门店、1 台终端');
    await screen.see('898 3201 5912 0001');
    code = await text(screen, 'code');
    assert.match(code, /^[A-Z2-9]{4} ?[A-Z2-9]{4}$/);
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'opening-made');
  });
  const passwords = {};
  await step('邀请店长和收银员', async () => {
    passwords.liqiang = await invite(screen, '李强', 'liqiang', '店长');
    passwords.wangmin = await invite(screen, '王敏', 'wangmin', '收银员');
  });
  await step('登记收银电脑', async () => {
    await screen.press('退出登录');
    await screen.open(`${server.url}/enrol`);
    await screen.see('此电脑还没有登记为收银终端');
    await screen.fill('登记码', code.toLowerCase());
    await screen.press('登记');
    await screen.see('河西店');
    await screen.press('确认登记');
    await screen.see('已登记为示例百草堂（河西店）');
    assert.deepEqual(await screen.axe(), []);
  });
  await step('刘洋复核开通', async () => {
    await again(screen, server, 'liuyang');
    await screen.click('待复核');
    await screen.click('开通商户');
    await screen.see('0.38%');
    await screen.fill('审核意见', '合同和执照已核对');
    await screen.press('同意');
    await screen.see('已同意，已经生效');
  });
  /** Sends what one person proposed to the other, and has it approved. */
  const approve = async (what, sees) => {
    await screen.press('退出登录');
    await again(screen, server, 'liuyang');
    await screen.click('待复核');
    await screen.click(what);
    for (const words of sees) await screen.see(words);
    await screen.fill('审核意见', '已核对');
    await screen.press('同意');
    await screen.see('已同意，已经生效');
    await screen.press('退出登录');
    await again(screen, server, 'heping');
  };
  await step('卡产品：按模板新建', async () => {
    await screen.press('退出登录');
    await again(screen, server, 'heping');
    await screen.open(`${server.url}/office/programmes`);
    await screen.see('还没有卡产品');
    await screen.open(`${server.url}/office/programmes/new`);
    await screen.fill('名称', '记名福利卡');
    await screen.fill('系列', '01');
    await screen.press('提交复核');
    await screen.see('草稿，等待复核');
    assert.deepEqual(await screen.axe(), []);
    await approve('启用卡产品', ['记名福利卡', '¥5,000.00']);
  });
  let customer;
  await step('客户和入账', async () => {
    await screen.open(`${server.url}/office/customers/new`);
    await screen.fill('客户名称', '示例科技有限公司');
    await screen.press('保存');
    await screen.see('示例科技有限公司');
    customer = new URL(screen.url).pathname.split('/').pop();
    await screen.fill('金额', '5000');
    await screen.fill('银行流水号', 'SL20261201-0001');
    await screen.press('提交复核');
    await screen.see('还没有生效');
    await approve('客户入账', ['示例科技有限公司', '人民币伍仟元整']);
  });
  await step('卡批次：10 张', async () => {
    await screen.open(`${server.url}/office/batches/new`);
    await screen.fill('卡产品', '记名福利卡');
    await screen.fill('数量', '10');
    await screen.press('提交复核');
    await screen.see('等待复核');
    await approve('制卡', ['记名福利卡', '10']);
    await screen.open(`${server.url}/office/batches`);
    await screen.click('000001');
    for (let tries = 0; tries < 50 && !(await screen.has('已生成 10 / 10 张')); tries += 1) await screen.reload();
    await screen.see('卡到了以后点收入金库');
  });
  await step('收货、交给客户、打印密码信', async () => {
    await screen.fill('点到的张数', '10');
    await screen.press('收货入金库');
    await screen.see('已完成，立即生效');
    await screen.click('交给客户');
    await screen.fill('从卡序号', '000001-000001');
    await screen.fill('到卡序号', '000001-000010');
    await screen.fill('门店号或客户号', customer);
    await screen.press('交给客户');
    await screen.see('已完成，立即生效');
    assert.deepEqual(await screen.axe(), []);
    await look(screen, 'opening-batch');
  });
  let pin;
  await step('密码信只显示这一次', async () => {
    await screen.open(`${server.url}/office/pins`);
    await screen.fill('起始卡序号', '000001-000001');
    await screen.press('生成并打印');
    await screen.see('只显示这一次');
    pin = await text(screen, '.sheet code');
    assert.match(pin, /^\d{6}$/);
    assert.deepEqual(await screen.axe(), []);
  });
  let card;
  await step('激活和充值', async () => {
    await screen.open(`${server.url}/office/batches`);
    await screen.click('000001');
    await screen.fill('从卡序号', '000001-000001');
    await screen.fill('到卡序号', '000001-000010');
    await screen.press('激活');
    await screen.see('等待复核');
    await approve('激活', ['记名福利卡']);
    // Who printed the letter does not see the number; the other person does.
    await screen.press('退出登录');
    await again(screen, server, 'liuyang');
    await screen.open(`${server.url}/office/cards/2000001000001/number`);
    await screen.fill('理由', '首批发放核对');
    await screen.press('查看卡号');
    card = (await text(screen, '#number')).replaceAll(' ', '');
    assert.match(card, /^60862501\d{11}$/);
    await screen.press('退出登录');
    await again(screen, server, 'heping');
    await screen.open(`${server.url}/office/customers/${customer}?k=load`);
    await screen.fill('卡号', card);
    await screen.fill('金额', '500');
    await screen.press('提交复核');
    await screen.see('还没有生效');
    await approve('充值', ['人民币伍佰元整']);
  });
  await step('商品', async () => {
    await screen.click('商品');
    await screen.click('示例百草堂');
    await screen.click('新商品');
    await screen.fill('商品代码', '600233');
    await screen.fill('商品名称', '感冒灵颗粒');
    await screen.fill('规格', '10g×9袋');
    await screen.fill('分类', '感冒用药');
    await screen.fill('药品类别', '乙类非处方药');
    await screen.fill('慧医卡支付', '可以');
    await screen.fill('单价', '15.50');
    await screen.press('保存');
    await screen.see('600233');
  });
  await step('收银员在登记的电脑上收款', async () => {
    await screen.press('退出登录');
    await first(screen, server, 'wangmin', passwords.wangmin);
    await screen.open(server.url);
    await screen.see('选择商品');
    await screen.see('示例百草堂（河西店）');
  });
  await step('第一单和小票', async () => {
    await screen.fill('商品代码', '600233');
    await screen.key('Enter');
    await screen.see('15.50', { inside: '订单信息列表' });
    await screen.fill('卡号', card);
    await screen.fill('密码', pin);
    await screen.press('支付');
    await screen.see('是否确认支付？');
    await screen.see('484.50');
    await screen.press('确定');
    await screen.see('交易成功');
    await screen.press('交易打印');
    await screen.see('持卡人存根');
    await screen.screenshot('opening-slip');
  });
  await step('清单：首页不再显示', async () => {
    await screen.open(server.url);
    await screen.press('退出登录');
    await again(screen, server, 'heping');
    await screen.open(`${server.url}/office`);
    await screen.gone('开业清单');
  });
}

// The pages do not know the database: beside every browser on one of them, the current browser on the other is enough.
const CURRENT = everyBrowser().filter((browser) => browser.name === 'current');
const EMPTY = { args: ['--demo-data', 'none'] };
journey('开业', walk, { server: EMPTY, timeout: 360_000 });
journey('开业 · PostgreSQL', walk, { browsers: CURRENT, server: { ...EMPTY, database: 'postgres' }, timeout: 360_000 });
