// The server of @durable-streams/server, with its streams in memory, and one named "ready".
const { DurableStreamTestServer } = require('@durable-streams/server');

const server = new DurableStreamTestServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  compression: false,
});
server.start().then((url) => fetch(`${url}/ready`, { method: 'PUT' }));
