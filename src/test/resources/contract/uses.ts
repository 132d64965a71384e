// Has to be accepted by tsc --strict, with topics.d.ts beside it.
// snippet: uses
import { connect } from 'starcast';
import type { Events, Json, Line } from './topics'; // topics.d.ts

const parse = <T>(text: Json<T>): T => JSON.parse(text);

connect<Events<'chat.lobby'>>('api/starcast/stream?topic=chat.lobby', {
  on: {
    line(e) {
      const line: Line = parse(e.data); // known to be a Line, as the event's name is "line"
      console.log(line.name, line.text);
    },
  },
});
// end snippet
import type { Order, Topics } from './topics';

connect<Events<'chat.lobby' | 'users.ann.seen'>>('api/starcast/stream?topic=chat.lobby', {
  on: {
    message(e) {
      const data: string | Json<Order> = e.data;
      console.log(data);
    },
    // @ts-expect-error: no message has this name
    lines() {},
  },
});

connect<Events<'users.ann.seen'>>('api/starcast/stream?topic=users.*.seen', {
  on: {
    message(e) {
      const order = parse(e.data);
      console.log(order.id.toFixed(), order.parts?.[0]?.stock?.['a']);
      // @ts-expect-error: an order has no such property
      order.name;
    },
  },
});

// without types, as before
connect('api/starcast/stream', {
  on: { message: e => console.log(e.data.length), line(e) { this.close(); e.data.trim(); } },
});

const line: Topics['chat.room-1'] = { name: 'Ada', text: null };
// @ts-expect-error: a status is one of two
const status: Order['status'] = 'LOST';
const shape: Topics['users.ann.text'] = 'text';
export { line, status, shape };
