import { follow, report, send } from '../assets/stream.js';

const MOST_LINES = 200;

const room = new URLSearchParams(location.search).get('room') || 'lobby';
const url = `../api/chat/${encodeURIComponent(room)}`;
const [log, form, error] = ['log', 'say', 'error'].map(id => document.getElementById(id));

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function show(line) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const at = new Date(line.at);
  const time = element('time', '', at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  time.dateTime = line.at;
  const who = element('div', 'who', '');
  who.append(element('strong', '', line.name), time);
  const entry = element('div', line.name === form.elements.name.value.trim() ? 'line mine' : 'line fresh', '');
  entry.append(who, element('p', 'text', line.text));
  log.append(entry);
  while (log.children.length > MOST_LINES) {
    log.firstElementChild.remove();
  }
  if (atEnd) {
    log.scrollTop = log.scrollHeight;
  }
}

// each window has a name of its own, in whichever room it is
form.elements.name.value = sessionStorage.getItem('name') ?? '';
form.elements.name.addEventListener('input', event => sessionStorage.setItem('name', event.target.value));

form.addEventListener('submit', async event => {
  event.preventDefault();
  try {
    await send(url, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    form.elements.text.value = '';
    form.elements.text.focus();
    report(null, error, form);
  } catch (failure) {
    report(failure, error, form);
  }
});

document.title = `${room} · ${document.title}`;
document.getElementById('room-title').textContent = `Room: ${room}`;
document.querySelector(`#rooms a[href="?room=${CSS.escape(room)}"]`)?.setAttribute('aria-current', 'page');
if (/^[A-Za-z0-9_-]{1,32}$/.test(room)) {
  follow(`${url}/stream`, document.getElementById('status'), { message: show });
} else {
  report(new Error('There is no such room: names have 1 to 32 letters, digits, - or _.'), error, form);
  document.getElementById('status').textContent = 'Not connected';
}
