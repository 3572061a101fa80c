// The input guard: tells what a scanner, a card reader or a PIN pad sends from what a person types, wherever the focus
// is. It finds where a run of keys begins and ends, and whether a machine sent it; scan.js does what must be done then.
//
//   <body>            data-scan-gap-ms (50): keys that follow each other faster are not a person's. Pages without it are
//                     those outside a session: programs may type a name and a password there
//   [data-pin]        takes six digits, of a person or a PIN pad. Anything longer and anything else is a scan: the field
//                     is emptied and nothing of it is sent as a PIN
//   [data-scan]       a search field that takes a scan as its text
//
// A machine's run never edits the field that it falls into, never presses what has the focus, and is never lost without a
// word. A person's keys all do what they always do, but an Enter right behind characters that no field took.

// Keys of one run are no farther apart than PAUSE. A machine that has not sent a whole code yet gets LONG_PAUSE: scanners
// over radio and busy computers stop in the middle, and half a scan may be the code of another product.
const PAUSE = 500, LONG_PAUSE = 2000;
// An Enter so soon behind an Enter is the same key, bounced, or the second half of CR LF. Nobody presses it twice so fast.
const BOUNCE = 80, CR_LF = 150;
// So long a scan that ended without Enter waits for one that comes late.
const LATE_ENTER = 1000;

let run = null, echoUntil = -Infinity;

const scanGap = () => Number(doc.body.dataset.scanGapMs) || 50;
const isPin = el => el.matches('[data-pin]');
const isFast = what => fast(what.gaps, scanGap());
const isMachine = what => isFast(what) || swift(what.gaps, scanGap());

const isWhole = text => codeLike(text) || !!(cardIn(text, bins()) || {}).number;

function pause(what) {
  const open = (isMachine(what) || !what.fields.size) && !isWhole(half(what.text));
  return what.spoilt || open ? LONG_PAUSE : PAUSE;
}

// The key belongs to the run that is under way, or begins one.
function character(key, el, at) {
  if (run && at - run.last > pause(run)) end(run);
  if (run) run.gaps.push(at - run.last);
  else run = { text: '', gaps: [], fields: new Map() };
  const mine = run;
  mine.text += key;
  mine.last = at;
  echoUntil = -Infinity;
  if (!isField(el)) mine.stray = true;
  else if (!mine.fields.has(el)) mine.fields.set(el, standing(el));
  clearTimeout(mine.timer);
  mine.timer = setTimeout(() => silence(mine), pause(mine) + 50);
}

// What stands in a field before a run; what is selected goes away with the run's first key.
function standing(el) {
  const { value, selectionStart: from, selectionEnd: to } = el;
  return { value, card, head: typeof from === 'number' ? value.slice(0, from) + value.slice(to) : value };
}

// The page was swapped under a run: what it typed into `old` stands in `el` now.
function carry(old, el) {
  if (!run || !run.fields.has(old)) return;
  run.fields.set(el, run.fields.get(old));
  run.fields.delete(old);
}

// The fields as they were before the run.
function undo(what) {
  const back = () => what.fields.forEach((was, el) => { el.value = isPin(el) ? '' : was.value; });
  const cn = $('#cn'), was = what.fields.get(cn);
  back();
  if (was) setCard(was.card.number, was.card.entry);
  $$('output[data-amount]').forEach(amount);
  // The input method still writes what it made of the last key.
  if (what.ime) setTimeout(back, 0);
}

// No key came any more: a scanner without Enter, or a person who stopped typing. The run that is not taken stays: on a
// busy computer its next key may wait to be heard, and has the time at which it was pressed.
function silence(what) {
  if (run !== what) return;
  clearTimeout(what.timer);
  if (!finish(what, doc.activeElement || doc.body, '')) return;
  run = null;
  echoUntil = what.last + pause(what) + LATE_ENTER;
}

// The same, and the next key is another run's.
function end(what) {
  silence(what);
  run = null;
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
  say('notPin', true, el);
}

// Whether a machine sent the run, which `key` ends, or silence.
function isScan(what, el, key) {
  const text = half(what.text), isTrack = /[;%=^D?]/i.test(text) && !!cardIn(text, bins());
  const known = isTrack || codeLike(text);
  if (what.held) return false;
  if (!doc.body.dataset.scanGapMs || (el.type === 'password' && !dialog())) return isFast(what) && known;
  // Characters that no field took are in none now, wherever the focus has gone since.
  if (!isField(el) || what.stray) return text.length > 5 || isMachine(what);
  if (isFast(what)) return true;
  // These two take a slow scan as the text that it is; Enter sends it.
  if (el.id === 'code') return key === 'Tab' ? known : !key && isTrack;
  if (el.matches('[data-scan]') || !($('#entry') || dialog())) return false;
  return even(what.gaps) && (known || (/\d{3}/.test(text) && el.type !== 'password'));
}

// The run is over. True when it was a machine's, and `key` is done with.
function finish(what, el, key) {
  const pin = Array.from(what.fields.keys()).find(isPin);
  if (pin) return finishPin(what, pin);
  if (!isScan(what, el, key)) return false;
  const text = half(what.text), found = cardIn(text, bins(), el.id === 'cn');
  if (what.ime) { undo(what); say('ime', true); return true; }
  if (el.matches('[data-scan]') && !found) return search(el, text);
  const was = el.id === 'code' && !found && what.fields.get(el), head = was && was.head !== sentCode ? half(was.head) : '';
  // Words typed before are no part of a whole code; anything else is the head of a scan that stopped, or `3*`.
  const apart = /^\D+$/.test(head) && codeLike(text);
  undo(what);
  if (el.id === 'code' && what.fields.has(el)) el.value = apart ? head : '';
  scanned(apart ? text : head + text, what.last, found);
  if (apart) say('apart', false, el);
  return true;
}

// Six digits in the field are a PIN, whoever typed them.
function finishPin(what, pin) {
  if (!what.spoilt && what.fields.size === 1) return false;
  const text = half(what.text), found = cardIn(text, bins(), false);
  const alone = !what.fields.get(pin).value || what.fields.size > 1;
  undo(what);
  // Digits that may be a PIN with one too many are shown nowhere.
  if (found || (alone && (codeLike(text) || (isFast(what) && text.length > 7 && !what.ime)))) scanned(text, what.last, found);
  if (!found || found.number) say('notPin', true, pin);
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
  const line = event.ctrlKey && /^[jm]$/i.test(key) && (run || at < echoUntil);
  if (key !== 'Enter' && key !== 'Tab' && !line) { run = null; return false; }
  if (event.shiftKey || (event.ctrlKey && !line) || event.altKey) return false;
  return suffix(line ? 'Enter' : key, el, at, event.repeat) || line;
}

function typing(event, key, el, at) {
  const process = event.key === 'Process' || event.keyCode === 229 || event.isComposing;
  // Space presses a button or ticks a box, arrows of the number pad move; in a run they are text.
  const acts = (key === ' ' && !isField(el)) || (event.key.length > 1 && !process);
  if (acts && key === ' ' && !(run && at - run.last <= PAUSE)) return false;
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
  if (run && at - run.last > pause(run)) end(run);
  const what = run, enter = key === 'Enter';
  run = null;
  if (!what && enter && (repeat || at < echoUntil)) return true;
  if (what) clearTimeout(what.timer);
  const done = what && finish(what, el, key);
  if (enter) echoUntil = at + (what && (isFast(what) || even(what.gaps)) ? CR_LF : BOUNCE);
  if (done || !what || !enter || isField(el)) return done;
  // No field took the characters, so this Enter is not meant for what has the focus.
  say('blocked', true);
  return true;
}

// A click or a paste is a person's: what came before is over, and an Enter behind it is another one.
on('pointerdown', () => { if (run) end(run); });
on('input', event => {
  const el = event.target, text = half(el.value || '');
  if (!run) echoUntil = -Infinity;
  if (!isPin(el)) return;
  // The browser filled it in.
  if (!event.inputType) el.value = '';
  else if (/^\d{0,6}$/.test(text)) { if (el.value !== text) el.value = text; }
  else spoil(el);
});
