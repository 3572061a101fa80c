// The card number and the PIN.
//
//   #cn #pin          card field (data-keep="<order id>": typed card stays while the order is the same), data-pin field.
//                     The script adds hidden inputs `card` and `entry` (S swiped, M typed) to the form of #cn

let card = { number: '', entry: 'M', order: '' };

function setCard(number, entry) {
  const field = $('#cn');
  card = { number, entry, order: field ? field.dataset.keep || '' : '' };
  if (!field || !field.form) return;
  hidden(field.form, 'card').value = number;
  hidden(field.form, 'entry').value = entry;
  if (number || field.value.includes('*')) field.value = number ? mask(number) : '';
}

function hidden(form, name) {
  let input = $('input[type=hidden][name=' + name + ']', form);
  if (!input) {
    input = doc.createElement('input');
    input.type = 'hidden';
    input.name = name;
    form.appendChild(input);
  }
  return input;
}

// A reader that sends no Enter leaves the track in a field: take the number, never submit the rest.
function tracks(form) {
  const field = Array.from(form.elements).find(el => /^(%B|;)[\d ]+[=^]/i.test(el.value || ''));
  if (!field) return false;
  const number = trackNumber(field.value);
  field.value = '';
  swipe(number);
  return true;
}

// What was typed into the card field becomes the hidden number; the field shows it masked.
function storeCard() {
  const field = $('#cn');
  if (!field || !field.form || !field.value || field.value.includes('*')) return;
  if (/^[%;]/.test(field.value)) return;
  const number = digits(field.value);
  if (number.length >= 12) setCard(number, 'M');
  else hidden(field.form, 'card').value = field.value;
}

function clearPins() {
  $$('[data-pin]').forEach(el => { el.value = ''; });
}

on('input', event => {
  const el = event.target;
  if (el.matches('[data-pin]')) el.value = digits(el.value).slice(0, 6);
  if (el.id === 'cn' && card.number) {
    const typed = event.data || '';
    setCard('', 'M');
    el.value = el.value.includes('*') ? typed : el.value || typed;
  }
});
on('focusout', event => { if (event.target.id === 'cn') storeCard(); });
