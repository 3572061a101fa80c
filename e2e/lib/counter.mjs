// A till whose cells are tried one after another in one window: it puts the focus where the cell says, sends the keys, and
// reads what came of them.
import { Keys } from './keys.mjs';
import { PLACES, SHAPES, TIMINGS } from './input.mjs';

const CARD = '6086250000010012';
const PIN = '123456';
/** Longer than the script waits for the next key behind a whole code, and behind anything else. */
const SILENCE_MS = 800;
const LONG_SILENCE_MS = 2200;
/** Before a burst. Time stamps hardly run ahead of the clock so: far ahead, Chromium crashes now and then. */
const REST_MS = 200;
const SAID = {
  blocked: '请先完成当前操作', foreign: '这不是慧医卡，请换卡', misread: '没有读到卡号，请重新刷卡',
  cleared: '已识别为扫码，密码没有提交',
};

/** Full width is half, and the group separator is nothing: a field does not show it. */
const half = (text) => text.normalize('NFKC').replace(/\u001d/g, '');

const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

export class Counter {
  #screen; #server; #keys; #sent = []; #underway = new Set(); #order = '';

  static async of(screen, server) {
    const counter = new Counter();
    counter.#screen = screen;
    counter.#server = server;
    const { page } = screen;
    await screen.see('选择商品');
    // A machine of tests has no sound card, and a page that looks for one may wait for it for minutes.
    await page.evaluateOnNewDocument(() => { delete window.AudioContext; });
    counter.#keys = await Keys.of(page);
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (!/^\/(sale|orders)/.test(pathname)) return;
      counter.#underway.add(request);
      if (request.method() === 'POST') {
        counter.#sent.push({ path: pathname, body: new URLSearchParams(request.postData() ?? '') });
      }
    });
    const over = (request) => counter.#underway.delete(request);
    page.on('requestfinished', over);
    page.on('requestfailed', over);
    return counter;
  }

  get keys() { return this.#keys; }
  get page() { return this.#screen.page; }
  get sent() { return this.#sent; }

  /** Tries one cell; tells what is wrong, or nothing. */
  async check(cell) {
    const { place, shape, timing, suffix, effect } = cell;
    await this.stand(place);
    const { text, whole } = SHAPES[shape], gap = TIMINGS[timing];
    await this.send(text, gap, suffix, { whole: whole && PLACES[place].kind !== 'pin' });
    // On a busy machine the browser tells of a request later than it answers what the page looks like.
    for (let tries = 0; (effect === 'scan' || effect === 'typed') && !this.#sent.length && tries < 20; tries += 1) {
      await sleep(50);
      await this.settle();
    }
    const seen = await this.look();
    return this.judge(effect, SHAPES[shape], seen, PLACES[place]);
  }

  /** Sends a burst and waits until what it caused is over. */
  async send(text, gap, suffix, { ime, whole } = {}) {
    this.#keys.rest(REST_MS);
    await this.#keys.type(text, gap, { ime });
    await this.#keys.suffix(suffix, gap(1, 100));
    if (suffix === 'none') await sleep(whole ? SILENCE_MS : LONG_SILENCE_MS);
    await this.settle();
  }

  async settle() {
    let quiet = 0;
    for (let tries = 0; quiet < 2 && tries < 60; tries += 1) {
      await this.page.evaluate(() => document.readyState);
      quiet = this.#underway.size > 0 ? 0 : quiet + 1;
      await sleep(8);
    }
  }

  /** The sale page with one line, its fields filled, and the focus at `place`. */
  async stand(name) {
    const place = PLACES[name];
    const open = await this.page.evaluate(() => !!document.querySelector('[data-pay] button:enabled'));
    if (!this.#order || (place.open && !open)) await this.#begin();
    if (!place.open || !open) await this.open(place.at ?? `/sale?order=`);
    if (place.card) await this.#card();
    if (place.open && !open) await this.#confirm();
    await this.page.evaluate((focus) => {
      document.getElementById('say').textContent = '';
      const put = (id, value) => { const el = document.getElementById(id); if (el) el.value = value; };
      put('pr', '15.50');
      put('q', '2');
      const el = focus && document.querySelector(focus);
      if (focus && !el) throw new Error(`nothing at ${focus} of ${location.pathname}`);
      if (el) el.focus(); else document.activeElement.blur();
      if (el && el.select && document.activeElement === el) el.select();
    }, place.focus);
    this.#sent.length = 0;
  }

  async open(at) {
    const path = at === 'price' ? `/sale/price?order=${this.#order}&code=600233&price=1.00&qty=1` : at.endsWith('=') ? at + this.#order : at;
    await this.#go(path);
  }

  async #go(path) {
    await this.page.goto(this.#server.url + path, { waitUntil: 'load' });
    // The old browsers move the focus to the field that wants it with the first picture, after all is loaded.
    await this.page.evaluate(() => new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(drawn)); }));
    // What the page before had asked for is nobody's any more.
    this.#underway.clear();
  }

  async #begin() {
    await this.#go('/sale?order=new');
    await this.page.evaluate(() => { document.getElementById('code').focus(); });
    await this.#keys.type('600233', () => 4);
    await this.#keys.suffix('CR', 4);
    await this.settle();
    this.#order = await this.page.evaluate(() => new URLSearchParams(location.search).get('order'));
  }

  async #card() {
    await this.page.evaluate(() => { document.getElementById('cn').focus(); });
    await this.page.keyboard.sendCharacter(CARD);
    await this.page.evaluate(() => { document.getElementById('pin').focus(); });
  }

  async #confirm() {
    await this.#card();
    await this.page.keyboard.sendCharacter(PIN);
    await this.page.evaluate(() => { document.querySelector('[data-key~="F9"]').click(); });
    await this.settle();
    await sleep(320);
  }

  /** What the person sees. */
  async look() {
    return this.page.evaluate((card) => {
      const value = (id) => { const el = document.getElementById(id); return el ? el.value : undefined; };
      return {
        path: location.pathname, said: document.getElementById('say').textContent, focus: document.activeElement.id,
        price: value('pr'), quantity: value('q'), code: value('code'), card: value('cn'), pin: value('pin'), filter: value('k'),
        manager: value('mu'), asked: new URLSearchParams(location.search).get('no'), dialog: !!document.querySelector('[data-dialog]'), echo: document.body.innerText.includes(card),
      };
    }, CARD);
  }

  judge(effect, shape, seen, place) {
    const sent = this.#sent.map(({ path, body }) => `${path} ${body.get('code') ?? ''}`), wanted = shape.sent ?? shape.text;
    const expect = (what, is, want) => (is === want ? '' : `${what} ${JSON.stringify(is)}, not ${JSON.stringify(want)}`);
    const asks = effect === 'scan' || effect === 'typed';
    const wrong = [
      expect('sent', sent.join(), asks ? `/sale/lines ${effect === 'typed' ? shape.text : wanted}` : ''),
      seen.echo ? 'the card number is shown' : '',
      SAID[effect] ? expect('said', seen.said, SAID[effect]) : '',
      seen.price !== undefined && !['15.50', ''].includes(seen.price) ? `price ${seen.price}` : '',
      seen.quantity !== undefined && !['2', '1'].includes(seen.quantity) ? `quantity ${seen.quantity}` : '',
      seen.pin ? `PIN ${seen.pin}` : '',
      seen.manager ? `manager ${seen.manager}` : '',
      effect === 'own' ? expect('card', seen.card, '6086 25** **** 0012') || expect('focus', seen.focus, 'pin') : '',
      effect === 'asked' ? expect('asked', half(seen.asked ?? ''), half(shape.text)) : '',
      effect === 'found' ? expect('filter', half(seen.filter), half(shape.text)) : '',
      effect === 'left' && place.kind === 'code' ? expect('field', seen.code, shape.text.replace('\u001d', '')) : '',
      effect !== 'left' && effect !== 'scan' && effect !== 'typed' && seen.code ? `scan field ${seen.code}` : '',
      expect('dialog', seen.dialog, !!(place.open || place.at === 'price' || place.at?.startsWith('/sale'))),
    ];
    return wrong.filter(Boolean).join('; ');
  }
}
