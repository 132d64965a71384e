/**
 * Says so when Datastar's client, the script that follows this one, cannot be loaded or takes long:
 * without it the page does nothing. Keeps what was typed, as forms would be sent by the browser.
 */
(() => {
  const own = document.currentScript;
  const isClient = event => event.target.previousElementSibling === own;
  let loaded = false;
  let note;

  function report(url) {
    const place = document.querySelector('main .intro');
    if (!place) {
      document.addEventListener('DOMContentLoaded', () => report(url), { once: true });
    } else if (!note && !loaded) {
      const [text, command] = [document.createElement('p'), document.createElement('pre')];
      note = document.createElement('div');
      note.id = 'missing';
      note.className = 'error';
      note.setAttribute('role', 'alert');
      text.textContent =
        `Datastar’s client could not be loaded from ${url}: this page does nothing without it. ` +
        `Download datastar.js (version ${new URL(own.src).search.slice(1)}, bundles/datastar.js of github.com/starfederation/datastar), and start the demo with it:`;
      command.textContent = 'mvn -Pdemo package -Ddatastar.js=/path/to/datastar.js';
      note.append(text, command);
      place.after(note);
      const status = document.getElementById('status');
      if (status) {
        status.dataset.state = 'closed';
        status.textContent = 'Not connected';
      }
    }
  }

  const came = event => {
    if (isClient(event)) {
      loaded = true;
      note?.remove();
    }
  };
  document.addEventListener('load', came, true);
  document.addEventListener('error', event => isClient(event) && report(event.target.src), true);
  setTimeout(() => report(own.nextElementSibling.src), 8000);
  const isDriven = form => form.getAttributeNames().some(name => name.startsWith('data-on:submit'));
  document.addEventListener('submit', event => !loaded && isDriven(event.target) && event.preventDefault(), true);
})();
