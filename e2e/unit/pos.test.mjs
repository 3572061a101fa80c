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
const { eanOk, luhnOk, trackNumber, classify, mask, digits, Burst } = pure;
const plain = value => JSON.parse(JSON.stringify(value));

const NUMBER = '6086250000010012';
const TRACK1 = `%B${NUMBER}^ZHANG/FANG^28122010000000000?`;
const TRACK2 = `;${NUMBER}=28122010000000000?`;

test('bar codes are told by length and check digit', () => {
  for (const good of ['6901234567892', '96385074', '036000291452', '10614141000415']) assert.ok(eanOk(good), good);
  for (const bad of ['6901234567893', '96385075', '036000291453', '10614141000416', '', '123', '690123456789a', '69012345678921']) {
    assert.ok(!eanOk(bad), bad);
  }
});

test('card numbers are told by length and check digit', () => {
  assert.ok(luhnOk(NUMBER));
  for (const bad of ['6086250000010013', '', '0000', `${NUMBER}0000`, '608625000001001x']) assert.ok(!luhnOk(bad), bad);
});

test('only the number of a track survives', () => {
  assert.equal(trackNumber(TRACK2), NUMBER);
  assert.equal(trackNumber(TRACK1), NUMBER);
  assert.equal(trackNumber(TRACK1 + TRACK2), NUMBER);
  assert.equal(trackNumber('%b6086 2500 0001 0012^X^2812?'), NUMBER, 'caps lock and spaces');
  assert.equal(trackNumber(';6086250000010013=2812?'), '', 'misread');
  assert.equal(trackNumber(';=2812?'), '');
});

test('a burst is a card, a code, or none of our business', () => {
  assert.deepEqual(plain(classify(TRACK2, false)), { card: NUMBER });
  assert.deepEqual(plain(classify(TRACK1, true)), { card: NUMBER });
  assert.deepEqual(plain(classify(';60862E=?', false)), { card: '' }, 'misread tracks are taken out of the field too');
  assert.deepEqual(plain(classify('6901234567892', true)), { code: '6901234567892' });
  assert.deepEqual(plain(classify('600233', false)), { code: '600233' });
  assert.deepEqual(plain(classify('123456', true)), { pin: true }, 'six digits in the PIN field are never a product');
  assert.equal(classify('6901234567893', false), null);
  assert.equal(classify(NUMBER, false), null, 'a bare number stays in its field');
  assert.equal(classify('ganmaoling', false), null);
});

test('a card shows its first six and last four digits', () => {
  assert.equal(mask(NUMBER), '6086 25** **** 0012');
  assert.equal(mask('6086250000010012345'), '6086 25** **** 2345');
  assert.ok(!mask(NUMBER).replace(/ /g, '').includes('6250'));
});

test('digits come out of full-width and spaced input', () => {
  assert.equal(digits('\uff16\uff10 8-6a'), '6086');
});

test('a burst is fast keys ended fast', () => {
  const burst = new Burst(50);
  const type = (text, from, gap) => [...text].map((key, i) => burst.push(key, from + i * gap));
  assert.deepEqual(type('600233', 0, 5), [true, false, false, false, false, false]);
  assert.equal(burst.end(30), '600233');
  assert.equal(burst.end(31), '', 'ends once');
  type('600233', 1000, 120);
  assert.equal(burst.end(1720), '', 'a person');
  type('600233', 2000, 50);
  assert.equal(burst.end(2300), '600233', 'exactly the gap still counts');
  type('600233', 3000, 5);
  assert.equal(burst.end(3200), '', 'Enter pressed by hand afterwards');
  burst.push('9', 4000);
  type('600233', 4200, 5);
  assert.equal(burst.end(4230), '600233', 'a slow key before it does not join');
});

test('the script stays within its dialect and holds no words of its own', () => {
  assert.ok(parts.size > 5);
  for (const [name, source] of parts) {
    const code = source.split('\n').filter(line => !line.trim().startsWith('//')).join('\n');
    assert.ok(!/\?\.[a-z[(]|\?\?|\breplaceChildren\b|\.at\(|structuredClone|\beval\(|innerHTML/.test(code), name);
    assert.ok(!/[\u4e00-\u9fff]/.test(source), name);
  }
});
