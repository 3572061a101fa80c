// Page changes without reloads: fetch the page, swap it in, set the focus.
//
//   data-beep         ok | bad: sound when the page arrives
//   [data-dialog]     on the .dlg; keeps the focus, blocks scans. role=alertdialog ignores Enter for its first READ_MS
//   [data-announce]   read out when the page arrives, as role=status is

let posting = false, scanning = false, turn = 0, shownAt = 0, dialogAt = 0, question = null, sentCode = '', stillUntil = -Infinity, stillPart = null;
// What changed without an act of the person at it (a poll, a time limit, rows that follow the typing) takes no press that
// was begun before the change or sooner after it than a person can see it and aim. The press is ignored, and said to be.
const READ_MS = 300;
const still = part => { stillUntil = win.performance.now() + READ_MS; stillPart = part || doc.body; };
const unread = event => event.timeStamp < stillUntil && stillPart.contains(event.target);
// What stood in the scan field when the request left; text typed since then survives the swap.
const mark = () => { sentCode = $('#code') ? $('#code').value : ''; };

function ask(method, url, body, signal) {
  const options = { method, body, signal, credentials: 'same-origin', headers: { Accept: 'text/html' } };
  return fetch(url, options).then(answer => {
    net(true);
    if (!/^text\/html/.test(answer.headers.get('content-type') || '')) throw new TypeError('not a page');
    return answer.text().then(html => {
      const page = new DOMParser().parseFromString(html, 'text/html');
      // The parser takes what is meant for browsers without scripts for real elements, a refresh included.
      $$('noscript', page).forEach(el => el.remove());
      const step = method === 'POST' || new URL(answer.url).pathname !== win.location.pathname;
      return { page, status: answer.status, url: answer.url, lasting: method === 'GET' || answer.redirected, step };
    });
  });
}

const assets = page => $$('link[rel=stylesheet],script[src]', page)
  .map(el => el.getAttribute('href') || el.getAttribute('src'))
  .join();

function show(answer, replace) {
  const page = answer.page, body = doc.body, before = doc.activeElement, code = $('#code');
  // A page that loads itself again is loaded: a browser takes no such order from what is swapped in.
  const whole = assets(page) !== assets(doc) || $('meta[http-equiv=refresh]', page);
  if (answer.lasting && whole) { win.location.assign(answer.url); return; }
  const typed = code && code.value !== sentCode ? code.value : '';
  const held = before && (before.matches('[data-lines]') || (scanning && before.matches('#cn,#pin')));
  const stay = held ? before.id : '', pin = stay === 'pin' ? before.value : '';
  const kept = node => node.id === 'say' || node.id === 'live';
  doc.title = page.title;
  doc.documentElement.lang = page.documentElement.lang;
  if (answer.lasting) {
    win.history[replace || answer.url === win.location.href ? 'replaceState' : 'pushState']({}, '', answer.url);
  }
  Array.from(body.attributes).forEach(a => body.removeAttribute(a.name));
  Array.from(page.body.attributes).forEach(a => body.setAttribute(a.name, a.value));
  const say = $('#say'), words = $('#say', page);
  if (say && words) Array.from(words.attributes).forEach(a => say.setAttribute(a.name, a.value));
  Array.from(body.childNodes).forEach(node => { if (!kept(node)) node.remove(); });
  Array.from(page.body.childNodes).forEach(node => { if (!(say && kept(node))) body.insertBefore(node, say); });
  setUp();
  parts++;
  shownAt = win.performance.now();
  const next = $('#code');
  if (typed && next && !next.value && !off(next)) {
    carry(code, next);
    next.value = typed;
  }
  // A step ends at the top of its page; a list keeps its place while one works in it.
  if (answer.step && !stay) win.scrollTo(0, 0);
  settle(stay, typed || pin);
  // The customer goes on typing.
  if (pin && doc.activeElement.id === 'pin') {
    doc.activeElement.value = pin;
    carry(before, doc.activeElement);
  }
  const told = $('[data-beep]');
  if (told) beep(told.dataset.beep === 'ok');
  const news = $$('[role=status]:not(#say):not(#live),[data-announce]');
  $('#live').textContent = news.map(el => el.textContent.replace(/\s+/g, ' ').trim()).join(' ');
  pump();
}

// Focus after a swap: the list or PIN one was in, what the server marked, the first error, the page.
function settle(id, typed) {
  const box = dialog(), root = box || doc;
  // Focus that strays and comes back is no new question.
  if (box !== question) dialogAt = win.performance.now();
  question = box;
  const here = !box && id ? doc.getElementById(id) : null;
  const el = (here && !off(here) ? here : null)
    || $$('[autofocus]', root).find(one => !off(one))
    || $('[aria-invalid=true],[role=alert][tabindex]', root)
    || (box && $('a[href],button,input', box))
    || $('#main');
  if (!el) return;
  // The page as a whole is no place to scroll to.
  el.focus({ preventScroll: el.id === 'main' });
  if (isField(el) && el.select && !typed) el.select();
}

function lost() {
  net(false);
  clearPins();
  say('offline', true);
}

function visit(url, replace) {
  if (posting) return;
  const mine = ++turn;
  mark();
  ask('GET', url).then(answer => { if (mine === turn) show(answer, replace); }, error => {
    if (mine !== turn) return;
    if (error.message === 'not a page') win.location.assign(url); else lost();
  });
}

function post(url, body, scan) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 20000);
  posting = true;
  turn++;
  mark();
  return ask('POST', url, body, stop.signal).then(answer => {
    clearTimeout(timer);
    posting = false;
    scanning = !!scan;
    show(answer);
    scanning = false;
  }, error => {
    clearTimeout(timer);
    posting = false;
    lost();
    throw error;
  });
}

// Swap one element only: live filter, new captcha.
let parts = 0;
function part(url, what) {
  const mine = ++parts;
  return ask('GET', url).then(answer => {
    const old = $(what), fresh = $(what, answer.page);
    if (mine !== parts || !old || !fresh) return false;
    old.replaceWith(fresh);
    return fresh;
  }, () => lost());
}
