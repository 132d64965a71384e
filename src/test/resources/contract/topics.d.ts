// The topics of /shop and what is published to them, as Starcast found it.

/** Text that is JSON of a T. */
export type Json<T> = string & { readonly json?: T };

/** The events of a subscription to these topics: the data of each, by its name. */
export type Events<T extends keyof Messages> = {
  [M in Messages[T] as M['event']]: M['data'];
};

/** What is published to each topic. */
export interface Topics {
  [topic: string]: unknown | Line | string | Shape | Order | PageOfOrder;
  [topic: `chat.${string}`]: Line | string;
  "chat.lobby": string | Line;
  [topic: `orders.${string}`]: Shape | unknown | Order;
  "orders.created": unknown | Order;
  [topic: `pages.page-${string}.${string}`]: PageOfOrder;
  "raw/~a%`\\": unknown;
  "signals": string;
  [topic: `users.${string}.seen`]: Order;
  [topic: `users.${string}.text`]: string;
}

/** The messages of each topic. */
export interface Messages {
  [topic: string]: { event: "message"; data: Json<unknown> } | { event: "line"; data: Json<Line> } | { event: "message"; data: string } | { event: "message"; data: Json<Shape> } | { event: string; data: string } | { event: "message"; data: Json<Order> } | { event: "message"; data: Json<PageOfOrder> } | { event: "datastar-patch-signals"; data: string };
  [topic: `chat.${string}`]: { event: "line"; data: Json<Line> } | { event: "message"; data: string };
  "chat.lobby": { event: "message"; data: string } | { event: "line"; data: Json<Line> };
  [topic: `orders.${string}`]: { event: "message"; data: Json<Shape> } | { event: string; data: string } | { event: "message"; data: Json<Order> };
  "orders.created": { event: string; data: string } | { event: "message"; data: Json<Order> };
  [topic: `pages.page-${string}.${string}`]: { event: "message"; data: Json<PageOfOrder> };
  "raw/~a%`\\": { event: string; data: string };
  "signals": { event: "datastar-patch-signals"; data: string };
  [topic: `users.${string}.seen`]: { event: "message"; data: Json<Order> };
  [topic: `users.${string}.text`]: { event: "message"; data: string };
}

export interface Circle {
  radius: number;
}

export interface Line {
  name: string | null;
  text: string | null;
}

export interface Order {
  id: number;
  item: string | null;
  status: Status | null;
  parts: Order[] | null;
  stock: { [key: string]: number } | null;
}

export interface PageOfOrder {
  items: Order[] | null;
  next: PageOfOrder | null;
}

export type Shape = Circle | Square;

export interface Square {
  side: number;
}

export type Status = "OPEN" | "SENT";
