// Runs inside the page: finds what a person means by a name. Self-contained, because the driver
// sends the function's source; synchronous, because timers and promises do not run where JavaScript is switched off;
// nothing newer than Chromium 80.

/**
 * `what`: 'field' | 'button' | 'link' | 'text'; `name`: the words; `row`: only inside the table row or list item that
 * contains these words; `inside`: only inside the region, table or dialog of this name.
 * Returns {found: true, ...} or {found: false, why}.
 */
export function look({ what, name, row, inside }) {
  const squeeze = (text) => (text || '').replace(/\s+/g, ' ').trim();

  const shown = (el) => {
    if (el.closest('[inert],[aria-hidden="true"],[hidden]')) return false;
    const box = el.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(el).visibility !== 'hidden';
  };

  // Key hints such as <kbd>F9</kbd> and icons are not part of a name.
  const words = (el) => {
    const copy = el.cloneNode(true);
    for (const extra of copy.querySelectorAll('kbd,svg,script,style')) extra.remove();
    return squeeze(copy.textContent);
  };

  const referenced = (el) =>
    squeeze((el.getAttribute('aria-labelledby') || '').split(/\s+/).map((id) => {
      const target = id && document.getElementById(id);
      return target ? words(target) : '';
    }).join(' '));

  const names = (el) => {
    const given = [el.getAttribute('aria-label'), referenced(el)];
    if (el.labels) for (const label of el.labels) given.push(words(label));
    if (what === 'button' || what === 'link') given.push(words(el), el.value);
    if (el.tagName === 'TABLE' && el.caption) given.push(words(el.caption));
    return given.map(squeeze).filter(Boolean);
  };

  // While a modal dialog is open, nothing else can be used.
  const top = () => {
    const open = [...document.querySelectorAll('dialog[open],[role="dialog"],[role="alertdialog"]')].filter(shown);
    return open.length ? open[open.length - 1] : document.body;
  };

  // Exact beats "begins with" beats "contains". Two matches of the same rank are ambiguous, as for a person.
  const best = (candidates, wanted) => {
    const ranks = [(n) => n === wanted, (n) => n.startsWith(wanted), (n) => n.includes(wanted)];
    for (const fits of ranks) {
      const hits = candidates.filter((el) => names(el).some(fits));
      if (hits.length) return hits;
    }
    return [];
  };

  const area = () => {
    let root = top();
    if (inside) {
      const regions = [...document.querySelectorAll('[aria-label],[aria-labelledby],table')].filter(shown);
      [root] = best(regions, squeeze(inside));
      if (!root) return { why: `no region, table or dialog named "${inside}"` };
    }
    if (row) {
      root = [...root.querySelectorAll('tr,li')].filter((el) => shown(el) && squeeze(el.innerText).includes(row))[0];
      if (!root) return { why: `no row with "${row}"` };
    }
    return { root };
  };

  const { root, why } = area();
  if (!root) return { found: false, why };

  if (what === 'text') {
    const text = squeeze(root.innerText);
    return text.includes(squeeze(name)) ? { found: true } : { found: false, why: 'the text is not there', text };
  }

  const kinds = {
    field: 'input:not([type="hidden"]),select,textarea',
    // A link that looks like a button counts as a button.
    button: 'button,input[type="submit"],input[type="button"],[role="button"],summary,a.btn',
    link: 'a[href],[role="link"],[role="tab"],button.link',
  };
  const hits = best([...root.querySelectorAll(kinds[what])].filter(shown), squeeze(name));
  if (hits.length === 0) return { found: false, why: `no ${what} named "${name}"` };
  if (hits.length > 1) {
    return { found: false, why: `${hits.length} ${what}s named "${name}": ${hits.map((el) => names(el)[0]).join(' | ')}` };
  }

  const el = hits[0];
  if (el.disabled) return { found: false, why: `${what} "${name}" is disabled` };
  el.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
  const box = el.getClientRects()[0];
  const x = box.left + box.width / 2;
  const y = box.top + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  if (!hit || !(hit === el || el.contains(hit))) {
    const cover = hit ? `<${hit.tagName.toLowerCase()} class="${hit.getAttribute('class') || ''}">` : 'nothing';
    return { found: false, why: `${what} "${name}" cannot be reached: ${cover} is at its place` };
  }
  return { found: true, x, y, tag: el.tagName, type: el.type, value: el.value, checked: el.checked === true };
}

/** Sets fields that cannot be typed into: chooses a <select>'s option by its words, sets a date. */
export function choose({ text }) {
  const el = document.activeElement;
  let value = text;
  if (el.tagName === 'SELECT') {
    const option = [...el.options].filter((o) => o.text.trim() === text)[0];
    if (!option) return `no choice "${text}" among ${[...el.options].map((o) => o.text.trim()).join(' | ')}`;
    value = option.value;
  }
  el.value = value;
  el.dispatchEvent(new Event('input', { bubbles: true }));
  el.dispatchEvent(new Event('change', { bubbles: true }));
  return '';
}
