// A browser window in the words of the person in front of it: fill, press, click, see. Every helper waits for what it
// needs, like a person, and on a timeout fails with a screenshot and the page's text in e2e/out.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { choose, look } from './look.mjs';

const POLL_MS = 40;
/** No request for this long after an action: the page has answered. */
const QUIET_MS = 80;
/** Between two keys of a scanner. */
const BURST_MS = 2;
/** A person who sees a change presses no sooner; what comes before, the page ignores. */
const READ_MS = 350;
/** Timeout for a server that does not answer: some journeys stop it on purpose. */
const SETTLE_MS = 4000;

const axeSource = () =>
  fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** The browser's own fault. */
export class Crash extends Error {}

export class Screen {
  /** Invisible problems: script errors, console errors, responses of 500 and above. A journey checks them at its end. */
  problems = [];
  /** Timeout of `see` and the other helpers. */
  patienceMs = 8000;
  /** Rejects when the page crashes: nothing that waits for it would ever end. */
  crash;
  #browser; #options; #pages = []; #underway = new Set(); #lastTraffic = 0; #shots = 0; #crashed;

  constructor(browser, options) {
    this.#browser = browser;
    this.#options = options;
    this.crash = new Promise((_, fail) => { this.#crashed = fail; });
    this.crash.catch(() => {});
    fs.mkdirSync(options.out, { recursive: true });
  }

  /** The front window: a pop-up takes the place of the one that opened it, as for a person. */
  get page() { return this.#pages[this.#pages.length - 1]; }
  get title() { return this.#options.title; }
  get url() { return this.page.url(); }

  async watch(page) {
    this.#pages.push(page);
    const over = (request) => { this.#underway.delete(request); this.#lastTraffic = Date.now(); };
    page.on('request', (request) => { this.#underway.add(request); this.#lastTraffic = Date.now(); });
    page.on('requestfinished', over);
    page.on('requestfailed', over);
    page.on('response', (r) => { if (r.status() >= 500) this.problems.push(`${r.status()} ${r.url()}`); });
    page.on('pageerror', (error) => this.problems.push(`script: ${error.message}`));
    // Some journeys expect a 4xx response; the browser's console message about it is not a fault of the page.
    page.on('console', (line) => {
      if (line.type() === 'error' && !/status of 4\d\d/.test(line.text())) this.problems.push(`console: ${line.text()}`);
    });
    page.on('dialog', (dialog) => {
      if (dialog.type() !== 'beforeunload') this.problems.push(`a native ${dialog.type()} box: ${dialog.message()}`);
      dialog.accept().catch(() => {});
    });
    page.on('error', (error) => this.#crashed(new Crash(error.message)));
    page.on('popup', (popup) => this.watch(popup));
    page.on('close', () => { this.#pages = this.#pages.filter((p) => p !== page); });
    if (!this.#options.js) await page.setJavaScriptEnabled(false);
  }

  async open(url) {
    await this.page.goto(url, { waitUntil: 'load', timeout: 20_000 });
    await this.#settle();
  }

  async reload() {
    await this.page.reload({ waitUntil: 'load', timeout: 20_000 });
    await this.#settle();
  }

  /** Puts text into the field with this label at once, like a paste, without keystrokes that look like a scanner. */
  async fill(label, text, where = {}) {
    const field = await this.#find('field', label, where);
    await this.page.mouse.click(field.x, field.y);
    if (field.type === 'checkbox' || field.type === 'radio') return;
    if (field.tag === 'SELECT' || field.type === 'date') {
      const trouble = await this.page.evaluate(choose, { text });
      if (trouble) await this.#fail(`fill "${label}": ${trouble}`);
      return;
    }
    await this.page.evaluate(() => document.activeElement.select());
    if (text === '') await this.page.keyboard.press('Backspace');
    else await this.page.keyboard.sendCharacter(text);
  }

  /** Chooses a file for the field with this label. */
  async choose(label, file) {
    await this.#find('field', label, {});
    // By the protocol: the older driver would read the file in the page, where the policy of these pages refuses it.
    const session = await this.page.target().createCDPSession();
    const { root } = await session.send('DOM.getDocument');
    const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'input[type=file]' });
    await session.send('DOM.setFileInputFiles', { files: [file], nodeId });
    await session.detach();
  }

  /** The value of the field with this label. */
  async value(label, where = {}) { return (await this.#find('field', label, where)).value; }

  /** Presses a button; `{row: '600901'}` means the one in that line, `{inside: '…'}` the one in that region. */
  async press(name, where = {}) { await this.#activate('button', name, where); }
  async click(name, where = {}) { await this.#activate('link', name, where); }

  /** A key by its name: 'Enter', 'F9', 'Control+z', 'Alt+9'. */
  async key(name) {
    const keys = name.split('+');
    const last = keys.pop();
    for (const held of keys) await this.page.keyboard.down(held);
    await this.page.keyboard.press(last);
    for (const held of keys.reverse()) await this.page.keyboard.up(held);
    await this.#settle();
  }

  /** Types into the focused element, as a person does. */
  async type(text, delayMs = 120) {
    await this.page.keyboard.type(text, { delay: delayMs });
    await this.#settle();
  }

  /** Keys of a scanner, card reader or keypad, and Enter. They carry their own time stamps, so that the gaps do not
   * depend on the machine. */
  async burst(text) {
    const session = await this.page.target().createCDPSession();
    const begun = Date.now() / 1000;
    const enter = { key: 'Enter', text: '\r', windowsVirtualKeyCode: 13 };
    const sent = [...text].map((key) => ({ key, text: key })).concat(enter).flatMap((key, n) => {
      const timestamp = begun + (n * BURST_MS) / 1000;
      return [{ type: 'keyDown', ...key, timestamp }, { type: 'keyUp', ...key, text: undefined, timestamp }];
    });
    await Promise.all(sent.map((event) => session.send('Input.dispatchKeyEvent', event)));
    await session.detach();
    await this.#settle();
  }

  /** Waits until the text can be seen, in the whole page or `{row, inside}`. */
  async see(text, where = {}) {
    await this.#until(`see "${text}"${shownWhere(where)}`, async () => this.#look('text', text, where));
  }

  /** Waits until the text is gone (a missing row or region counts as gone). */
  async gone(text, where = {}) {
    await this.#until(`no more "${text}"${shownWhere(where)}`, async () => {
      const { found } = await this.#look('text', text, where);
      return { found: !found, why: 'it is still there' };
    });
  }

  /** Reads what has changed, before the next press. */
  async read() { await sleep(READ_MS); }

  /** True when the text can be seen now; never waits. */
  async has(text, where = {}) { return (await this.#look('text', text, where)).found; }

  /** The page's text as a person reads it. */
  async text() { return this.page.evaluate(() => document.body.innerText); }

  /** The label or name of the focused element. */
  async focused() {
    return this.page.evaluate(() => {
      const el = document.activeElement;
      return el.getAttribute('aria-label') || (el.labels && el.labels[0] && el.labels[0].innerText) || el.innerText || '';
    });
  }

  async back() { await this.page.goBack({ waitUntil: 'load' }); await this.#settle(); }
  async closeWindow() { await this.page.close(); }

  async screenshot(name) {
    const file = path.join(this.#options.out, `${name}-${this.title}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /**
   * Prints to PDF with the page's own paper size and returns what a printer would get. Look for digits and Latin letters
   * in `text`: Chromium's PDFs draw every Chinese character right but map some of them back to look-alikes or nothing.
   */
  async pdf(name) {
    const file = path.join(this.#options.out, `${name}-${this.title}.pdf`);
    await this.page.pdf({ path: file, preferCSSPageSize: true, printBackground: true });
    const info = execFileSync('pdfinfo', [file], { encoding: 'utf8' });
    const [, width, height] = /^Page size:\s+([\d.]+) x ([\d.]+) pts/m.exec(info);
    const mm = (points) => Math.round((Number(points) / 72) * 25.4);
    return {
      file, pages: Number(/^Pages:\s+(\d+)/m.exec(info)[1]), widthMm: mm(width), heightMm: mm(height),
      text: execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1),
    };
  }

  /** Serious and critical accessibility findings of axe-core, one line each. axe is a script, so it is allowed to run. */
  async axe() {
    if (!this.#options.js) await this.page.setJavaScriptEnabled(true);
    try {
      await this.page.evaluate(axeSource());
      return await this.page.evaluate(async () => {
        const { violations } = await window.axe.run(document, {
          resultTypes: ['violations'],
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        });
        return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
          .map((v) => `${v.impact} ${v.id}: ${v.help} at ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
      });
    } finally {
      if (!this.#options.js) await this.page.setJavaScriptEnabled(false);
    }
  }

  async end() { await this.#browser.close(); }

  async #activate(what, name, where) {
    const { x, y } = await this.#find(what, name, where);
    await this.page.mouse.click(x, y);
    await this.#settle();
  }

  async #find(what, name, where) {
    return this.#until(`${what} "${name}"${shownWhere(where)}`, async () => this.#look(what, name, where));
  }

  async #look(what, name, where) {
    try {
      return await this.page.evaluate(look, { what, name, ...where });
    } catch (error) {
      // The page was replaced during the call: ask the next one.
      return { found: false, why: error.message };
    }
  }

  async #until(wish, ask) {
    const deadline = Date.now() + this.patienceMs;
    for (;;) {
      const answer = await ask();
      if (answer.found) return answer;
      if (Date.now() > deadline) await this.#fail(`${wish}: ${answer.why}`);
      await sleep(POLL_MS);
    }
  }

  /** After an action: a request may start a moment later, and its answer may start others. */
  async #settle() {
    const deadline = Date.now() + SETTLE_MS;
    this.#lastTraffic = Date.now();
    while (Date.now() < deadline) {
      if (this.#underway.size === 0 && Date.now() - this.#lastTraffic >= QUIET_MS && await this.#loaded()) return;
      await sleep(20);
    }
    // The next action does not wait again for a request that hangs.
    this.#underway.clear();
  }

  async #loaded() {
    try {
      return await this.page.evaluate(() => document.readyState === 'complete');
    } catch {
      return false;
    }
  }

  async #fail(message) {
    this.#shots += 1;
    const name = path.join(this.#options.out, `failed-${this.title}-${process.pid}-${this.#shots}`);
    let text = '(no text)';
    try {
      text = await this.text();
      fs.writeFileSync(`${name}.txt`, `${this.url}\n${message}\n\n${text}\n`);
      await this.page.screenshot({ path: `${name}.png` });
    } catch (error) {
      text = `(the page could not be read: ${error.message})`;
    }
    const unseen = this.problems.length ? `\nunseen: ${this.problems.join('\n        ')}` : '';
    throw new Error(`[${this.title}] ${message}\nat ${this.url}, picture ${name}.png${unseen}\n${text.slice(0, 1500)}`);
  }
}

const shownWhere = ({ row, inside }) => `${row ? ` in row "${row}"` : ''}${inside ? ` inside "${inside}"` : ''}`;
