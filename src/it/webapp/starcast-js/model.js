/*
 * Runs many tabs at once, in one page, against a plain model of the server: a tab is a stream with a
 * lock and a channel of its own. What each of them has to see is a piece of what was published.
 */
import { connect } from './starcast/starcast.js';

/** A small generator of numbers by seed (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return bound => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % bound;
  };
}

const servers = new Map();
const realFetch = globalThis.fetch;
globalThis.fetch = (url, init) => {
  const server = servers.get(new URL(url, location.href).pathname);
  return server ? server.answer(init) : realFetch(url, init);
};

/**
 * Channels of tabs that are processes of their own: what one sends comes to each of the others in order,
 * but sooner or later than what a third sends; and what is under way when the sender ends may be lost.
 */
const channels = new Map();
let channelsMade = 0;
globalThis.BroadcastChannel = class {
  #all;
  #open = true;
  #pick;

  constructor(name) {
    this.#pick = random(++channelsMade);
    this.#all = channels.get(name) ?? new Set();
    channels.set(name, this.#all);
    this.#all.add(this);
    this.ways = new Map();
  }

  postMessage(message) {
    if (!this.#open) {
      throw new DOMException('closed', 'InvalidStateError');
    }
    for (const other of this.#all) {
      if (other !== this) {
        const data = structuredClone(message);
        const before = this.ways.get(other) ?? Promise.resolve();
        this.ways.set(other, before.then(() => this.#carry(other, data)));
      }
    }
  }

  async #carry(other, data) {
    const slow = this.#pick(8) === 0 ? 12 : 2;
    for (let i = 1 + this.#pick(slow); i > 0; i--) {
      await turn();
    }
    if (other.#open && (this.#open || this.#pick(2) === 0)) {
      other.onmessage?.({ data });
    }
  }

  close() {
    this.#open = false;
    this.#all.delete(this);
  }
};

// how long the module waits for a leader's answer; here one that is late is often taken for dead
const HELLO_TIMEOUT = 5_000;
let helloTimeout = HELLO_TIMEOUT;
const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = (action, delay, ...rest) =>
  realTimeout(action, delay === HELLO_TIMEOUT ? helloTimeout : delay, ...rest);

/** What a node does: keeps all, replays from an id, and sends what is new. */
class Server {
  log = [];
  streams = new Set();
  requests = 0;

  constructor(pick) {
    this.pick = pick;
  }

  async answer({ headers, signal }) {
    this.requests++;
    for (let i = this.pick(4); i > 0; i--) {
      await turn();
    }
    signal.throwIfAborted();
    if (this.pick(12) === 0) {
      throw new TypeError('refused by the model');
    }
    const id = headers.get('Last-Event-ID');
    const stream = { at: id === null ? this.log.length : Number(id.split('-')[1]), waiting: [] };
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      start: controller => {
        stream.send = text => controller.enqueue(encoder.encode(text));
        stream.cut = () => {
          if (this.streams.delete(stream)) {
            controller.error(new TypeError('cut by the model'));
          }
        };
        signal.addEventListener('abort', () => {
          if (this.streams.delete(stream)) {
            controller.error(signal.reason);
          }
        });
      },
      cancel: () => {
        this.streams.delete(stream);
      },
    });
    this.streams.add(stream);
    stream.send(`id: ep-${stream.at}\nretry: 1\n\n`);
    this.write(stream);
    const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
    // one that is made has none
    return Object.defineProperty(response, 'url', { value: location.href });
  }

  publish() {
    this.log.push(String(this.log.length + 1));
    this.streams.forEach(stream => this.pick(3) > 0 && this.write(stream));
  }

  write(stream) {
    let text = '';
    while (stream.at < this.log.length) {
      stream.at++;
      text += `id: ep-${stream.at}\ndata: ${this.log[stream.at - 1]}\n\n`;
    }
    if (text !== '') {
      // in two pieces, that may end anywhere
      const cut = this.pick(text.length);
      stream.send(text.slice(0, cut));
      stream.send(text.slice(cut));
    }
  }

  heartbeat() {
    this.streams.forEach(stream => {
      this.write(stream);
      stream.send(`:\nid: ep-${stream.at}\n\n`);
    });
  }

  cut() {
    this.streams.forEach(stream => this.pick(2) === 0 && stream.cut());
  }
}

/** Lets the other tasks of the page run. */
function turn() {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

class Tab {
  seen = [];
  gaps = [];

  constructor(path) {
    this.stream = connect(path, {
      minRetry: 1,
      maxRetry: 1,
      on: { message: ({ data }) => this.seen.push(data) },
      onGap: gap => this.gaps.push(gap),
    });
  }
}

/** One run; returns what is wrong, or nothing. */
async function run(seed, steps, patience) {
  const pick = random(seed);
  const path = `/model/${seed}`;
  const server = new Server(pick);
  servers.set(path, server);
  const tabs = new Set([new Tab(path), new Tab(path)]);
  const closed = [];
  try {
    for (let i = 0; i < steps; i++) {
      const what = pick(20);
      if (what < 12) {
        server.publish();
      } else if (what < 14 && tabs.size < 5) {
        tabs.add(new Tab(path));
      } else if (what < 16 && tabs.size > 1) {
        const tab = [...tabs][pick(2) === 0 ? 0 : pick(tabs.size)];
        tabs.delete(tab);
        closed.push(tab);
        tab.stream.close();
      } else if (what === 16) {
        server.cut();
      } else if (what === 17) {
        server.heartbeat();
      }
      for (let j = pick(4); j > 0; j--) {
        await turn();
      }
    }
    const end = Date.now() + patience;
    let wrong;
    do {
      server.heartbeat();
      await new Promise(resolve => setTimeout(resolve, 20));
      wrong = [...tabs].map(tab => fault(tab, server.log)).filter(Boolean);
    } while (wrong.length > 0 && Date.now() < end);
    closed.forEach(tab => {
      if (!inOrder(tab.seen)) {
        wrong.push(`closed: ${tab.seen}`);
      }
    });
    return wrong.length > 0 ? { seed, wrong } : undefined;
  } finally {
    tabs.forEach(tab => tab.stream.close());
    servers.delete(path);
  }
}

/** From where it began, all, once and in order. */
function fault({ seen, gaps, stream }, log) {
  if (gaps.length > 0) {
    return `a gap that is none: ${JSON.stringify(gaps)}`;
  }
  if (!inOrder(seen)) {
    return `not in order: ${seen}`;
  }
  if (stream.lastEventId !== `ep-${log.length}`) {
    return `${stream.state}, is at ${stream.lastEventId} of ${log.length}, saw ${seen.at(-1)}`;
  }
  if (seen.length > 0 && seen.at(-1) !== log.at(-1)) {
    return `lacks the last: ${seen.at(-1)} of ${log.at(-1)}`;
  }
  return undefined;
}

function inOrder(seen) {
  return seen.every((data, i) => i === 0 || Number(data) === Number(seen[i - 1]) + 1);
}

/** Runs from this seed, some at a time; returns the faults. */
window.runModel = async ({ first, count, hello, atATime = 40, steps = 120, patience = 20_000 }) => {
  helloTimeout = hello;
  const faults = [];
  let next = first;
  const work = async () => {
    while (next < first + count && faults.length === 0) {
      const found = await run(next++, steps, patience);
      if (found) {
        faults.push(found);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return faults;
};
// this page has no policy that it could break
window.violations = [];
window.ready = true;
