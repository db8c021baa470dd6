// What happens, appended as it happens.

import { tellTimes } from "./app.js";

const ROWS_MAX = 50;
const feed = document.getElementById("feed");
const sign = document.getElementById("live-sign");
const row = document.getElementById("feed-row");

function show(told) {
  const event = JSON.parse(told.data);
  const line = row.content.cloneNode(true);
  const [time, kind, status, call] = line.querySelector("li").children;
  time.dateTime = time.title = event.timestamp;
  kind.href = `/events/${encodeURIComponent(event.id)}`;
  kind.textContent = event.event;
  status.dataset.state = event.status ?? "";
  status.textContent = (event.status ?? "").replaceAll("_", " ");
  call.href = `/calls/${encodeURIComponent(event.callId ?? "")}`;
  call.hidden = !event.callId;
  call.firstElementChild.textContent = event.callId ?? "";
  line.querySelector("li").classList.add("new");
  tellTimes(line);
  feed.prepend(line);
  while (feed.children.length > ROWS_MAX) feed.lastElementChild.remove();
  document.getElementById("feed-empty").hidden = true;
}

function listen() {
  const after = feed.dataset.after;
  const source = new EventSource(after ? `/live?after=${encodeURIComponent(after)}` : "/live");
  source.addEventListener("open", () => say("live", "on"));
  source.addEventListener("error", () => say("connecting again", ""));
  for (const kind of feed.dataset.kinds.split(" ")) source.addEventListener(kind, show);
  addEventListener("pagehide", () => source.close());
}

function say(word, state) {
  sign.hidden = false;
  sign.textContent = word;
  sign.className = `live-sign ${state}`;
}

if (feed) listen();
