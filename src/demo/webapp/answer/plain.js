import { connect } from '../starcast/starcast.js';
import { report, send } from '../assets/stream.js';

const [answer, status, form, stop, error] = ['answer', 'status', 'ask', 'stop', 'error'].map(id => document.getElementById(id));
const STATES = { connecting: 'Connecting…', open: 'Being written…', failed: 'Not connected', closed: 'There is no such answer' };
const ENDS = { completed: 'Complete', failed: 'The model failed', cancelled: 'Stopped' };
const address = () => `../api/answer/${encodeURIComponent(location.hash.slice(1))}`;
let stream;

function show(state, text) {
  const shown = status.firstElementChild;
  shown.dataset.state = state;
  shown.textContent = text;
}

/** Shows the answer that the page's address names, from its first token. */
function follow() {
  stream?.close();
  answer.textContent = '';
  if (!location.hash) {
    show('closed', 'Nothing asked yet');
    return;
  }
  const opened = connect(address(), {
    shared: false, // a window that shared a connection would begin at the present
    on: { token: ({ data }) => answer.append(JSON.parse(data).text) },
    onGap: () => answer.append(' […] '),
    onState(state) {
      if (stream === opened) {
        show(state === 'open' ? 'connected' : state, STATES[state] ?? 'Reconnecting…');
      }
    },
    onEnd: ({ outcome }) => show(outcome === 'failed' ? 'failed' : 'closed', ENDS[outcome]),
  });
  stream = opened;
  show('connecting', STATES.connecting);
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  try {
    const response = await send('../api/answer/plain', { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    location.hash = await response.text(); // a reload, and another window, show the same answer
    report(null, error, form);
  } catch (failure) {
    report(failure, error, form);
  }
});
stop.addEventListener('click', () => location.hash && send(address(), { method: 'DELETE' }).catch(failure => report(failure, error, form)));
window.addEventListener('hashchange', follow);
follow();
