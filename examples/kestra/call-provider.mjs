// Calls a provider and prints what came of it:
//   RINGBACK_URL=http://localhost:8000 RINGBACK_KEY=rbk_… node call-provider.mjs '{"providerName": …}'
const { RINGBACK_URL, RINGBACK_KEY } = process.env;
const MINUTES = 10; // as long as a call may take

const ask = (path, more = {}) =>
  fetch(RINGBACK_URL + path, {
    ...more,
    headers: { authorization: `Bearer ${RINGBACK_KEY}`, "content-type": "application/json", ...more.headers },
  });

async function initiateCall(request, key) {
  const customer = { number: request.providerPhone, name: request.providerName.slice(0, 40) };
  const response = await ask("/api/v6/call", {
    method: "POST",
    headers: { "idempotency-key": key },
    body: JSON.stringify({ customer, request }),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).call.id;
}

// Each request is held until the result is there, for a minute at most.
async function waitForResult(callId) {
  for (let minute = 0; minute < MINUTES; minute++) {
    const response = await ask(`/api/v1/vapi/calls/${callId}?wait=60s`);
    if (response.ok) return (await response.json()).data;
    if (response.status !== 404) throw new Error(await response.text());
  }
  throw new Error(`no result of ${callId} within ${MINUTES} minutes`);
}

const request = JSON.parse(process.argv[2]);
const callId = await initiateCall(request, process.env.EXECUTION_ID ?? crypto.randomUUID());
console.log(JSON.stringify(await waitForResult(callId)));
