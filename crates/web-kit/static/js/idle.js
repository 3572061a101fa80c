// The session: kept alive while the till is used, locked when it is idle.
//
//   <body>            data-idle-seconds: until the screen locks
//   [data-lock]       the form that locks
//   [data-idle-note]  hidden warning, shown for the last two minutes; [data-idle-left] in it gets the seconds

let used = Date.now(), pinged = used;

function active() {
  used = Date.now();
  if (!doc.body.dataset.idleSeconds || used - pinged < 60000) return;
  pinged = used;
  store('webpos.used', used);
  fetch('/session/ping', { method: 'POST', credentials: 'same-origin' }).then(() => net(true), () => net(false));
}

// Without the form the server has locked the session by itself, and any page leads to its screen.
function lock() {
  const form = $('[data-lock]');
  if (form) form.submit(); else win.location.reload();
}

// Another tab of the same till counts as use, so that it is not locked from under its user.
function idle() {
  const seconds = Number(doc.body.dataset.idleSeconds), note = $('[data-idle-note]');
  if (!seconds) return;
  const left = seconds - (Date.now() - Math.max(used, Number(store('webpos.used')))) / 1000;
  if (left <= 0 && !paying) { lock(); used = Date.now(); }
  if (!note) return;
  note.hidden = left > 120;
  $$('[data-idle-left]', note).forEach(el => { el.textContent = Math.max(0, Math.ceil(left)); });
}
