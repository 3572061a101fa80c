// 事件通知: a manager adds the address of the store's own system, which receives the event of a sale although the system
// was down and the program was killed when the sale was made.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { journey, signIn, step } from '../lib/journey.mjs';

/** The store's own system: keeps the events it receives, answers 500 while it is `down`. */
class Receiver {
  heard = [];
  down = false;

  async start() {
    this.server = http.createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      if (!this.down) this.heard.push({ headers: request.headers, body });
      response.writeHead(this.down ? 500 : 200).end(this.down ? 'closed' : 'ok');
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    return this;
  }

  /** Waits for an event of this kind. */
  async event(type) {
    for (let i = 0; i < 300; i += 1) {
      const found = this.heard.find((one) => one.headers['webpos-event-type'] === type);
      if (found) return found;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`no ${type} among ${this.heard.map((one) => one.headers['webpos-event-type'])}`);
  }
}

/** Verifies the signature, as in docs/webhooks.md. */
function fits(secret, header, body) {
  const parts = header.split(',').map((part) => part.split('='));
  const at = parts.find(([name]) => name === 't')[1];
  const expected = crypto.createHmac('sha256', secret).update(`${at}.${body}`).digest();
  return parts.some(([name, tag]) => name === 'v1' && crypto.timingSafeEqual(Buffer.from(tag, 'hex'), expected));
}

journey('事件通知', async ({ screen, server }) => {
  const receiver = await new Receiver().start();
  try {
    const secret = await step('店长添加通知地址', async () => {
      await signIn(screen, server, 'manager');
      await screen.click('事件通知');
      assert.deepEqual(await screen.axe(), []);
      await screen.fill('接收地址', 'https://10.0.0.1/');
      await screen.press('添加');
      await screen.see('必须是公网地址');
      assert.deepEqual(await screen.axe(), []);
      await screen.fill('接收地址', `http://127.0.0.1:${receiver.port}/webpos`);
      await screen.press('添加');
      await screen.see('只显示这一次');
      assert.deepEqual(await screen.axe(), []);
      return /whsec_[0-9a-f]{64}/.exec(await screen.text())[0];
    });
    await step('发送测试通知', async () => {
      await screen.click('查看 1001 号通知地址');
      await screen.press('发送测试通知');
      const { headers, body } = await receiver.event('webhook.test');
      assert.ok(fits(secret, headers['webpos-signature'], body));
      assert.ok(!fits(secret, headers['webpos-signature'], `${body} `));
      await screen.reload();
      await screen.see('已送达');
      assert.deepEqual(await screen.axe(), []);
    });
    await step('接收系统故障时收款，程序被杀死', async () => {
      receiver.down = true;
      await screen.click('消费收款');
      await screen.fill('商品代码', '600901');
      await screen.press('添加');
      await screen.fill('卡号', '6086250000010012');
      await screen.fill('密码', '123456');
      await screen.press('支付');
      await screen.press('确定');
      await screen.see('交易成功');
      await server.kill9();
    });
    await step('恢复后自动送达，一次不多', async () => {
      receiver.down = false;
      await server.restart({ env: { WEBPOS_WEBHOOK_ALLOW: '127.0.0.1:*' } });
      const { headers, body } = await receiver.event('payment.approved');
      assert.ok(fits(secret, headers['webpos-signature'], body));
      const { type, data } = JSON.parse(body);
      assert.deepEqual([type, data.amount, data.currency, data.card], ['payment.approved', 2250, 'CNY', '608625******0012']);
      assert.ok(!body.includes('123456"') && !body.includes('6086250000010012'));
      const ids = receiver.heard.map((one) => one.headers['webpos-event-id']);
      assert.equal(new Set(ids).size, ids.length);
    });
  } finally {
    receiver.server.closeAllConnections?.();
    receiver.server.close();
  }
}, { server: { env: { WEBPOS_WEBHOOK_ALLOW: '127.0.0.1:*' } } });
