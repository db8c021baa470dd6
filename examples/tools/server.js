// The functions that an assistant may call. ringback forwards each call of one as {id, name, parameters, callId}, signed
// like a delivery, and gives Vapi what is answered here.
const crypto = require('node:crypto');
const http = require('node:http');

const BODY_BYTES_MAX = 1024 * 1024;
const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('set WEBHOOK_SECRET to the secret_key of your tools');

// What a shop and a practice would ask their databases.
const orders = { 'A-100': { status: 'shipped', arrives: '2026-03-04' } };
const patients = { 'P-7': { name: 'Ada Byron', born: '1985-12-10' } };
const records = { 'P-7': [{ date: '2026-01-12', kind: 'check-up', note: 'all well' }] };
const appointments = new Map();

const tools = {
  lookup_order: ({ order_id }) => orders[order_id] ?? { error: 'There is no such order' },
  lookup_patient_info: ({ patient_id }) => patients[patient_id] ?? { error: 'There is no such patient' },
  get_health_records: ({ patient_id }) => ({ records: records[patient_id] ?? [] }),
  // The id of the tool call makes it safe to be asked twice: the second time finds the first appointment.
  schedule_appointment: ({ date, time, reason }, id) => {
    if (!appointments.has(id)) {
      appointments.set(id, { confirmation: `APT-${appointments.size + 1}`, date, time, reason });
    }
    return appointments.get(id);
  },
};

// Whoever hangs up in the middle of a body is nobody to answer; and what fails here is not answered either, so that it
// is sent again.
const server = http.createServer((req, res) => {
  receive(req, res).catch((error) => {
    console.error(error.message);
    res.destroy();
  });
});

async function receive(req, res) {
  const answer = (status, body) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  };
  if (req.method !== 'POST' || req.url !== '/tools') return answer(404, { error: 'Not found' });
  const pieces = [];
  let bytes = 0;
  for await (const piece of req) {
    if ((bytes += piece.length) > BODY_BYTES_MAX) return answer(413, { error: 'Too large' });
    pieces.push(piece);
  }
  const body = Buffer.concat(pieces);
  if (!isSigned(body, req.headers['x-webhook-signature'])) return answer(401, { error: 'Invalid signature' });

  const { id, name, parameters } = JSON.parse(body);
  if (!Object.hasOwn(tools, name)) return answer(404, { error: `Unknown function: ${name}` });
  console.log(`${name} is called`);
  answer(200, { result: tools[name](parameters ?? {}, id) });
}

function isSigned(body, signature = '') {
  const expected = crypto.createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(signature.replace('sha256=', ''), 'hex');
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}/tools`);
});
