'use strict';
(() => {
  // All of the plan; `entries.rs` says what the short names mean.
  const plan = JSON.parse(document.getElementById('plan').textContent);
  const PAGE = 60;
  const ITEMS = 100;
  const OPENED = 24;
  const FACETS = [
    ['kind', 'Show'], ['action', 'Action'], ['system', 'Written in'], ['rule', 'Rule'], ['reason', 'Reason'], ['field', 'Field'],
  ];
  const KINDS = {
    changes: 'Changes', conflicts: 'Conflicts', quarantine: 'Quarantined', held: 'Held', drift: 'Drift', findings: 'Findings',
  };
  const SYSTEMS = { testworthy: 'TestWorthy', azureDevOps: 'Azure DevOps' };
  const NOUNS = { testworthy: ['case', 'cases'], azureDevOps: ['work item', 'work items'] };
  const MARKS = { create: '+', update: '~', delete: '−', link: '=' };
  const numbers = new Intl.NumberFormat('en');
  const say = (count, one, many) => `${numbers.format(count)} ${count === 1 ? one : many}`;

  // Nodes and texts only: nothing in the plan is ever read as markup.
  const el = (tag, name, ...children) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    for (const child of children) if (child !== null && child !== undefined) node.append(child);
    return node;
  };
  const link = (name, href, text) => {
    const node = el('a', name, text);
    node.setAttribute('href', href);
    return node;
  };
  const button = (text, act) => {
    const node = el('button', '', text);
    node.type = 'button';
    node.addEventListener('click', act);
    return node;
  };

  // ---- what is listed -------------------------------------------------------------------------------

  const ruleOf = (address) => {
    const parts = address.split('/');
    return parts[0] === 'SyncRule' ? parts.slice(0, 2).join('/') : address;
  };
  const words = (value) => {
    if (value === null || value === undefined) return '';
    if (Array.isArray(value)) return value.map(words).join(' ');
    if (typeof value === 'object') return Object.values(value).map(words).join(' ');
    return String(value);
  };
  // A segment's first character says what it is; words on both sides of a change belong together.
  const told = (segments, tones) => segments.filter((s) => tones.includes(s[0])).map((s) => s.slice(1)).join('');
  const both = (segments) => `${told(segments, '=+')} ${told(segments, '=-')}`;
  const fieldWords = (field) => {
    if (field.k === 'd') return `${field.p || ''} ${both(field.d)}`;
    if (field.k === 't') return `${field.p || ''} ${field.r.map((row) => `${both(row.a || [])} ${both(row.x || [])}`).join(' ')}`;
    if (field.k === 's') return `${field.p || ''} sensitive`;
    return words([field.p, field.b, field.a, field.via, field.add, field.del]);
  };
  const fold = (text) => text.toLowerCase();

  const entries = [];
  const byAddress = new Map();
  const add = (list, data, facets, items) => {
    const entry = { list, data, facets, items, shown: items, text: null };
    entries.push(entry);
    for (const [at, item] of items.entries()) {
      if (item.i !== undefined && !byAddress.has(item.i)) byAddress.set(item.i, [entry, at]);
    }
  };
  const paths = (fields) => (fields || []).map((field) => field.p);
  for (const group of plan.changes) {
    const fields = new Set(paths(group.f));
    for (const item of group.items) for (const path of paths(item.f)) fields.add(path);
    add('changes', group, {
      kind: ['changes'], action: [group.v], system: [SYSTEMS[group.y]], rule: [group.rule], reason: [group.w], field: [...fields],
    }, group.items);
  }
  for (const one of plan.conflicts) {
    add('conflicts', one, { kind: ['conflicts'], rule: [ruleOf(one.i)], field: one.p ? [one.p] : [] }, [one]);
  }
  const finding = (one) => {
    const kind = one.cls === 'finding' ? 'findings' : one.cls;
    add(kind, one, { kind: [kind], rule: [...new Set(one.at.map(ruleOf))], reason: [one.code] }, [one]);
  };
  plan.findings.filter((one) => one.cls !== 'finding').forEach(finding);
  for (const one of plan.drift) {
    add('drift', one, { kind: ['drift'], system: [SYSTEMS[one.y]], rule: [ruleOf(one.i)], field: [one.p] }, [one]);
  }
  plan.findings.filter((one) => one.cls === 'finding').forEach(finding);
  // A finding stands for all the items that share it.
  const weigh = (entry, items) => (entry.list === 'changes' || !entry.data.at ? items.length : entry.data.n);

  // ---- search and filters ---------------------------------------------------------------------------

  const chosen = new Map(FACETS.map(([name]) => [name, new Set()]));
  let wanted = [];

  const textOf = (entry) => {
    if (entry.text === null) {
      const { data } = entry;
      if (entry.list === 'changes') {
        entry.text = fold([data.v, data.w, data.rule, data.o, SYSTEMS[data.y], data.g || '', ...(data.f || []).map(fieldWords)].join(' '));
      } else {
        const values = data.f ? fieldWords(data.f) : '';
        entry.text = fold(`${words([data.i, data.t, data.d, data.n, data.code, data.p, data.m, data.o, data.b, data.at, data.w])} ${values}`);
      }
    }
    return entry.text;
  };
  const itemText = (item) => {
    if (item.text === undefined) item.text = fold(`${words([item.i, item.t, item.d, item.n])} ${(item.f || []).map(fieldWords).join(' ')}`);
    return item.text;
  };
  const fits = (entry) => FACETS.every(([name]) => {
    const want = chosen.get(name);
    return want.size === 0 || (entry.facets[name] || []).some((value) => want.has(value));
  });
  const sift = () => {
    for (const entry of entries) {
      if (!fits(entry)) {
        entry.shown = [];
        continue;
      }
      const own = textOf(entry);
      const rest = wanted.filter((word) => !own.includes(word));
      const wantedFields = chosen.get('field');
      const shared = wantedFields.size === 0 || paths(entry.data.f).some((path) => wantedFields.has(path)) || entry.list !== 'changes';
      entry.shown = entry.list !== 'changes' && rest.length > 0 ? [] : entry.items.filter((item) => (
        rest.every((word) => itemText(item).includes(word))
        && (shared || paths(item.f).some((path) => wantedFields.has(path)))
      ));
    }
  };
  const isSifted = () => wanted.length > 0 || [...chosen.values()].some((set) => set.size > 0);

  // ---- drawing --------------------------------------------------------------------------------------

  const TAG = /(<\/?[a-zA-Z][^<>]{0,398}>)/;
  const marked = (text, markup) => {
    if (!markup || !text.includes('<')) return [text];
    return text.split(TAG).map((part, at) => (at % 2 === 1 ? el('span', 'tag', part) : part));
  };
  const segments = (list, markup) => list.map((segment) => {
    const text = segment.slice(1);
    switch (segment[0]) {
      case '-': return el('del', '', ...marked(text, markup));
      case '+': return el('ins', '', ...marked(text, markup));
      case '~': return el('span', 'left', `… ${numbers.format(Number(text))} characters …`);
      default: return el('span', '', ...marked(text, markup));
    }
  });
  const steps = (field) => {
    const head = el('tr', '', el('th', '', 'Step'), el('th', '', 'Action'), field.e ? el('th', '', 'Expected') : null);
    for (const cell of head.children) cell.scope = 'col';
    const rows = field.r.map((row) => {
      if (!row.m) {
        const cell = el('td', '', say(row.n, 'more step', 'more steps'));
        cell.colSpan = field.e ? 3 : 2;
        return el('tr', 'fold', cell);
      }
      const names = { '-': ['gone', '−'], '+': ['new', '+'], '~': ['changed', '~'] }[row.m] || ['same', ''];
      const number = el('th', '', `${names[1]}${row.n}`);
      number.scope = 'row';
      const cells = [row.a || [], ...(field.e ? [row.x || []] : [])].map((part) => el('td', '', ...segments(part, false)));
      return el('tr', names[0], number, ...cells);
    });
    return el('table', 'steps', el('thead', '', head), el('tbody', '', ...rows));
  };
  const value = (field) => {
    switch (field.k) {
      case 's': return [el('em', 'secret', 'sensitive: its values are left out of the plan')];
      case 'd': return [el('div', 'text', ...segments(field.d, field.h))];
      case 't': return [steps(field)];
      case 'l': {
        const list = el('ul', 'members', ...field.add.map((one) => el('li', '', el('ins', '', one))), ...field.del.map((one) => el('li', '', el('del', '', one))));
        if (field.left) list.append(el('li', 'faint', `${numbers.format(field.left)} more that differ`));
        if (field.keep) list.append(el('li', 'faint', `${numbers.format(field.keep)} stay`));
        return [list];
      }
      default: {
        const parts = [];
        if (field.b === undefined) {
          parts.push(el('span', 'value', field.a));
        } else {
          const arrow = el('span', 'to', '→');
          arrow.setAttribute('role', 'img');
          arrow.setAttribute('aria-label', 'becomes');
          parts.push(el('del', '', field.b), ' ', arrow, ' ', el('ins', '', field.a));
        }
        if (field.via) parts.push(el('span', 'faint', ` by way of ${field.via.join(', ')}`));
        return parts;
      }
    }
  };
  const row = (name, ...content) => el('div', '', el('dt', '', name), el('dd', '', ...content));
  const fields = (list, left, same) => {
    const nodes = [];
    if (list && list.length) nodes.push(el('dl', 'fields', ...list.map((field) => row(field.p, ...value(field)))));
    const notes = [];
    if (left) notes.push(say(left, 'more field', 'more fields'));
    if (same) notes.push(`${say(same, 'field', 'fields')} unchanged`);
    if (notes.length) nodes.push(el('p', 'faint', notes.join(', ')));
    return nodes;
  };
  const who = (group, item) => {
    const [own, other] = group.y === 'testworthy' ? [item.t, item.d] : [item.d, item.t];
    const noun = NOUNS[group.y][0];
    const counterpart = NOUNS[group.y === 'testworthy' ? 'azureDevOps' : 'testworthy'][0];
    if (own && other && group.a === 'link') return `${noun} ${own} with ${counterpart} ${other}`;
    if (own) return `${noun} ${own}`;
    return other ? `${noun} for ${counterpart} ${other}` : item.i;
  };
  const about = (data) => [data.t ? `case ${data.t}` : '', data.d ? `work item ${data.d}` : ''].filter(Boolean).join(', ') || data.i;
  const opens = (item) => {
    if (!plan.about.workItems || !item.d) return null;
    const node = link('', plan.about.workItems + item.d, `open work item ${item.d}`);
    node.rel = 'noopener noreferrer';
    return node;
  };
  const permalink = (address) => link('at', `#${address}`, address);
  // In long lists the address would drown the titles.
  const handle = (address) => {
    const node = link('handle', `#${address}`, 'link');
    node.setAttribute('aria-label', `link to ${address}`);
    return node;
  };

  // Bodies are made when they are opened first: most never are.
  const lazily = (details, make) => {
    const fill = () => {
      if (details.dataset.made) return;
      details.dataset.made = 'yes';
      details.append(make());
    };
    details.fill = fill;
    details.addEventListener('toggle', () => details.open && fill());
    return details;
  };
  const items = (entry) => {
    const group = entry.data;
    const list = el('ol', 'items');
    const rest = el('p', 'rest');
    let drawn = 0;
    const more = (upTo) => {
      const end = Math.min(entry.shown.length, upTo);
      for (; drawn < end; drawn += 1) {
        const item = entry.shown[drawn];
        const name = el('span', 'who', who(group, item));
        const title = el('bdi', 'title', item.n);
        const node = el('li', 'item');
        node.id = item.i;
        if (item.f || item.fl) {
          const details = lazily(el('details', '', el('summary', '', name, title)), () => {
            const box = el('div', '', ...fields(item.f, item.fl, 0));
            box.append(el('p', 'why', permalink(item.i), opens(item)));
            return box;
          });
          node.append(details);
        } else {
          node.append(name, title, ' ', handle(item.i));
        }
        list.append(node);
      }
      rest.hidden = drawn >= entry.shown.length;
      rest.replaceChildren(button(`Show ${numbers.format(Math.min(ITEMS * 5, entry.shown.length - drawn))} more`, () => more(drawn + ITEMS * 5)), `${numbers.format(entry.shown.length - drawn)} more items`);
    };
    more(ITEMS);
    entry.reach = (item) => more(Math.max(drawn, entry.shown.indexOf(item) + 1));
    return [list, rest];
  };
  const body = (entry) => {
    const { data, list } = entry;
    const box = el('div', 'body');
    if (list === 'changes') {
      const single = data.n === 1 ? data.items[0] : null;
      const why = el('p', 'why', single ? permalink(single.i) : el('span', 'at', data.rule), el('span', 'because', data.w), el('span', 'origin', data.o));
      if (single) why.append(...[single.c ? el('span', 'if', `if ${single.c}`) : null, opens(single)].filter(Boolean));
      box.append(why, ...fields(data.f, data.fl, data.u));
      if (single) box.append(...fields(single.f, single.fl, 0));
      else box.append(...items(entry));
      if (single && data.a === 'update' && !data.f && !single.f) box.append(el('p', 'faint', 'Only Accord’s marker is written.'));
    } else if (list === 'conflicts') {
      box.append(el('p', 'why', permalink(data.i), opens(data)), el('p', '', data.m));
      if (data.s) box.append(el('p', 'secret', 'Both values are sensitive and left out of the plan.'));
      if (data.f) {
        const values = el('dl', 'fields');
        if (data.f.k === 'v') values.append(row('TestWorthy holds', data.f.b), row('Azure DevOps holds', data.f.a));
        else values.append(row('TestWorthy → Azure DevOps', ...value(data.f)));
        if (data.b !== undefined) values.append(row('in accord both held', data.b));
        box.append(values);
      }
    } else if (list === 'drift') {
      box.append(el('p', 'why', permalink(data.i), el('span', '', `edited in ${SYSTEMS[data.y]}`), opens(data)), el('dl', 'fields', row(data.p, ...value(data.f))));
    } else {
      const why = el('p', 'why', data.n > 1 ? el('span', 'many', say(data.n, 'item', 'items')) : null, data.o ? el('span', 'origin', data.o) : null);
      const places = el('ul', 'places', ...data.at.map((address) => el('li', '', byAddress.has(address) ? permalink(address) : el('span', 'at', address))));
      if (data.n > data.at.length) places.append(el('li', 'faint', `and ${numbers.format(data.n - data.at.length)} more`));
      box.append(why, places);
    }
    return box;
  };
  const heading = (entry) => {
    const { data, list } = entry;
    const mark = el('span', 'mark', list === 'changes' ? MARKS[data.a] : '!');
    mark.setAttribute('aria-hidden', 'true');
    const head = el('span', 'head');
    if (list === 'changes') {
      const single = data.n === 1 ? data.items[0] : null;
      const count = entry.shown.length < data.n && isSifted() ? `${numbers.format(entry.shown.length)} of ${say(data.n, ...NOUNS[data.y])}` : say(data.n, ...NOUNS[data.y]);
      head.append(single ? el('bdi', 'title', single.n) : el('span', 'title', data.rule), ' ', el('span', 'gist', data.g || ''));
      const what = el('span', 'what', el('span', 'verb', data.v), ' ', single ? el('span', 'who', who(data, single)) : el('span', 'many', count));
      return el('summary', '', mark, what, ' ', head);
    }
    if (list === 'conflicts' || list === 'drift') {
      head.append(el('bdi', 'title', data.n), ' ', el('span', 'gist', data.p || ''));
      return el('summary', '', mark, el('span', 'what', el('span', 'who', about(data))), ' ', head, ' ', el('span', 'end', list === 'drift' ? data.w : data.code));
    }
    head.append(el('span', 'title', data.m));
    return el('summary', '', mark, el('span', 'what', el('span', 'verb', data.sev)), ' ', head, ' ', el('span', 'end', data.code));
  };
  const TONES = { error: 'row finding error', warning: 'row finding warning' };
  const draw = (entry, open) => {
    const { data, list } = entry;
    const name = list === 'changes' ? `row ${data.a}` : list === 'conflicts' ? 'row conflict' : list === 'drift' ? 'row drift' : TONES[data.sev] || 'row finding';
    const details = lazily(el('details', '', heading(entry)), () => body(entry));
    const node = el('li', name, details);
    if (list === 'changes' && data.n === 1) node.id = data.items[0].i;
    if (open) {
      details.fill();
      details.open = true;
    }
    entry.node = node;
    return node;
  };

  // ---- lists, drawn as far as they are looked at ----------------------------------------------------

  const watcher = 'IntersectionObserver' in window ? new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting && one.target.more) one.target.more();
  }, { rootMargin: '800px' }) : null;
  const lists = [];
  for (const id of Object.keys(KINDS)) {
    const section = document.getElementById(id);
    if (section) {
      const rows = section.querySelector('.rows');
      const rest = el('p', 'rest');
      section.querySelectorAll(':scope > .rest').forEach((old) => old.remove());
      section.append(rest);
      const list = { id, section, rows, rest, drawn: 0, mine: entries.filter((entry) => entry.list === id), open: null };
      list.count = section.querySelector('h2 .count');
      list.said = list.count.textContent;
      list.toggle = button('Open all', () => {
        list.open = list.toggle.textContent === 'Open all';
        list.toggle.textContent = list.open ? 'Close all' : 'Open all';
        for (const details of rows.querySelectorAll(':scope > .row > details')) {
          if (list.open) details.fill();
          details.open = list.open;
        }
      });
      section.querySelector('h2').append(list.toggle);
      list.more = (upTo) => {
        const end = Math.min(list.left.length, upTo || list.drawn + PAGE);
        const piece = document.createDocumentFragment();
        for (; list.drawn < end; list.drawn += 1) {
          const open = list.open === null ? list.left.length <= OPENED || (id !== 'changes' && list.drawn < OPENED) : list.open;
          piece.append(draw(list.left[list.drawn], open));
        }
        rows.append(piece);
        list.toggle.textContent = rows.querySelector(':scope > .row > details:not([open])') ? 'Open all' : 'Close all';
        rest.hidden = list.drawn >= list.left.length;
        if (!rest.hidden) {
          const missing = list.left.length - list.drawn;
          rest.replaceChildren(button('Show more', () => list.more()), `${numbers.format(missing)} more ${missing === 1 ? 'row' : 'rows'}`);
        }
      };
      rest.more = list.more;
      if (watcher) watcher.observe(rest);
      lists.push(list);
    }
  }
  const state = el('span', '');
  state.setAttribute('role', 'status');
  const clear = button('Clear', () => {
    reset();
    search.focus();
  });
  const refresh = () => {
    sift();
    let shown = 0;
    let whole = 0;
    for (const list of lists) {
      list.left = list.mine.filter((entry) => entry.shown.length > 0);
      list.drawn = 0;
      list.rows.replaceChildren();
      list.more(PAGE);
      const all = list.mine.reduce((sum, entry) => sum + weigh(entry, entry.items), 0);
      const fit = list.left.reduce((sum, entry) => sum + weigh(entry, entry.shown), 0);
      list.section.hidden = fit === 0 && (isSifted() || list.id !== 'changes');
      list.count.textContent = isSifted() ? `${numbers.format(fit)} of ${list.said}` : list.said;
      list.toggle.hidden = fit === 0;
      shown += fit;
      whole += all;
    }
    clear.hidden = !isSifted();
    state.textContent = !isSifted() ? `${say(whole, 'entry', 'entries')}` : shown === 0 ? 'Nothing fits' : `${numbers.format(shown)} of ${say(whole, 'entry', 'entries')}`;
    nothing.hidden = shown > 0 || !isSifted();
  };

  // ---- the tools ------------------------------------------------------------------------------------

  const search = el('input', '');
  search.type = 'search';
  search.id = 'search';
  search.placeholder = 'Title, id, field or value';
  search.autocomplete = 'off';
  search.spellcheck = false;
  let timer = 0;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      wanted = fold(search.value).split(/\s+/).filter(Boolean);
      refresh();
    }, 120);
  });
  const boxes = [];
  const reset = () => {
    search.value = '';
    wanted = [];
    for (const set of chosen.values()) set.clear();
    for (const box of boxes) box.checked = false;
    refresh();
  };
  const facet = ([name, title]) => {
    const counts = new Map();
    for (const entry of entries) {
      for (const value of entry.facets[name] || []) {
        const mine = name === 'field' && entry.list === 'changes' && !paths(entry.data.f).includes(value)
          ? entry.items.filter((item) => paths(item.f).includes(value)).length : weigh(entry, entry.items);
        counts.set(value, (counts.get(value) || 0) + mine);
      }
    }
    if (counts.size < 2) return null;
    const order = name === 'kind' ? [...counts] : [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const choices = order.map(([value, count]) => {
      const box = el('input', '');
      box.type = 'checkbox';
      box.name = name;
      box.value = value;
      boxes.push(box);
      box.addEventListener('change', () => {
        if (box.checked) chosen.get(name).add(value);
        else chosen.get(name).delete(value);
        refresh();
      });
      const text = name === 'kind' ? KINDS[value] : name === 'rule' ? value.replace(/^SyncRule\//, '') : value;
      return el('label', '', box, el('span', '', text), el('small', '', numbers.format(count)));
    });
    const list = el('div', 'choices', ...choices);
    return el('fieldset', '', el('legend', '', title), list);
  };
  const label = el('label', 'search', el('span', 'unseen', 'Search the plan'), search, el('kbd', '', '/'));
  const filters = el('details', '', el('summary', '', 'Filters'), ...FACETS.map(facet).filter(Boolean));
  filters.id = 'filters';
  const keys = el('p', 'keys', el('kbd', '', '/'), ' search  ', el('kbd', '', 'j'), ' ', el('kbd', '', 'k'), ' next, previous  ', el('kbd', '', 'Enter'), ' open  ', el('kbd', '', 'Esc'), ' clear');
  const form = el('form', '', label, el('div', 'state', state, clear), filters, keys);
  form.setAttribute('role', 'search');
  form.addEventListener('submit', (event) => event.preventDefault());
  const tools = document.getElementById('tools');
  tools.replaceChildren(form);
  const narrow = window.matchMedia('(max-width: 860px)');
  const fold2 = () => { filters.open = !narrow.matches; };
  narrow.addEventListener('change', fold2);
  fold2();
  const nothing = el('p', 'empty', 'Nothing in this plan fits the search and the filters.');
  nothing.hidden = true;
  document.getElementById('lists').prepend(nothing);

  for (const code of document.querySelectorAll('code.copy')) {
    const copy = button('Copy', async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        copy.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(code);
        copy.textContent = 'Selected';
      }
      setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
    });
    copy.setAttribute('aria-label', `Copy ${code.closest('div').querySelector('dt').textContent} id`);
    code.after(copy);
  }

  // ---- links to one change, keys, print -------------------------------------------------------------

  const follow = () => {
    let address = location.hash.slice(1);
    try {
      address = decodeURIComponent(address);
    } catch {
      // Not what this page wrote: taken as it stands.
    }
    const found = byAddress.get(address);
    if (!found) return;
    const [entry, at] = found;
    const item = entry.items[at];
    const list = lists.find((one) => one.id === entry.list);
    if (!entry.shown.includes(item)) reset();
    const place = list.left.indexOf(entry);
    if (place >= list.drawn) list.more(place + 1);
    const details = entry.node.querySelector('details');
    details.fill();
    details.open = true;
    let target = entry.node;
    if (entry.list === 'changes' && entry.data.n > 1) {
      entry.reach(item);
      target = document.getElementById(address) || target;
      const inner = target.querySelector('details');
      if (inner && inner.fill) {
        inner.fill();
        inner.open = true;
      }
    }
    document.querySelectorAll('.linked').forEach((old) => old.classList.remove('linked'));
    target.classList.add('linked');
    target.scrollIntoView({ block: 'center' });
    const focus = target.querySelector('summary') || target;
    if (focus === target) target.tabIndex = -1;
    focus.focus({ preventScroll: true });
  };
  window.addEventListener('hashchange', follow);

  const step = (by) => {
    const rows = [...document.querySelectorAll('.rows > .row > details > summary')].filter((one) => !one.closest('[hidden]'));
    if (rows.length === 0) return;
    const here = document.activeElement.closest('.row');
    const at = here ? rows.findIndex((one) => one.closest('.row') === here) : by > 0 ? -1 : 0;
    const next = rows[at + by];
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.closest('input:not([type=checkbox]), textarea, select');
    if (event.key === 'Escape' && (typing || isSifted())) {
      reset();
      if (typing) search.blur();
    } else if (!typing && event.key === '/') {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (!typing && (event.key === 'j' || event.key === 'k')) {
      event.preventDefault();
      step(event.key === 'j' ? 1 : -1);
    }
  });
  window.addEventListener('beforeprint', () => {
    for (const list of lists) {
      list.more(Math.max(list.drawn, 500));
      for (const details of list.rows.querySelectorAll(':scope > .row > details')) {
        details.fill();
        details.open = true;
      }
    }
  });

  refresh();
  follow();
})();
