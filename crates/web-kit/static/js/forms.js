// Forms and links.
//
//   links and forms   same-origin ones are fetched and swapped in; data-noboost opts out (downloads, language, logout)
//   [data-clear-card] click forgets the card
//   a[data-part="#id"][data-focus="#c"]  click refreshes only #id (new captcha)
//   a[data-play]      plays the sound that it points to
//   [data-copy="#id"] hidden without the script; copies that element's text and shows data-done
//   [data-print]      prints;  [data-fill="#rs"]: puts data-value into a field, and chooses the
//                     button of the form whose value is data-tick
//   form[data-live="#id"]  typing refreshes only #id
//   output[data-amount="#pr #q"]  price times quantity while typing
//   form[data-sum]    rows with a tick [data-price] (fen), a field for pieces and [data-row-sum]; the sum goes to
//                     [data-sum-to]

let button;
const filled = (form, by) => {
  const body = new URLSearchParams(new FormData(form));
  if (by && by.name) body.append(by.name, by.value);
  return body;
};

on('submit', event => {
  const form = event.target, by = event.submitter || (button && button.form === form ? button : null);
  const from = name => (by && by.getAttribute('form' + name)) || form.getAttribute(name);
  button = null;
  if (event.defaultPrevented) return;
  const isPost = /^post$/i.test(from('method') || '');
  if (form.hasAttribute('data-noboost') || form.target || /multipart/.test(from('enctype') || '')) {
    if (isPost && form.dataset.sent) event.preventDefault();
    form.dataset.sent = '1';
    return;
  }
  event.preventDefault();
  const url = new URL(from('action') || win.location.href, win.location.href);
  storeCard();
  if (tracks(form)) return;
  const body = filled(form, by);
  if (!isPost) { url.search = body; visit(url.href); return; }
  if (posting) {
    const code = $('#code');
    // The same text again is the request under way, sent by a second Enter.
    if (form.id === 'entry' && code.value && code.value !== sentCode) {
      queue.push(ticket(code.value, false));
      code.value = '';
    }
    return;
  }
  if (form.hasAttribute('data-pay')) pay(form, by || $('button', form), url.href, body);
  else post(url.href, body).catch(() => {});
});

// True for a link whose page is fetched and swapped in.
function boosted(el) {
  return el.href && el.origin === win.location.origin && !el.target && !el.download && !el.closest('[data-noboost]')
    && !(el.hash && el.pathname === win.location.pathname);
}

// Handles a click on a button or link with a hook. False: the browser does what it always does.
function pressed(el) {
  if ('line' in el.dataset) { choose($$('tr[data-line]'), el); return false; }
  if ('print' in el.dataset) win.print();
  else if (el.dataset.copy) copy($(el.dataset.copy), el);
  else if (el.dataset.fill) {
    $(el.dataset.fill).value = el.dataset.value || el.textContent.trim();
    $$('input[type=radio]', el.form).filter(one => one.value === el.dataset.tick).forEach(one => { one.checked = true; });
    $(el.dataset.fill).focus();
  } else if ('play' in el.dataset) new win.Audio(el.href).play().catch(() => win.location.assign(el.href));
  else if (el.dataset.part) {
    part(el.href, el.dataset.part).then(() => {
      const next = $(el.dataset.focus || 'none');
      if (next) { next.value = ''; next.focus(); }
    });
  } else if (boosted(el)) visit(el.href);
  else return false;
  return true;
}

// Selects the text, so that it can be copied by hand where the browser refuses.
function copy(from, by) {
  win.getSelection().selectAllChildren(from);
  if (doc.execCommand('copy')) by.textContent = by.dataset.done;
}

on('click', event => {
  const moved = event.isTrusted && unread(event);
  // The second click of a double click is not meant for what the first one brought.
  if (!moved && !(event.detail > 1 && event.timeStamp < shownAt + READ_MS)) return;
  event.preventDefault();
  event.stopPropagation();
  if (moved) say('moved', true);
}, true);

on('click', event => {
  const el = event.target.closest('a,button,[data-line]');
  if (!el || event.defaultPrevented || event.button || event.ctrlKey || event.shiftKey || event.metaKey) return;
  if (el.matches('button')) button = el;
  if ('clearCard' in el.dataset) setCard('', 'M');
  if (pressed(el)) event.preventDefault();
});

on('input', event => {
  const form = event.target.form;
  $$('output[data-amount]').forEach(amount);
  if (form && 'sum' in form.dataset) sum(form);
  if (form && form.dataset.live) {
    clearTimeout(form.timer);
    form.timer = setTimeout(() => {
      if (!form.isConnected || cardIn(event.target.value, bins())) return;
      const body = String(filled(form));
      part(form.getAttribute('action') + '?' + body, form.dataset.live)
        .then(fresh => { if (fresh) { form.dataset.asked = body; still(fresh); } });
    }, 200);
  }
});

const yuan = fen => (fen / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');

// What the ticked rows of a form come to; the server counts again.
function sum(form) {
  const fens = $$('[data-price]', form).map(tick => {
    const row = tick.closest('tr'), pieces = digits($('input.n', row).value);
    const fen = tick.checked && pieces ? Number(tick.dataset.price) * Number(pieces) : 0;
    $('[data-row-sum]', row).textContent = fen ? yuan(fen) : '\u2013';
    return fen;
  });
  $('[data-sum-to]', form).textContent = yuan(fens.reduce((a, b) => a + b, 0));
}

function amount(out) {
  const [price, count] = out.dataset.amount.split(' ').map(what => Number(($(what) || {}).value || NaN));
  const sum = Math.round(price * 100) * count;
  out.textContent = sum > 0 ? yuan(sum) : '\u2013';
}
