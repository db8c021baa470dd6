// What happens, appended as it happens.

import { tellTimes } from "./app.js";
import { listen } from "./stream.js";

const ROWS_MAX = 50;
const feed = document.getElementById("feed");
const sign = document.getElementById("live-sign");
const row = document.getElementById("feed-row");

function show(event) {
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

function say(isLive) {
  sign.hidden = false;
  sign.textContent = isLive ? "live" : "connecting again";
  sign.classList.toggle("on", isLive);
}

if (feed) listen({ after: feed.dataset.after, kinds: feed.dataset.kinds.split(" "), hear: show, say });
