// The pure parts of the till's script, without a browser: `node --test e2e/unit`.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const folder = new URL('../../crates/web-kit/static/js/', import.meta.url);
const parts = new Map(readdirSync(folder).map(name => [name, readFileSync(new URL(name, folder), 'utf8')]));
// Its functions become the context's.
const pure = {};
vm.runInNewContext(parts.get('pure.js'), pure);
const { eanOk, codeLike, luhnOk, cardIn, fast, swift, even, mask, half, digits } = pure;
const plain = value => JSON.parse(JSON.stringify(value));

const NUMBER = '6086250000010012';
const FOREIGN = '6222021001123456789';
const BINS = ['608625'];
const TRACK1 = `%B${NUMBER}^ZHANG/FANG^28122010000000000?`;
const TRACK2 = `;${NUMBER}=28122010000000000?`;

test('bar codes are told by length and check digit', () => {
  for (const good of ['6901234567892', '96385074', '036000291452', '10614141000415']) assert.ok(eanOk(good), good);
  for (const bad of ['6901234567893', '96385075', '036000291453', '10614141000416', '', '123', '690123456789a', '69012345678921']) {
    assert.ok(!eanOk(bad), bad);
  }
});

test('barcodes, trace codes and GS1 texts are codes at any speed', () => {
  const codes = ['6901234567892', '81098350001234567890', ']d2010699137100233217271231', '(01)06991371002332(10)A', '010699137100233217271231'];
  for (const code of codes) assert.ok(codeLike(code), code);
  for (const other of ['600233', '123456', 'QS-0001A12', NUMBER, '91098350001234567890', '']) assert.ok(!codeLike(other), other);
});

test('card numbers are told by length and check digit', () => {
  assert.ok(luhnOk(NUMBER));
  for (const bad of ['6086250000010013', '', '0000', `${NUMBER}0000`, '608625000001001x']) assert.ok(!luhnOk(bad), bad);
});

test('only the number of a track survives', () => {
  const own = [TRACK2, TRACK1, TRACK1 + TRACK2, `%E?${TRACK2}`, '%b6086 2500 0001 0012^X^2812?', `${NUMBER}=2812201`, `${NUMBER}D28122010000`,
    TRACK2.replace(/[!-~]/g, c => String.fromCharCode(c.charCodeAt(0) + 0xfee0)), NUMBER, NUMBER + NUMBER];
  for (const text of own) assert.deepEqual(plain(cardIn(text, BINS)), { number: NUMBER }, text);
  for (const text of ['608625000001001', '6086250000010013', ';6086250000010013=2812?', ';E?', '%E?;E?', 'E?']) {
    assert.deepEqual(plain(cardIn(text, BINS)), {}, text);
  }
  for (const text of [`;${FOREIGN}=2912101?`, `%B${FOREIGN}^X^2812?`, ';378282246310005=2512?']) {
    assert.deepEqual(plain(cardIn(text, BINS)), { foreign: true }, text);
  }
  for (const text of ['6901234567892', '06991371002332', '81098350001234567890', 'QS-0001A12', '600233', '', '+A123BJC5D6E71G',
    '0106901234567892172712311 0D1234', FOREIGN]) {
    assert.equal(cardIn(text, BINS), null, text);
  }
  assert.deepEqual(plain(cardIn(FOREIGN, BINS, true)), { foreign: true }, 'in the card field a bare number is a card');
  assert.equal(cardIn('06991371002332', BINS, true), null, 'a barcode is none there either');
  assert.deepEqual(plain(cardIn(`;${FOREIGN}=2912101?`, [])), { number: FOREIGN }, 'where only the server tells ours from others');
});

test('a card shows its first six and last four digits', () => {
  assert.equal(mask(NUMBER), '6086 25** **** 0012');
  assert.equal(mask('6086250000010012345'), '6086 25** **** 2345');
  assert.ok(!mask(NUMBER).replace(/ /g, '').includes('6250'));
});

test('digits come out of full-width and spaced input', () => {
  assert.equal(digits('\uff16\uff10 8-6a'), '6086');
});

test('full-width characters become ASCII', () => {
  assert.equal(half('；６０＝Ａ？\u3000b'), ';60=A? b');
});

test('a scanner is faster than a person, and a slow one is evener', () => {
  const times = (count, gap) => Array.from({ length: count }, () => gap);
  assert.ok(fast(times(5, 4), 50));
  assert.ok(fast(times(12, 50), 50), 'exactly the gap still counts');
  assert.ok(fast([4, 4, 400, 4, 4, 4], 50), 'one late key');
  assert.ok(!fast([4, 400, 400, 4, 4, 4], 50), 'two of six');
  assert.ok(fast([...times(22, 4), 90, 90], 50), 'one in eight');
  assert.ok(!fast(times(4, 4), 50), 'five keys are too few to tell');
  assert.ok(!fast(times(12, 110), 50));
  assert.ok(swift([4, 50], 50), 'three keys');
  assert.ok(!swift([4], 50), 'two keys may be anybody\u2019s');
  assert.ok(!swift([4, 51], 50));
  assert.ok(even([112, 118, 125, 112, 119]));
  assert.ok(even([112, 118, 480, 112, 119]), 'one late key');
  assert.ok(!even([90, 180, 120, 240, 150]), 'a person');
  assert.ok(!even(times(5, 260)), 'slower than any scanner');
});

test('the script stays within its dialect and holds no words of its own', () => {
  assert.ok(parts.size > 5);
  for (const [name, source] of parts) {
    const code = source.split('\n').filter(line => !line.trim().startsWith('//')).join('\n');
    assert.ok(!/\?\.[a-z[(]|\?\?|\breplaceChildren\b|\.at\(|structuredClone|\beval\(|innerHTML/.test(code), name);
    assert.ok(!/[\u4e00-\u9fff]/.test(source), name);
  }
});
