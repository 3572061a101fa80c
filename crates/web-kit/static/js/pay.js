// The payment: sent once; the panel for an unknown outcome.
//
//   form[data-pay]    final payment; button's data-busy is its text while waiting; [data-pay-progress] shows at
//                     1 s, its [data-slow] child at 10 s; at 20 s or on a lost connection template#unknown-panel
//                     (data-into="#pay", data-title) takes over and everything in [data-lock] is disabled
//   form[data-poll]   unknown outcome: sent at 3 8 15 30 60 s; fills [data-poll-n] [data-poll-left] and .bar i of its
//                     section; the answer counts when it holds [data-result=ok|bad]; anything else is still unknown.
//                     Sent without its button, so the button has no name

let paying = false, watch = null;

function pay(form, by, url, body) {
  const note = $('[data-pay-progress]'), slow = note && $('[data-slow]', note);
  paying = posting = true;
  turn++;
  mark();
  by.disabled = true;
  by.setAttribute('aria-busy', 'true');
  if (by.dataset.busy) by.textContent = by.dataset.busy;
  let open = true;
  const close = () => { open = paying = posting = false; timers.forEach(clearTimeout); clearPins(); };
  const giveUp = () => { close(); unknown(); };
  const timers = [
    setTimeout(() => { if (note) note.hidden = false; }, 1000),
    setTimeout(() => { if (slow) slow.hidden = false; }, 10000),
    setTimeout(giveUp, 20000),
  ];
  ask('POST', url, body).then(answer => {
    // A gateway that answers 502 knows nothing about the money.
    const good = answer.status < 500;
    if (open && !good) giveUp();
    else if (open) { close(); show(answer, true); }
    // Late, and the cashier still waits at the unknown panel.
    else if (good && watch && watch.panel.isConnected) { show(answer, true); still(); }
  }, () => { if (open) { net(false); giveUp(); } });
}

function unknown() {
  const text = $('#unknown-panel');
  if (!text || (watch && watch.panel.isConnected)) return;
  const into = $(text.dataset.into || '#main');
  $$('.scrim').forEach(el => el.remove());
  $$('[inert]').forEach(el => { el.removeAttribute('inert'); el.removeAttribute('aria-hidden'); });
  into.textContent = '';
  into.appendChild(text.content.cloneNode(true));
  doc.title = text.dataset.title || doc.title;
  $$('[data-lock] input,[data-lock] select,[data-lock] button').forEach(el => { el.disabled = true; });
  $$('[data-lock] a').forEach(el => { el.removeAttribute('href'); el.setAttribute('aria-disabled', 'true'); });
  follow();
  beep(false);
  settle();
  still();
}

function follow() {
  const form = $('form[data-poll]');
  if (form && !(watch && watch.form === form)) {
    watch = { form, panel: form.closest('section') || form, n: 0, from: Date.now() };
  }
}

function poll() {
  if (!watch || watch.asking) return;
  const mine = watch;
  mine.asking = true;
  mine.n++;
  // The same question as the panel's own button asks.
  const form = mine.form, body = filled(form);
  const asked = form.method === 'post' ? ask('POST', form.action, body) : ask('GET', form.action + '?' + body);
  asked.then(answer => {
    const result = $('[data-result]', answer.page);
    mine.asking = false;
    if (!mine.panel.isConnected || answer.status >= 400) return;
    if (!result || !/^(ok|bad)$/.test(result.dataset.result)) return;
    turn++;
    show(answer, true);
    still();
  }, () => { mine.asking = false; net(false); });
}

const plan = [3, 8, 15, 30, 60];
function tick() {
  if (watch && !watch.panel.isConnected) watch = null;
  if (watch) {
    const gone = (Date.now() - watch.from) / 1000, due = watch.due || 0, next = plan[due];
    const put = (what, text) => $$(what, watch.panel).forEach(el => { el.textContent = text; });
    if (next && gone >= next) { watch.due = due + 1; poll(); }
    put('[data-poll-n]', Math.min(watch.n, plan.length));
    put('[data-poll-left]', next ? Math.max(0, Math.ceil(next - gone)) : 0);
    $$('.bar i', watch.panel).forEach(el => { el.style.width = Math.min(100, gone / 0.6) + '%'; });
  }
  idle();
}
