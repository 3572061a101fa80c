// Key events with time stamps of their own, sent through the DevTools protocol: the gaps between them are those of the
// table, however busy the machine is.

const VIRTUAL = { Enter: 13, Tab: 9, Backspace: 8, ';': 186, '=': 187, '-': 189, '.': 190, '/': 191, ']': 221 };

export class Keys {
  #session; #now = Date.now();

  static async of(page) {
    const keys = new Keys();
    keys.#session = await page.target().createCDPSession();
    return keys;
  }

  /** Time goes by without a key. */
  rest(ms) { this.#now = Math.max(this.#now + ms, Date.now()); }

  /** Sends the characters, `gap(n, length)` ms before each but the first. `ime`: an input method is on. */
  async type(text, gap, { ime = false } = {}) {
    const sent = [...text].map((key, n) => {
      if (n > 0) this.#now += gap(n, text.length);
      return ime ? this.#composed(key) : this.#char(key);
    });
    await Promise.all(sent);
  }

  /** The key that ends a burst, `after` ms behind its last character. */
  async suffix(name, after) {
    const press = (key, ms, ctrl) => { this.#now += ms; return this.#press(key, ctrl); };
    const sent = [];
    if (name === 'CR' || name === 'CR LF' || name === 'bounce') sent.push(press('Enter', after));
    if (name === 'CR LF') sent.push(press('j', after, true));
    if (name === 'bounce') sent.push(press('Enter', 60));
    if (name === 'Tab') sent.push(press('Tab', after));
    await Promise.all(sent);
  }

  #char(key) { return key === '\u001d' ? this.#press(']', true) : this.#press(key); }

  #press(key, ctrl = false) {
    const text = ctrl || key === 'Tab' || key === 'Backspace' ? undefined : key.replace('Enter', '\r');
    const common = {
      key, code: codeOf(key), modifiers: ctrl ? 2 : 0, timestamp: this.#now / 1000,
      windowsVirtualKeyCode: VIRTUAL[key] ?? (/^[a-z0-9 ]$/i.test(key) ? key.toUpperCase().charCodeAt(0) : 0),
    };
    const down = this.#send({ ...common, type: text ? 'keyDown' : 'rawKeyDown', ...(text && { text, unmodifiedText: text }) });
    return Promise.all([down, this.#send({ ...common, type: 'keyUp' })]);
  }

  #composed(key) {
    const common = { key: 'Process', code: codeOf(key), windowsVirtualKeyCode: 229, timestamp: this.#now / 1000 };
    return Promise.all([
      this.#send({ ...common, type: 'rawKeyDown' }), this.#session.send('Input.insertText', { text: key }),
      this.#send({ ...common, type: 'keyUp' }),
    ]);
  }

  #send(event) { return this.#session.send('Input.dispatchKeyEvent', event); }
}

function codeOf(key) {
  if (/^\d$/.test(key)) return `Digit${key}`;
  if (/^[a-z]$/i.test(key)) return `Key${key.toUpperCase()}`;
  return key.length > 1 ? key : { ']': 'BracketRight' }[key] ?? '';
}
