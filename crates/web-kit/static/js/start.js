// Set-up after the first load and after every swap; the browser's own events.
//
//   [data-expire-ms]  element goes away after so long
//   [data-print-now]  prints when the page arrives;  [data-after-print=URL] follows

// After the first load and after every swap.
function setUp() {
  const field = $('#cn');
  clearPins();
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
  $$('[data-copy]').forEach(el => { el.hidden = false; });
  $$('[data-expire-ms]').forEach(el => setTimeout(() => el.remove(), Number(el.dataset.expireMs)));
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
win.addEventListener('afterprint', () => {
  const el = $('[data-after-print]');
  if (el) win.location.assign(el.dataset.afterPrint);
});
setInterval(tick, 500);
setUp();
if (dialog()) settle();
