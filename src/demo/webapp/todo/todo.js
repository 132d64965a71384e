import { connect } from '../starcast/starcast.js';
import { report, send } from '../assets/stream.js';

const url = '../api/todos';
const [list, form, fail, error] = ['todos', 'add', 'fail', 'error'].map(id => document.getElementById(id));

/** The rows by the to-do's id; a row keeps its to-do. */
const rows = new Map();

/** What arrives while the list is being loaded waits here; null when the list is there. */
let waiting = null;

async function change(method, path, body) {
  try {
    await send(`${url}${path}?fail=${fail.checked}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    report(null, error, form);
    return true;
  } catch (failure) {
    report(failure, error, form);
    return false;
  }
}

function put(todo) {
  let row = rows.get(todo.id);
  if (!row) {
    row = newRow(todo.id);
    rows.set(todo.id, row);
    list.append(row.item);
  } else if (row.todo.version > todo.version) {
    return;
  }
  row.todo = todo;
  row.text.textContent = todo.text;
  row.tick.checked = todo.done;
  row.item.classList.toggle('done', todo.done);
  row.remove.setAttribute('aria-label', `Delete ${todo.text}`);
}

function newRow(id) {
  const row = {
    item: document.createElement('li'),
    tick: document.createElement('input'),
    text: document.createElement('span'),
    remove: document.createElement('button'),
  };
  const label = document.createElement('label');
  row.tick.type = 'checkbox';
  row.remove.className = 'quiet';
  row.remove.textContent = 'Delete';
  label.append(row.tick, row.text);
  row.item.append(label, row.remove);
  row.tick.addEventListener('change', async () => {
    if (!(await change('PATCH', `/${id}`, { done: row.tick.checked }))) {
      row.tick.checked = row.todo.done;
    }
  });
  row.remove.addEventListener('click', () => change('DELETE', `/${id}`));
  return row;
}

function drop(id) {
  const row = rows.get(id);
  if (!row) {
    return;
  }
  const hadFocus = row.item.contains(document.activeElement);
  const next = row.item.nextElementSibling ?? row.item.previousElementSibling;
  row.item.remove();
  rows.delete(id);
  if (hadFocus) {
    (next?.querySelector('button') ?? form.elements.text).focus();
  }
}

function apply({ change, todo }) {
  if (change === 'removed') {
    drop(todo.id);
  } else if (change === 'added' || rows.has(todo.id)) {
    put(todo);
    rows.get(todo.id).item.classList.add('fresh');
  }
}

/** Loads the list when the stream has opened, and again when changes are gone for good. */
async function load() {
  const arrived = [];
  waiting = arrived;
  let todos;
  try {
    todos = await (await send(url)).json();
  } catch (failure) {
    report(failure, error, form);
    setTimeout(() => waiting === arrived && load(), 3000);
    return;
  }
  if (waiting !== arrived) {
    return;
  }
  const kept = new Set(todos.map(todo => todo.id));
  [...rows.keys()].filter(id => !kept.has(id)).forEach(drop);
  todos.forEach(put);
  waiting = null;
  arrived.forEach(apply);
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  if (await change('POST', '', { text: form.elements.text.value })) {
    form.elements.text.value = '';
  }
});

const status = document.getElementById('status');
const texts = { connecting: 'Connecting…', open: 'Connected', offline: 'Offline', failed: 'Disconnected' };
let opened = false;

// one connection for all tabs; what a tab misses while it is away, it gets when it is back
connect(`${url}/stream`, {
  on: {
    message({ data }) {
      const change = JSON.parse(data);
      waiting ? waiting.push(change) : apply(change);
    },
  },
  onGap: load,
  onState(state) {
    status.dataset.state = state === 'open' ? 'connected' : 'reconnecting';
    status.textContent = texts[state] ?? 'Reconnecting…';
    if (state === 'open' && !opened) {
      opened = true;
      load();
    }
  },
});
