// A hub of the library better-sse: a channel for each topic. GET /sub?topics=A,B, POST /pub?id=A
const http = require('node:http');
const { createSession, createChannel } = require('better-sse');

const channels = new Map();

function channel(topic) {
  let found = channels.get(topic);
  if (!found) {
    found = createChannel();
    channels.set(topic, found);
    found.on('session-deregistered', () => found.sessionCount || channels.delete(topic));
  }
  return found;
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/sub') {
    const session = await createSession(request, response, { serializer: String });
    for (const topic of url.searchParams.get('topics').split(',')) {
      channel(topic).register(session);
    }
  } else if (url.pathname === '/pub') {
    let body = '';
    request.setEncoding('utf8');
    for await (const part of request) {
      body += part;
    }
    channels.get(url.searchParams.get('id'))?.broadcast(body);
    response.writeHead(204).end();
  } else {
    response.end('ready');
  }
}

http
  .createServer(answer)
  .listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096 });
