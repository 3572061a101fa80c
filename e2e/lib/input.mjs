// The matrix of the till's input: what scanners, readers, PIN pads and people send (shape), how fast (timing), with what
// at the end (suffix), where the focus is (place), and what must come of it (`effectOf`).

/**
 * What is sent. `card` is what the till must take it for; `sure` shapes are told by their digits alone, at any speed;
 * of `whole` ones nothing can be missing, so that a scanner without Enter need not be waited for.
 */
export const SHAPES = {
  'EAN-13': { text: '6991371002332', sure: true, whole: true },
  'EAN-8': { text: '96385074', sure: true, whole: true },
  'UPC-A': { text: '036000291452', sure: true, whole: true },
  'GTIN-14': { text: '06991371002332', sure: true, whole: true },
  'in-house': { text: '600901' },
  label: { text: 'QS-0001A12' },
  'trace code': { text: '81098350001234567890', sure: true, whole: true },
  GS1: { text: ']d2010699137100233217271231102A\u001d21XYZ7', sure: true, whole: true },
  'full-width': { text: '６９９１３７１００２３３２', sent: '6991371002332', sure: true, whole: true },
  'track 2': { text: ';6086250000010012=29121010000012300000?', card: 'own', sure: true, whole: true },
  'both tracks': { text: '%B6086250000010012^ZHANG/FANG^2912101?;6086250000010012=2912101000001?', card: 'own', sure: true, whole: true },
  'bare track': { text: '6086250000010012=29121010000012300000', card: 'own', sure: true, whole: true },
  'EMV track': { text: '6086250000010012D29121010000012300000', card: 'own', sure: true, whole: true },
  'card number': { text: '6086250000010012', card: 'own', whole: true },
  'foreign track': { text: ';6222021001123456789=29121010000012300000?', card: 'foreign', sure: true },
  misread: { text: ';6086250000010=29121010?', card: 'misread', sure: true },
};

/** Milliseconds before each key but the first. Never drawn by chance, so that a cell is the same in every run. */
export const TIMINGS = {
  fast: () => 4,
  radio: (n) => 30 + (n % 3) * 5,
  slow: (n) => 112 + (n * 7) % 16,
  'late key': (n, length) => (n === Math.floor(length / 2) ? 300 : 5),
};

/** A person: between 70 and 260 ms, and never even. */
export const person = (n) => 70 + (n * 67) % 190;

export const SUFFIXES = ['CR', 'CR LF', 'bounce', 'Tab', 'none'];

/** Where the focus is. `kind` says what the place does with a burst. */
export const PLACES = {
  'scan field': { kind: 'code', focus: '#code' },
  price: { kind: 'field', focus: '#pr' },
  quantity: { kind: 'field', focus: '#q' },
  'card field': { kind: 'field', focus: '#cn' },
  PIN: { kind: 'pin', focus: '#pin', card: true },
  nowhere: { kind: 'open', focus: null },
  lines: { kind: 'open', focus: '#lines' },
  delete: { kind: 'open', focus: '[data-del]' },
  hold: { kind: 'open', focus: 'form[action="/sale/hold"] button' },
  pay: { kind: 'open', focus: '[data-key~="F9"]', card: true },
  'confirmation': { kind: 'closed', focus: '[data-pay] button', open: 'confirm' },
  'abandoning': { kind: 'closed', focus: '.dlg .btn', at: '/sale/abandon?order=' },
  'manager': { kind: 'closed', focus: '#mu', at: 'price' },
  filter: { kind: 'filter', focus: '#k', at: '/sale/picker?order=' },
  'picker link': { kind: 'picker', focus: '.dlg .hd a', at: '/sale/picker?order=' },
  orders: { kind: 'query', focus: null, at: '/orders' },
  'orders link': { kind: 'query', focus: 'nav a', at: '/orders' },
  // Chromium 80 moves a focus that is nowhere into the first field of this page.
  'password page': { kind: 'closed', focus: 'nav a', at: '/password' },
};

/** What must come of a cell: the one request, or the sentence, or where the text stands. */
export function effectOf({ place, shape, timing, suffix }) {
  const { kind } = PLACES[place], { card, sure } = SHAPES[shape], slow = timing === 'slow', ends = suffix !== 'none' && suffix !== 'Tab';
  const taken = card ?? 'scan';
  if (kind === 'closed') return 'blocked';
  if (kind === 'query') return card ? 'blocked' : 'asked';
  if (kind === 'picker') return card ? 'blocked' : 'found';
  if (kind === 'filter') {
    if (!card) return 'found';
    return slow && !ends ? 'left' : 'blocked';
  }
  if (kind === 'code' && slow) {
    if (ends) return card ?? 'typed';
    return sure && (suffix === 'Tab' || card) ? taken : 'left';
  }
  if (kind === 'pin' && slow && !sure && !card) return 'cleared';
  return taken;
}

/** Every cell: all shapes at every place, and every timing with every suffix at every place with shapes in turn. */
export function cells() {
  const all = [], places = Object.keys(PLACES), shapes = Object.keys(SHAPES);
  const add = (cell) => {
    // Six digits in the PIN field are what a PIN pad sends.
    if (cell.place === 'PIN' && cell.shape === 'in-house') return;
    const title = Object.values(cell).join(' · ');
    if (!all.some((one) => one.title === title)) all.push({ ...cell, title, effect: effectOf(cell) });
  };
  for (const place of places) for (const shape of shapes) add({ place, shape, timing: 'fast', suffix: 'CR' });
  places.forEach((place, nth) => {
    Object.keys(TIMINGS).forEach((timing, row) => SUFFIXES.forEach((suffix, column) => {
      add({ place, shape: shapes[(nth + 5 * row + column) % shapes.length], timing, suffix });
    }));
  });
  return all;
}

/** The fewest cells that still hold every pair of values that the whole table holds, found greedily. */
export function pairwise(all) {
  const pairs = ({ place, shape, timing, suffix }) => {
    const values = [place, shape, timing, suffix];
    return values.flatMap((one, i) => values.slice(i + 1).map((two) => `${one}|${two}`));
  };
  const open = new Set(all.flatMap(pairs)), chosen = [];
  while (open.size > 0) {
    const news = (cell) => pairs(cell).filter((pair) => open.has(pair)).length;
    const next = all.reduce((best, cell) => (news(cell) > news(best) ? cell : best));
    pairs(next).forEach((pair) => open.delete(pair));
    chosen.push(next);
  }
  return chosen;
}
