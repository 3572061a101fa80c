// Tests of the harness on tiny pages: what it finds, and that it fails where a person would.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import test, { after, before } from 'node:test';
import { everyBrowser, launch } from './browsers.mjs';

const PAGES = {
  '/form': `<form method="post" action="/posted"><label for="a">单价（元）</label><input id="a" name="price" value="15.50">
    <label>数量 <input name="quantity" value="1"></label><select aria-label="分类" name="kind"><option value="1">全部</option>
    <option value="2">感冒</option></select><button>添加<kbd>回车</kbd></button></form>
    <table><caption>订单信息列表</caption><tr><td>600233</td><td><button>删除</button></td></tr>
    <tr><td>600901</td><td><form action="/gone901"><button>删除</button></form></td></tr></table>
    <p hidden>看不见</p><div inert><button>不可用</button></div>
    <p id="js">JavaScript 关</p><script>document.getElementById('js').textContent = 'JavaScript 开'</script>`,
  '/dialog': `<button>支付</button><div role="alertdialog" aria-modal="true" aria-label="是否确认支付？"
    style="position:fixed;top:0;left:0;right:0;bottom:0;background:#fff"><button>确定</button></div>`,
  '/covered': `<button style="position:absolute;top:20px;left:20px">支付</button>
    <div class="veil" style="position:fixed;top:0;left:0;right:0;bottom:0"></div>`,
  '/grey': '<p style="color:#ddd;background:#fff">看不清的字</p><input>',
  '/roll': `<style>@page{size:80mm 100mm;margin:0} .slip + .slip{page-break-before:always}</style>
    <div class="slip">RMB 1.00</div><div class="slip">RMB 2.00</div>`,
};

let site;
let url;
before(async () => {
  site = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
      const at = request.url.split('?')[0];
      response.writeHead(at === '/broken' ? 500 : 200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(`<!doctype html><html lang="zh"><title>试</title><link rel="icon" href="data:,"><main><h1>试</h1>
        ${PAGES[at] ?? `${at} ${decodeURIComponent(body)}`}</main>`);
    });
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  url = `http://127.0.0.1:${site.address().port}`;
});
after(() => site.close());

for (const browser of everyBrowser()) {
  test(`the harness · ${browser.title}`, { timeout: 60_000 }, async () => {
    const screen = await launch(browser.name, browser);
    try {
      await finds(screen, browser);
      await failsWhereAPersonWould(screen);
      await measures(screen);
    } finally {
      await screen.end();
    }
  });
}

async function finds(screen, browser) {
  assert.match(await screen.page.evaluate(() => navigator.userAgent), new RegExp(`/${browser.name.replace('current', '1[1-9]')}`));
  await screen.open(`${url}/form`);
  await screen.see(browser.js ? 'JavaScript 开' : 'JavaScript 关');
  assert.equal(await screen.value('单价'), '15.50');
  await screen.fill('单价', '15.00');
  await screen.fill('数量', '');
  await screen.type('12', 2);
  await screen.fill('分类', '感冒');
  await screen.press('添加');
  await screen.see('/posted price=15.00&quantity=12&kind=2');
  await screen.back();
  await screen.fill('单价', '7.00');
  await screen.key('Enter');
  await screen.see('/posted price=7.00');
  await screen.back();
  await screen.press('删除', { row: '600901', inside: '订单信息列表' });
  await screen.see('/gone901');
  await screen.open(`${url}/dialog`);
  await screen.press('确定');
}

async function failsWhereAPersonWould(screen) {
  screen.patienceMs = 200;
  await screen.open(`${url}/form`);
  await assert.rejects(screen.see('看不见'), /the text is not there/);
  await assert.rejects(screen.see('600901', { row: '600233' }), /the text is not there/);
  await assert.rejects(screen.press('删除'), /2 buttons named/);
  await assert.rejects(screen.press('不可用'), /no button named/);
  await assert.rejects(screen.fill('卡号', '1'), /no field named/);
  await screen.open(`${url}/dialog`);
  await assert.rejects(screen.press('支付'), /no button named/);
  await screen.open(`${url}/covered`);
  await assert.rejects(screen.press('支付'), /cannot be reached: <div class="veil">/);
  assert.deepEqual(screen.problems, []);
  await screen.open(`${url}/broken`);
  assert.match(screen.problems.join(), /500 .*\/broken/);
}

async function measures(screen) {
  await screen.open(`${url}/grey`);
  const findings = (await screen.axe()).join();
  assert.match(findings, /color-contrast/);
  assert.match(findings, /label/);
  await screen.open(`${url}/roll`);
  const slip = await screen.pdf('self');
  assert.deepEqual([slip.pages, slip.widthMm, slip.heightMm], [2, 80, 100]);
  assert.match(slip.text[1], /RMB 2\.00/);
}
