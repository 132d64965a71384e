// writes by one client of other people's, and reads by another, in each of its modes
import { DurableStream, IdempotentProducer, stream } from "@durable-streams/client";

const COUNT = 200;
const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

function check(what, actual, expected) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) {
    throw new Error(`${what}: expected ${e}, was ${a}`);
  }
}

async function readAll(url, live, offset) {
  const seen = [];
  const response = await stream({ url, live, offset });
  await new Promise((resolve, reject) => {
    response.subscribeJson((batch) => {
      seen.push(...batch.items.map((item) => item.n));
      if (seen.at(-1) === COUNT - 1) {
        resolve();
      }
    });
    setTimeout(() => reject(new Error(`${live}: only ${seen.length} came`)), 60_000).unref();
  });
  response.cancel?.();
  return seen;
}

async function main() {
  const url = `${process.env.DURABLE_STREAMS_URL}/v1/client-${Date.now()}`;
  const written = await DurableStream.create({ url, contentType: "application/json" });
  const producer = new IdempotentProducer(written, "writer", { autoClaim: true });
  const early = ["sse", "long-poll"].map((live) => readAll(url, live, "-1"));
  for (const n of numbers(0, COUNT)) {
    producer.append(JSON.stringify({ n }));
    if (n === COUNT / 2) {
      await producer.flush();
    }
  }
  await producer.flush();
  for (const [i, seen] of (await Promise.all(early)).entries()) {
    check(`live reader ${i}`, seen, numbers(0, COUNT));
  }
  const all = await (await stream({ url, live: false })).json();
  check("catch-up", all.map((item) => item.n), numbers(0, COUNT));
  await producer.close();
  const head = await written.head();
  check("closed", head.streamClosed, true);
  console.log("read as written");
}

main().then(
  () => process.exit(0),
  (failure) => {
    console.error(failure);
    process.exit(1);
  },
);
