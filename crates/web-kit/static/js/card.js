// The card number and the PIN.
//
//   #cn #pin          card field (data-keep="<order id>": typed card stays while the order is the same), data-pin field.
//                     The script adds hidden inputs `card` and `entry` (S swiped, M typed) to the form of #cn.
//   <body>            data-bins="608625 …": how the numbers of our cards begin

let card = { number: '', entry: 'M', order: '' };

const bins = () => (doc.body.dataset.bins || '').split(' ').filter(Boolean);

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

// A card that stands in a field of the form, as a slow reader leaves it or a person typed it: take the number, never
// submit the rest. In the card field a bare number is as it should be.
function tracks(form) {
  const at = el => !/hidden|password/.test(el.type) && (el.id !== 'cn' || separated(el)) && cardIn(el.value || '', bins());
  const field = doc.body.dataset.scanGapMs && Array.from(form.elements).find(el => isField(el) && at(el));
  if (!field) return false;
  const found = at(field);
  field.value = '';
  scanned('', -Infinity, found);
  return true;
}

const separated = el => /[;%=^]/.test(half(el.value));

// What was typed into the card field becomes the hidden number; the field shows it masked.
function storeCard() {
  const field = $('#cn');
  if (!field || !field.form || !field.value || field.value.includes('*')) return;
  const found = cardIn(field.value, bins(), true), number = digits(field.value);
  if (found && (found.foreign || separated(field))) { field.value = ''; swipe(found); return; }
  if (number.length >= 12) setCard(number, 'M');
  else hidden(field.form, 'card').value = field.value;
}

function clearPins() {
  $$('[data-pin]').forEach(el => { el.value = ''; });
}

on('input', event => {
  const el = event.target;
  if (el.id === 'cn' && card.number) {
    const typed = event.data || '';
    setCard('', 'M');
    el.value = el.value.includes('*') ? typed : el.value || typed;
  }
});
on('focusout', event => { if (event.target.id === 'cn') storeCard(); });
