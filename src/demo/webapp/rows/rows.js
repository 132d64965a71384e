const SHOWN = 10;

const [status, progress, count, start, stop, body] =
  ['status', 'progress', 'count', 'start', 'stop', 'rows'].map(id => document.getElementById(id));

let source;
let taken = 0;
let last = [];
let after = 0;

function show(state, text) {
  status.dataset.state = state;
  status.textContent = text;
  stop.disabled = state === 'closed';
  start.disabled = state !== 'closed';
}

function paint() {
  count.textContent = taken;
  progress.value = taken;
  body.replaceChildren(...last.map(row => {
    const tr = document.createElement('tr');
    for (const value of [row.id, row.station, row.degrees.toFixed(1)]) {
      tr.insertCell().textContent = value;
    }
    return tr;
  }));
}

function take(row) {
  taken++;
  after = row.id;
  last = [...last.slice(1 - SHOWN), row];
  paint();
}

/** Begins behind the last row: the rows are in no log that a reconnect could go on from. */
function go() {
  show('connecting', 'Connecting…');
  const opened = new EventSource(`../api/rows/stream?after=${after}`);
  source = opened;
  source.onopen = () => show('connected', 'Connected');
  source.addEventListener('count', event => (progress.max = Number(event.data)));
  source.onmessage = event => take(JSON.parse(event.data));
  source.addEventListener('done', () => {
    end('Done', 'Start again');
    after = 0;
  });
  source.onerror = () => {
    if (source === opened) {
      end('Broken off', 'Go on');
    }
  };
}

function end(text, next) {
  source.close();
  source = undefined;
  start.textContent = next;
  show('closed', text);
}

start.addEventListener('click', () => {
  if (after === 0) {
    taken = 0;
    last = [];
    paint();
  }
  go();
});
stop.addEventListener('click', () => end('Stopped', 'Go on'));
