// The lists below the charts. What comes from a topic goes in as text, by textContent, and nothing else.

import { clock, duration, span, statistic } from "./format.js";

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

/** The summaries, with a column for each statistic that one of them has. */
export class SummaryTable extends NewestFirst {
  constructor() {
    super("summaries", s => this.#row(s));
    this.head = byId("summaries-head");
    this.names = [];
    this.rows = new WeakMap(); // what each row was made from
  }

  clear() {
    super.clear();
    this.names = []; // another field may have others
  }

  add(news, limit, fresh) {
    const before = this.names.length;
    for (const s of news.newest) {
      for (const name of Object.keys(s.statistics)) {
        if (!this.names.includes(name)) this.names.push(name);
      }
    }
    if (this.names.length > before) {
      this.head.replaceChildren(...["Sensor", "Window, UTC", ...this.names, "Delay"].map(name => {
        const cell = element("th", name);
        cell.scope = "col";
        return cell;
      }));
      for (const row of [...this.list.children]) row.replaceWith(this.#row(this.rows.get(row)));
    }
    // Of a window that was corrected, the last summary stays.
    const key = s => JSON.stringify([s.sensor, s.start]);
    const corrected = new Set(news.newest.map(key));
    for (const row of [...this.list.children]) if (corrected.has(key(this.rows.get(row)))) row.remove();
    super.add(news, limit, fresh);
  }

  #row(s) {
    const row = element("tr");
    const sensor = element("td");
    sensor.append(element("bdi", s.sensor));
    sensor.title = s.sensor;
    const window = element("td", span(s.start, s.end));
    if (s.revision) window.append(element("small", ` revision ${s.revision}`));
    row.append(sensor, window);
    for (const name of this.names) {
      row.append(element("td", name in s.statistics ? statistic(name, s.statistics[name]) : "", name === "mean" ? "mean" : ""));
    }
    row.append(element("td", duration(s.delay)));
    this.rows.set(row, s);
    return row;
  }
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
