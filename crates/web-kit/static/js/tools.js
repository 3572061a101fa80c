// Small tools: the page's elements, the sound, the sentence at the foot of the page, the sign of the network.
//
//   #say              last child of <body>; data-blocked data-ime data-moved data-offline are the sentences to show on any
//                     page, a field has those about itself. It and #live survive page changes.
//   [data-net-on]     shown while the network answers;  [data-net-off]: shown while it does not

const $ = (what, where) => (where || doc).querySelector(what);
const $$ = (what, where) => Array.from((where || doc).querySelectorAll(what));
const on = (name, run, capture) => doc.addEventListener(name, run, capture);
const isField = el => /^(INPUT|SELECT|TEXTAREA)$/.test(el.tagName)
  && !/^(button|submit|checkbox|radio)$/.test(el.type);
const dialog = () => $('[data-dialog]');
const off = el => el.disabled || el.getAttribute('aria-disabled') === 'true';

let audio;
// Storage may be forbidden by the browser's privacy settings; the till works without.
const store = (name, value) => {
  try {
    return value === undefined ? win.localStorage.getItem(name) : win.localStorage.setItem(name, value);
  } catch (e) {
    return null;
  }
};
function beep(ok) {
  if (!win.AudioContext) return;
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
// Says the sentence `name` of #say, or of the field `of`; what was said before stays where there is none.
function say(name, bad, of) {
  const box = $('#say'), words = box && (of || box).dataset[name];
  if (bad) beep(false);
  if (!words) return;
  box.classList.toggle('bad', !!bad);
  box.textContent = words;
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
