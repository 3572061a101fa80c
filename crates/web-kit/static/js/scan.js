// What is done with a scan or a swipe: lines of the order one after another, the card into its field.
//
//   #entry #code      scan form and field. A scan posts code, scan=1, rid and the form's
//                     input[type=hidden][data-always].
//                     data-rid on the form: the server drops a repeated rid, so a scan lost with the network goes again

const queue = [];
let lastCode = '', lastAt = 0;

function ticket(code, scan) {
  const bytes = win.crypto.getRandomValues(new Uint8Array(8));
  return { code, scan, rid: Array.from(bytes, n => n.toString(16).padStart(2, '0')).join('') };
}

// Sends the next waiting scan; called after every answer, so lines arrive one after another, in order.
function pump() {
  const form = $('#entry'), code = $('#code');
  if (!form && queue.length) { queue.length = 0; say('blocked', true); }
  if (!queue.length || posting || paying || dialog() || off(code)) return;
  const next = queue.shift(), body = new URLSearchParams({ code: next.code, rid: next.rid });
  if (next.scan) body.append('scan', '1');
  $$('input[type=hidden][data-always]', form).forEach(el => body.append(el.name, el.value));
  const sent = post(form.getAttribute('action'), body, true);
  sentCode = '';
  sent.catch(() => {
    if (!form.hasAttribute('data-rid')) return;
    queue.unshift(next);
    setTimeout(pump, 3000);
  });
}

// A whole scan, taken out of the field that it fell into. `found` is the card in it.
function scanned(text, at, found) {
  const box = dialog(), find = !paying && !found && $('[data-scan]', box || doc);
  if (find) { find.focus(); search(find, text) || find.form.requestSubmit(); }
  else if (box || paying) say('blocked', true);
  else if (found) swipe(found);
  else if (!$('#entry') || off($('#code'))) say('blocked', true);
  else if (text !== lastCode || at - lastAt >= 150) {
    beep(true);
    queue.push(ticket(text, true));
    pump();
  }
  lastCode = text;
  lastAt = at;
}

// A card that was read. One that is not ours is told so at once, before anybody types a PIN.
function swipe(found) {
  const field = $('#cn');
  if (!field || off(field)) { say('blocked', true); return; }
  setCard(found.number || '', 'S');
  if (!found.number) field.value = '';
  if (found.number) beep(true);
  else if (found.foreign) say('foreign', true, field);
  else say('badCard', true, field);
  act((found.number && $('#pin')) || field);
}
