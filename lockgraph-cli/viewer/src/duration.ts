// Times as people say them.

const UNITS: [string, number][] = [
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1],
];

/** Three digits and a unit, minutes above a minute: "1.25 ms", "2 min 5 s". */
export function duration(nanos: number): string {
  if (nanos >= 60e9) return minutes(Math.round(nanos / 1e9));
  for (const [unit, size] of UNITS) {
    if (nanos >= size) return `${digits(nanos / size)} ${unit}`;
  }
  return "0";
}

function minutes(seconds: number): string {
  const rest = seconds % 60;
  const whole = `${Math.floor(seconds / 60).toLocaleString("en")} min`;
  return rest === 0 ? whole : `${whole} ${rest} s`;
}

function digits(number: number): string {
  return Number(number.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 2 });
}
