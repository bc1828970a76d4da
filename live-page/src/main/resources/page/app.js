// The page: one stream of updates in, charts and lists out. The first update of a stream replaces all there was before, so a
// stream that was lost, or asked for other sensors, leaves nothing to be put together again.

import { Chart, lineOf, readColours } from "./chart.js";
import { age, clock, count, dayAndClock, duration, rate, span, statistic, value } from "./format.js";
import { NewestFirst, SummaryTable, deadItem, lateItem } from "./tables.js";

const byId = id => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const asked = new URLSearchParams(location.search);
const choice = {
  sensor: asked.get("sensor"),
  field: asked.get("field"),
  level: asked.get("level"),
  find: "",
  silent: false,
  first: 0,
};

let stream = null;
let retry = null;
let limits = null;
let timeSpan = 120e3;
let chosen = null;
let seenPoints = 0;
let drawnPoints = 0;
let time = null; // the time at the right edge, that of the server, and when that was so
let silentSince = {}; // by sensor id

readColours();
const large = new Chart(byId("large"), true);
const small = new Map(); // by sensor id
const summaries = new SummaryTable();
const late = new NewestFirst("late", lateItem);
const dead = new NewestFirst("dead", deadItem);

function connect() {
  clearTimeout(retry);
  stream?.close();
  const query = new URLSearchParams({ find: choice.find, first: choice.first });
  if (choice.silent) query.set("silent", true);
  for (const [name, value] of chosenParts()) query.set(name, value);
  stream = new EventSource(`events?${query}`);
  stream.onmessage = message => update(JSON.parse(message.data));
  stream.onerror = () => {
    status("lost", "Connection lost, trying again");
    // A stream that was refused is not tried again by the browser.
    if (stream.readyState === EventSource.CLOSED) retry = setTimeout(connect, 5000);
  };
}

/** What the address of the page remembers, so that it can be passed on. */
function chosenParts() {
  return Object.entries({ sensor: choice.sensor, field: choice.field, level: choice.level }).filter(([, value]) => value !== null);
}

function chooseAnew(part) {
  Object.assign(choice, part);
  history.replaceState(null, "", `?${new URLSearchParams(chosenParts())}`);
  connect();
}

function update(u) {
  const first = u.limits !== undefined;
  if (first) begin(u.limits);
  timeSpan = u.span;
  setTime(u);
  if (u.trouble) status("wait", u.trouble);
  else status("live", "Live");
  showStatistics(u.statistics);
  if (u.levels) showLevels(u.levels);
  if (u.fields) showFields(u.fields);
  if (u.chosen !== undefined && u.chosen !== chosen) choose(u.chosen);
  if (u.list) showList(u.list);
  for (const [id, windows] of Object.entries(u.windows)) addWindows(id, windows);
  if (u.points) {
    seenPoints += u.points.seen;
    drawnPoints += u.points.times.length;
    large.addPoints(u.points.times, u.points.values, edge() - 2 * timeSpan, limits.points * 2);
  }
  byId("sampled").hidden = seenPoints === drawnPoints;
  byId("sampled").textContent = `A sample is drawn: 1 of ${(seenPoints / drawnPoints || 1).toFixed(1)} readings.`;
  if (u.summaries) summaries.add(u.summaries, limits.rows, !first);
  if (u.late) late.add(u.late, limits.rows, !first);
  if (u.dead) dead.add(u.dead, limits.rows, !first);
  if (first || u.list || Object.keys(u.windows).length > 0) {
    showSilence();
    drawSmall();
  }
}

function begin(newLimits) {
  limits = newLimits;
  for (const place of document.querySelectorAll("[data-limit]")) place.textContent = count(limits[place.dataset.limit]);
  large.clear();
  for (const each of small.values()) {
    each.chart.clear();
    each.mean = "";
  }
  for (const list of [summaries, late, dead]) list.clear();
  seenPoints = drawnPoints = 0;
}

/** Live readings move with the clock; those of a replay, or of a producer that has stopped for long, with the newest of them. */
function setTime(u) {
  const newest = u.statistics.newestReading;
  const live = newest === null || Math.abs(u.now - newest) < 300e3;
  time = { edge: live ? u.now : newest, now: u.now, at: performance.now(), moves: live };
}

function now() {
  return time.now + performance.now() - time.at;
}

function edge() {
  return time.moves ? time.edge + performance.now() - time.at : time.edge;
}

function showStatistics(s) {
  byId("in").textContent = rate(s.readingsPerSecond);
  byId("in-note").textContent = `${count(s.readings)} since ${clock(s.since)}`;
  byId("out").textContent = rate(s.summariesPerSecond);
  byId("out-note").textContent = `${count(s.summaries)} since ${clock(s.since)}`;
  byId("ratio").textContent = s.readingsPerSummary === null ? "–" : rate(s.readingsPerSummary);
  byId("delay").textContent = s.delayMedian === null ? "–" : duration(s.delayMedian);
  byId("delay-note").textContent = `from window’s end${s.delayMax === null ? "" : `, at most ${duration(s.delayMax)}`}`;
  byId("late-count").textContent = count(s.late);
  byId("dead-count").textContent = count(s.dead);
  byId("since").textContent = `${clock(s.since)} UTC`;
  byId("sensor-count").textContent = s.sensors === 0 ? "" : `${count(s.sensors)}${s.tooManySensors ? ", and more that are not shown" : ""}`;
  if (s.skipped > 0) byId("in-note").textContent += `, ${count(s.skipped)} passed over`;
}

function showLevels({ base, rollups, shown }) {
  const options = [["", base || "base"], ...rollups.map(name => [name, name])];
  byId("level").replaceChildren(...options.map(([name, text]) => new Option(text, name, false, name === shown)));
  byId("level-choice").hidden = rollups.length === 0;
}

function showFields(fields) {
  const select = byId("field");
  const names = fields.names.includes(fields.shown) ? fields.names : [...fields.names, fields.shown];
  select.replaceChildren(...names.map(name => new Option(name, name, false, name === fields.shown)));
  byId("field-choice").hidden = names.length < 2;
  byId("points").hidden = !fields.drawn;
  byId("not-drawn").hidden = fields.drawn;
}

function choose(id) {
  chosen = id;
  byId("chosen").textContent = id;
  for (const [other, { button }] of small) button.setAttribute("aria-pressed", other === id);
}

/** Charts of sensors that stay are kept, and with them the focus. */
function showList(list) {
  for (const [id, { item }] of small) {
    if (!list.ids.includes(id)) {
      item.remove();
      small.delete(id);
    }
  }
  for (const id of list.ids) {
    if (!small.has(id)) small.set(id, smallChart(id));
  }
  const grid = byId("grid");
  list.ids.forEach((id, i) => {
    const { item } = small.get(id);
    if (grid.children[i] !== item) grid.insertBefore(item, grid.children[i] ?? null);
  });
  const last = list.first + list.ids.length;
  byId("range").textContent = list.matching > list.ids.length ? `${list.first + 1}–${last} of ${count(list.matching)}` : "";
  byId("previous").hidden = byId("next").hidden = list.first === 0 && last >= list.matching;
  byId("previous").disabled = list.first === 0;
  byId("next").disabled = last >= list.matching;
  byId("no-sensors").hidden = list.ids.length > 0;
  byId("no-sensors").textContent = choice.silent ? "No such sensor is silent." : choice.find ? "No sensor has that in its name." : "No sensor has been heard of yet.";
  silentSince = list.silentSince;
  byId("silent-only").hidden = list.silent === 0 && !choice.silent;
  byId("silent-only").textContent = `${count(list.silent)} silent`;
  byId("silent-only").setAttribute("aria-pressed", choice.silent);
}

/** For a sensor that is silent, its last mean says nothing any more, so it makes room for how long it has been silent. */
function showSilence() {
  for (const [id, { button, number, mean }] of small) {
    const since = silentSince[id];
    button.classList.toggle("silent", since !== undefined);
    button.title = since === undefined ? id : `${id}, silent since ${dayAndClock(since)} UTC`;
    number.textContent = since === undefined ? mean : `silent ${age(now() - since)}`;
  }
  const since = silentSince[chosen];
  byId("silent").hidden = since === undefined;
  if (since !== undefined) byId("silent").textContent = `silent since ${dayAndClock(since)} UTC, for ${age(now() - since)}`;
}

function smallChart(id) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const name = document.createElement("span");
  const label = document.createElement("bdi");
  const number = document.createElement("b");
  const place = document.createElement("span");
  button.type = "button";
  button.setAttribute("aria-pressed", id === chosen);
  name.className = "name";
  label.textContent = id;
  place.className = "small";
  name.append(label, number);
  button.append(name, place);
  item.append(button);
  byId("grid").append(item);
  button.addEventListener("click", () => chooseAnew({ sensor: id }));
  return { item, button, number, mean: "", chart: new Chart(place, false) };
}

function addWindows(id, windows) {
  if (id === chosen) {
    large.addWindows(windows, 60);
    const newest = large.windows.at(-1);
    byId("large").setAttribute("aria-label", `${id}: ${describe(newest)} ${span(newest.start, newest.end)} UTC`);
    byId("line").textContent = `${lineOf(newest.statistics) ?? "mean"} of a window`;
  }
  const chart = small.get(id);
  if (chart) {
    chart.chart.addWindows(windows, 60);
    const { line } = chart.chart.windows.at(-1);
    chart.mean = line === null ? "–" : value(line);
  }
}

function describe(w) {
  return Object.entries(w.statistics).map(([name, number]) => `${name} ${statistic(name, number)}`).join(", ");
}

function status(state, text) {
  const place = byId("status");
  if (place.textContent !== text) place.textContent = text;
  place.dataset.state = state;
}

function drawSmall() {
  if (time === null) return;
  const to = edge();
  for (const { chart } of small.values()) chart.draw(to - timeSpan, to, false);
}

function drawLarge() {
  if (time === null) return;
  const to = edge();
  large.draw(to - timeSpan, to, !calm.matches);
}

function readout(w) {
  if (w) byId("readout").textContent = `${span(w.start, w.end)} UTC: ${describe(w)}`;
}

// The large chart: the window under the pointer, or the one that the arrow keys have reached.
large.plot.over.addEventListener("pointermove", () => {
  readout(large.windowAt(large.plot.posToVal(large.plot.cursor.left, "x")));
});
let reached = null;
byId("large").addEventListener("keydown", event => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || !large.shown?.length) return;
  event.preventDefault();
  const now = large.shown.findIndex(w => w.start === reached);
  const next = now < 0 ? large.shown.length - 1 : Math.min(large.shown.length - 1, Math.max(0, now + step));
  reached = large.shown[next].start;
  readout(large.shown[next]);
});

byId("field").addEventListener("change", event => chooseAnew({ field: event.target.value }));
byId("level").addEventListener("change", event => chooseAnew({ level: event.target.value || null }));

function turn(first) {
  choice.first = Math.max(0, first);
  connect();
}
byId("previous").addEventListener("click", () => turn(choice.first - limits.charts));
byId("next").addEventListener("click", () => turn(choice.first + limits.charts));
byId("silent-only").addEventListener("click", () => {
  choice.silent = !choice.silent;
  turn(0);
});
byId("search").addEventListener("submit", event => event.preventDefault());
let typing = null;
byId("find").addEventListener("input", event => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    choice.find = event.target.value.trim();
    turn(0);
  }, 300);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  drawSmall();
});

// A page that nobody sees costs nothing.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stream?.close();
  else connect();
});

let lastFrame = 0;
function frame(now) {
  if (now - lastFrame >= (calm.matches ? 1000 : 100)) {
    lastFrame = now;
    drawLarge();
  }
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
setInterval(() => {
  if (time !== null) showSilence();
  drawSmall();
}, 1000);
connect();
