// Numbers and times as people read them. All times are UTC, as in the processor's output.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const fraction = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

export const count = n => (n < 1e6 ? whole : short).format(n);

export const rate = n => (n >= 100 ? count(n) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

export const value = n => (Math.abs(n) >= 1e7 || (n !== 0 && Math.abs(n) < 0.005) ? n.toPrecision(4) : fraction.format(n));

/** @param number null for what is not defined or not known */
export const statistic = (name, number) => (number === null ? "–" : name === "count" ? count(number) : value(number));

/** Milliseconds since the epoch as 23:59:59; any number, since anything may come from a topic. */
export function clock(ms) {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().slice(-13, -5);
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** As clock, with the day, and without the seconds. */
export const dayAndClock = ms => (Number.isNaN(new Date(ms).getTime()) ? String(ms) : `${day.format(ms)} ${clock(ms).slice(0, 5)}`);

/** A window; a long one with the day, since its hours alone do not say which it is. */
export function span(from, to) {
  if (to - from < 3600e3) return `${clock(from)} – ${clock(to)}`;
  const [begin, end] = [dayAndClock(from), dayAndClock(to)];
  return `${begin} – ${to - from < 24 * 3600e3 ? end.slice(-5) : end}`;
}

/** The label of a tick of an axis, on which there is one so often. */
export const tick = (ms, every) =>
  every < 60e3 ? clock(Math.round(ms / 1000) * 1000) : every < 24 * 3600e3 ? clock(ms).slice(0, 5) : dayAndClock(ms).slice(0, -6);

/** How long something has been so: it grows by seconds. */
export const age = ms => (Math.abs(ms) < 120e3 ? `${Math.round(ms / 1000)} s` : duration(ms));

export function duration(ms) {
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 120e3) return `${(ms / 1000).toFixed(1)} s`;
  if (size < 120 * 60e3) return `${Math.round(ms / 60e3)} min`;
  if (size < 48 * 3600e3) return `${Math.round(ms / 3600e3)} h`;
  return `${count(ms / 86400e3)} days`;
}
