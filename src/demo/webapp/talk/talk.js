import { connect } from '../starcast/starcast.js';
import { report, send } from '../assets/stream.js';

const MOST_LINES = 200;
const TEXTS = { connecting: 'Connecting…', open: 'Connected', closed: 'No room ticked', failed: 'Not connected' };

const [log, rooms, form, error, status] = ['log', 'rooms', 'say', 'error', 'status'].map(id => document.getElementById(id));
let stream;

function show({ room, name, text, at }) {
  const entry = document.createElement('div');
  const who = document.createElement('div');
  const speaker = document.createElement('strong');
  const where = document.createElement('span');
  const time = document.createElement('time');
  const said = document.createElement('p');
  entry.className = 'line fresh';
  who.className = 'who';
  said.className = 'text';
  speaker.textContent = name;
  where.textContent = `in ${room}`;
  time.textContent = new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  time.dateTime = at;
  said.textContent = text;
  who.append(speaker, where, time);
  entry.append(who, said);
  log.append(entry);
  while (log.children.length > MOST_LINES) {
    log.firstElementChild.remove();
  }
  log.scrollTop = log.scrollHeight;
}

function showState(state) {
  status.dataset.state = state === 'open' ? 'connected' : state;
  status.textContent = TEXTS[state] ?? 'Reconnecting…';
}

/** Follows what is ticked; another choice is another stream. */
function follow() {
  stream?.close();
  const ticked = new FormData(rooms).getAll('room').join(',');
  showState(ticked ? 'connecting' : 'closed');
  if (ticked) {
    const opened = connect(`../api/talk/stream?rooms=${ticked}`, {
      on: { message: event => show(JSON.parse(event.data)) },
      onState: state => stream === opened && showState(state),
    });
    stream = opened;
  }
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  try {
    await send('../api/talk', { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    form.elements.text.value = '';
    form.elements.text.focus();
    report(null, error, form);
  } catch (failure) {
    report(failure, error, form);
  }
});

rooms.addEventListener('change', follow);
follow();
