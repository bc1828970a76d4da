// One sensor over time: windows as a band from minimum to maximum with a step line of the means, or of what the summaries have in
// their place; readings as points. uPlot gives scales, axes and cursor; what is drawn is drawn here, since windows have a width and
// readings come in any order.

import { tick } from "./format.js";

const ratio = () => window.devicePixelRatio || 1;

const largest = 1e30; // uPlot has no axis for more

/** What the line shows: the first of these that there is, or else the first statistic. */
const lines = ["mean", "median", "last", "first", "max", "min"];

/** The name of the statistic that is the line of a window; null if it has none. */
export function lineOf(statistics) {
  const known = Object.keys(statistics).filter(name => statistics[name] !== null);
  return lines.find(name => known.includes(name)) ?? known[0] ?? null;
}

function shownWindow([start, end, statistics]) {
  const line = lineOf(statistics);
  const value = line === null ? null : statistics[line];
  return { start, end, statistics, line: value, low: statistics.min ?? value, high: statistics.max ?? value };
}

let colours = {};

/** Reads the colours of the style sheet, which change with the scheme. */
export function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "soft", "line", "mean", "band", "points", "open"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
}

export class Chart {
  /** @param axes whether there are axes and a cursor */
  constructor(element, axes) {
    this.element = element;
    this.windows = [];
    this.times = [];
    this.values = [];
    this.range = null;
    const axis = options => ({
      stroke: () => colours.soft,
      grid: { stroke: () => colours.line, width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
      ...options,
    });
    this.plot = new uPlot({
      width: element.clientWidth || 100,
      height: element.clientHeight || 40,
      ms: 1,
      tzDate: ms => uPlot.tzDate(new Date(ms), "UTC"),
      padding: axes ? [8, 28, 0, 0] : [2, 0, 2, 0],
      legend: { show: false },
      select: { show: false },
      cursor: axes ? { y: false, points: { show: false }, drag: { x: false, y: false } } : { show: false },
      scales: { x: { time: true, auto: false }, y: { auto: false } },
      axes: axes
        ? [
            axis({ space: 90, size: 28, gap: 6, values: (_, ticks, axisNumber, space, every) => ticks.map(t => tick(t, every)) }),
            axis({ space: 36, size: 54, gap: 6 }),
          ]
        : [{ show: false }, { show: false }],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [() => this.#paint(axes)] },
    }, [[0, 1], [null, null]], element);
    new ResizeObserver(() => {
      if (element.clientWidth > 0) this.plot.setSize({ width: element.clientWidth, height: element.clientHeight });
    }).observe(element);
  }

  clear() {
    this.windows = [];
    this.times = [];
    this.values = [];
    this.range = null;
  }

  /** @param windows each [start, end, statistics by name], times in ms since the epoch; a window that is there is corrected */
  addWindows(windows, most) {
    const starts = new Set(windows.map(([start]) => start));
    this.windows = this.windows.filter(w => !starts.has(w.start));
    this.windows.push(...windows.map(shownWindow));
    this.windows.sort((a, b) => a.start - b.start);
    if (this.windows.length > most) this.windows.splice(0, this.windows.length - most);
  }

  addPoints(times, values, oldest, most) {
    this.times.push(...times);
    this.values.push(...values);
    const keep = this.times.map(t => t >= oldest);
    this.times = this.times.filter((_, i) => keep[i]).slice(-most);
    this.values = this.values.filter((_, i) => keep[i]).slice(-most);
  }

  /** Draws what there is between two times. @param smooth whether the vertical range may glide to where it has to be */
  draw(from, to, smooth) {
    this.from = from;
    this.to = to;
    this.shown = this.windows.filter(w => w.end > from && w.start < to);
    let min = Infinity;
    let max = -Infinity;
    for (const w of this.shown.filter(w => w.line !== null)) {
      min = Math.min(min, w.low, w.line);
      max = Math.max(max, w.high, w.line);
    }
    for (let i = 0; i < this.times.length; i++) {
      if (this.times[i] < from || this.times[i] > to) continue;
      min = Math.min(min, this.values[i]);
      max = Math.max(max, this.values[i]);
    }
    if (min > max) [min, max] = this.range ?? [0, 1];
    [min, max] = [min, max].map(v => Math.min(largest, Math.max(-largest, v)));
    const pad = (max - min) * 0.06 || Math.abs(max) * 0.1 || 1;
    const target = [min - pad, max + pad];
    this.range = this.range && smooth
      ? this.range.map((now, i) => (Math.abs(target[i] - now) < pad * 0.02 ? target[i] : now + (target[i] - now) * 0.25))
      : target;
    this.plot.batch(() => {
      this.plot.setScale("x", { min: from, max: to });
      this.plot.setScale("y", { min: this.range[0], max: this.range[1] });
    });
    this.plot.redraw(false);
  }

  /** The window at a time, or null. */
  windowAt(time) {
    return (this.shown ?? []).find(w => w.start <= time && time < w.end) ?? null;
  }

  #paint(large) {
    if (!this.shown) return;
    const { ctx, bbox } = this.plot;
    const px = ratio();
    const x = t => this.plot.valToPos(t, "x", true);
    const y = v => this.plot.valToPos(v, "y", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    this.#paintOpen(ctx, bbox, x, large, px);

    ctx.fillStyle = colours.band;
    for (const { start, end, low, high } of this.shown.filter(w => w.low !== null && w.high !== null)) {
      const gap = large ? px : 0;
      ctx.fillRect(x(start) + gap / 2, y(high), Math.max(1, x(end) - x(start) - gap), Math.max(px, y(low) - y(high)));
    }

    let points = 0;
    if (large) {
      ctx.fillStyle = colours.points;
      const size = (this.times.length > 1000 ? 1.5 : 2) * px;
      ctx.beginPath();
      for (let i = 0; i < this.times.length; i++) {
        if (this.times[i] < this.from || this.times[i] > this.to) continue;
        const cx = x(this.times[i]);
        const cy = y(this.values[i]);
        ctx.moveTo(cx + size, cy);
        ctx.arc(cx, cy, size, 0, 7);
        points++;
      }
      ctx.fill();
    }

    ctx.strokeStyle = colours.mean;
    ctx.lineWidth = (large ? 2.5 : 1.75) * px;
    ctx.lineJoin = "round";
    ctx.beginPath();
    let before = null;
    for (const w of this.shown.filter(w => w.line !== null)) {
      if (before && before.end === w.start) ctx.lineTo(x(w.start), y(w.line));
      else ctx.moveTo(x(w.start), y(w.line));
      ctx.lineTo(x(w.end), y(w.line));
      before = w;
    }
    ctx.stroke();
    ctx.restore();
    this.element.dataset.windows = this.shown.length;
    this.element.dataset.points = points;
  }

  /** The time behind the newest summary: its windows are open, or not emitted yet. */
  #paintOpen(ctx, bbox, x, large, px) {
    const last = this.shown.at(-1);
    if (!large || !last) return;
    const left = x(last.end);
    ctx.fillStyle = colours.open;
    ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
    if (bbox.left + bbox.width - left > 40 * px) {
      ctx.fillStyle = colours.soft;
      ctx.font = `${11 * px}px system-ui, sans-serif`;
      ctx.textAlign = "left";
      ctx.textBaseline = "alphabetic";
      ctx.fillText("open", left + 6 * px, bbox.top + 14 * px);
    }
  }
}
