// The keyboard.
//
//   data-key          "F9 F12": key(s) that click it, or focus it if it is a field; Escape on the close link; inside a
//                     dialog only its own
//   data-enter        selector that Enter acts on when the field has text; data-enter-empty: when it has none
//   data-undo         button of Ctrl+Z
//   [data-lines]      focusable list of tr[data-line] with a [data-del] button; class `on` is the chosen row; has an id
//   tr[data-pick]     picker rows, first link picks

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
  const key = event.key, el = event.target, box = dialog(), root = box || doc;
  const stop = () => event.preventDefault();
  active();
  const done = guard(event), moved = !done && /^(Enter| |F\d+)$/.test(key) && stillPart === doc.body && unread(event);
  if (moved) say('moved', true);
  if (done || moved) { stop(); event.stopPropagation(); return; }
  if (event.isComposing || key === 'Process') return;
  if (event.ctrlKey || event.altKey || event.metaKey) {
    const undo = event.ctrlKey && /^z$/i.test(key) && $('[data-undo]', root);
    if (undo && !(isField(el) && el.value !== el.defaultValue)) { stop(); act(undo); }
    return;
  }
  if (key.length === 1) return;
  const tooSoon = box && box.getAttribute('role') === 'alertdialog' && win.performance.now() - dialogAt < READ_MS;
  if (key === 'Enter' && tooSoon) { stop(); return; }
  if (!rowKey(key, el, root, stop) && !enterKey(key, el, stop)) shortcut(key, root, stop);
}

// True while the rows on the screen do not match the typed text yet.
const stale = form => form && form.dataset.asked !== String(filled(form));

// Arrow, Delete and Enter on the line list and the picker.
function rowKey(key, el, root, stop) {
  const lines = el.closest('[data-lines]'), rows = $$(lines ? 'tr[data-line]' : 'tr[data-pick]', lines || root);
  const row = rows.find(one => one.classList.contains('on'));
  if (!rows.length || el.tagName === 'SELECT') return false;
  if (key === 'ArrowUp' || key === 'ArrowDown') step(rows, key === 'ArrowUp' ? -1 : 1);
  else if (lines && key === 'Delete' && row) act($('[data-del]', row));
  else if (!lines && key === 'Enter' && row && !el.matches('a,button') && !stale(el.form)) act($('a', row));
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
  const el = $$('[data-key]', root)
    .find(one => one.dataset.key.split(' ').includes(key) && one.getClientRects().length);
  if (el || /^F[1367]$/.test(key)) stop();
  act(el);
}

on('keydown', onKey, true);
on('focusin', event => {
  const box = dialog();
  if (box && !box.contains(event.target)) settle();
});
