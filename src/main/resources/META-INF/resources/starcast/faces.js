/**
 * The element of the tag sc:stream of Jakarta Faces, which puts this file into the head of the page.
 *
 *     <starcast-stream id="…" src="…" module="…" from="…" data-onmessage="…" data-onerror="…" ajax="[…]">
 *
 * It is connected by starcast.js, whose URL is `module`, as long as it is in the page and has `src`. Every
 * event of the stream is dispatched on the element. `ajax` is what f:ajax says, as JSON: requests to send
 * at an event. Nothing is evaluated. A plain script and no module, as Faces adds it to pages as such.
 */
(() => {
  const GAP = 'starcast-gap';
  const following = new Map();

  /** The function of this name, such as app.show. */
  function named(name) {
    return name?.split('.').reduce((part, key) => part?.[key], globalThis);
  }

  function parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  /** A stream, which outlives an element that is replaced by one with the same id and URL. */
  class Follower {
    #key;
    #stream;
    #ended = false;
    /** The requests that are under way, by what f:ajax says; true if another one is to follow. */
    #pending = new Map();

    constructor(key, element) {
      this.#key = key;
      this.element = element;
      following.set(key, this);
      this.#open();
    }

    async #open() {
      const { id, src, module, from } = this.element;
      const { connect } = await import(module);
      if (!this.#ended) {
        this.#stream = connect(src, {
          name: id,
          lastEventId: from,
          onEvent: event => this.#heard(event),
          onGap: gap => this.#missed(gap),
          onError: error => this.#failed(error),
        });
      }
    }

    /** What is replaced is out of the page for a moment. */
    closeUnlessReplaced() {
      setTimeout(() => {
        if (!this.element.isConnected) {
          this.#ended = true;
          this.#stream?.close();
          following.delete(this.#key);
        }
      });
    }

    #heard(event) {
      const { element } = this;
      element.dispatchEvent(event);
      if (event.type === 'message') {
        element.call('onmessage', parse(event.data), event);
      }
      for (const ajax of element.ajax.filter(one => one.event === event.type)) {
        this.#request(ajax, event);
      }
    }

    /** What is shown may be anything: all of it is read anew. */
    #missed(gap) {
      this.element.dispatchEvent(new CustomEvent(GAP, { detail: gap }));
      for (const ajax of this.element.ajax) {
        this.#request(ajax);
      }
    }

    #failed(error) {
      following.delete(this.#key);
      if (!this.element.call('onerror', error)) {
        console.error(`${this.element.id}: ${error.message}`);
      }
    }

    /** One at a time: for what comes meanwhile one more is enough. */
    #request(ajax, event = null) {
      const key = JSON.stringify(ajax);
      if (this.#pending.has(key)) {
        this.#pending.set(key, true);
        return;
      }
      this.#pending.set(key, false);
      const done = () => {
        const again = this.#pending.get(key);
        this.#pending.delete(key);
        if (again && this.element.isConnected) {
          this.#request(ajax);
        }
      };
      const { event: type, onevent, onerror, ...options } = ajax;
      globalThis.faces.ajax.request(this.element, event, {
        ...options,
        'jakarta.faces.behavior.event': type,
        onevent(data) {
          named(onevent)?.(data);
          if (data.status === 'success') {
            done();
          }
        },
        onerror(data) {
          named(onerror)?.(data);
          done();
        },
      });
    }
  }

  class StreamElement extends HTMLElement {
    #follower;

    get src() {
      return this.getAttribute('src');
    }

    get module() {
      return this.getAttribute('module');
    }

    get from() {
      return this.getAttribute('from') ?? '';
    }

    get ajax() {
      return JSON.parse(this.getAttribute('ajax') ?? '[]');
    }

    /** Calls the function that an attribute names; false if it names none. */
    call(attribute, ...args) {
      const handler = named(this.dataset[attribute]);
      handler?.apply(this, args);
      return Boolean(handler);
    }

    connectedCallback() {
      if (this.src) {
        const key = `${this.id} ${this.src}`;
        this.#follower = following.get(key) ?? new Follower(key, this);
        this.#follower.element = this;
      }
    }

    disconnectedCallback() {
      this.#follower?.closeUnlessReplaced();
    }
  }

  if (!customElements.get('starcast-stream')) {
    customElements.define('starcast-stream', StreamElement);
  }
})();
