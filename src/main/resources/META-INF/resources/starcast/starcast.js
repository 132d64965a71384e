/**
 * Follows a Starcast event stream, and misses nothing.
 *
 *     import { connect } from './starcast/starcast.js';
 *
 *     const stream = connect('api/starcast/stream?topic=orders.*', {
 *       on: {
 *         message(e) { show(JSON.parse(e.data)); },   // events without a name
 *         order(e) { … },                             // events named "order"
 *       },
 *       // some events are gone for good: all pages may miss the same, and should not load at once
 *       onGap() { setTimeout(() => location.reload(), Math.random() * 5_000); },
 *     });
 *     stream.close();
 *
 *     <starcast-status></starcast-status>
 *
 * An ES module without dependencies; nothing is evaluated, so `script-src 'self'` is policy enough.
 *
 * OPTIONS of `connect(url, options)`, all optional
 *
 *   on                handlers by event name; each gets a MessageEvent (`type`, `data`, `lastEventId`,
 *                     `origin`). What has no handler is ignored. An error thrown by a handler is
 *                     reported and disturbs nothing else.
 *   onEvent(e)        gets every event, whatever its name, before its handler
 *   onGap(gap)        events were missed that the server no longer has: `{ next, missed }`, the id of
 *                     the first event that follows and the number missed, each if it is known. Read
 *                     the current state anew.
 *   onState(s, info)  the state changed; `info` may have `error` and `retryIn` (milliseconds), and has
 *                     `reason` when the state is `closed`: 'client' (by `close()`), or 'server' (204, or the end).
 *   onError(error)    the stream has failed for good; `error.status` is the HTTP status, if there is
 *                     one. Without it the error is written to the console.
 *   onEnd(end)        the URL is of one named stream, and that has ended: `{ stream, outcome, reason, items }`
 *                     of its event "starcast-end", whose outcome is 'completed', 'failed' or 'cancelled'.
 *                     All that came before it has been seen, and no other connection is made. Leave it
 *                     out if the URL is of more than that: `on['starcast-end']` gets the end of each.
 *   lastEventId       where to begin: the id that the page was rendered at, or 'earliest'. Without it,
 *                     what is published from now on. Give it here and not in the URL: tabs share a
 *                     connection when their URLs are equal.
 *   shared            whether the tabs of the browser share one connection; default true, or false if
 *                     there are `headers`, as a connection is made in the name of one tab
 *   openWhenHidden    whether the connection stays open while the page is hidden; default true. If not, it
 *                     is closed then, and goes on from the last event when the page is shown: a server
 *                     with `starcast.presence.away` takes the user for away meanwhile.
 *   headers           more request headers: an object, or a function, which may be asynchronous, that
 *                     gives one for each connection. When the server answers 401 the function is asked
 *                     once more, with the error (a token to refresh); a second 401 fails the stream.
 *   method            'GET', the default; with 'POST' or 'QUERY' the URL's query is sent as a form, in
 *                     the body, for what does not fit a URL. The built-in endpoint takes both.
 *   heartbeatTimeout  milliseconds without a byte after which the connection counts as dead; default
 *                     45,000. It must be longer than the server's `starcast.heartbeat` (15 s).
 *   minRetry          milliseconds, default 1,000: the least wait before connecting again
 *   maxRetry          milliseconds, default 30,000: the longest, unless the server asks for longer
 *   credentials       as in fetch, default 'same-origin'
 *   name              what `<starcast-status for="…">` calls the stream
 *
 * THE STREAM has `state`, `error` (the last one, or null), `lastEventId` (of the last event that the
 * handlers have seen), `url` and `close()`. Its states:
 *
 *   connecting    not connected yet
 *   open          connected
 *   reconnecting  the connection broke; another is being made
 *   offline       the same, while the browser has no network
 *   failed        the server refused for good, see `error`; connect() again once that is mended
 *   closed        by close(), because the server answered 204, or at the end that `onEnd` gets
 *
 * RECONNECTING. A connection that ends is made again from the last event that arrived whole. The wait
 * begins with the server's `retry:` (or minRetry, if that is longer), doubles up to maxRetry with each
 * failure, and has up to a half of itself added by chance. There is none when the network comes back,
 * a waiting page is shown again, or a connection was silent for heartbeatTimeout. 408, 425, 429 and 5xx
 * are tried again, not before their `Retry-After` (another origin must expose that header); so is 404,
 * which servers answer while an application is being replaced, once the stream has been open. Any other
 * 4xx, and an answer that is no event stream, fails the stream.
 *
 * fetch, and not EventSource, because only fetch shows comments (the heartbeats, without which a dead
 * connection looks like a quiet one), status codes and Retry-After.
 *
 * SHARING. Of the tabs with the same URL and credentials, the one that holds a Web Lock has the
 * connection, and passes all on over a BroadcastChannel. When it closes, freezes or goes into the
 * back/forward cache, the next takes over from its own last event. Each tab knows which event it saw
 * last: what it has seen is skipped, and if it lacks something (it was frozen, it was rendered at an
 * earlier id) the shared connection goes back that far. So each tab gets every event once and in order.
 * A tab that joins begins at the present: it does not get what a new connection would get first
 * (`history`, retained topics); with `shared: false` it does. Web Locks exist on https and on localhost
 * only: elsewhere each tab has its own connection. Events sent to one client, which have no id, reach
 * the tabs that are there, and are not repeated.
 *
 * WHO THIS IS. A server with presence switched on tells a client without a name a token, in an event
 * named "starcast-client". The stream gives it back as the query parameter `resume` whenever it connects
 * again, from whichever tab has the connection, and after the page is loaded anew (it is kept in
 * sessionStorage, by URL): to the server that is the same user, who has not left. It says nothing about
 * who that is, and grants nothing else.
 *
 * EVENT TARGET. `eventSource(url, options)` gives the same as the browser's EventSource does, for
 * libraries that take one: `readyState`, `url`, `onopen`, `onmessage`, `onerror`, `addEventListener`,
 * `close()`. A gap is an event named "starcast-gap", its data as the server sends it. Each has a
 * connection of its own unless `shared` is true. `connect`'s options apply, but for handlers.
 *
 * <starcast-status for="name"> shows the state of the page's stream of that name; without `for`, the
 * worst of all its streams. It announces itself politely to screen readers. The attribute `state` is
 * there for CSS; `label-open="Live"` and so on replace the texts.
 *
 * Needs Chrome or Edge 100, Firefox 97, Safari 15.4, or newer.
 */

const HELLO_TIMEOUT = 5_000;
/** What servers take in any case. */
const SHORT_URL = 7_500;
const LONGEST_TIMER = 2 ** 31 - 1;
const GAP = 'starcast-gap';
const CLIENT = 'starcast-client';
const END = 'starcast-end';
const EARLIEST = 'earliest';

/** Opens a stream; see above. Throws a TypeError if the URL or an option is not valid. */
export function connect(url, options = {}) {
  return new Stream(url, options);
}

/** Opens a stream as an EventTarget, in the manner of EventSource; see above. Throws as `connect`. */
export function eventSource(url, options = {}) {
  return new Source(url, options);
}

// ---- the format

/** The event stream format of the WHATWG, from text in any pieces to events. */
class Parser {
  #rest = '';
  #afterCr = false;
  #data = [];
  #type = '';
  #id;
  #retry;

  /**
   * The events that this piece completes. An event has `type` if there is something to dispatch, and
   * `id` and `retry` if it says so.
   */
  push(text) {
    const events = [];
    if (text === '') {
      return events;
    }
    const piece = this.#afterCr && text.startsWith('\n') ? text.slice(1) : text;
    this.#afterCr = text.endsWith('\r');
    const lines = (this.#rest + piece).split(/\r\n|\n|\r/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line !== '') {
        this.#field(line);
      } else {
        events.push(this.#complete());
      }
    }
    return events;
  }

  #field(line) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      this.#data.push(value);
    } else if (name === 'event') {
      this.#type = value;
    } else if (name === 'id' && !value.includes('\0')) {
      this.#id = value;
    } else if (name === 'retry' && /^[0-9]+$/.test(value)) {
      this.#retry = Number(value);
    }
  }

  #complete() {
    const event = {};
    if (this.#data.length > 0) {
      event.type = this.#type || 'message';
      event.data = this.#data.join('\n');
    }
    if (this.#id !== undefined) {
      event.id = this.#id;
    }
    if (this.#retry !== undefined) {
      event.retry = this.#retry;
    }
    this.#data = [];
    this.#type = '';
    this.#id = undefined;
    this.#retry = undefined;
    return event;
  }
}

function parseId(text) {
  const parts = /^([a-z0-9]{1,24})-([0-9]{1,18})$/.exec(text);
  return parts && { epoch: parts[1], sequence: BigInt(parts[2]) };
}

/** Below, equal to or above 0 as the first id is before, the same as or after the other; or NaN. */
function compare(one, other) {
  if (one === other) {
    return 0;
  }
  if (one === EARLIEST || other === EARLIEST) {
    return one === EARLIEST ? -1 : 1;
  }
  const a = parseId(one);
  const b = parseId(other);
  if (!a || !b || a.epoch !== b.epoch) {
    return NaN;
  }
  return a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0;
}

/** The members of a JSON object; none if it is none. */
function parseMembers(data) {
  try {
    return { ...JSON.parse(data) };
  } catch {
    return {};
  }
}

// ---- one connection

/**
 * Connects again and again until it is stopped. `hooks`: position() is the id to go on from, token()
 * the one that tells the server who this is, opened(id) a connection that goes on from that id,
 * received(events), alive() for bytes that complete no event, down(error, retryIn), failed(error),
 * ended(), and wasOpen() whether the stream ever was.
 */
class Connection {
  #url;
  #options;
  #hooks;
  #stopped = false;
  #open = false;
  #told = false;
  #abort;
  #lastByte;
  #watchdog;
  #failures = -1;
  #retry = 0;
  #waited = 0;
  #endWait;
  #from;
  #origin;
  /** The 401 after which other headers are asked for. */
  #refused;

  constructor(url, options, hooks) {
    this.#url = url;
    this.#options = options;
    this.#hooks = hooks;
  }

  get open() {
    return this.#open;
  }

  get origin() {
    return this.#origin;
  }

  async start() {
    while (!this.#stopped) {
      const began = Date.now();
      const end = await this.#attempt();
      const opened = this.#open;
      this.#open = false;
      this.#told = false;
      if (this.#stopped) {
        return;
      }
      if (end.final) {
        this.stop();
        return end.error ? this.#hooks.failed(end.error) : this.#hooks.ended();
      }
      if (end.error) {
        // a server that accepts and hangs up at once is no better than one that refuses
        this.#failures = opened && Date.now() - began > this.#waited ? 0 : this.#failures + 1;
        this.#waited = end.now ? 0 : Math.max(this.#delay(), this.#afterRetryAfter(end.retryAfter));
        this.#hooks.down(end.error, this.#waited);
        if (!end.now && !this.#stopped) {
          await this.#wait(this.#waited, end.retryAfter > 0);
        }
      }
    }
  }

  stop() {
    this.#stopped = true;
    this.#cut('stop');
    this.#endWait?.();
  }

  /** Goes back to an earlier id. */
  rewind(id) {
    if (this.#from === undefined || compare(id, this.#from) < 0) {
      this.#from = id;
    }
    // a tab that began at the present has to know first which id that is
    if (this.#told) {
      this.#cut('again');
    }
  }

  /** Somebody looks: try now what would be tried later, and see whether the connection is dead. */
  wake() {
    this.#endWait?.();
    this.#watch();
  }

  /** The network is another: what was connected before may never say so. */
  networkChanged() {
    this.#endWait?.();
    this.#cut('again');
  }

  #cut(why) {
    this.#abort?.abort(why);
  }

  /**
   * One request; tells how it ended: `final`, or `now` for another at once, else after a wait of at
   * least `retryAfter`; with the `error`, unless it was ended from here.
   */
  async #attempt() {
    const abort = new AbortController();
    this.#abort = abort;
    this.#lastByte = Date.now();
    this.#watch();
    const from = this.#from ?? this.#hooks.position();
    try {
      const headers = await unlessAborted(abort.signal, this.#headers());
      const response = await fetch(...this.#request(from, headers, abort.signal));
      if (response.status === 204) {
        return { final: true };
      }
      const type = response.headers.get('Content-Type') ?? '';
      if (!response.ok || !/^text\/event-stream\s*(;|$)/i.test(type)) {
        return await this.#refusal(response, type);
      }
      this.#origin = new URL(response.url).origin;
      this.#from = undefined;
      this.#refused = undefined;
      this.#open = true;
      this.#told = false;
      this.#hooks.opened(from);
      await this.#read(response.body.getReader(), abort.signal);
      return { error: failure('The server closed the connection.') };
    } catch (error) {
      const why = abort.signal.reason;
      if (!abort.signal.aborted) {
        return { error: failure(`The connection failed: ${error.message}`) };
      }
      return why === 'dead'
        ? { now: true, error: failure('The connection was silent for too long.') }
        : { now: true };
    } finally {
      clearTimeout(this.#watchdog);
      // lets go of a body that nobody reads
      abort.abort('stop');
    }
  }

  /** The application's own. */
  async #headers() {
    const { headers } = this.#options;
    const own = new Headers(typeof headers === 'function' ? await headers(this.#refused) : headers);
    own.set('Accept', 'text/event-stream');
    return own;
  }

  #request(from, headers, signal) {
    const url = new URL(this.#url);
    const { method, credentials } = this.#options;
    let body;
    if (method !== 'GET') {
      // what is added below stays in the URL: the library reads it there, whoever reads the body
      body = new URLSearchParams(url.search);
      url.search = '';
    }
    if (from) {
      // the header is the better place, but from another origin it costs a request of its own, and
      // it takes no text other than ASCII
      if (url.origin === globalThis.location.origin && /^[\x20-\x7e]*$/.test(from)) {
        headers.set('Last-Event-ID', from);
      } else {
        url.searchParams.set('lastEventId', from);
      }
    }
    const token = this.#hooks.token();
    if (token) {
      url.searchParams.set('resume', token);
    }
    return [url, { method, headers, body, credentials, cache: 'no-store', signal }];
  }

  async #read(reader, signal) {
    const decoder = new TextDecoder();
    const parser = new Parser();
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) {
        return;
      }
      this.#lastByte = Date.now();
      const events = parser.push(decoder.decode(value, { stream: true }));
      for (const event of events) {
        this.#retry = event.retry ?? this.#retry;
      }
      const told = events.filter(event => event.type !== undefined || event.id !== undefined);
      if (told.length > 0) {
        this.#hooks.received(told);
        this.#told = true;
        if (this.#from !== undefined) {
          this.#cut('again');
        }
      } else {
        this.#hooks.alive();
      }
      signal.throwIfAborted();
    }
  }

  /** What an answer means that is no event stream. */
  async #refusal(response, type) {
    const { status } = response;
    if (response.ok) {
      const what = `The server answered ${status} with ${type || 'no type'}, not text/event-stream.`;
      return { final: true, error: failure(what, status) };
    }
    let text = `The server answered ${status} ${response.statusText}`.trimEnd();
    if (/^application\/(problem\+)?json/i.test(type)) {
      const problem = await response.json().catch(() => null);
      text += problem?.detail ? `: ${problem.detail}` : '';
    } else if ([400, 414, 431].includes(status) && this.#url.length > SHORT_URL) {
      text += ': the URL may be too long, see the option method';
    }
    const error = failure(text, status);
    const refusedBefore = this.#refused;
    this.#refused = status === 401 ? error : undefined;
    if (this.#refused && !refusedBefore && typeof this.#options.headers === 'function') {
      return { now: true, error };
    }
    const again =
      [408, 425, 429].includes(status) ||
      status >= 500 ||
      (status === 404 && this.#hooks.wasOpen());
    return again
      ? { error, retryAfter: retryAfter(response.headers.get('Retry-After')) }
      : { final: true, error };
  }

  #base() {
    return Math.max(this.#options.minRetry, this.#retry);
  }

  #delay() {
    const base = this.#base();
    const longest = Math.max(this.#options.maxRetry, base);
    return Math.min(longest, base * 2 ** this.#failures) * (1 + Math.random() / 2);
  }

  /** Later than asked for, by chance, so that not all come back in the same moment. */
  #afterRetryAfter(milliseconds) {
    return milliseconds > 0 ? milliseconds + Math.random() * this.#base() : 0;
  }

  #wait(milliseconds, ordered) {
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer);
        this.#endWait = undefined;
        resolve();
      };
      const timer = setTimeout(end, Math.min(milliseconds, LONGEST_TIMER));
      // a server that asked to be left alone is
      this.#endWait = () => (ordered && !this.#stopped ? undefined : end());
    });
  }

  /** Cuts the connection if it is dead, else looks again when it could be. */
  #watch() {
    clearTimeout(this.#watchdog);
    if (this.#stopped || !this.#abort || this.#abort.signal.aborted) {
      return;
    }
    // by the clock, as timers stand still while the machine sleeps
    const silence = Math.max(0, Date.now() - this.#lastByte);
    if (silence >= this.#options.heartbeatTimeout) {
      this.#cut('dead');
    } else {
      this.#watchdog = setTimeout(() => this.#watch(), this.#options.heartbeatTimeout - silence);
    }
  }
}

/** Does not wait for what the application may never settle. */
function unlessAborted(signal, promise) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

function failure(message, status) {
  const error = new Error(message);
  error.name = 'StarcastError';
  error.status = status;
  return error;
}

/** Milliseconds from seconds or from a date; 0 for anything else. */
function retryAfter(header) {
  if (/^\s*[0-9]+\s*$/.test(header ?? '')) {
    return Number(header) * 1000;
  }
  const at = Date.parse(header ?? '');
  return at > 0 ? Math.max(0, at - Date.now()) : 0;
}

// ---- what one tab has seen

/**
 * Picks from a connection what this tab has not seen yet. `hooks`: dispatch(event), gap(gap), and
 * rewind(id), which asks for a connection that begins at that id.
 */
class Cursor {
  position;
  /** Set when the stream is closed: what comes after, in the same piece, is not seen. */
  closed = false;
  #hooks;
  #from;
  #skipping = false;
  #behind = false;
  #gap = false;

  constructor(position, hooks) {
    this.position = position;
    this.#hooks = hooks;
  }

  /** A connection begins after this id; undefined is the present. */
  opened(from) {
    this.#from = from;
    this.#gap = false;
    this.#align(from);
  }

  /** A connection is under way and has come to this id; a tab that is new begins at `present`. */
  joined(at, present) {
    this.position ??= present;
    this.#from = at;
    this.#gap = false;
    this.#align(at);
    if (this.#skipping && Number.isNaN(compare(at, this.position))) {
      // of another epoch, and the gap that the server told of is past
      this.#ask();
    }
  }

  #align(at) {
    this.#skipping = false;
    this.#behind = false;
    if (this.position === undefined || at === this.position) {
      return;
    }
    const order = at === undefined ? 1 : compare(at, this.position);
    if (order > 0) {
      this.#ask();
    } else if (order < 0) {
      this.#skipping = true;
    } else {
      // ids of other makers have no order
      this.#skipping = Boolean(parseId(at) && parseId(this.position));
    }
  }

  #ask() {
    this.#behind = true;
    this.#hooks.rewind(this.position);
  }

  take(event) {
    if (this.#behind || this.closed) {
      return;
    }
    if (event.type === GAP) {
      this.#takeGap(event);
      return;
    }
    if (event.id !== undefined) {
      if (this.#skipping) {
        const order = compare(event.id, this.position);
        if (order <= 0) {
          return;
        }
        if (Number.isNaN(order) && !this.#gap && this.#from !== this.position) {
          // of another epoch: only a connection from our own id tells what we miss
          this.#ask();
          return;
        }
        this.#skipping = false;
      }
      this.position = event.id || undefined;
    }
    if (event.type !== undefined) {
      this.#hooks.dispatch(event);
    }
  }

  #takeGap(event) {
    const gap = parseMembers(event.data);
    const next = parseId(gap.next);
    const seen = parseId(this.position);
    const others = this.#skipping && next && seen && next.epoch === seen.epoch;
    if (others && next.sequence <= seen.sequence + 1n) {
      // what the connection misses has been seen here
      return;
    }
    if (this.#skipping) {
      // it was counted from the id of another tab
      delete gap.missed;
    }
    this.#skipping = false;
    this.#gap = true;
    this.position = event.id || this.position;
    this.#hooks.gap(gap);
  }
}

// ---- who this is

/** The server's token, kept while the tab lives; where the browser keeps nothing, while the page does. */
class Token {
  #key;
  #value;

  constructor(key) {
    this.#key = key;
    this.#value = this.#store(storage => storage.getItem(key));
  }

  get value() {
    return this.#value;
  }

  /** What is no token changes nothing: a server that has none to give says nothing. */
  set value(token) {
    if (typeof token === 'string' && token !== this.#value) {
      this.#value = token;
      this.#store(storage => storage.setItem(this.#key, token));
    }
  }

  #store(action) {
    try {
      return action(globalThis.sessionStorage);
    } catch {
      return undefined;
    }
  }
}

// ---- the tabs

/** A connection of this tab's own. */
class Alone {
  #connection;

  constructor(hub) {
    this.hub = hub;
  }

  start() {
    const { cursor } = this.hub;
    this.#connection = this.hub.connection({
      opened: from => {
        this.hub.opened();
        cursor.opened(from);
      },
      received: events => {
        this.hub.alive();
        events.forEach(event => this.hub.take(event));
      },
      alive: () => this.hub.alive(),
      down: (error, retryIn) => this.hub.down(error, retryIn),
      failed: error => this.hub.failed(error),
      ended: () => this.hub.ended(),
    });
    this.#connection.start();
  }

  get origin() {
    return this.#connection?.origin;
  }

  stop() {
    this.#connection?.stop();
  }

  rewind(id) {
    this.#connection.rewind(id);
  }

  wake() {
    this.#connection.wake();
  }

  networkChanged() {
    this.#connection.networkChanged();
  }
}

/**
 * One connection for all tabs. The leader, which holds the lock, numbers its messages: whoever misses
 * one says hello, and is told where the connection stands. Terms rise from leader to leader: what
 * comes of an earlier one is late, and is not heard.
 *
 *   hello                                   who leads, and where are we? also: I am here, try now
 *   sync   term n opens open at present token
 *                                           a new leader, or the answer to hello
 *   open   term n opens from                a connection begins after that id
 *   events term n events
 *   state  term n state error
 *   alive  term n
 *   rewind term opens id                    to the leader: go back to that id
 */
class Shared {
  #name;
  #channel;
  #stopped = true;
  #queued;
  #release;
  #connection;
  /** The latest that was heard of; while this tab leads, its own. */
  #term = 0;
  /** The number of its latest message; none while this tab does not know where the leader is. */
  #sent = NaN;
  #opens = 0;
  #at;
  #origin;
  #lastSent = 0;
  #lastHeard = 0;
  #greeting;
  #pulse;

  constructor(hub, name) {
    this.hub = hub;
    this.#name = name;
  }

  get origin() {
    return this.#connection?.origin ?? this.#origin;
  }

  start() {
    this.#stopped = false;
    this.#sent = NaN;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#pulse = setInterval(() => this.#checkLeader(), this.hub.options.heartbeatTimeout);
    this.#queue();
    this.#greet();
  }

  stop() {
    if (this.#stopped) {
      return;
    }
    this.#stopped = true;
    clearInterval(this.#pulse);
    this.#endGreeting();
    this.#connection?.stop();
    this.#connection = undefined;
    this.#channel.close();
    this.#queued.abort();
    this.#release?.();
  }

  rewind(id) {
    if (this.#connection) {
      this.#connection.rewind(id);
    } else if (!this.#stopped) {
      this.#channel.postMessage({ is: 'rewind', term: this.#term, opens: this.#opens, id });
    }
  }

  wake() {
    if (this.#connection) {
      this.#connection.wake();
    } else {
      this.#greet();
    }
  }

  networkChanged() {
    if (this.#connection) {
      this.#connection.networkChanged();
    } else {
      this.#greet();
    }
  }

  // -- who leads

  #queue(steal = false) {
    const queued = new AbortController();
    this.#queued = queued;
    const mine = () => this.#queued === queued && !this.#stopped;
    const options = steal ? { steal } : { signal: queued.signal };
    const held = () => {
      if (!mine()) {
        return undefined;
      }
      const released = new Promise(release => (this.#release = release));
      this.#lead();
      return released;
    };
    navigator.locks
      .request(this.#name, options, held)
      .catch(error => error)
      .then(error => {
        if (!mine()) {
          return;
        }
        if (error?.name === 'AbortError') {
          // another tab took the lock, as it had not heard of this one for too long
          this.#follow();
        } else if (!this.#connection) {
          // this page may use no locks
          this.#lead();
        }
      });
  }

  #lead() {
    this.#endGreeting();
    const { hub } = this;
    // later than all before, also if the clock was set back; by chance, so that no two are the same
    this.#term = Math.max(Date.now(), Math.floor(this.#term) + 1) + Math.random();
    this.#sent = 0;
    this.#at = undefined;
    const connection = hub.connection({
      opened: from => {
        this.#opens++;
        this.#at = from;
        this.#send({ is: 'open', from, origin: connection.origin });
        hub.opened();
        hub.cursor.opened(from);
      },
      received: events => {
        this.#send({ is: 'events', events });
        hub.alive();
        for (const event of events) {
          this.#at = event.id ?? this.#at;
          hub.take(event);
        }
      },
      alive: () => {
        hub.alive();
        if (Date.now() - this.#lastSent > hub.options.heartbeatTimeout / 3) {
          this.#send({ is: 'alive' });
        }
      },
      down: (error, retryIn) => {
        hub.down(error, retryIn);
        if (!this.#stopped) {
          this.#sendState(error);
        }
      },
      failed: error => {
        this.#sendState(error, 'failed');
        hub.failed(error);
      },
      ended: () => {
        this.#sendState(null, 'closed');
        hub.ended();
      },
    });
    this.#connection = connection;
    hub.down();
    if (!this.#stopped) {
      this.#sendSync();
      connection.start();
    }
  }

  #follow() {
    this.#connection?.stop();
    this.#connection = undefined;
    this.#release = undefined;
    this.#queue();
    this.#greet();
  }

  /** Asks for the leader; one that does not answer is frozen or stuck, and has to give way. */
  #greet() {
    if (this.#stopped || this.#connection || this.#greeting) {
      return;
    }
    this.#greeting = setTimeout(() => {
      this.#greeting = undefined;
      this.#queued.abort();
      this.#queue(true);
    }, HELLO_TIMEOUT);
    this.#channel.postMessage({ is: 'hello' });
  }

  #endGreeting() {
    clearTimeout(this.#greeting);
    this.#greeting = undefined;
  }

  #checkLeader() {
    if (Date.now() - this.#lastHeard > this.hub.options.heartbeatTimeout) {
      this.#greet();
    }
  }

  // -- what is said

  #send(message) {
    this.#lastSent = Date.now();
    const term = this.#term;
    this.#channel.postMessage({ ...message, term, n: ++this.#sent, opens: this.#opens });
  }

  #sendSync() {
    const { open, origin } = this.#connection;
    const { state, token, cursor } = this.hub;
    const present = cursor.position;
    this.#send({ is: 'sync', open, origin, at: this.#at, present, state, token });
  }

  #sendState(error, state = this.hub.state) {
    const plain = error && { message: error.message, status: error.status };
    this.#send({ is: 'state', state, error: plain });
  }

  #hear(message) {
    if (this.#stopped || message.term < this.#term) {
      // of a leader that another tab has followed: it is late, and may be of before a restart
      return;
    }
    if (this.#connection) {
      this.#hearTab(message);
    } else if (message.term !== undefined && message.is !== 'rewind') {
      this.#hearLeader(message);
    }
  }

  #hearTab(message) {
    if (message.is === 'hello') {
      this.#sendSync();
      this.#connection.wake();
    } else if (
      message.is === 'rewind' &&
      message.term === this.#term &&
      message.opens === this.#opens
    ) {
      this.#connection.rewind(message.id);
    }
  }

  #hearLeader(message) {
    this.#lastHeard = Date.now();
    const { hub } = this;
    if (message.is === 'sync') {
      this.#endGreeting();
      const known = message.term === this.#term && message.n === this.#sent + 1;
      this.#term = message.term;
      this.#sent = message.n;
      this.#opens = message.opens;
      this.#origin = message.origin;
      hub.mirror(message.state);
      hub.token = message.token;
      if (known && hub.cursor.position !== undefined) {
        return;
      }
      if (message.open) {
        hub.cursor.joined(message.at, message.present);
      } else {
        hub.cursor.position ??= message.present;
      }
      return;
    }
    if (message.term !== this.#term || message.n !== this.#sent + 1) {
      this.#term = message.term;
      this.#sent = NaN;
      this.#greet();
      return;
    }
    this.#sent = message.n;
    this.#opens = message.opens;
    if (message.is === 'open') {
      this.#origin = message.origin;
      hub.opened();
      hub.cursor.opened(message.from);
    } else if (message.is === 'alive') {
      hub.alive();
    } else if (message.is === 'events') {
      hub.alive();
      message.events.forEach(event => hub.take(event));
    } else if (message.is === 'state') {
      const { error } = message;
      hub.mirror(message.state, error && failure(error.message, error.status));
    }
  }
}

// ---- the stream

const streams = new Set();
const displays = new Set();

class Stream {
  #url;
  #name;
  #handlers;
  #link;
  #cursor;
  #token;
  #state = 'connecting';
  #error = null;
  #wasOpen = false;
  #suspended = false;
  #openWhenHidden;
  #done = false;
  #unlisten = new AbortController();

  constructor(url, options) {
    const settings = {
      heartbeatTimeout: milliseconds(options, 'heartbeatTimeout', 45_000, 1),
      minRetry: milliseconds(options, 'minRetry', 1_000, 1),
      maxRetry: milliseconds(options, 'maxRetry', 30_000, 1),
      credentials: options.credentials ?? 'same-origin',
      headers: options.headers,
      method: options.method ?? 'GET',
    };
    if (!['GET', 'POST', 'QUERY'].includes(settings.method)) {
      throw new TypeError('method: must be GET, POST or QUERY');
    }
    const base = globalThis.document?.baseURI ?? globalThis.location?.href;
    const address = new URL(url, base);
    address.hash = '';
    this.#url = address.href;
    this.#name = options.name ?? '';
    this.#openWhenHidden = options.openWhenHidden ?? true;
    this.#handlers = options;
    this.#cursor = new Cursor(options.lastEventId || undefined, {
      dispatch: event => this.#dispatch(event),
      gap: gap => this.#call(this.#handlers.onGap, gap),
      rewind: id => this.#link.rewind(id),
    });
    const name = `starcast ${settings.credentials} ${this.#url}`;
    this.#token = new Token(name);
    const hub = this.#hub(settings);
    const shares =
      (options.shared ?? !options.headers) &&
      globalThis.navigator?.locks &&
      globalThis.BroadcastChannel;
    this.#link = shares ? new Shared(hub, name) : new Alone(hub);
    streams.add(this);
    this.#listen();
    this.#suspended = this.#rests();
    if (!this.#suspended) {
      this.#link.start();
    }
    refreshDisplays();
  }

  get url() {
    return this.#url;
  }

  get name() {
    return this.#name;
  }

  get state() {
    return this.#state;
  }

  get error() {
    return this.#error;
  }

  get lastEventId() {
    return this.#cursor.position ?? '';
  }

  /** Ends the stream; other tabs go on. No handler is called any more. */
  close() {
    this.#finish('closed', null, 'client');
    if (streams.delete(this)) {
      refreshDisplays();
    }
  }

  /** What the connection's side of this module sees of the stream. */
  #hub(options) {
    const stream = this;
    return {
      options,
      cursor: this.#cursor,
      get state() {
        return stream.#state;
      },
      get token() {
        return stream.#token.value;
      },
      set token(value) {
        stream.#token.value = value;
      },
      take: event => {
        // what was published has an id: the token is for this client alone
        if (event.type === CLIENT && event.id === undefined) {
          this.#token.value = parseMembers(event.data).resume;
        }
        this.#cursor.take(event);
      },
      connection: hooks =>
        new Connection(this.#url, options, {
          ...hooks,
          position: () => this.#cursor.position,
          token: () => this.#token.value,
          wasOpen: () => this.#wasOpen,
        }),
      opened: () => this.#set('open', null),
      alive: () => this.#state === 'offline' && this.#set('open', null),
      down: (error, retryIn) => this.#set(this.#down(), error ?? this.#error, retryIn),
      failed: error => this.#fail(error),
      ended: () => this.#finish('closed', null, 'server'),
      mirror: (state, error) => this.#mirror(state, error),
    };
  }

  #down() {
    if (globalThis.navigator?.onLine === false) {
      return 'offline';
    }
    return this.#wasOpen ? 'reconnecting' : 'connecting';
  }

  #mirror(state, error) {
    if (state === 'failed') {
      this.#fail(error);
    } else if (state === 'closed') {
      this.#finish('closed', null, 'server');
    } else {
      this.#set(state, state === 'open' ? null : (error ?? this.#error));
    }
  }

  #fail(error) {
    if (this.#done) {
      return;
    }
    this.#finish('failed', error);
    if (this.#handlers.onError) {
      this.#run(this.#handlers.onError, error);
    } else {
      console.error(`${this.#url}: ${error.message}`);
    }
  }

  #finish(state, error = null, reason) {
    if (this.#done) {
      return;
    }
    this.#set(state, error, undefined, reason);
    this.#done = true;
    this.#cursor.closed = true;
    this.#unlisten.abort();
    this.#link.stop();
  }

  #set(state, error, retryIn, reason) {
    if (this.#done) {
      return;
    }
    const same = state === this.#state && error === this.#error;
    this.#state = state;
    this.#error = error;
    this.#wasOpen ||= state === 'open';
    if (!same) {
      refreshDisplays();
      this.#call(this.#handlers.onState, state, { error, retryIn, reason });
    }
  }

  #dispatch({ type, data }) {
    const { on, onEvent, onEnd } = this.#handlers;
    const handler = on && Object.hasOwn(on, type) ? on[type] : undefined;
    if (handler || onEvent) {
      const { lastEventId } = this;
      const origin = this.#link.origin ?? '';
      const event = new MessageEvent(type, { data, lastEventId, origin });
      this.#call(onEvent, event);
      this.#call(handler, event);
    }
    if (type === END && onEnd && !this.#done) {
      this.#finish('closed', null, 'server');
      this.#run(onEnd, parseMembers(data));
    }
  }

  #call(handler, ...args) {
    if (!this.#done && handler) {
      this.#run(handler, ...args);
    }
  }

  #run(handler, ...args) {
    try {
      handler.apply(this, args);
    } catch (error) {
      reportError(error);
    }
  }

  /** The page's own life: shown, frozen, put away and taken back; and the network's. */
  #listen() {
    const { signal } = this.#unlisten;
    const listen = (target, type, action) => target?.addEventListener?.(type, action, { signal });
    const { document } = globalThis;
    listen(globalThis, 'online', () => this.#suspended || this.#link.networkChanged());
    listen(globalThis, 'offline', () => {
      if (!this.#suspended) {
        this.#set('offline', this.#error);
      }
    });
    listen(document, 'visibilitychange', () => {
      if (this.#rests()) {
        this.#suspend();
        this.#set(this.#down(), this.#error);
      } else if (document.visibilityState === 'visible') {
        if (this.#suspended) {
          this.#resume();
        } else {
          this.#link.wake();
        }
      }
    });
    // a page that is put away runs no code, but would keep the lock
    listen(globalThis, 'pagehide', () => this.#suspend());
    listen(document, 'freeze', () => this.#suspend());
    listen(globalThis, 'pageshow', () => this.#resume());
    listen(document, 'resume', () => this.#resume());
  }

  /** Whether the page is hidden, and has no connection then. */
  #rests() {
    return !this.#openWhenHidden && globalThis.document?.visibilityState === 'hidden';
  }

  #suspend() {
    if (!this.#suspended) {
      this.#suspended = true;
      this.#link.stop();
    }
  }

  #resume() {
    if (this.#suspended && !this.#rests()) {
      this.#suspended = false;
      this.#set(this.#down(), this.#error);
      this.#link.start();
    }
  }
}

/** A stream in the shape of the browser's EventSource. */
class Source extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSED = 2;
  onopen = null;
  onmessage = null;
  onerror = null;
  #stream;

  constructor(url, options) {
    super();
    this.#stream = connect(url, {
      shared: false,
      ...options,
      on: undefined,
      onEvent: event => this.#tell(event),
      onGap: gap => this.#tell(new MessageEvent(GAP, { data: JSON.stringify(gap) })),
      onState: (state, { reason }) => {
        if (reason !== 'client') {
          this.#tell(new Event(state === 'open' ? 'open' : 'error'));
        }
      },
      // the console has it then, and listeners have been told by the state
      onError: undefined,
      onEnd: undefined,
    });
  }

  get url() {
    return this.#stream.url;
  }

  get readyState() {
    const { state } = this.#stream;
    return state === 'open' ? 1 : state === 'failed' || state === 'closed' ? 2 : 0;
  }

  get error() {
    return this.#stream.error;
  }

  close() {
    this.#stream.close();
  }

  #tell(event) {
    this.dispatchEvent(event);
    // set when a listener has stopped it
    if (!event.cancelBubble) {
      this[`on${event.type}`]?.call(this, event);
    }
  }
}

function milliseconds(options, name, otherwise, least) {
  const value = options[name] ?? otherwise;
  if (!(value >= least && value <= LONGEST_TIMER)) {
    throw new TypeError(`${name}: must be ${least} to ${LONGEST_TIMER} milliseconds`);
  }
  return value;
}

// ---- the status element

const LABELS = {
  failed: 'Not connected',
  offline: 'Offline',
  reconnecting: 'Reconnecting…',
  connecting: 'Connecting…',
  open: 'Connected',
  closed: 'Closed',
};

function refreshDisplays() {
  displays.forEach(display => display.refresh());
}

if (globalThis.customElements && !customElements.get('starcast-status')) {
  customElements.define(
    'starcast-status',
    class extends HTMLElement {
      static observedAttributes = ['for', ...Object.keys(LABELS).map(state => `label-${state}`)];

      connectedCallback() {
        if (!this.hasAttribute('role')) {
          this.setAttribute('role', 'status');
        }
        if (!this.hasAttribute('aria-live')) {
          this.setAttribute('aria-live', 'polite');
        }
        displays.add(this);
        this.refresh();
      }

      disconnectedCallback() {
        displays.delete(this);
      }

      attributeChangedCallback() {
        if (this.isConnected) {
          this.refresh();
        }
      }

      /** Shows the worst state; nothing is touched that is right, so that it is announced once. */
      refresh() {
        const name = this.getAttribute('for');
        const states = [...streams]
          .filter(stream => name === null || stream.name === name)
          .map(stream => stream.state);
        const state = Object.keys(LABELS).find(one => states.includes(one)) ?? 'closed';
        const text = this.getAttribute(`label-${state}`) ?? LABELS[state];
        if (this.getAttribute('state') !== state) {
          this.setAttribute('state', state);
        }
        if (this.textContent !== text) {
          this.textContent = text;
        }
      }
    },
  );
}
