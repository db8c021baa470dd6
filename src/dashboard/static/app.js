// What every page can do more, where scripts run. Nothing here is needed.

// Moments: the server writes them in UTC, the viewer reads them in their own zone.
const manners = {
  full: new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" }),
  clock: new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }),
  minute: new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }),
};
const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

function lasting(seconds) {
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [unit, size] = units[first];
  const whole = Math.floor(seconds / size);
  const [smaller, smallerSize] = units[first + 1] ?? ["", Infinity];
  const rest = Math.floor((seconds % size) / smallerSize);
  return rest > 0 ? `${whole} ${unit} ${rest} ${smaller}` : `${whole} ${unit}`;
}

function ago(moment) {
  const passed = (Date.now() - moment) / 1000;
  if (Math.abs(passed) < 1) return "just now";
  return passed > 0 ? `${lasting(passed)} ago` : `in ${lasting(-passed)}`;
}

export function tellTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-time]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const manner = time.dataset.time;
    time.textContent = manner === "ago" ? ago(moment) : manners[manner].format(moment);
    if (manner === "ago") time.title = `${manners.full.format(moment)} (${time.dateTime})`;
  }
}

// Commands: a button that copies them.
function offerCopies(root = document) {
  for (const command of root.querySelectorAll(".command")) {
    if (command.querySelector("button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(command.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    command.append(button);
  }
}

// Tables: each cell gets the name of its column, which it says itself where there is no room for a
// head. The roles are those that it has anyway, and keeps where it is laid out as something else.
function labelCells(root = document) {
  for (const table of root.querySelectorAll(".table table")) {
    const heads = [...table.querySelectorAll("thead th")];
    const names = heads.map((head) => (head.querySelector(".unseen") ? "" : head.textContent.trim()));
    table.classList.add("stacked");
    table.setAttribute("role", "table");
    for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
    for (const head of heads) head.setAttribute("role", "columnheader");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      if (row.parentElement.tagName === "THEAD") continue;
      [...row.cells].forEach((cell, at) => {
        cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
        if (names[at]) cell.dataset.label = names[at];
      });
    }
  }
}

// Light or dark: a button, and a cookie that the server reads, so that no page flashes.
function offerThemes() {
  const root = document.documentElement;
  const isDark = () =>
    (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  for (const place of document.querySelectorAll(".who, .outside main")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button plain theme";
    const name = () => (button.textContent = isDark() ? "Light colours" : "Dark colours");
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      document.cookie = `ringback_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
      document.querySelectorAll(".theme").forEach((other) => (other.textContent = isDark() ? "Light colours" : "Dark colours"));
    });
    name();
    place.append(button);
  }
}

// Parts with an id and `data-fresh` are asked for anew every so many seconds,
// while somebody looks at them and is not using them.
function isBusy(part) {
  return part.contains(document.activeElement) || part.querySelector("details[open], dialog[open]") !== null;
}

export async function refresh(parts) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  tellTimes(page);
  labelCells(page);
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh && !isBusy(part) && fresh.innerHTML !== part.innerHTML) {
      part.replaceChildren(...fresh.childNodes);
      offerCopies(part);
    }
  }
}

function keepFresh() {
  const parts = () => [...document.querySelectorAll("[id][data-fresh]")];
  let seconds = 0;
  setInterval(() => {
    if (document.hidden) return;
    seconds += 1;
    const due = parts().filter((part) => seconds % Number(part.dataset.fresh) === 0);
    // A server that is away for a moment is asked again at the next turn.
    if (due.length > 0) refresh(due).catch(() => {});
  }, 1000);
}

tellTimes();
labelCells();
offerCopies();
offerThemes();
keepFresh();
setInterval(() => tellTimes(), 10000);
