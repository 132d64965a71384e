/*
 * Runs many tabs in one page against a plain model of the server. Each tab is a stream with a lock
 * and a channel of its own. What each of them has to see is known: all that was published since it
 * began, once and in order, and a gap where something is missing, and only there.
 */
import { connect } from './starcast/starcast.js';

/** So many events the server keeps. */
const KEPT = 15;

/** How long the module waits for a leader's answer. */
const HELLO_TIMEOUT = 5_000;

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

const sleep = milliseconds => new Promise(resolve => realTimeout(resolve, milliseconds));

// ---- the browser

/** What happened in all runs: a model in which nothing happens shows nothing. */
const counts = { steals: 0, rewinds: 0, gaps: 0, suspended: 0 };

/** A leader that does not answer in time is taken for dead; here often one that is alive. */
let helloTimeout = HELLO_TIMEOUT;
const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = (action, delay, ...rest) =>
  realTimeout(action, delay === HELLO_TIMEOUT ? helloTimeout : delay, ...rest);

const realRequest = navigator.locks.request.bind(navigator.locks);
navigator.locks.request = (name, options, held) => {
  counts.steals += options.steal ? 1 : 0;
  return realRequest(name, options, held);
};

/**
 * Channels of tabs that are processes of their own: what one sends comes to each of the others in
 * order, but sooner or later than what a third sends; what is under way when it ends may be lost.
 */
const channels = new Map();
globalThis.BroadcastChannel = class {
  #all;
  #ways = new Map();
  #open = true;
  #pick;

  constructor(name) {
    if (!channels.has(name)) {
      channels.set(name, { made: 0, open: new Set() });
    }
    const channel = channels.get(name);
    this.#pick = random(Number(name.match(/[0-9]+$/)[0]) * 31 + ++channel.made);
    this.#all = channel.open;
    this.#all.add(this);
  }

  postMessage(message) {
    if (!this.#open) {
      throw new DOMException('closed', 'InvalidStateError');
    }
    counts.rewinds += message.is === 'rewind' ? 1 : 0;
    for (const other of this.#all) {
      if (other !== this) {
        const data = structuredClone(message);
        const before = this.#ways.get(other) ?? Promise.resolve();
        this.#ways.set(
          other,
          before.then(() => this.#carry(other, data))
        );
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

const servers = new Map();
const realFetch = globalThis.fetch;
globalThis.fetch = (url, init) => {
  const server = servers.get(new URL(url, location.href).pathname);
  return server ? server.answer(init) : realFetch(url, init);
};

// ---- the server

/** Keeps the latest, replays from an id or tells a gap, and sends what is new; it may begin anew. */
class Server {
  /** How many events there were, each with its number as data. */
  total = 0;
  streams = new Set();
  requests = 0;
  restarts = 0;
  quiet = false;
  #pick;
  #before = 0;

  constructor(seed) {
    this.#pick = random(seed ^ 0x9e3779b9);
  }

  #id(number) {
    return `e${this.restarts}-${number - this.#before}`;
  }

  /** What is kept begins behind this number. */
  get #floor() {
    return Math.max(this.#before, this.total - KEPT);
  }

  async answer({ headers, signal }) {
    this.requests++;
    for (let i = this.#pick(4); i > 0; i--) {
      await turn();
    }
    signal.throwIfAborted();
    if (!this.quiet && this.#pick(12) === 0) {
      throw new TypeError('refused by the model');
    }
    const [epoch, sequence] = headers.get('Last-Event-ID')?.split('-') ?? [];
    const known = epoch === `e${this.restarts}`;
    const stream = { at: this.total };
    if (epoch !== undefined) {
      stream.at = known ? Number(sequence) + this.#before : -1;
    }
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      start: controller => {
        stream.send = text => controller.enqueue(encoder.encode(text));
        stream.cut = reason => {
          if (this.streams.delete(stream)) {
            controller.error(reason);
          }
        };
        signal.addEventListener('abort', () => stream.cut(signal.reason));
      },
      cancel: () => {
        this.streams.delete(stream);
      },
    });
    this.streams.add(stream);
    stream.send(stream.at < 0 ? 'retry: 1\n\n' : `id: ${this.#id(stream.at)}\nretry: 1\n\n`);
    this.#write(stream);
    const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
    // one that is made has none
    return Object.defineProperty(response, 'url', { value: location.href });
  }

  publish() {
    this.total++;
    this.streams.forEach(stream => (this.quiet || this.#pick(3) > 0) && this.#write(stream));
  }

  #write(stream) {
    let text = '';
    const floor = this.#floor;
    if (stream.at < floor || stream.at < 0) {
      const gap = { next: this.#id(floor + 1) };
      if (stream.at >= 0) {
        gap.missed = floor - stream.at;
      }
      text += `event: starcast-gap\nid: ${this.#id(floor)}\ndata: ${JSON.stringify(gap)}\n\n`;
      stream.at = floor;
    }
    while (stream.at < this.total) {
      stream.at++;
      text += `id: ${this.#id(stream.at)}\ndata: ${stream.at}\n\n`;
    }
    if (text !== '') {
      // in two pieces, that may end anywhere
      const cut = this.#pick(text.length);
      stream.send(text.slice(0, cut));
      stream.send(text.slice(cut));
    }
  }

  heartbeat() {
    this.streams.forEach(stream => {
      this.#write(stream);
      stream.send(`:\nid: ${this.#id(stream.at)}\n\n`);
    });
  }

  cut(all = false) {
    this.streams.forEach(
      stream => (all || this.#pick(2) === 0) && stream.cut(new TypeError('cut by the model'))
    );
  }

  /** With nothing of before. */
  restart() {
    this.cut(true);
    this.restarts++;
    this.#before = this.total;
  }
}

// ---- a tab

class Tab {
  seen = [];
  began;
  suspended = false;
  closed = false;
  #page = {};

  constructor(path) {
    // all tabs are one page: each hears of its own life alone
    const { addEventListener } = globalThis;
    globalThis.addEventListener = (type, action, options) => {
      if (type.startsWith('page')) {
        this.#page[type] = action;
      } else {
        addEventListener.call(globalThis, type, action, options);
      }
    };
    try {
      this.stream = connect(path, {
        minRetry: 1,
        maxRetry: 1,
        on: { message: ({ data }) => this.#see(Number(data)) },
        onGap: gap => {
          counts.gaps++;
          this.#see(gap);
        },
      });
    } finally {
      globalThis.addEventListener = addEventListener;
    }
  }

  #see(what) {
    // a handler that is called after the end
    this.seen.push(this.closed ? 'late' : what);
  }

  /** From when on it has an id: from there on it misses nothing. */
  note(total) {
    if (this.began === undefined && this.stream.lastEventId) {
      this.began = total;
    }
  }

  suspend() {
    counts.suspended++;
    this.suspended = true;
    this.#page.pagehide();
  }

  resume() {
    this.suspended = false;
    this.#page.pageshow();
  }

  close() {
    this.closed = true;
    this.stream.close();
  }

  /** What is wrong with what it has seen, or nothing. */
  fault(restarts) {
    let last;
    let gap;
    for (const what of this.seen) {
      if (typeof what === 'object') {
        gap = what;
        continue;
      }
      if (what === 'late') {
        return 'a handler was called after close()';
      }
      const missed = last === undefined ? what - this.began - 1 : what - last - 1;
      if (missed > 0 && gap === undefined) {
        return `${missed} are missing before ${what}, and no gap was told`;
      }
      if (last !== undefined && missed < 0) {
        return `${what} behind ${last}`;
      }
      if (last !== undefined && missed === 0 && gap !== undefined && restarts === 0) {
        return `a gap before ${what} that is none: ${JSON.stringify(gap)}`;
      }
      last = what;
      gap = undefined;
    }
    return undefined;
  }

  /** What it still lacks, or nothing. */
  lacks(total) {
    const last = this.seen.at(-1);
    return last === total && this.stream.state === 'open'
      ? undefined
      : `${this.stream.state}, saw ${JSON.stringify(last)} of ${total}`;
  }
}

// ---- the runs

class Run {
  constructor(seed) {
    this.seed = seed;
    this.path = `/model/${seed}`;
    this.server = new Server(seed);
    servers.set(this.path, this.server);
    this.tabs = new Set([new Tab(this.path), new Tab(this.path)]);
    this.closed = [];
  }

  async steps(count) {
    const pick = random(this.seed);
    // half of the runs have no restart, so that each gap has to be one
    const restarts = this.seed % 2 === 0;
    const { server, tabs } = this;
    const any = () => [...tabs][pick(2) === 0 ? 0 : pick(tabs.size)];
    for (let i = 0; i < count; i++) {
      const what = pick(24);
      if (what < 13) {
        server.publish();
      } else if (what < 15) {
        if (tabs.size < 5) {
          tabs.add(new Tab(this.path));
        }
      } else if (what < 17) {
        if (tabs.size > 1) {
          const tab = any();
          tabs.delete(tab);
          this.closed.push(tab);
          tab.close();
        }
      } else if (what < 18) {
        server.cut();
      } else if (what < 20) {
        server.heartbeat();
      } else if (what < 23) {
        const tab = any();
        if (tab.suspended) {
          tab.resume();
        } else {
          tab.suspend();
        }
      } else if (restarts && pick(4) === 0) {
        server.restart();
      }
      for (let j = pick(4); j > 0; j--) {
        await turn();
      }
      tabs.forEach(tab => tab.note(server.total));
    }
  }

  /** Nothing is cut or late any more: all tabs come to the end, by one connection, that stays. */
  async settle(patience) {
    const { server, tabs } = this;
    server.quiet = true;
    tabs.forEach(tab => tab.suspended && tab.resume());
    let wrong = await this.#until(tab => (tab.stream.lastEventId ? undefined : 'no id'), patience);
    const level = async times => {
      for (let i = 0; i < times && wrong.length === 0; i++) {
        wrong = await this.#level(patience);
      }
    };
    // more than once: what was said before may still be under way
    await level(3);
    const { requests } = server;
    const { steals } = counts;
    await level(3);
    [...tabs, ...this.closed].forEach(tab => {
      const fault = tab.fault(server.restarts);
      if (fault) {
        wrong.push(`${fault}: ${JSON.stringify(tab.seen)}, began at ${tab.began}`);
      }
    });
    if (server.streams.size !== 1) {
      wrong.push(`${server.streams.size} connections`);
    }
    if (server.requests !== requests || counts.steals !== steals) {
      wrong.push('connections are made, or leaders taken for dead, though all is quiet');
    }
    return wrong.length > 0 ? { seed: this.seed, wrong } : undefined;
  }

  /** Publishes, and waits until all have seen it; returns what tabs still lack. */
  #level(patience) {
    this.server.publish();
    return this.#until(tab => tab.lacks(this.server.total), patience);
  }

  async #until(lacks, patience) {
    const end = Date.now() + patience;
    for (;;) {
      const lack = [...this.tabs].map(lacks).filter(Boolean);
      if (lack.length === 0 || Date.now() > end) {
        return lack;
      }
      await sleep(10);
    }
  }

  end() {
    this.tabs.forEach(tab => tab.close());
    servers.delete(this.path);
  }
}

/** Runs from this seed, some at a time; returns the faults, and what happened. */
window.runModel = async ({ first, count, hello, atATime = 40, steps = 150, patience = 60_000 }) => {
  helloTimeout = hello;
  const runs = Array.from({ length: count }, (_, i) => first + i);
  const stepped = [];
  const work = async () => {
    while (runs.length > 0) {
      const run = new Run(runs.shift());
      await run.steps(steps);
      stepped.push(run);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  // a busy page is no reason to take a leader for dead from here on; those that were are waited for
  helloTimeout = HELLO_TIMEOUT;
  await sleep(2 * hello + 200);
  const faults = [];
  for (const run of stepped) {
    const fault = faults.length === 0 && (await run.settle(patience));
    if (fault) {
      faults.push(fault);
    }
    run.end();
  }
  return { faults, ...counts };
};

// this page has no policy that it could break
window.violations = [];
window.ready = true;
