// What the browser adds to the till's pages: no reloads, scanner and card reader from any field, keys, sounds, guards.
// Every page works without this file. Every word on screen comes from the server. One ES2017 file for Chromium 80 up:
// no `?.`, no `??`, nothing inline. Comments must be whole lines: they are cut when the file is served (assets.rs).
//
// What templates follow ("->" is what the script does):
//   <body>            data-scan-gap-ms (50); data-idle-seconds, data-idle-warn (120), data-lock-url (/lock), data-ping-url (/session/ping)
//   #say              last child of <body>: <div id="say" class="say" role="status" data-blocked data-ime data-not-pin data-bad-card
//                     data-fast-pin data-offline>; each value is the text to show. It and #live survive page changes.
//   links and forms   same-origin ones are fetched and swapped in; data-noboost opts out (downloads, language, logout)
//   data-beep         ok | bad: sound when the page arrives;  [data-sound]: button that switches sounds
//   data-key          "F9 F12": key(s) that click it, or focus it if it is a field; Escape on the close link; inside a dialog only its own
//   data-enter        selector that Enter acts on when the field has text; data-enter-empty: when it has none
//   data-undo         button of Ctrl+Z;  data-expire-ms: element goes away after so long
//   [data-dialog]     on the .dlg; keeps the focus, blocks scans. role=alertdialog ignores Enter for its first 300 ms
//   #entry #code      scan form and field. A scan posts code, scan=1, rid and the form's input[type=hidden][data-always].
//                     data-rid on the form: the server drops a repeated rid, so a scan lost with the network is sent again
//   #cn #pin          card field (data-keep="<order id>": typed card stays while the order is the same) and data-pin field
//                     (data-keypad: a keypad types the PIN at once).
//                     The script adds hidden inputs `card` and `entry` (S swiped, M typed) to the form of #cn
//   [data-clear-card] click forgets the card
//   [data-lines]      focusable list of tr[data-line] with a [data-del] button; class `on` is the chosen row; needs an id
//   tr[data-pick]     picker rows, first link picks;  form[data-live="#id"]: typing refreshes only #id
//   a[data-part="#id"][data-focus="#c"]  click refreshes only #id (new captcha);  a[data-play]: plays the sound it points to
//   form[data-pay]    final payment; button's data-busy is its text while waiting; [data-pay-progress] shows at
//                     1 s, its [data-slow] child at 10 s; at 20 s or on a lost connection template#unknown-panel
//                     (data-into="#pay", data-title) takes over and everything in [data-lock] is disabled
//   [data-poll]       unknown outcome: sends its first form at 3 8 15 30 60 s; fills [data-poll-n] [data-poll-left] and .bar i;
//                     the answer counts when it holds [data-result=ok|bad]; anything else is still unknown
//   [data-net]        contains [data-net-on] and [data-net-off], one of them hidden
//   [data-idle-note]  hidden warning, [data-idle-left] in it gets the seconds
//   [data-print] prints; [data-print-now] prints when the page arrives; [data-after-print=URL] follows;  [data-show="#p"] password eye;  [data-fill="#rs"] puts data-value into a field
//   output[data-amount="#pr #q"]          price times quantity while typing
//   form[data-sum]    rows with a tick [data-price] (fen), a field for pieces and [data-row-sum]; the sum goes to [data-sum-to]
(function (win) {
  'use strict';

  // ---- pure parts, tested without a browser ----

  // GS1 check digit: EAN-8, UPC-A, EAN-13, GTIN-14.
  function eanOk(text) {
    if (!/^(\d{8}|\d{12,14})$/.test(text)) return false;
    let sum = 0;
    for (let i = 0; i < text.length; i++) sum += Number(text[text.length - 1 - i]) * (i % 2 ? 3 : 1);
    return sum % 10 === 0;
  }

  function luhnOk(text) {
    let sum = 0;
    for (let i = 0; i < text.length; i++) {
      const n = Number(text[text.length - 1 - i]) * (i % 2 ? 2 : 1);
      sum += n > 9 ? n - 9 : n;
    }
    return /^\d{16,19}$/.test(text) && sum % 10 === 0;
  }

  // The card number of track 2, else of track 1; '' when misread. Nothing else of a track leaves this function.
  function trackNumber(text) {
    const hit = /;(\d+)=/.exec(text) || /^%B([\d ]+)\^/i.exec(text);
    const number = hit ? hit[1].replace(/ /g, '') : '';
    return luhnOk(number) ? number : '';
  }

  // What a burst is: {card}, {code}, {pin} or null (leave it in its field). Six digits in the PIN field may be a product
  // code or a PIN from a keypad: neither is sent anywhere, so that no try is burnt and no PIN becomes a product search.
  function classify(text, inPin) {
    if (/^(%B|;)/i.test(text) && /[=^]/.test(text)) return { card: trackNumber(text) };
    if (eanOk(text)) return { code: text };
    if (/^\d{6}$/.test(text)) return inPin ? { pin: true } : { code: text };
    return null;
  }

  function mask(number) {
    return number.slice(0, 4) + ' ' + number.slice(4, 6) + '** **** ' + number.slice(-4);
  }

  // Full-width to ASCII, then digits only.
  function digits(text) {
    return text.replace(/[\uff10-\uff19]/g, c => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/\D/g, '');
  }

  // Keys that follow each other within `gap` ms.
  function Burst(gap) {
    let text = '', last = -Infinity;
    // True when the key begins a new burst.
    this.push = function (key, at) {
      const fresh = at - last > gap;
      text = fresh ? key : text + key;
      last = at;
      return fresh;
    };
    // The burst that Enter or Tab ends now, '' if it was a person typing.
    this.end = function (at) {
      const done = at - last <= gap ? text : '';
      text = '';
      last = -Infinity;
      return done;
    };
  }

  win.webpos = { eanOk, luhnOk, trackNumber, classify, mask, digits, Burst };
  const doc = win.document;
  if (!doc) return;

  // ---- small tools ----

  const $ = (what, where) => (where || doc).querySelector(what);
  const $$ = (what, where) => Array.from((where || doc).querySelectorAll(what));
  const on = (name, run, capture) => doc.addEventListener(name, run, capture);
  const isField = el => /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName) && !/^(button|submit|checkbox|radio)$/.test(el.type);
  const dialog = () => $('[data-dialog]');
  const off = el => el.disabled || el.getAttribute('aria-disabled') === 'true';

  let audio;
  // Storage may be forbidden by the browser's privacy settings; the till works without.
  const store = (name, value) => {
    try { return value === undefined ? win.localStorage.getItem(name) : win.localStorage.setItem(name, value); } catch (e) { return null; }
  };
  const quiet = () => store('webpos.sound') === 'off';
  function beep(ok) {
    if (quiet() || !win.AudioContext) return;
    audio = audio || new win.AudioContext();
    audio.resume();
    const tone = audio.createOscillator(), gain = audio.createGain(), now = audio.currentTime;
    tone.frequency.value = ok ? 1320 : 220;
    tone.type = ok ? 'sine' : 'square';
    gain.gain.value = 0.15;
    tone.connect(gain).connect(audio.destination);
    tone.start(now);
    tone.stop(now + (ok ? 0.06 : 0.3));
  }

  let hush;
  function say(name, bad) {
    const box = $('#say');
    if (bad) beep(false);
    if (!box) return;
    box.classList.toggle('bad', !!bad);
    box.textContent = box.dataset[name] || '';
    clearTimeout(hush);
    hush = setTimeout(() => { box.textContent = ''; }, 6000);
  }

  function net(up) {
    $$('[data-net-on]').forEach(el => { el.hidden = !up; });
    $$('[data-net-off]').forEach(el => { el.hidden = up; });
  }

  function act(el) {
    if (!el) return;
    if (off(el)) { beep(false); return; }
    if (!isField(el)) { el.click(); return; }
    el.focus();
    if (el.select) el.select();
  }

  // ---- pages: fetch, swap, focus ----

  let posting = false, scanning = false, turn = 0, dialogAt = 0, sentCode = '';
  // What stood in the scan field when the request left; text typed since then survives the swap.
  const mark = () => { sentCode = $('#code') ? $('#code').value : ''; };

  function ask(method, url, body, signal) {
    return fetch(url, { method, body, signal, credentials: 'same-origin', headers: { Accept: 'text/html' } }).then(answer => {
      net(true);
      if (!/^text\/html/.test(answer.headers.get('content-type') || '')) throw new TypeError('not a page');
      return answer.text().then(html => {
        const page = new DOMParser().parseFromString(html, 'text/html');
        // The parser takes what is meant for browsers without scripts for real elements, a refresh included.
        $$('noscript', page).forEach(el => el.remove());
        return { page, status: answer.status, url: answer.url, lasting: method === 'GET' || answer.redirected };
      });
    });
  }

  const assets = page => $$('link[rel=stylesheet],script[src]', page).map(el => el.getAttribute('href') || el.getAttribute('src')).join();

  function show(answer, replace) {
    const page = answer.page, body = doc.body, before = doc.activeElement, code = $('#code');
    if (answer.lasting && assets(page) !== assets(doc)) { win.location.assign(answer.url); return; }
    const typed = code && code.value !== sentCode ? code.value : '';
    const stay = before && (before.matches('[data-lines]') || (scanning && before.matches('#cn,#pin'))) ? before.id : '';
    const kept = node => node.id === 'say' || node.id === 'live';
    doc.title = page.title;
    doc.documentElement.lang = page.documentElement.lang;
    if (answer.lasting) win.history[replace || answer.url === win.location.href ? 'replaceState' : 'pushState']({}, '', answer.url);
    Array.from(body.attributes).forEach(a => body.removeAttribute(a.name));
    Array.from(page.body.attributes).forEach(a => body.setAttribute(a.name, a.value));
    const say = $('#say');
    Array.from(body.childNodes).forEach(node => { if (!kept(node)) node.remove(); });
    Array.from(page.body.childNodes).forEach(node => { if (!(say && kept(node))) body.insertBefore(node, say); });
    setUp();
    const next = $('#code');
    if (typed && next && !next.value && !off(next)) next.value = typed;
    settle(stay, typed);
    const told = $('[data-beep]');
    if (told) beep(told.dataset.beep === 'ok');
    $('#live').textContent = $$('[role=status]:not(#say):not(#live),[data-announce]').map(el => el.textContent.trim()).join(' ');
    pump();
  }

  // Focus after a swap: the list or PIN one was in, what the server marked, the first error, the page.
  function settle(id, typed) {
    const box = dialog(), root = box || doc;
    dialogAt = box ? win.performance.now() : 0;
    const here = !box && id ? doc.getElementById(id) : null;
    const el = (here && !off(here) ? here : null) || $$('[autofocus]', root).find(one => !off(one)) || $('[aria-invalid=true],[role=alert][tabindex]', root)
      || (box && $('a[href],button,input', box)) || $('#main');
    if (!el) return;
    el.focus();
    if (isField(el) && el.select && !typed) el.select();
  }

  function lost() {
    net(false);
    clearPins();
    say('offline', true);
  }

  function visit(url, replace) {
    if (posting) return;
    const mine = ++turn;
    mark();
    ask('GET', url).then(answer => { if (mine === turn) show(answer, replace); }, error => {
      if (mine !== turn) return;
      if (error.message === 'not a page') win.location.assign(url); else lost();
    });
  }

  function post(url, body, scan) {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 20000);
    posting = true;
    turn++;
    mark();
    return ask('POST', url, body, stop.signal).then(answer => {
      clearTimeout(timer);
      posting = false;
      scanning = !!scan;
      show(answer);
      scanning = false;
    }, error => {
      clearTimeout(timer);
      posting = false;
      lost();
      throw error;
    });
  }

  // Swap one element only: live filter, new captcha.
  let parts = 0;
  function part(url, what) {
    const mine = ++parts;
    return ask('GET', url).then(answer => {
      const old = $(what), fresh = $(what, answer.page);
      if (mine !== parts || !old || !fresh) return false;
      old.replaceWith(fresh);
      return true;
    }, () => lost());
  }

  // ---- forms ----

  let button;
  const filled = (form, by) => {
    const body = new URLSearchParams(new FormData(form));
    if (by && by.name) body.append(by.name, by.value);
    return body;
  };

  on('submit', event => {
    const form = event.target, by = event.submitter || (button && button.form === form ? button : null);
    const from = name => (by && by.getAttribute('form' + name)) || form.getAttribute(name);
    button = null;
    if (event.defaultPrevented) return;
    const isPost = /^post$/i.test(from('method') || '');
    if (form.hasAttribute('data-noboost') || form.target || /multipart/.test(from('enctype') || '')) {
      if (isPost && form.dataset.sent) event.preventDefault();
      form.dataset.sent = '1';
      return;
    }
    event.preventDefault();
    const url = new URL(from('action') || win.location.href, win.location.href);
    storeCard();
    if (tracks(form)) return;
    const body = filled(form, by);
    if (!isPost) { url.search = body; visit(url.href); return; }
    if (posting) {
      if (form.id === 'entry' && $('#code').value) { queue.push(ticket($('#code').value)); $('#code').value = ''; }
      return;
    }
    if (form.hasAttribute('data-pay')) pay(form, by || $('button', form), url.href, body);
    else post(url.href, body).catch(() => {});
  });

  on('click', event => {
    const el = event.target.closest('a,button,[data-line]');
    if (!el || event.defaultPrevented || event.button || event.ctrlKey || event.shiftKey || event.metaKey) return;
    const data = el.dataset, stop = () => event.preventDefault();
    if (el.matches('button')) button = el;
    if ('clearCard' in data) setCard('', 'M');
    if ('line' in data) choose($$('tr[data-line]'), el);
    else if ('print' in data) { stop(); win.print(); }
    else if ('sound' in data) { store('webpos.sound', quiet() ? 'on' : 'off'); setSound(); beep(true); }
    else if (data.show) { const field = $(data.show); field.type = field.type === 'password' ? 'text' : 'password'; el.setAttribute('aria-pressed', field.type === 'text'); }
    else if (data.fill) { stop(); $(data.fill).value = data.value || el.textContent.trim(); $(data.fill).focus(); }
    else if ('pollNow' in data) { stop(); poll(); }
    else if ('play' in data) { stop(); new win.Audio(el.href).play().catch(() => win.location.assign(el.href)); }
    else if (data.part) { stop(); part(el.href, data.part).then(() => { const next = $(data.focus || 'none'); if (next) { next.value = ''; next.focus(); } }); }
    else if (el.href && el.origin === win.location.origin && !el.target && !el.download && !el.closest('[data-noboost]') && !(el.hash && el.pathname === win.location.pathname)) { stop(); visit(el.href); }
  });

  // ---- scanner and card reader ----

  const queue = [];
  let burst = new Burst(50), before = null, lastCode = '', lastAt = 0, ime = 0, imeAt = 0;

  function ticket(code) {
    return { code, rid: Array.from(win.crypto.getRandomValues(new Uint8Array(8)), n => n.toString(16).padStart(2, '0')).join('') };
  }

  // Sends the next waiting scan; called after every answer, so lines arrive one after another, in order.
  function pump() {
    const form = $('#entry'), code = $('#code');
    if (!form) queue.length = 0;
    if (!queue.length || posting || paying || dialog() || off(code)) return;
    const next = queue.shift(), body = new URLSearchParams({ code: next.code, scan: '1', rid: next.rid });
    $$('input[type=hidden][data-always]', form).forEach(el => body.append(el.name, el.value));
    const sent = post(form.getAttribute('action'), body, true);
    sentCode = '';
    sent.catch(() => {
      if (!form.hasAttribute('data-rid')) return;
      queue.unshift(next);
      setTimeout(pump, 3000);
    });
  }

  // Takes a finished burst out of its field. False: it was not for us, the key does what it always does.
  function take(text, target, at) {
    const inPin = target.matches('[data-pin]'), hit = text.length >= 6 && classify(text, inPin), busy = dialog() || paying;
    if (hit && 'pin' in hit && 'keypad' in target.dataset) return false;
    if (!hit || ('code' in hit && !$('#entry') && !busy)) {
      if (!busy || isField(target)) return false;
      say('blocked', true);
      return true;
    }
    restore(text, target);
    if (busy) say('blocked', true);
    else if ('pin' in hit) say('fastPin', true);
    else if ('card' in hit) swipe(hit.card);
    else if (off($('#code'))) say('blocked', true);
    else if (hit.code !== lastCode || at - lastAt >= 150) {
      beep(true);
      if (isField(target) && target.id !== 'code') say('notPin');
      queue.push(ticket(hit.code));
      pump();
    }
    lastCode = hit.code || '';
    lastAt = at;
    return true;
  }

  // The field as it was before the burst. When the page was swapped under it, the field holds only the burst's end.
  function restore(text, target) {
    if (before && before.el === target) { target.value = before.value; setCard(before.card.number, before.card.entry); }
    else if (target.matches('[data-pin]')) target.value = '';
    else if (isField(target)) {
      let rest = text;
      while (!target.value.endsWith(rest)) rest = rest.slice(1);
      target.value = target.value.slice(0, target.value.length - rest.length);
    }
  }

  function swipe(number) {
    const field = $('#cn');
    if (!number || !field || off(field)) { say('badCard', true); act(field); return; }
    beep(true);
    setCard(number, 'S');
    act($('#pin') || field);
  }

  // ---- card and PIN fields ----

  let card = { number: '', entry: 'M', order: '' };

  function setCard(number, entry) {
    const field = $('#cn');
    card = { number, entry, order: field ? field.dataset.keep || '' : '' };
    if (!field || !field.form) return;
    hidden(field.form, 'card').value = number;
    hidden(field.form, 'entry').value = entry;
    if (number || field.value.includes('*')) field.value = number ? mask(number) : '';
  }

  function hidden(form, name) {
    let input = $('input[type=hidden][name=' + name + ']', form);
    if (!input) {
      input = doc.createElement('input');
      input.type = 'hidden';
      input.name = name;
      form.appendChild(input);
    }
    return input;
  }

  // A reader that sends no Enter leaves the track in a field: take the number, never submit the rest.
  function tracks(form) {
    const field = Array.from(form.elements).find(el => /^(%B|;)[\d ]+[=^]/i.test(el.value || ''));
    if (!field) return false;
    const number = trackNumber(field.value);
    field.value = '';
    swipe(number);
    return true;
  }

  // What was typed into the card field becomes the hidden number; the field shows it masked.
  function storeCard() {
    const field = $('#cn');
    if (!field || !field.form || !field.value || field.value.includes('*')) return;
    if (/^[%;]/.test(field.value)) return;
    const number = digits(field.value);
    if (number.length >= 12) setCard(number, 'M');
    else hidden(field.form, 'card').value = field.value;
  }

  function clearPins() {
    $$('[data-pin]').forEach(el => { el.value = ''; });
  }

  on('input', event => {
    const el = event.target, form = el.form;
    if (el.matches('[data-pin]')) el.value = digits(el.value).slice(0, 6);
    if (el.id === 'cn' && card.number) { const typed = event.data || ''; setCard('', 'M'); el.value = el.value.includes('*') ? typed : el.value || typed; }
    $$('output[data-amount]').forEach(amount);
    if (form && 'sum' in form.dataset) sum(form);
    if (form && form.dataset.live) {
      clearTimeout(form.timer);
      form.timer = setTimeout(() => {
        const body = String(filled(form));
        part(form.getAttribute('action') + '?' + body, form.dataset.live).then(done => { if (done) form.dataset.asked = body; });
      }, 200);
    }
  });
  on('focusout', event => { if (event.target.id === 'cn') storeCard(); });

  // What the ticked rows of a form come to; the server counts again.
  function sum(form) {
    const yuan = fen => (fen / 100).toFixed(2);
    const fens = $$('[data-price]', form).map(tick => {
      const row = tick.closest('tr'), pieces = digits($('input.n', row).value);
      const fen = tick.checked && pieces ? Number(tick.dataset.price) * Number(pieces) : 0;
      $('[data-row-sum]', row).textContent = fen ? yuan(fen) : '\u2013';
      return fen;
    });
    $('[data-sum-to]', form).textContent = yuan(fens.reduce((a, b) => a + b, 0));
  }

  function amount(out) {
    const [price, count] = out.dataset.amount.split(' ').map(what => Number(($(what) || {}).value || NaN));
    const sum = Math.round(price * 100) * count;
    out.textContent = sum > 0 ? (sum / 100).toFixed(2) : '\u2013';
  }

  // ---- keys ----

  function choose(rows, row) {
    rows.forEach(el => el.classList.toggle('on', el === row));
    if (!row) return;
    row.scrollIntoView({ block: 'nearest' });
    $('#live').textContent = row.textContent.replace(/\s+/g, ' ');
  }

  function step(rows, by) {
    const now = rows.findIndex(el => el.classList.contains('on'));
    choose(rows, rows[Math.max(0, Math.min(rows.length - 1, now + by))]);
  }

  function onKey(event) {
    const key = event.key, el = event.target, at = event.timeStamp, box = dialog(), root = box || doc, stop = () => event.preventDefault();
    active();
    if (event.isComposing || key === 'Process') {
      ime = at - imeAt > 50 ? 1 : ime + 1;
      imeAt = at;
      if (ime === 6) say('ime', true);
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) {
      if (event.ctrlKey && /^z$/i.test(key) && $('[data-undo]', root) && !(isField(el) && el.value !== el.defaultValue)) { stop(); act($('[data-undo]', root)); }
      return;
    }
    if (key.length === 1) {
      if (burst.push(key, at)) before = { el, value: el.value, card };
      return;
    }
    if (key === 'Enter' || key === 'Tab') {
      const text = burst.end(at);
      if (text && take(text, el, at)) { stop(); event.stopPropagation(); return; }
    }
    if (key === 'Enter' && (event.repeat || (box && box.getAttribute('role') === 'alertdialog' && win.performance.now() - dialogAt < 300))) { stop(); return; }
    if (!rowKey(key, el, root, stop) && !enterKey(key, el, stop)) shortcut(key, root, stop);
  }

  // Arrow, Delete and Enter on the line list and the picker.
  function rowKey(key, el, root, stop) {
    const lines = el.closest('[data-lines]'), rows = $$(lines ? 'tr[data-line]' : 'tr[data-pick]', lines || root);
    const row = rows.find(one => one.classList.contains('on'));
    if (!rows.length || el.tagName === 'SELECT') return false;
    if (key === 'ArrowUp' || key === 'ArrowDown') step(rows, key === 'ArrowUp' ? -1 : 1);
    else if (lines && key === 'Delete' && row) act($('[data-del]', row));
    else if (!lines && key === 'Enter' && row && !el.matches('a,button') && !(el.form && el.form.dataset.asked !== String(filled(el.form)))) act($('a', row));
    else return false;
    stop();
    return true;
  }

  function enterKey(key, el, stop) {
    if (key !== 'Enter' || !('enter' in el.dataset || 'enterEmpty' in el.dataset)) return false;
    const next = el.value.trim() ? el.dataset.enter : el.dataset.enterEmpty;
    if (next || !el.value.trim()) stop();
    if (next) act($(next));
    return true;
  }

  function shortcut(key, root, stop) {
    const el = $$('[data-key]', root).find(one => one.dataset.key.split(' ').includes(key) && one.getClientRects().length);
    if (el || /^F[1367]$/.test(key)) stop();
    act(el);
  }

  on('keydown', onKey, true);
  on('focusin', event => {
    const box = dialog();
    if (box && !box.contains(event.target)) settle();
  });

  // ---- payment ----

  let paying = false, watch = null;

  function pay(form, by, url, body) {
    const note = $('[data-pay-progress]'), slow = note && $('[data-slow]', note);
    paying = posting = true;
    turn++;
    mark();
    by.disabled = true;
    by.setAttribute('aria-busy', 'true');
    if (by.dataset.busy) by.textContent = by.dataset.busy;
    let open = true;
    const close = () => { open = paying = posting = false; timers.forEach(clearTimeout); clearPins(); };
    const giveUp = () => { close(); unknown(); };
    const timers = [[1000, () => { if (note) note.hidden = false; }], [10000, () => { if (slow) slow.hidden = false; }], [20000, giveUp]]
      .map(([ms, run]) => setTimeout(run, ms));
    ask('POST', url, body).then(answer => {
      // A gateway that answers 502 knows nothing about the money.
      const good = answer.status < 500;
      if (open && !good) giveUp();
      else if (open) { close(); show(answer, true); }
      // Late, and the cashier still waits at the unknown panel.
      else if (good && watch && watch.panel.isConnected) show(answer, true);
    }, () => { if (open) { net(false); giveUp(); } });
  }

  function unknown() {
    const text = $('#unknown-panel');
    if (!text || (watch && watch.panel.isConnected)) return;
    const into = $(text.dataset.into || '#main');
    $$('.scrim').forEach(el => el.remove());
    $$('[inert]').forEach(el => { el.removeAttribute('inert'); el.removeAttribute('aria-hidden'); });
    into.textContent = '';
    into.appendChild(text.content.cloneNode(true));
    doc.title = text.dataset.title || doc.title;
    $$('[data-lock] input,[data-lock] select,[data-lock] button').forEach(el => { el.disabled = true; });
    $$('[data-lock] a').forEach(el => { el.removeAttribute('href'); el.setAttribute('aria-disabled', 'true'); });
    follow();
    beep(false);
    settle();
  }

  function follow() {
    const panel = $('[data-poll]');
    if (panel && !(watch && watch.panel === panel)) watch = { panel, n: 0, from: Date.now() };
  }

  function poll() {
    if (!watch || watch.asking) return;
    const mine = watch;
    mine.asking = true;
    mine.n++;
    // The same question as the panel's own button asks.
    const form = $('form', mine.panel);
    ask('POST', form.action, filled(form)).then(answer => {
      const result = $('[data-result]', answer.page);
      mine.asking = false;
      if (!mine.panel.isConnected || answer.status >= 400 || !result || !/^(ok|bad)$/.test(result.dataset.result)) return;
      turn++;
      show(answer, true);
    }, () => { mine.asking = false; net(false); });
  }

  const plan = [3, 8, 15, 30, 60];
  function tick() {
    if (watch && !watch.panel.isConnected) watch = null;
    if (watch) {
      const gone = (Date.now() - watch.from) / 1000, due = watch.due || 0, next = plan[due];
      const put = (what, text) => $$(what, watch.panel).forEach(el => { el.textContent = text; });
      if (next && gone >= next) { watch.due = due + 1; poll(); }
      put('[data-poll-n]', Math.min(watch.n, plan.length));
      put('[data-poll-left]', next ? Math.max(0, Math.ceil(next - gone)) : 0);
      $$('.bar i', watch.panel).forEach(el => { el.style.width = Math.min(100, gone / 0.6) + '%'; });
    }
    idle();
  }

  // ---- session ----

  let used = Date.now(), pinged = used;

  function active() {
    const url = doc.body.dataset.pingUrl || '/session/ping';
    used = Date.now();
    if (!doc.body.dataset.idleSeconds || used - pinged < 60000) return;
    pinged = used;
    store('webpos.used', used);
    fetch(url, { method: 'POST', credentials: 'same-origin' }).then(() => net(true), () => net(false));
  }

  // Another tab of the same till counts as use, so that it is not locked from under its user.
  function idle() {
    const data = doc.body.dataset, note = $('[data-idle-note]');
    if (!data.idleSeconds) return;
    const left = Number(data.idleSeconds) - (Date.now() - Math.max(used, Number(store('webpos.used')))) / 1000;
    if (left <= 0 && !paying) { win.location.assign(data.lockUrl || '/lock'); used = Date.now(); }
    if (!note) return;
    note.hidden = left > Number(data.idleWarn || 120);
    $$('[data-idle-left]', note).forEach(el => { el.textContent = Math.max(0, Math.ceil(left)); });
  }

  // ---- start ----

  function setSound() {
    $$('[data-sound]').forEach(el => el.setAttribute('aria-pressed', !quiet()));
  }

  // After the first load and after every swap.
  function setUp() {
    const field = $('#cn');
    burst = new Burst(Number(doc.body.dataset.scanGapMs) || 50);
    used = pinged = Date.now();
    if (doc.body.dataset.idleSeconds) store('webpos.used', used);
    if (!$('#live')) {
      const live = doc.createElement('div');
      live.id = 'live';
      live.className = 'sr';
      live.setAttribute('role', 'status');
      doc.body.appendChild(live);
    }
    if (field) {
      field.removeAttribute('name');
      if (card.number && card.order && card.order === field.dataset.keep) setCard(card.number, card.entry);
      else card = { number: '', entry: 'M', order: '' };
    } else card = { number: '', entry: 'M', order: '' };
    $$('form[data-live]').forEach(form => { form.dataset.asked = String(filled(form)); });
    $$('output[data-amount]').forEach(amount);
    $$('[data-expire-ms]').forEach(el => setTimeout(() => el.remove(), Number(el.dataset.expireMs)));
    setSound();
    follow();
    printNow();
  }

  // The server counted this print. Without the mark in the address, a reload shows what the next print would be.
  function printNow() {
    if (!$('[data-print-now]')) return;
    win.history.replaceState({}, '', win.location.pathname);
    setTimeout(() => win.print(), 0);
  }

  on('pointerdown', active);
  win.addEventListener('online', () => { net(true); pump(); });
  win.addEventListener('offline', () => { net(false); say('offline', true); });
  win.addEventListener('popstate', () => visit(win.location.href, true));
  win.addEventListener('pagehide', clearPins);
  win.addEventListener('pageshow', event => { if (event.persisted) { clearPins(); win.location.reload(); } });
  win.addEventListener('beforeunload', event => { if (paying) { event.preventDefault(); event.returnValue = ''; } });
  win.addEventListener('afterprint', () => { const el = $('[data-after-print]'); if (el) win.location.assign(el.dataset.afterPrint); });
  setInterval(tick, 500);
  setUp();
  if (dialog()) settle();
}(window));
