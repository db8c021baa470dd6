// A page that shows calls as they happen. The stream needs a key, and a key in a page is everybody's: so the page asks
// this server, which knows who it is by a cookie, and this server asks ringback, with the key.
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const ringback = process.env.RINGBACK_URL ?? 'http://127.0.0.1:8000';
const key = process.env.RINGBACK_KEY; // `ringback dev` needs none
const files = { '/': ['index.html', 'text/html'], '/page.js': ['page.js', 'text/javascript'] };

// Here everybody who opens the page gets a session. In your house, signing in does that.
const sessions = new Set();

const server = http.createServer((req, res) => {
  if (req.method === 'GET' && req.url === '/events') return events(req, res);
  const file = files[req.url];
  if (!file) return res.writeHead(404).end();
  const session = crypto.randomUUID();
  if (req.url === '/') sessions.add(session);
  res.writeHead(200, {
    'content-type': `${file[1]}; charset=utf-8`,
    'content-security-policy': "default-src 'none'; script-src 'self'; connect-src 'self'",
    ...(req.url === '/' && { 'set-cookie': `session=${session}; HttpOnly; SameSite=Strict; Path=/` }),
  });
  fs.createReadStream(path.join(__dirname, file[0])).pipe(res);
});

async function events(req, res) {
  const session = /(?:^|; )session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
  if (!sessions.has(session)) return res.writeHead(401).end();

  const headers = {};
  if (key) headers.authorization = `Bearer ${key}`;
  // Sent by a browser that was cut off: it goes on where it was.
  if (req.headers['last-event-id']) headers['last-event-id'] = req.headers['last-event-id'];

  const gone = new AbortController();
  res.on('close', () => gone.abort());
  try {
    const stream = await fetch(`${ringback}/api/v6/call/webhook/stream`, { headers, signal: gone.signal });
    if (!stream.ok) throw new Error(`ringback answers ${stream.status}`);
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    for await (const piece of stream.body) res.write(piece);
    res.end();
  } catch (error) {
    if (!gone.signal.aborted) console.error(error.message);
    // A broken connection, and no status: after that a browser comes back by itself, with the last id that it has.
    res.destroy();
  }
}

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}/`);
});
