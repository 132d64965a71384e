/** See the head of starcast.js, which says what each of these does. */

export type State = 'connecting' | 'open' | 'reconnecting' | 'offline' | 'failed' | 'closed';

/** An answer or a failure of the connection; `status` is the HTTP status, if there is one. */
export interface StarcastError extends Error {
  readonly name: 'StarcastError';
  readonly status?: number;
}

/** Events that are gone: the id of the first that follows, and how many, each if it is known. */
export interface Gap {
  readonly next?: string;
  readonly missed?: number;
}

export interface StateInfo {
  readonly error: StarcastError | null;
  /** Milliseconds until the next attempt. */
  readonly retryIn?: number;
  /** Why the state is `closed`. */
  readonly reason?: 'client' | 'server';
}

/** How a named stream has ended; `items` is left out where the number is not known. */
export interface StreamEnd {
  readonly stream: string;
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  /** Not there if it is `completed`. */
  readonly reason?: 'error' | 'timeout' | 'lost' | 'stopped' | 'unwatched';
  readonly items?: number;
}

/** What both ways to open a stream take; times are in milliseconds. */
export interface ConnectionOptions {
  lastEventId?: string;
  shared?: boolean;
  openWhenHidden?: boolean;
  headers?:
    | HeadersInit
    | ((refused: StarcastError | undefined) => HeadersInit | Promise<HeadersInit>);
  method?: 'GET' | 'POST' | 'QUERY';
  heartbeatTimeout?: number;
  minRetry?: number;
  maxRetry?: number;
  credentials?: RequestCredentials;
  name?: string;
}

/** `Events` are the data of each event by its name, as the contract's types give them. */
export interface Options<Events = Record<string, string>> extends ConnectionOptions {
  on?: { [Name in keyof Events]?: (this: Stream, event: MessageEvent<Events[Name]>) => void };
  onEvent?(this: Stream, event: MessageEvent<string>): void;
  onGap?(this: Stream, gap: Gap): void;
  onState?(this: Stream, state: State, info: StateInfo): void;
  onError?(this: Stream, error: StarcastError): void;
  onEnd?(this: Stream, end: StreamEnd): void;
}

export interface Stream {
  readonly url: string;
  readonly name: string;
  readonly state: State;
  readonly error: StarcastError | null;
  readonly lastEventId: string;
  close(): void;
}

/** In the shape of the browser's EventSource. */
export interface Source extends EventTarget {
  readonly url: string;
  readonly readyState: 0 | 1 | 2;
  readonly error: StarcastError | null;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent<string>) => void) | null;
  onerror: ((event: Event) => void) | null;
  close(): void;
}

/**
 * Opens a stream.
 *
 * @throws TypeError if the URL or an option is not valid
 */
export function connect<Events = Record<string, string>>(
  url: string | URL,
  options?: Options<NoInfer<Events>>,
): Stream;

/**
 * Opens a stream as an EventTarget.
 *
 * @throws TypeError if the URL or an option is not valid
 */
export function eventSource(url: string | URL, options?: ConnectionOptions): Source;

declare global {
  interface HTMLElementTagNameMap {
    'starcast-status': HTMLElement;
  }
}
