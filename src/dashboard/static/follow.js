// Parts that follow calls are asked for anew as soon as something is told of
// the call or campaign that they name in `data-follow`, or of any where they
// name none.

import { refresh } from "./app.js";
import { listen } from "./stream.js";

const KINDS = [
  "call.status.changed",
  "call.completed",
  "call.failed",
  "call.report",
  "call.transcript",
  "session.ended",
  "campaign.progress",
  "campaign.completed",
];
// What is told in one breath is asked for once.
const BREATH_MILLIS = 200;

const told = new Set();
let timer;

function hear(event) {
  told.add(event.data?.call_id ?? event.callId ?? "");
  for (const id of [event.data?.campaign_id, event.data?.campaignId]) if (id) told.add(id);
  timer ??= setTimeout(ask, BREATH_MILLIS);
}

function ask() {
  timer = undefined;
  const concerns = (part) => part.dataset.follow === "" || told.has(part.dataset.follow);
  const parts = [...document.querySelectorAll("[id][data-follow]")].filter(concerns);
  told.clear();
  // A server that is away for a moment is asked again at the next event.
  if (parts.length > 0) refresh(parts).catch(() => {});
}

listen({ kinds: KINDS, hear });
