// Functions without a page, so that node can test them: what a burst of keys is (card, product code, PIN).
//
// assets.rs joins the parts of the script, in its order, into one function with `win` and `doc`: one ES2017 file for
// Chromium 80 up, no `?.`, no `??`, nothing global, nothing inline. Comments must be whole lines: they are cut when the
// file is served. Every page works without the script, and every word on screen comes from the server. Each part begins
// with the hooks that templates set for it; `cargo xtask tidy` compares both sides.

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
