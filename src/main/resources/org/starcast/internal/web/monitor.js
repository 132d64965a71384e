/* The monitor's page: draws what `figures` says each second, and what `tap` shows. */
import { connect } from './starcast.js';

const KEPT_SAMPLES = 120;
const KEPT_EVENTS = 100;
const SLOW_SECONDS = 5;
const SVG = 'http://www.w3.org/2000/svg';

const at = id => document.getElementById(id);
const here = path => new URL(path, import.meta.url).href;
const exact = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const number = n => (n < 10_000 ? exact.format(Math.round(n * 10) / 10) : short.format(n));

function bytes(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(n) / 10));
  return `${number(n / 1024 ** power)} ${units[power]}`;
}

function duration(seconds) {
  const parts = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']];
  const [size, unit] = parts.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

function time(micros) {
  return micros < 1_000 ? `${number(micros)} µs`
    : micros < 1_000_000 ? `${number(micros / 1_000)} ms`
    : `${number(micros / 1_000_000)} s`;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  return made;
}

function write(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

// ---- charts

const rate = counter => (now, before, seconds) =>
  before && counter(now) >= counter(before) ? (counter(now) - counter(before)) / seconds : 0;

const CHARTS = [
  { title: 'Published', unit: ' /s', format: number, value: rate(s => s.messages) },
  { title: 'Delivered', unit: ' /s', format: number, value: rate(s => s.delivered) },
  { title: 'Clients', unit: '', format: number, value: s => s.total },
  { title: 'Waiting', unit: '', format: bytes, value: s => s.queuedBytes },
  { title: 'Dropped', unit: ' /s', format: number, alarm: true, value: rate(s => s.dropped) },
  { title: 'Gaps told', unit: ' /s', format: number, alarm: true, value: rate(s => s.gaps) },
].map(chart => ({ ...chart, values: [], ...frame(chart) }));

function frame({ title }) {
  const figure = element('figure');
  const caption = element('figcaption');
  const most = element('span', 'most');
  caption.append(element('span', '', title), most);
  const value = element('div', 'value', '–');
  const picture = svg('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img' });
  const area = svg('path', { class: 'area' });
  const line = svg('path', { class: 'line' });
  picture.append(area, line, svg('path', { class: 'base', d: 'M0 40H100' }));
  figure.append(caption, value, picture);
  at('charts').append(figure);
  return { figure, most, now: value, picture, area, line };
}

function draw(chart) {
  const { values, format, unit } = chart;
  const last = values.at(-1);
  const most = Math.max(...values);
  const step = 100 / (KEPT_SAMPLES - 1);
  const x = i => (100 - (values.length - 1 - i) * step).toFixed(2);
  const y = v => (most === 0 ? 40 : 40 - (v / most) * 37).toFixed(2);
  const points = values.map((v, i) => `${x(i)} ${y(v)}`).join('L');
  chart.line.setAttribute('d', `M${points}`);
  chart.area.setAttribute('d', `M${x(0)} 40L${points}L100 40Z`);
  write(chart.now, format(last) + unit);
  write(chart.most, `most ${format(most)}${unit}`);
  chart.figure.classList.toggle('alarm', Boolean(chart.alarm) && last > 0);
  chart.picture.setAttribute(
    'aria-label',
    `${chart.title}: now ${format(last)}${unit}, most ${format(most)}${unit} in the last two minutes`,
  );
}

// ---- counters

const TOTALS = [
  ['Published', s => number(s.messages)],
  ['Delivered', s => number(s.delivered)],
  ['Dropped', s => number(s.dropped)],
  ['Coalesced', s => number(s.coalesced)],
  ['Missed', s => number(s.missed)],
  ['Pending', s => number(s.pending)],
  ['Resumed', s => number(s.resumed)],
  ['Came back too late', s => number(s.notResumed)],
  ['Discarded at close', s => number(s.discarded)],
  ['Gaps told', s => number(s.gaps)],
  ['Fell behind', s => number(s.behind)],
  ['Replayed', s => number(s.replayed)],
  ['Refused', s => number(s.refused)],
  ['Opened', s => number(s.opened)],
  ['Bytes written', s => bytes(s.bytes)],
  ['Events kept', s => number(s.history)],
  ['Memory for them', s => bytes(s.historyBytes)],
  ['Not stored', s => number(s.unstored)],
  ['Backplane', s => s.backplane.name + (s.backplane.available ? '' : ', away')],
  ['Waiting for it', s => number(s.backplane.waiting)],
];

function totals(stats) {
  const list = at('totals');
  const rows = TOTALS.map(([name, value]) => [name, value(stats)]);
  for (const [reason, count] of Object.entries(stats.closed)) {
    if (count > 0) {
      rows.push([`Closed: ${reason.toLowerCase().replaceAll('_', ' ')}`, number(count)]);
    }
  }
  while (list.children.length > rows.length) {
    list.lastChild.remove();
  }
  rows.forEach(([name, value], i) => {
    if (!list.children[i]) {
      const row = element('div');
      row.append(element('dt'), element('dd'));
      list.append(row);
    }
    write(list.children[i].firstChild, name);
    write(list.children[i].lastChild, value);
  });
}

// ---- topics and latency

function topicNames({topics, moreTopics}) {
  return topics.join(', ') + (moreTopics ? ` and ${moreTopics} more` : '');
}

function topics(list) {
  at('topics').hidden = list.length === 0;
  if (list.length > 0) {
    const most = Math.max(...list.map(entry => entry.events));
    at('topics').querySelector('tbody').replaceChildren(
      ...list.map(({ topic, events, clients }) => {
        const row = element('tr');
        const share = element('td');
        const meter = element('meter');
        meter.max = most;
        meter.value = events;
        meter.setAttribute('aria-label', `${topic}: ${number(events)} events`);
        share.append(meter);
        row.append(
          element('td', 'topic', topic),
          element('td', 'number', number(events)),
          element('td', 'number', number(clients)),
          share,
        );
        return row;
      }),
    );
  }
}

/** Percentiles in microseconds, and buckets as ascending `[microseconds, count]`. */
function latency({ count, p50, p99, max }, buckets) {
  at('latency').hidden = count === 0;
  if (count > 0) {
    write(at('latency-text'), `half within ${time(p50)}, 99 of 100 within ${time(p99)}, all within ${time(max)}`);
    const most = Math.max(...buckets.map(([, count]) => count));
    const width = 100 / buckets.length;
    const picture = svg('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img' });
    buckets.forEach(([, count], i) => {
      const height = (count / most) * 39;
      picture.append(
        svg('rect', { class: 'bar', x: i * width, width: width * 0.85, y: 40 - height, height }),
      );
    });
    picture.setAttribute('aria-label', `Histogram from ${time(buckets[0][0])} to ${time(buckets.at(-1)[0])}`);
    const ends = element('div', 'ends');
    ends.append(element('span', '', time(buckets[0][0])), element('span', '', time(buckets.at(-1)[0])));
    at('latency-chart').replaceChildren(picture, ends);
  }
}

// ---- clients

const rows = new Map();
const closes = document.body.dataset.closes === 'true';

function row(id) {
  const made = element('tr');
  const cell = (className, label) => {
    const data = element('td', className);
    data.setAttribute('role', 'cell');
    if (label) {
      data.dataset.label = label;
    }
    made.append(data);
    return data;
  };
  made.setAttribute('role', 'row');
  const client = cell('client');
  const who = element('span', 'who', id);
  const more = element('span', 'more');
  client.append(who, more);
  const parts = {
    row: made,
    more,
    topics: cell('topics topic'),
    waiting: cell('number', 'Waiting'),
    dropped: cell('number', 'Dropped'),
    silent: cell('number', 'Silent'),
    age: cell('number', 'Age'),
  };
  const actions = cell('actions');
  if (closes) {
    const button = element('button', '', 'Close');
    button.type = 'button';
    button.setAttribute('aria-label', `Close client ${id}`);
    button.addEventListener('click', () => ask(id));
    actions.append(button);
  }
  return parts;
}

/** Something waits for it, or is being written, and has for a while. */
function isSlow({ queuedBytes, silent }) {
  return queuedBytes > 0 && silent >= SLOW_SECONDS;
}

/** Rows stay where they are as elements, so that a button that has the focus keeps it. */
function clients(list, total) {
  const body = at('clients').tBodies[0];
  const ids = new Set(list.map(client => client.id));
  for (const [id, parts] of rows) {
    if (!ids.has(id)) {
      parts.row.remove();
      rows.delete(id);
    }
  }
  list.forEach((client, i) => {
    if (!rows.has(client.id)) {
      rows.set(client.id, row(client.id));
    }
    const parts = rows.get(client.id);
    const slow = isSlow(client);
    const named = client.user === client.id ? '' : `, ${client.user}`;
    const state = client.state === 'OPEN' ? '' : `, ${client.state.toLowerCase()}`;
    write(parts.more, `${client.type}${named}${state}${slow ? ', slow' : ''}`);
    write(parts.topics, topicNames(client));
    write(parts.waiting, client.queuedBytes ? `${number(client.queued)} (${bytes(client.queuedBytes)})` : '0');
    write(parts.dropped, number(client.dropped));
    write(parts.silent, duration(client.silent));
    write(parts.age, duration(client.age));
    parts.row.classList.toggle('slow', slow);
    place(body, parts.row, i);
  });
  const slow = list.filter(isSlow).length;
  const shown = list.length < total ? `, the ${list.length} that are furthest behind` : '';
  write(at('clients-count'), `${number(total)}${shown}${slow ? `, ${slow} slow` : ''}`);
}

/** Moving an element takes its focus away, so what has it stays and the others go round it. */
function place(body, wanted, i) {
  const there = body.children[i];
  if (there === wanted) {
    return;
  }
  if (wanted.contains(document.activeElement)) {
    while (body.children[i] && body.children[i] !== wanted) {
      body.append(body.children[i]);
    }
  } else {
    body.insertBefore(wanted, there ?? null);
  }
}

let asked;

function ask(id) {
  asked = id;
  write(at('confirm-text'), `Close the stream of client ${id}? A browser comes back by itself.`);
  at('confirm').showModal();
}

at('confirm-no').addEventListener('click', () => at('confirm').close());
at('confirm-yes').addEventListener('click', async () => {
  at('confirm').close();
  try {
    const url = here(`../clients/${encodeURIComponent(asked)}`);
    const answer = await fetch(url, { method: 'DELETE' });
    // who is not there is closed
    problem(answer.ok || answer.status === 404 ? '' : `The client was not closed: ${answer.status}`);
  } catch (error) {
    problem(`The client was not closed: ${error.message}`);
  }
});

function problem(text) {
  at('problem').hidden = text === '';
  write(at('problem'), text);
}

// ---- the figures

let before;
let paused = false;

at('pause').addEventListener('click', () => {
  paused = !paused;
  at('pause').setAttribute('aria-pressed', String(paused));
});

function figures({ data }) {
  const sample = JSON.parse(data);
  const seconds = before ? Math.max(0.001, (sample.at - before.at) / 1_000) : 1;
  for (const chart of CHARTS) {
    chart.values.push(chart.value(sample.stats, before?.stats, seconds));
    chart.values.splice(0, chart.values.length - KEPT_SAMPLES);
  }
  before = sample;
  if (!paused) {
    CHARTS.forEach(draw);
    totals(sample.stats);
    topics(sample.topics);
    latency(sample.stats.latency, sample.latencyBuckets);
    clients(sample.clients, sample.stats.total);
  }
}

connect(here('figures'), {
  name: 'figures',
  shared: false,
  on: { figures },
  onError: error => problem(`The figures cannot be had: ${error.message}`),
});

// ---- the contract

/** The name that a `$ref` ends with. */
const named = ref => ref.slice(ref.lastIndexOf('/') + 1);

function payload(message, { schemas }) {
  const schema = message.payload;
  const cell = element('td');
  if (!schema) {
    cell.append(message.description ?? '');
    return cell;
  }
  const name = schema.$ref && named(schema.$ref);
  const shown = element('details');
  const summary = element('summary', 'topic', name ?? message.contentType);
  shown.append(summary, element('pre', '', JSON.stringify(name ? schemas[name] : schema, null, 2)));
  cell.append(shown);
  if (message.description) {
    cell.append(element('p', 'more', message.description));
  }
  return cell;
}

function example({ examples }) {
  const cell = element('td');
  if (examples) {
    const value = examples[0].payload;
    cell.append(element('pre', '', typeof value === 'string' ? value : JSON.stringify(value, null, 2)));
  }
  return cell;
}

async function contract() {
  try {
    const answer = await fetch(here('../contract'));
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const { channels, components } = await answer.json();
    const rows = Object.entries(channels).flatMap(([topic, { messages }]) =>
      Object.values(messages).map(({ $ref }) => {
        const message = components.messages[named($ref)];
        const row = element('tr');
        row.append(
          element('td', 'topic', topic),
          element('td', 'topic', message.name ?? '?'),
          payload(message, components),
          example(message),
        );
        return row;
      }),
    );
    at('contract').querySelector('tbody').replaceChildren(...rows);
    at('contract-asyncapi').href = here('../contract');
    at('contract-typescript').href = here('../contract/topics.d.ts');
    at('contract').hidden = false;
  } catch (error) {
    problem(`The contract cannot be had: ${error.message}`);
  }
}

if (document.body.dataset.contract === 'true') {
  contract();
}

// ---- the tap

let tap;

function tapped(event) {
  const item = element('li');
  const head = element('div', 'head');
  head.append(element('b', '', topicNames(event) || '(to all)'));
  if (event.event) {
    head.append(element('span', '', `event ${event.event}`));
  }
  if (event.sender) {
    head.append(element('span', '', `from ${event.sender}`));
  }
  head.append(element('span', '', event.id));
  item.append(head, element('pre', '', event.data));
  if (event.length > event.data.length) {
    item.append(element('div', 'head', `and ${number(event.length - event.data.length)} more characters`));
  }
  return item;
}

function show({ data }) {
  if (paused) {
    return;
  }
  const { events, more } = JSON.parse(data);
  const list = at('tap-events');
  const items = events.map(tapped).reverse();
  if (more) {
    items.push(element('li', 'note', 'There were more here than are shown.'));
  }
  list.prepend(...items);
  while (list.children.length > KEPT_EVENTS) {
    list.lastChild.remove();
  }
}

function stop(text) {
  tap?.close();
  tap = undefined;
  write(at('tap-start'), 'Follow');
  write(at('tap-state'), text);
}

at('tap-form').addEventListener('submit', submitted => {
  submitted.preventDefault();
  if (tap) {
    stop('Off.');
    return;
  }
  const topic = at('tap-topic').value.trim();
  const url = new URL(here('tap'));
  url.searchParams.set('topic', topic);
  write(at('tap-start'), 'Stop');
  write(at('tap-state'), 'Connecting…');
  tap = connect(url.href, {
    name: 'tap',
    shared: false,
    on: { tap: show },
    onState: state => state === 'open' && write(at('tap-state'), `Following ${topic}.`),
    onError: error => stop(error.message),
  });
});

at('tap-clear').addEventListener('click', () => at('tap-events').replaceChildren());

// ---- what keeps a topic from arriving

/** A sentence and what it is about; each part of an item is text, or `{ name }` to stand out. */
function finding(kind, sentence, items = [], left = 0) {
  const list = element('ul');
  for (const item of items) {
    const row = element('li');
    row.append(...item.map(part => (part.name === undefined ? part : element('b', '', part.name))));
    list.append(row);
  }
  if (left > 0) {
    list.append(element('li', '', `and ${number(left)} more`));
  }
  const made = [element('p', kind, sentence)];
  return list.children.length ? [...made, list] : made;
}

const times = n => (n === 1 ? 'once' : `${number(n)} times`);
const some = (n, one, many) => (n === 1 ? `One client ${one}` : `${number(n)} clients ${many}`);

function whose({ id, type, user, state, writer, queued }) {
  const parts = [type, user === id ? '' : user, state.toLowerCase(), `writer ${writer}`];
  if (queued) {
    parts.push(`${number(queued)} waiting`);
  }
  return ` (${parts.filter(part => part).join(', ')})`;
}

function clientFinding(kind, sentence, { count, shown }, more) {
  const items = shown.map(client => [{ name: client.id }, whose(client), ...more(client)]);
  return finding(kind, sentence, items, count - shown.length);
}

function findings(found, asked) {
  const { clients, subscribers, muted, near, topics, refused } = found;
  const all = [];
  if (clients === 0) {
    all.push(finding('warn', `No client${asked ? ' of this id or user' : ''} is connected to this node.`));
  } else if (subscribers.count === 0) {
    all.push(finding('warn', asked ? 'This client does not get it.' : 'No client gets it.'));
  } else {
    all.push(clientFinding(
      '',
      some(subscribers.count, 'gets it:', 'get it:'),
      subscribers,
      ({ pattern, senders }) => [
        ' by ', { name: pattern }, senders.length ? ` from ${senders.join(', ')} alone` : '',
      ],
    ));
  }
  if (muted.count > 0) {
    all.push(clientFinding(
      'warn',
      some(muted.count, 'mutes it:', 'mute it:'),
      muted,
      ({ pattern }) => [' by the mute ', { name: pattern }],
    ));
  }
  if (near.count > 0) {
    all.push(clientFinding(
      'warn',
      'Patterns that nearly match it:',
      near,
      ({ pattern, why }) => [': ', { name: pattern }, `, ${why}`],
    ));
  }
  all.push(found.events === undefined
    ? finding('warn', 'Not published, as far as is known: of many topics, only the busier ones are.')
    : finding('', `Published ${times(found.events)}, last ${new Date(found.last).toLocaleTimeString()}.`));
  if (topics.length > 0) {
    all.push(finding(
      'warn',
      'Published on topics that are nearly this one:',
      topics.map(({ topic, events, why }) => [{ name: topic }, `, ${times(events)}: ${why}`]),
    ));
  }
  if (!found.asyncSupported) {
    all.push(finding('warn', 'A filter or servlet before this page has no asyncSupported=true; no stream opens behind it.'));
  }
  if (refused.length > 0) {
    all.push(finding('note', 'Refused last:', refused.map(refusal => [
      `${new Date(refusal.at).toLocaleTimeString()} `,
      { name: String(refusal.status) },
      ` ${refusal.reason}`,
      refusal.asked.length ? ` (asked for ${refusal.asked.join(', ')})` : '',
      refusal.principal ? `, ${refusal.principal}` : '',
      refusal.address ? `, ${refusal.address}` : '',
    ])));
  }
  return all.flat();
}

at('check-form').addEventListener('submit', async submitted => {
  submitted.preventDefault();
  const url = new URL(here('check'));
  url.searchParams.set('topic', at('check-topic').value.trim());
  const client = at('check-client').value.trim();
  if (client) {
    url.searchParams.set('client', client);
  }
  let shown;
  try {
    const answer = await fetch(url);
    const body = await answer.json();
    shown = answer.ok ? findings(body, client) : finding('warn', body.detail);
  } catch (error) {
    shown = finding('warn', `It cannot be checked: ${error.message}`);
  }
  at('check-result').replaceChildren(...shown);
});
