/**
 * Follows an event stream for as long as the page lives, and shows how the connection is.
 *
 * EventSource reconnects by itself when a connection breaks, but gives up when the server answers
 * with an error, as it does while it is being redeployed: then this starts anew, a little later.
 */
export function follow(url, status, { opened = () => {}, message }) {
  const show = (state, text) => {
    if (status.dataset.state !== state) {
      status.dataset.state = state;
      status.textContent = text;
    }
  };
  const connect = () => {
    const source = new EventSource(url);
    source.onopen = () => {
      show('connected', 'Connected');
      opened();
    };
    source.onmessage = event => message(JSON.parse(event.data));
    source.onerror = () => {
      show('reconnecting', 'Reconnecting…');
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(connect, 2000 + Math.random() * 3000);
      }
    };
  };
  connect();
}

/** Sends a request; resolves when it succeeded, else throws an Error with the problem's text and field. */
export async function send(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error('The server cannot be reached. Try again in a moment.');
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    const error = new Error(problem.detail ?? `The server answered ${response.status}.`);
    error.field = problem.field;
    throw error;
  }
  return response;
}

/** Shows an error of `send` beside the form and leads to the field at fault; null clears both. */
export function report(error, place, form) {
  place.hidden = !error;
  place.textContent = error ? error.message : '';
  for (const input of form.elements) {
    input.removeAttribute('aria-invalid');
  }
  const fault = error?.field && form.elements.namedItem(error.field);
  if (fault) {
    fault.setAttribute('aria-invalid', 'true');
    fault.focus();
  }
}
