// Subscribes what was exported, each endpoint with the secret that its receiver has already:
//   RINGBACK_URL=https://… RINGBACK_KEY=rbk_… node move.mjs svix.json
// It can be run again: who is subscribed at the same address stays the same subscription.
import { readFileSync } from 'node:fs';

const { RINGBACK_URL, RINGBACK_KEY } = process.env;

async function ask(method, path, key, body) {
  const response = await fetch(RINGBACK_URL + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error([answer.message, ...(answer.details ?? []).map((one) => `${one.path} ${one.message}`)].join(' '));
  return answer;
}

const { types } = await ask('GET', '/api/v6/call/webhook/events/types', RINGBACK_KEY);
const known = new Set(types.map((type) => type.name));
let left = 0;

// The subscription is its owner's, so it is made with a key of its owner's, which goes when the last one is made.
for (const { uid, id, endpoints } of JSON.parse(readFileSync(process.argv[2]))) {
  const owner = uid ?? id;
  const { key, key_id } = await ask('POST', '/api/v1/keys', RINGBACK_KEY, { name: 'moving from Svix', role: 'user', owner });
  for (const endpoint of endpoints) {
    try {
      console.log(`${owner}: ${endpoint.url}: ${await move(endpoint, key)}`);
    } catch (error) {
      left += 1;
      console.error(`${owner}: ${endpoint.url} stays: ${error.message}`);
    }
  }
  await ask('DELETE', `/api/v1/keys/${key_id}`, RINGBACK_KEY);
}
process.exitCode = left ? 1 : 0;

async function move(endpoint, key) {
  const wanted = endpoint.filterTypes?.filter((name) => known.has(name));
  if (wanted?.length === 0) throw new Error(`none of its events is known here: ${endpoint.filterTypes}`);
  const rate = endpoint.throttleRate ?? endpoint.rateLimit;
  const { subscription_id } = await ask('POST', '/api/v6/call/webhook/subscribe', key, {
    webhook_url: endpoint.url,
    description: endpoint.description || null,
    secret_key: endpoint.secret,
    ...(wanted && { events: wanted }),
    ...(rate && { rate_per_second: rate }),
    ...(Object.keys(endpoint.headers).length && { headers: endpoint.headers }),
  });
  if (endpoint.disabled) {
    await ask('PATCH', `/api/v6/call/webhook/subscriptions/${subscription_id}`, key, { is_active: false });
  }
  return `${subscription_id}${endpoint.disabled ? ', paused' : ''}`;
}
