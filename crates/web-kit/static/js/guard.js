// The input guard: tells what a scanner, a card reader or a PIN pad sends from what a person types, wherever the focus
// is. It only finds where a burst of keys begins and ends; scan.js does with it what must be done.
//
//   <body>            data-scan-gap-ms (50): keys that follow each other faster are not a person's. Pages without it are
//                     those outside a session: programs may type a name and a password there
//   [data-pin]        takes six digits, of a person or a PIN pad. Anything longer and anything else is a scan: the field
//                     is emptied and nothing of it is sent as a PIN
//   [data-scan]       a search field that takes a scan as its text
//
// A burst never edits the field that it falls into, never presses what has the focus, and is never lost without a word.

// Keys of one burst are no farther apart than this; once the scanner is known to end with Enter or Tab, a burst that
// pauses is waited for longer. An Enter so soon after a scan or another Enter is a bounced key or the second half of CR LF.
const PAUSE = 500, LONG_PAUSE = 2000, BOUNCE = 150;

let run = null, spoiltAt = -Infinity, charAt = -Infinity, enterAt = -Infinity, bounceUntil = -Infinity, ended = false;

const scanGap = () => Number(doc.body.dataset.scanGapMs) || 50;
const isPin = el => el.matches('[data-pin]');
const quick = what => fast(what.gaps, scanGap());
const swift = gaps => gaps.length > 0 && gaps.every(gap => gap <= scanGap());
const pause = what => (what.spoilt || (ended && (quick(what) || swift(what.gaps))) ? LONG_PAUSE : PAUSE);

// The key belongs to the burst that is under way, or begins one.
function character(key, el, at) {
  if (run && at - run.last > pause(run)) silence(run);
  if (run) run.gaps.push(at - run.last);
  else run = { text: '', gaps: [], fields: new Map() };
  const mine = run;
  mine.text += key;
  mine.last = at;
  if (!isField(el)) charAt = at;
  else if (!mine.fields.has(el)) mine.fields.set(el, standing(el));
  clearTimeout(mine.timer);
  mine.timer = setTimeout(() => silence(mine), pause(mine) + 50);
}

// What stands in a field before a burst; what is selected goes away with the burst's first key.
function standing(el) {
  const { value, selectionStart: from, selectionEnd: to } = el;
  return { value, card, head: typeof from === 'number' ? value.slice(0, from) + value.slice(to) : value };
}

// The fields as they were before the burst.
function undo(what) {
  clearTimeout(what.timer);
  what.fields.forEach((was, el) => {
    if (!el.isConnected) return;
    el.value = isPin(el) ? '' : was.value;
    if (el.id === 'cn') setCard(was.card.number, was.card.entry);
  });
  $$('output[data-amount]').forEach(amount);
  if (what.ime) setTimeout(() => what.fields.forEach((was, el) => { el.value = isPin(el) ? '' : was.value; }), 0);
}

// No key came any more: a scanner without Enter, or a person who stopped typing.
function silence(what) {
  if (run !== what) return;
  run = null;
  bounceUntil = what.last + pause(what) + 2 * BOUNCE;
  finish(what, doc.activeElement || doc.body, '');
}

// A character in the PIN field. True when it must not get there.
function pinKey(el, key) {
  const selected = el.selectionEnd - el.selectionStart;
  if (run.spoilt) return true;
  if (/^\d$/.test(half(key)) && el.value.length - selected < 6) return false;
  spoil(el);
  return true;
}

function spoil(el) {
  el.value = '';
  if (run) run.spoilt = true;
  say('notPin', true);
}

// Whether the burst is a scan and not a person's typing.
function isScan(what, el, key) {
  const text = half(what.text), { gaps } = what, machine = quick(what);
  const track = /[;%=^D?]/i.test(text) && !!cardIn(text, bins()), known = track || codeLike(text);
  if (what.held) return false;
  if (!doc.body.dataset.scanGapMs) return machine && known;
  if (!isField(el)) return text.length > 5 || (gaps.length > 1 && swift(gaps));
  if (el.type === 'password' && !dialog()) return machine && known;
  if (el.id === 'code') return machine || (key === 'Tab' ? known : !key && track);
  if (el.matches('[data-scan]')) return machine;
  if (machine || !($('#entry') || dialog()) || middle(gaps) > 300) return machine;
  return known || (even(gaps) && /\d{3}/.test(text) && el.type !== 'password');
}

const middle = gaps => Array.from(gaps).sort((a, b) => a - b)[gaps.length >> 1] || 0;

// Whether the scanner ends with Enter or Tab; kept for the next page.
function learn(yes) {
  ended = !!yes;
  store('webpos.suffix', yes);
}

// The burst is over: by `key`, or by silence. True when the key is done with.
function finish(what, el, key) {
  clearTimeout(what.timer);
  const pin = Array.from(what.fields.keys()).reverse().find(isPin);
  if (pin) return finishPin(what, pin, el, key);
  if (!isScan(what, el, key)) return false;
  if (key) learn('1');
  if (what.ime) { undo(what); say('ime', true); return true; }
  const text = half(what.text), found = cardIn(text, bins(), el.id === 'cn');
  if (!key && ended && !found && !codeLike(text)) {
    // Or this scanner sends no Enter: its next scan is taken.
    learn('');
    undo(what);
    say('split', true);
    return true;
  }
  if (el.matches('[data-scan]') && !found) return search(el, text);
  const head = el.id === 'code' && what.fields.has(el) && !found ? half(what.fields.get(el).head) : '';
  undo(what);
  if (el.id === 'code') el.value = '';
  if (!head || eanOk(head + text)) scanned(head + text, what.last, found);
  else {
    el.value = head;
    scanned(text, what.last, found);
    say('apart');
  }
  return true;
}

// A PIN pad sends six digits into the empty field; that is a PIN like a person's. The end of a scan that paused is not.
function finishPin(what, pin, el, key) {
  const text = half(what.text), machine = quick(what), pad = pin.isConnected && el === pin && text === pin.value;
  const rest = machine && what.last - spoiltAt < 5000;
  if (!what.spoilt && (!machine || (pad && !rest))) return false;
  spoiltAt = key ? -Infinity : what.last;
  undo(what);
  pin.value = '';
  const found = cardIn(text, bins(), false);
  // Digits that may be a PIN with one too many are shown nowhere.
  if (!rest && (found || codeLike(text) || (machine && text.length > 7 && !what.ime))) scanned(text, what.last, found);
  if (!found || found.number) say('notPin', true);
  return true;
}

// The search field takes the scan; Enter asks, or the rows follow by themselves.
function search(el, text) {
  el.value = text;
  if (!el.form.dataset.live) return false;
  el.dispatchEvent(new Event('input', { bubbles: true }));
  return true;
}

// The character of a key: also with the input method on, with NumLock off, and for Ctrl+], which is GS in a GS1 text.
function keyOf(event) {
  const { key, code, ctrlKey } = event, pad = /^Numpad(\d)$/.exec(code || '');
  if (ctrlKey && !event.altKey && !event.metaKey) return run && (key === ']' || code === 'BracketRight') ? '\u001d' : '';
  if (event.altKey || event.metaKey) return '';
  if (key.length === 1 && event.keyCode !== 229) return key;
  if (pad) return pad[1];
  if (key !== 'Process' && event.keyCode !== 229) return '';
  const hit = /^(?:Digit|Key)(.)$/.exec(code || '');
  return hit ? hit[1] : '?';
}

// A key, before anything else sees it. True when it is done with.
function guard(event) {
  const { key, target: el, timeStamp: at } = event;
  const typed = keyOf(event);
  if (typed) return typing(event, typed, el, at);
  if (/^(Shift|Control|Alt|Meta|AltGraph|CapsLock|NumLock|Unidentified|Dead)$/.test(key)) return false;
  const line = event.ctrlKey && /^[jm]$/i.test(key) && (run || at < bounceUntil);
  if (key !== 'Enter' && key !== 'Tab' && !line) { run = null; return false; }
  if (event.shiftKey || (event.ctrlKey && !line) || event.altKey) return false;
  return suffix(line ? 'Enter' : key, el, at, event.repeat) || !!line;
}

function typing(event, key, el, at) {
  const process = event.key === 'Process' || event.keyCode === 229 || event.isComposing, alone = !run || at - run.last > PAUSE;
  // Space presses a button or ticks a box, arrows of the number pad move; in a burst they are text.
  const acts = (key === ' ' && !isField(el)) || (event.key.length > 1 && !process);
  if (acts && alone && key === ' ') return false;
  character(key, el, at);
  if (event.repeat) run.held = true;
  if (process) {
    run.ime = true;
    return false;
  }
  if (isPin(el)) return pinKey(el, key);
  return (acts && run.gaps.length > 0 && run.gaps[run.gaps.length - 1] <= scanGap() && !run.held) || key === '\u001d';
}

function suffix(key, el, at, repeat) {
  const what = run && at - run.last <= pause(run) ? run : null, enter = key === 'Enter', again = enter && at - enterAt < BOUNCE;
  if (run && !what) silence(run);
  run = null;
  if (enter) enterAt = at;
  if (at < bounceUntil && !what) return true;
  if (what && finish(what, el, key)) {
    bounceUntil = at + Math.max(BOUNCE, Math.min(400, 2 * middle(what.gaps) + 50));
    return true;
  }
  if (!enter) return false;
  if (repeat || (again && !what)) return true;
  if (isField(el) || at - charAt >= 1000) return false;
  // Characters were typed where none can be typed: this Enter is a machine's.
  say('blocked', true);
  return true;
}

// The PIN field takes digits, however they came.
on('input', event => {
  const el = event.target, text = half(el.value || '');
  if (!isPin(el)) return;
  // The browser filled it in.
  if (!event.inputType) el.value = '';
  else if (/^\d{0,6}$/.test(text)) { if (el.value !== text) el.value = text; }
  else spoil(el);
});
