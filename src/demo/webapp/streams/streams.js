const MOST_LINES = 200;

const [log, status, stop, range] = ['log', 'status', 'stop', 'range'].map(id => document.getElementById(id));
let source;
let raw;

function line(text) {
  const item = document.createElement('li');
  item.textContent = text;
  log.append(item);
  while (log.children.length > MOST_LINES) {
    log.firstElementChild.remove();
  }
  log.scrollTop = log.scrollHeight;
}

function show(state, text) {
  status.dataset.state = state;
  status.textContent = text;
  stop.disabled = state === 'closed';
}

function end(text) {
  source?.close();
  raw?.abort();
  source = undefined;
  raw = undefined;
  show('closed', text);
}

function begin() {
  end('');
  log.replaceChildren();
  show('connecting', 'Connecting…');
}

function follow(url) {
  begin();
  const opened = new EventSource(url);
  source = opened;
  source.onopen = () => show('connected', 'Connected');
  source.onmessage = event => line(event.data);
  for (const name of ['number', 'ping', 'failed']) {
    source.addEventListener(name, event => line(`${name}: ${event.data}`));
  }
  // left alone, an EventSource would begin anew when an answer ends
  source.addEventListener('done', () => end('Done'));
  source.onerror = () => source === opened && end('Ended');
}

/** The bytes as they come, with their line breaks. */
async function read(url) {
  begin();
  const abort = new AbortController();
  raw = abort;
  try {
    const response = await fetch(url, { signal: abort.signal });
    show('connected', 'Connected');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      value.match(/[^\r\n]*(\r\n|\r|\n)/g)?.forEach(text => line(JSON.stringify(text)));
    }
    end('Done');
  } catch (error) {
    if (raw === abort) {
      end(`Ended (${error.message})`);
    }
  }
}

for (const button of document.querySelectorAll('[data-stream]')) {
  const url = `../api/streams/${button.dataset.stream}`;
  button.addEventListener('click', () => (button.hasAttribute('data-raw') ? read(url) : follow(url)));
}
stop.addEventListener('click', () => end('Stopped'));
range.addEventListener('submit', event => {
  event.preventDefault();
  follow(`../api/streams/range?${new URLSearchParams(new FormData(range))}`);
});
