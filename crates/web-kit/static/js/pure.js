// What a burst of keys looks like: how it was typed, and whether it holds a card. What else a text is, the server says. No
// page is needed here, so node tests this file by itself.
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

// A barcode, the trace code of a box, or a GS1 text with its GTIN in front: no person means anything else by it.
function codeLike(text) {
  return eanOk(text) || /^(8\d{19}$|\][a-z]\d|\(01\)\d{14}|01\d{14}1[017])/i.test(text);
}

function luhnOk(text) {
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    const n = Number(text[text.length - 1 - i]) * (i % 2 ? 2 : 1);
    sum += n > 9 ? n - 9 : n;
  }
  return /^\d{12,19}$/.test(text) && sum % 10 === 0;
}

// The card in a text: null when there is none, {number} of one of ours, {foreign: true}, or {} when misread. Nothing else
// of a track leaves this function. `bins`: how our numbers begin. `alone`: digits that stand alone are a card number,
// too, as in the card field; elsewhere only those of ours are. Without `bins` the server tells ours from others.
function cardIn(text, bins, alone) {
  const plain = half(text), known = bins.length > 0, ours = number => !known || bins.some(bin => number.startsWith(bin));
  const twice = /^(\d{16,19})\1$/.exec(plain), bare = twice ? twice[1] : plain;
  const parts = /(?:;|%B)([\d ]{8,})|(?:^|\D)(\d{12,19})[=^]|(?:^|\D)(\d{16,19})D\d{4}/gi;
  let best = /^[;%+].*\?$|^E\?$/i.test(plain) ? {} : null;
  const look = digits => {
    const long = digits.length > 15, number = long && !luhnOk(digits) ? digits.replace(/^99/, '') : digits;
    if (luhnOk(number) && long && ours(number)) best = { number };
    else if (luhnOk(number) && !ours(number)) best = best && best.number ? best : { foreign: true };
    else best = best || {};
  };
  if (/^\d{14,19}$/.test(bare) && ((known && ours(bare)) || (alone && !codeLike(bare)))) look(bare);
  for (let hit = parts.exec(plain); hit; hit = parts.exec(plain)) look((hit[1] || hit[2] || hit[3]).replace(/ /g, ''));
  return best;
}

// Most keys closer than a person's, `gap` ms. One in eight may be late, and one in any case.
function fast(gaps, gap) {
  return gaps.length > 4 && gaps.filter(one => one > gap).length <= Math.max(1, gaps.length >> 3);
}

// Three keys or more, each closer than a person's.
function swift(gaps, gap) {
  return gaps.length > 1 && gaps.every(one => one <= gap);
}

// As slow as a person, but even: a scanner over radio, or on a busy computer. One key may be late.
function even(gaps) {
  const sorted = Array.from(gaps).sort((a, b) => a - b), most = sorted[sorted.length - 2];
  return gaps.length > 4 && most <= 200 && most - sorted[0] <= 30;
}

function mask(number) {
  return number.slice(0, 4) + ' ' + number.slice(4, 6) + '** **** ' + number.slice(-4);
}

// Full-width characters, as input methods send them, to ASCII.
function half(text) {
  return text.replace(/[\uff01-\uff5e]/g, c => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, ' ');
}

function digits(text) {
  return half(text).replace(/\D/g, '');
}
