// The input guard, cell by cell: what is sent where, how fast and how it ends, against what must come of it.
import assert from 'node:assert/strict';
import { everyBrowser } from '../lib/browsers.mjs';
import { Counter } from '../lib/counter.mjs';
import { cells, pairwise, person, SUFFIXES } from '../lib/input.mjs';
import { journey, signIn } from '../lib/journey.mjs';

const SCRIPTED = everyBrowser().filter((browser) => browser.js);
const CURRENT = SCRIPTED.filter((browser) => browser.name === 'current');
const OLD = SCRIPTED.filter((browser) => browser.name !== 'current');
const EAN = '6991371002332';
const CARD = '6086250000010012';
const PIN = '123456';
const even = (ms) => () => ms;

async function tried(screen, server, list) {
  await signIn(screen, server);
  const counter = await Counter.of(screen, server), failed = [];
  for (const cell of list) {
    const problem = await counter.check(cell).catch((error) => error.message);
    if (problem) failed.push(`${cell.title} → ${cell.effect}: ${problem}`);
  }
  assert.deepEqual(failed, [], `${failed.length} of ${list.length} cells`);
}

journey('扫码、刷卡：每个位置、每种速度、每种结尾', async ({ screen, server }) => {
  const all = cells();
  assert.ok(all.length >= 400, `${all.length} cells`);
  await tried(screen, server, all);
}, { browsers: CURRENT, timeout: 360_000 });

journey('扫码、刷卡：成对', async ({ screen, server }) => {
  const some = pairwise(cells());
  assert.ok(some.length >= 100, `${some.length} cells`);
  await tried(screen, server, some);
}, { browsers: OLD, timeout: 240_000 });

/** What was sent, in short. */
const sent = (counter) => counter.sent.map(({ path, body }) => [path, body.get('code') ?? body.get('pin') ?? ''].join(' ').trim());

journey('扫码中间停顿：还是一次扫码', async ({ screen, server }) => {
  await signIn(screen, server);
  const counter = await Counter.of(screen, server), problems = [];
  // Halves that are codes themselves, and a tail that is the code of another product.
  for (const text of ['6901245678905', '6900005600233', 'QS-0001A12']) {
    for (const at of [1, 5, 7, text.length - 1]) {
      for (const pause of [90, 300, 450, 1500]) {
        for (const place of ['scan field', 'price', 'PIN', 'nowhere', 'delete']) {
          // One key alone may be anybody's.
          if (pause > 500 && at === 1 && place !== 'scan field') continue;
          await counter.stand(place);
          await counter.send(text, (n) => (n === at ? pause : 4), 'CR');
          const [one, ...more] = sent(counter), { pin } = await counter.look();
          if (one !== `/sale/lines ${text}` || more.length || pin) problems.push(`${place} ${text} ${at} ${pause}: ${sent(counter).join()}`);
        }
      }
    }
  }
  assert.deepEqual(problems, []);
}, { browsers: CURRENT, timeout: 240_000 });

journey('扫码中间焦点移走：还是一次扫码', async ({ screen, server }) => {
  await signIn(screen, server);
  const counter = await Counter.of(screen, server), code = '06991371002332';
  for (const suffix of ['none', 'CR']) {
    for (const moved of [1, 7, code.length]) {
      await counter.stand('nowhere');
      await screen.page.evaluate((after) => {
        let keys = 0;
        addEventListener('keyup', () => { keys += 1; if (keys === after) document.getElementById('code').focus(); });
      }, moved);
      await counter.send(code, even(115), suffix);
      assert.deepEqual(sent(counter), [`/sale/lines ${code}`], `${suffix}, moved after ${moved}`);
      assert.equal((await counter.look()).code, '');
    }
  }
}, { browsers: SCRIPTED, timeout: 120_000 });

journey('人的手和密码键盘', async ({ screen, server }) => {
  await signIn(screen, server);
  const counter = await Counter.of(screen, server);
  const type = (text, suffix) => counter.send(text, person, suffix);

  await counter.stand('scan field');
  await type('gmlkl', 'CR');
  assert.deepEqual(sent(counter), ['/sale/lines gmlkl']);
  assert.equal(counter.sent[0].body.get('scan'), null, 'typed, so that it is searched');
  for (const [place, id, text] of [['price', 'price', '18.80'], ['quantity', 'quantity', '12'], ['manager', 'manager', 'manager2026']]) {
    await counter.stand(place);
    await type(text, 'none');
    assert.equal((await counter.look())[id], text);
  }
  await counter.stand('filter');
  await type('blf', 'none');
  await screen.see('600901', { inside: '商品列表' });

  await counter.stand('card field');
  await type(CARD, 'CR');
  assert.equal((await counter.look()).focus, 'pin');
  await type(PIN, 'CR');
  assert.deepEqual(sent(counter), [`/sale/pay ${PIN}`]);
  assert.equal(counter.sent[0].body.get('entry'), 'M');
  await screen.see('是否确认支付？');

  for (const gap of [1, 10, 22, 40, 110]) {
    for (const suffix of SUFFIXES) {
      await counter.stand('PIN');
      await counter.send(PIN, even(gap), suffix);
      const held = suffix === 'Tab' || suffix === 'none', title = `PIN pad ${gap} ms ${suffix}`;
      assert.deepEqual(sent(counter), held ? [] : [`/sale/pay ${PIN}`], title);
      if (held) assert.equal((await counter.look()).pin, PIN, title);
    }
  }
}, { browsers: SCRIPTED, timeout: 240_000 });

journey('连续扫码、慢线路、重复的回车', async ({ screen, server }) => {
  await signIn(screen, server);
  const counter = await Counter.of(screen, server);
  const slow = async () => {
    await counter.stand('scan field');
    await screen.page.evaluate(() => {
      const real = window.fetch;
      window.fetch = (...what) => new Promise((done) => { setTimeout(done, 500); }).then(() => real(...what));
    });
  };
  const burst = async (text, suffix, before = 400) => {
    counter.keys.rest(before);
    await counter.keys.type(text, even(3));
    await counter.keys.suffix(suffix, 3);
  };
  const tries = [
    ['the same twice is two', [[EAN, 'CR'], [EAN, 'CR']], [EAN, EAN]],
    ['in order', [[EAN, 'CR'], ['600901', 'CR LF'], ['QS-0001A12', 'bounce'], ['600402', 'CR']], [EAN, '600901', 'QS-0001A12', '600402']],
    ['a label with CR LF is one', [['QS-0001A12', 'CR LF']], ['QS-0001A12']],
    ['a typed code and a bounced Enter are one', [['901', 'bounce']], ['901']],
  ];
  for (const [title, bursts, wanted] of tries) {
    await slow();
    for (const [text, suffix] of bursts) await burst(text, suffix);
    await new Promise((done) => { setTimeout(done, 700 * (wanted.length + 1)); });
    await counter.settle();
    assert.deepEqual(sent(counter), wanted.map((text) => `/sale/lines ${text}`), title);
  }
  await slow();
  counter.keys.rest(400);
  await counter.keys.type('600901', person);
  await counter.keys.suffix('CR', 150);
  counter.keys.rest(300);
  await counter.keys.suffix('CR', 0);
  await new Promise((done) => { setTimeout(done, 1500); });
  assert.deepEqual(sent(counter), ['/sale/lines 600901'], 'Enter again while the answer is awaited');
}, { browsers: CURRENT });

journey('手输的字和扫码分开', async ({ screen, server }) => {
  await signIn(screen, server);
  const counter = await Counter.of(screen, server);
  await counter.stand('scan field');
  counter.keys.rest(200);
  await counter.keys.type('gm', person);
  counter.keys.rest(700);
  await counter.keys.type(EAN, even(4));
  await counter.keys.suffix('CR', 4);
  await counter.settle();
  assert.deepEqual(sent(counter), [`/sale/lines ${EAN}`]);
  assert.equal((await counter.look()).code, 'gm');
  await screen.see('输入框里原来的内容没有使用');
}, { browsers: CURRENT });

journey('输入法开着：不提交，也不是没有话', async ({ screen, server }) => {
  await signIn(screen, server);
  const counter = await Counter.of(screen, server);
  for (const place of ['scan field', 'price', 'quantity']) {
    await counter.stand(place);
    await counter.send(EAN, even(4), 'CR', { ime: true });
    const seen = await counter.look();
    assert.deepEqual(sent(counter), [], place);
    assert.equal(seen.said, '请切换到英文输入法后重新扫描', place);
    assert.ok(!seen.code && seen.price === '15.50' && seen.quantity === '2', `${place}: the field is as it was`);
  }
}, { browsers: SCRIPTED });
