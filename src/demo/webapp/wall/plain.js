import { connect } from '../starcast/starcast.js';

const list = document.getElementById('notes');
const form = document.getElementById('add');

function item(note) {
  const made = document.createElement('li');
  made.textContent = note;
  return made;
}

connect('../api/wall/plain', {
  shared: false, // its own connection begins with the latest state
  on: {
    message: ({ data }) => list.replaceChildren(...JSON.parse(data).notes.map(item)),
  },
});

form.addEventListener('submit', async event => {
  event.preventDefault();
  const { ok } = await fetch('../api/wall/plain', { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  if (ok) {
    form.reset();
  }
});
