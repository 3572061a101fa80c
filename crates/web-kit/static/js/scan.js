// The scanner and the card reader, which type like a keyboard, from any field.
//
//   <body>            data-scan-gap-ms (50): keys that follow each other faster are not a person's
//   #entry #code      scan form and field. A scan posts code, scan=1, rid and the form's
//                     input[type=hidden][data-always].
//                     data-rid on the form: the server drops a repeated rid, so a scan lost with the network goes again

const queue = [];
let burst = new Burst(50), before = null, lastCode = '', lastAt = 0, ime = 0, imeAt = 0;

function ticket(code) {
  const bytes = win.crypto.getRandomValues(new Uint8Array(8));
  return { code, rid: Array.from(bytes, n => n.toString(16).padStart(2, '0')).join('') };
}

// Sends the next waiting scan; called after every answer, so lines arrive one after another, in order.
function pump() {
  const form = $('#entry'), code = $('#code');
  if (!form) queue.length = 0;
  if (!queue.length || posting || paying || dialog() || off(code)) return;
  const next = queue.shift(), body = new URLSearchParams({ code: next.code, scan: '1', rid: next.rid });
  $$('input[type=hidden][data-always]', form).forEach(el => body.append(el.name, el.value));
  const sent = post(form.getAttribute('action'), body, true);
  sentCode = '';
  sent.catch(() => {
    if (!form.hasAttribute('data-rid')) return;
    queue.unshift(next);
    setTimeout(pump, 3000);
  });
}

// Takes a finished burst out of its field. False: it was not for us, the key does what it always does.
function take(text, target, at) {
  const inPin = target.matches('[data-pin]'), hit = text.length >= 6 && classify(text, inPin);
  const busy = dialog() || paying;
  if (!hit || ('code' in hit && !$('#entry') && !busy)) {
    if (!busy || isField(target)) return false;
    say('blocked', true);
    return true;
  }
  restore(text, target);
  if (busy) say('blocked', true);
  else if ('pin' in hit) say('fastPin', true);
  else if ('card' in hit) swipe(hit.card);
  else if (off($('#code'))) say('blocked', true);
  else if (hit.code !== lastCode || at - lastAt >= 150) {
    beep(true);
    if (isField(target) && target.id !== 'code') say('notPin');
    queue.push(ticket(hit.code));
    pump();
  }
  lastCode = hit.code || '';
  lastAt = at;
  return true;
}

// The field as it was before the burst. When the page was swapped under it, the field holds only the burst's end.
function restore(text, target) {
  if (before && before.el === target) {
    target.value = before.value;
    setCard(before.card.number, before.card.entry);
  } else if (target.matches('[data-pin]')) target.value = '';
  else if (isField(target)) {
    let rest = text;
    while (!target.value.endsWith(rest)) rest = rest.slice(1);
    target.value = target.value.slice(0, target.value.length - rest.length);
  }
}

function swipe(number) {
  const field = $('#cn');
  if (!number || !field || off(field)) { say('badCard', true); act(field); return; }
  beep(true);
  setCard(number, 'S');
  act($('#pin') || field);
}
