/**
 * The transport of starcast.js for htmx: pages connect by htmx's own attributes, and the connections
 * last.
 *
 *     <script src="htmx.js"></script>
 *     <script src="hx-sse.js"></script>                  htmx 4; htmx-ext-sse for htmx 2
 *     <script type="module" src="starcast/htmx.js"></script>
 *
 *     <div hx-sse:connect="api/stream?topic=news"></div>                             htmx 4
 *     <div hx-ext="sse" sse-connect="api/stream?topic=news" sse-swap="message"></div>     htmx 2
 *
 * In place of htmx's own connection: 429 and 503 with their `Retry-After`, 204 and other refusals that
 * end the stream, connections that are silent for too long, resuming by the id of the last event,
 * jitter, and `<starcast-status>`, all as starcast.js has them. `starcast-gap` is an event as any
 * other: `hx-trigger="starcast-gap"` (htmx 2: `sse:starcast-gap`) reads the present state anew.
 *
 * Options of starcast.js, where they are not handlers, come from htmx's configuration:
 *
 *     <meta name="htmx-config" content='{"starcast": {"maxRetry": 60000}}'>
 *
 * A plain script tag for htmx, before this module: it is there then, and has not looked for elements
 * to connect yet.
 */
import { connect, eventSource } from './starcast.js';

const { htmx } = globalThis;

const options = () => ({ shared: false, ...htmx.config.starcast });

// htmx 2: its extension takes an EventSource from here
htmx.createEventSource = url => {
  const source = eventSource(url, options());
  // one that has ended for good is not for the extension to open again
  source.addEventListener('error', event => {
    if (source.readyState === 2) {
      event.stopImmediatePropagation();
    }
  });
  return source;
};

// htmx 4: its extension reads the answer to a request of htmx's own
document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
  if (connects(ctx.sourceElement)) {
    ctx.fetch = (url, request) => answer(url, request);
    // a server that is being started may be away for longer
    ctx.request.timeout = 0;
  }
});

// what makes that last is below it
htmx.config.sse = { ...htmx.config.sse, reconnect: false, pauseOnBackground: false };

function connects(element) {
  const { metaCharacter = ':', prefix } = htmx.config;
  return ['hx-', prefix].some(
    start => start && element?.hasAttribute?.(`${start}sse${metaCharacter}connect`),
  );
}

/** An answer that goes on over as many connections as it takes. */
function answer(url, { headers, credentials, signal }) {
  return new Promise((resolve, reject) => {
    const encoder = new TextEncoder();
    let pipe;
    const body = new ReadableStream({
      start: controller => (pipe = controller),
      cancel: () => stream.close(),
    });
    const send = (type, data, id) => pipe.enqueue(encoder.encode(frame(type, data, id)));
    const stream = connect(url, {
      headers,
      credentials,
      ...options(),
      onEvent: ({ type, data, lastEventId }) => send(type, data, lastEventId),
      onGap: gap => send('starcast-gap', JSON.stringify(gap), stream.lastEventId),
      onState(state, { error, reason }) {
        if (state === 'open') {
          resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }));
        } else if (state === 'failed') {
          reject(error);
        }
        if (state === 'failed' || reason === 'server') {
          pipe.close();
          resolve(new Response(null, { status: 204 }));
        }
      },
    });
    signal.addEventListener('abort', () => {
      stream.close();
      reject(signal.reason);
    });
  });
}

function frame(type, data, id) {
  const name = type === 'message' ? '' : `event: ${type}\n`;
  return `${name}${id ? `id: ${id}\n` : ''}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`;
}
