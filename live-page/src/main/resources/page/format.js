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

export const span = (from, to) => `${clock(from)} – ${clock(to)}`;

export function duration(ms) {
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 120e3) return `${(ms / 1000).toFixed(1)} s`;
  if (size < 120 * 60e3) return `${Math.round(ms / 60e3)} min`;
  if (size < 48 * 3600e3) return `${Math.round(ms / 3600e3)} h`;
  return `${count(ms / 86400e3)} days`;
}
