// The lists below the charts. What comes from a topic goes in as text, by textContent, and nothing else.

import { clock, duration, span, value } from "./format.js";

const byId = id => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A list with the newest on top and a limit to its length. */
export class NewestFirst {
  constructor(id, render) {
    this.list = byId(id);
    this.empty = byId(`no-${id}`);
    this.render = render;
  }

  clear() {
    this.list.replaceChildren();
    this.empty.hidden = false;
  }

  add(news, limit, fresh) {
    for (const entry of news.newest) {
      const row = this.render(entry);
      if (fresh) row.classList.add("new");
      this.list.prepend(row);
    }
    while (this.list.children.length > limit) this.list.lastChild.remove();
    this.empty.hidden = this.list.children.length > 0;
  }
}

export function summaryRow(s) {
  const row = element("tr");
  const sensor = element("td");
  sensor.append(element("bdi", s.sensor));
  sensor.title = s.sensor;
  row.append(sensor);
  for (const text of [span(s.start, s.end), s.count, value(s.min), value(s.mean), value(s.max), duration(s.delay)]) {
    row.append(element("td", text));
  }
  return row;
}

function newsItem(r, reason) {
  const item = element("li");
  const head = element("div");
  head.append(element("bdi", r.sensor || (r.sensor === null ? "(no key)" : "(empty key)")), element("time", clock(r.visible)));
  const code = element("code");
  code.append(element("bdi", r.value ?? "(no value)"));
  if (r.source) code.title = r.source;
  item.append(head, element("p", reason), code);
  return item;
}

export function lateItem(r) {
  return newsItem(r, r.windowStart === null || r.windowEnd === null
    ? "Late; its headers do not say for which window"
    : `Missed ${span(r.windowStart, r.windowEnd)}${r.byMs === null ? "" : `, ${duration(r.byMs)} too late`}`);
}

export const deadItem = r => newsItem(r, r.reason ?? "Its headers give no reason");
