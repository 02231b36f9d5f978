// The page asks for what changed once a second and draws only that. Every text is set as text, never as HTML.
'use strict';

const EVERY = 1000;
const byId = id => document.getElementById(id);
const state = { token: '', search: '', before: null, phones: new Map(), clock: null, drawn: false, asking: false, again: false };

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name === 'cls' ? 'class' : name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== '') node.append(child);
  return node;
}

// Words ------------------------------------------------------------------------------------------------------------

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = n => String(n).padStart(2, '0');
const many = (n, word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;

/** A date as the sandbox's zone shows it; `text` is RFC 3339, whose own digits are that. */
function dated(text) {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  return `${DAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()]} ${day} ${MONTHS[month - 1]}`;
}

/** The hour, and the day unless it is the sandbox's today. */
function moment(text) {
  const hour = text.slice(11, 16);
  return state.clock && text.slice(0, 10) === clockText().slice(0, 10) ? hour : `${dated(text)} ${hour}`;
}

/** The sandbox's time at this moment, counted on from the last answer. */
function clockText() {
  const { at, offset, speed, heard } = state.clock;
  const now = at + (performance.now() - heard) / 1000 * speed;
  return new Date((now + offset) * 1000).toISOString().slice(0, 19);
}

const STATES = {
  held: m => `◷ leaves ${moment(m.until)}`,
  sent: () => '✓ sent',
  waiting: () => '✓ waiting for the network',
  buffered: () => '✓ waiting: the phone is off or out of reach',
  delivered: m => `✓✓ delivered${m.delivered ? ' ' + moment(m.delivered) : ''}`,
  failed: m => `✗ failed${m.why ? ': ' + m.why : ''}`,
  cancelled: () => '✗ cancelled, never left',
  expired: () => '✗ expired before it could leave',
};

// Talking to the sandbox -------------------------------------------------------------------------------------------

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method, cache: 'no-store', headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(content && content.message ? content.message : `the sandbox answered ${answer.status}`);
  return content;
}

/** Do something at the sandbox, say how it went, and draw what came of it. */
async function act(method, path, body, said, tell = say) {
  try {
    const answer = await ask(method, path, body);
    tell(typeof said === 'function' ? said(answer) : said);
    return true;
  } catch (error) {
    tell(`That did not work: ${error.message}.`);
    return false;
  } finally {
    refresh();
  }
}

function say(text) {
  byId('said').textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { byId('said').textContent = ''; }, 8000);
}

async function refresh() {
  if (state.asking) { state.again = true; return; }
  state.asking = true;
  const query = new URLSearchParams({ since: state.token, search: state.search });
  if (state.before !== null) query.set('before', state.before);
  const wanted = state.search + state.before;
  try {
    const news = await ask('GET', `/_sandbox/inbox?${query}`);
    if (wanted === state.search + state.before) draw(news);
    byId('trouble').hidden = true;
  } catch {
    byId('trouble').textContent = 'The sandbox does not answer. It may have been stopped; this page goes on asking.';
    byId('trouble').hidden = false;
  } finally {
    state.asking = false;
    if (state.again) { state.again = false; refresh(); }
  }
}

// Drawing ----------------------------------------------------------------------------------------------------------

function draw(news) {
  state.token = news.token;
  state.clock = { ...news.clock, heard: performance.now() };
  drawClock();
  if (news.figures) drawFigures(news.figures);
  if (news.held) drawHeld(news.held);
  if (news.faults) drawFaults(news.faults);
  if (news.calls) drawCalls(news.calls);
  if (news.keys) drawKeys(news.keys);
  drawPhones(news);
  state.drawn = true;
}

function drawClock() {
  if (!state.clock) return;
  const text = clockText();
  byId('now').textContent = `${dated(text)} ${text.slice(0, 4)}, ${text.slice(11)}`;
  byId('now').dateTime = text;
  const { speed } = state.clock;
  byId('pace').textContent = speed === 1 ? '' : speed === 0 ? 'stopped' : `× ${speed}`;
  const select = byId('speed');
  if (document.activeElement === select) return;
  if (![...select.options].some(option => Number(option.value) === speed)) {
    select.append(el('option', { value: speed }, speed === 0 ? 'stopped' : `× ${speed}`));
  }
  select.value = String(speed);
}

function drawFigures({ accounts, messages, calls, barred }) {
  const figures = [
    ...accounts.slice(0, 5).map(one => [`Credits of ${one.name}`, one.creditsLeft.toLocaleString('en')]),
    ['Messages', messages.toLocaleString('en')], ['in calls', calls.toLocaleString('en')],
    ['Blacklisted', barred.toLocaleString('en')],
  ];
  byId('figures').replaceChildren(...figures.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

function rows(id, items, nothing) {
  byId(id).replaceChildren(...(items.length ? items : [el('li', { cls: 'nothing' }, nothing)]));
}

function drawHeld({ total, more, calls }) {
  byId('held-count').textContent = total ? total.toLocaleString('en') + (more ? ' and more' : '') : '';
  rows('held', calls.map(one => el('li', { cls: 'side' },
    el('span', {}, `${many(one.count, 'message')} ${one.count === 1 ? 'leaves' : 'leave'} ${moment(one.until)}`,
      el('small', {}, one.text)),
    el('button', {
      type: 'button', 'aria-label': `Set the clock to ${moment(one.until)}, when ${many(one.count, 'message')} leave`,
      onclick: () => act('POST', '/_sandbox/clock', { set: one.until }, `The clock is at ${moment(one.until)}.`),
    }, 'Go there'))), 'None is waiting to leave.');
}

const FAULTS = [
  ['Too many requests (429)', { kind: 'status', status: 429 }],
  ['429, come back in 5 seconds', { kind: 'status', status: 429, retry_after: 5 }],
  ['Every answer is slow (1 to 2 seconds)', { kind: 'latency', seconds: 1, jitter: 1, route: '*' }],
  ['The connection drops, nothing was taken', { kind: 'drop-before' }],
  ['Taken, then the connection drops', { kind: 'drop-after' }],
  ['Taken, and no answer ever comes', { kind: 'hang-after' }],
  ['500 in JSON, nothing was taken', { kind: 'status', status: 500 }],
  ['502 with a gateway’s HTML page', { kind: 'status', status: 502, body: 'html' }],
  ['502 in HTML, but it was taken', { kind: 'status', status: 502, body: 'html', after: true }],
  ['503 without a body', { kind: 'status', status: 503, body: 'empty' }],
  ['Taken, and the answer is cut in the middle', { kind: 'status', status: 200, body: 'truncated', after: true }],
  ['The history lags by a minute', { kind: 'hide-history', seconds: 60 }],
  ['Every receiver is called invalid', { kind: 'only-invalid' }],
  ['A tenth of the receivers is called invalid', { kind: 'some-invalid', share: 0.1 }],
  ['60 calls a minute for each key, no more', { kind: 'rate-limit', limit: 60, route: '*' }],
  ['Nobody listens for 5 seconds', { kind: 'refuse', seconds: 5 }],
  ['The credits have run out', { kind: 'no-credits' }],
  ['The sender is refused', { kind: 'sender-refused' }],
  ['The total charged is one too many', { kind: 'wrong-totals' }],
  ['The API’s clock is ten minutes behind', { kind: 'clock-off', seconds: -600, route: 'GET /auth/time' }],
];

const DEFAULTS = { route: 'POST /sms/*/jobs', probability: 1, body: 'json', seconds: 0, jitter: 0, after: false, status: 500, limit: 60, share: 0.5 };

function inWords(fault) {
  const same = (mine, name) => (fault[name] ?? null) === (mine[name] ?? DEFAULTS[name] ?? null);
  const names = ['kind', 'route', 'body', 'seconds', 'jitter', 'after', 'status', 'retry_after', 'limit', 'share'];
  const known = FAULTS.find(([, mine]) => names.every(name => same(mine, name)));
  if (known) return known[0];
  const parts = Object.entries(fault).filter(([name, value]) =>
    !['kind', 'seen', 'hits', 'probability', 'nth', 'times'].includes(name) && value !== null && value !== DEFAULTS[name]);
  return [fault.kind, ...parts.map(([name, value]) => `${name} ${value}`)].join(', ');
}

function drawFaults(faults) {
  byId('fault-count').textContent = faults.length ? `${faults.length} in force` : '';
  byId('behave').hidden = !faults.length;
  rows('faults', faults.map(one => {
    const which = [one.nth && `call ${one.nth} from when it was set`, one.times && `the first ${one.times}`,
      one.probability < 1 && `${Math.round(one.probability * 100)} % of them`].filter(Boolean).join(', ') || 'all of them';
    return el('li', {}, inWords(one), el('small', {}, `${one.route} · ${which} · hit ${one.hits} of ${many(one.seen, 'call')}`));
  }), 'None: the sandbox behaves.');
}

function drawCalls(calls) {
  const open = new Set([...byId('calls').querySelectorAll('details[open]')].map(one => one.dataset.number));
  const focused = document.activeElement?.closest?.('#calls details')?.dataset.number;
  rows('calls', calls.map(one => {
    const said = one.status === null ? (one.over ? 'no whole answer' : 'not answered yet') : String(one.status);
    return el('li', {}, el('details', { 'data-number': one.number, open: open.has(String(one.number)) },
      el('summary', {}, el('span', { cls: one.status === 200 ? 'ok' : 'no' }, said), ' ',
        el('code', {}, `${one.method} ${one.path.replace(/^\/1\.0(?=\/)/, '')}`), ' ', el('small', {}, moment(one.at))),
      el('pre', { tabindex: 0, 'aria-label': 'The answer' }, one.answer || '(nothing)')));
  }), 'No call yet.');
  if (focused) byId('calls').querySelector(`details[data-number="${CSS.escape(focused)}"] summary`)?.focus();
}

function drawKeys(keys) {
  byId('keys-box').hidden = !keys.length;
  const decide = (one, status, said) => act('POST', '/_sandbox/credentials', { consumerKey: one.key, status }, said);
  byId('keys').replaceChildren(...keys.map(one => el('li', {},
    el('code', {}, one.key), el('small', {}, one.rules.join(', ') || 'no right at all'),
    el('div', { cls: 'buttons' },
      el('button', {
        type: 'button', cls: 'main', 'aria-label': `Validate the key ${one.key}`,
        onclick: () => decide(one, 'validated', 'The key is valid now.'),
      }, 'Validate'),
      el('button', {
        type: 'button', 'aria-label': `Refuse the key ${one.key}`,
        onclick: () => decide(one, 'refused', 'The key is refused.'),
      }, 'Refuse')))));
}

// Phones -----------------------------------------------------------------------------------------------------------

function drawPhones(news) {
  const list = byId('list');
  const gone = new Set(state.phones.keys());
  const fresh = [];
  for (const number of news.order) {
    gone.delete(number);
    const data = news.phones[number];
    if (!state.phones.has(number)) state.phones.set(number, phone(number));
    if (data) fresh.push(...fill(state.phones.get(number), data));
  }
  for (const number of gone) {
    state.phones.get(number).card.remove();
    state.phones.delete(number);
  }
  arrange(list, news.order.map(number => state.phones.get(number).card));
  byId('none').hidden = news.order.length > 0;
  byId('none').textContent = state.search ? `No phone with “${state.search}” was written to.`
    : 'No message yet. Point a program at this sandbox and send one: it appears here at once.';
  byId('older').hidden = news.older === null;
  byId('older').value = news.older ?? '';
  byId('newest').hidden = state.before === null;
  if (state.drawn) announce(fresh);
}

/** Newest phones first, but nothing moves away from under the hand of somebody who is answering. */
function arrange(list, cards) {
  const busy = list.contains(document.activeElement);
  if (busy) {
    for (const card of [...cards].reverse()) if (!card.isConnected) list.prepend(card);
    return;
  }
  const scrolled = cards.map(card => card.querySelector('.talk').scrollTop);
  cards.forEach((card, place) => {
    if (list.children[place] === card) return;
    list.insertBefore(card, list.children[place] ?? null);
    card.querySelector('.talk').scrollTop = scrolled[place];
  });
}

function announce(fresh) {
  if (!fresh.length) return;
  const last = fresh[0];
  byId('live').textContent = fresh.length === 1
    ? `${last.way === 'in' ? 'Answer from' : 'Message to'} ${last.number}: ${last.text}`
    : `${many(fresh.length, 'new message')}, the last ${last.way === 'in' ? 'from' : 'to'} ${last.number}.`;
}

function phone(number) {
  const lines = el('ol', { cls: 'lines' });
  const talk = el('div', { cls: 'talk', tabindex: 0, role: 'group', 'aria-label': `Messages of ${number}` }, lines);
  const chips = el('span', {});
  const input = el('input', { type: 'text', maxlength: 1000, autocomplete: 'off', placeholder: 'Answer…', 'aria-label': `Answer as ${number}` });
  const note = el('p', { cls: 'note', role: 'status' });
  const tell = text => {
    note.textContent = text;
    clearTimeout(note.timer);
    note.timer = setTimeout(() => { note.textContent = ''; }, 8000);
  };
  const reply = text => act('POST', '/_sandbox/reply', { receiver: number, text },
    answer => answer.blacklisted ? 'Answered; the number is on the blacklist.' : 'Answered.', tell);
  const form = el('form', {
    cls: 'answer',
    onsubmit: async event => {
      event.preventDefault();
      const text = input.value;
      if (text.trim() && await reply(text) && input.value === text) input.value = '';
    },
  },
  el('div', { cls: 'quick', role: 'group', 'aria-label': `Quick answers of ${number}` },
    ...['STOP', 'Oui', 'Non merci'].map(text => el('button', {
      type: 'button', 'aria-label': `${text}, as ${number}`, onclick: () => reply(text) }, text))),
  el('div', { cls: 'line' }, input, el('button', { 'aria-label': `Send the answer of ${number}` }, 'Send')), note);
  const title = el('button', { type: 'button', title: 'Only this phone', onclick: () => find(number) }, number);
  const card = el('article', { cls: 'phone', 'data-number': number, 'aria-label': `Phone ${number}` },
    el('h3', {}, title, chips), talk, form);
  return { number, card, lines, chips, bubbles: new Map() };
}

/** Draw what is new of one phone; gives the messages that were not there before. */
function fill(one, data) {
  one.chips.replaceChildren(data.barred ? el('span', { cls: 'chip bad' }, 'blacklisted') : el('span', { cls: 'chip' }, data.country));
  const gone = new Set(one.bubbles.keys());
  const fresh = [];
  data.messages.forEach((message, place) => {
    gone.delete(message.key);
    const known = one.bubbles.get(message.key);
    const said = JSON.stringify(message);
    if (!known || known.said !== said) {
      const node = bubble(message, data.messages[place - 1]);
      if (known) known.node.replaceWith(node);
      else {
        if (state.drawn) node.classList.add('fresh');
        fresh.unshift({ ...message, number: one.number });
      }
      one.bubbles.set(message.key, { node, said });
    }
    const { node } = one.bubbles.get(message.key);
    if (one.lines.children[place] !== node) one.lines.insertBefore(node, one.lines.children[place] ?? null);
  });
  for (const key of gone) {
    one.bubbles.get(key).node.remove();
    one.bubbles.delete(key);
  }
  return fresh;
}

function bubble(message, previous) {
  if (message.way === 'in') {
    return el('li', { cls: 'in', 'data-key': message.key },
      el('p', { cls: 'text', dir: 'auto' }, message.text), el('p', { cls: 'meta' }, moment(message.at), el('span', { cls: 'unseen' }, ' answered')));
  }
  const who = !previous || previous.sender !== message.sender ? el('p', { cls: 'who', dir: 'auto' }, message.sender) : null;
  const facts = [message.state === 'held' ? '' : moment(message.at), many(message.parts, 'part'), message.encoding, `${message.credits} credit${message.credits === 1 ? '' : 's'}`];
  return el('li', { cls: `out ${message.state}`, 'data-key': message.key, 'data-state': message.state },
    who, el('p', { cls: 'text', dir: 'auto' }, message.text),
    el('p', { cls: 'meta', title: `${message.units} characters or pairs counted${message.tag ? ', tag ' + message.tag : ''}` }, facts.filter(Boolean).join(' · '), el('br'),
      el('span', { cls: `state ${message.state}` }, STATES[message.state](message))));
}

// What the person does ---------------------------------------------------------------------------------------------

function view(search, before) {
  state.search = search;
  state.before = before;
  state.token = '';
  byId('everyone').hidden = !search;
  byId('number').value = search;
  state.drawn = false;
  refresh();
}

function find(number) {
  view(number, null);
  byId('number').focus();
}

byId('search').addEventListener('submit', event => {
  event.preventDefault();
  const text = byId('number').value.trim();
  if (text && text.replace(/\D/g, '').replace(/^0+/, '').length < 3) say('Give at least three digits of the number.');
  else view(text, null);
});
byId('everyone').addEventListener('click', () => find(''));
byId('older').addEventListener('click', event => { view(state.search, event.target.value); byId('phones').focus(); });
byId('newest').addEventListener('click', () => { view(state.search, null); byId('phones').focus(); });
for (const button of document.querySelectorAll('[data-step]')) {
  button.addEventListener('click', () => act('POST', '/_sandbox/clock', { step: Number(button.dataset.step) },
    answer => `The clock is at ${dated(answer.clock)}, ${answer.clock.slice(11, 19)}.`));
}
byId('speed').addEventListener('change', event => {
  act('POST', '/_sandbox/clock', { speed: Number(event.target.value) }, 'The clock runs at the new speed.');
});
byId('kind').append(...FAULTS.map(([words], place) => el('option', { value: place }, words)));
byId('fault').addEventListener('submit', event => {
  event.preventDefault();
  const [words, fault] = FAULTS[Number(byId('kind').value)];
  act('POST', '/_sandbox/faults', { ...fault, ...JSON.parse(byId('often').value) }, `In force: ${words}.`);
});
byId('behave').addEventListener('click', () => act('DELETE', '/_sandbox/faults', undefined, 'The sandbox behaves again.'));
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });

setInterval(drawClock, 200);
setInterval(() => { if (!document.hidden) refresh(); }, EVERY);
refresh();
