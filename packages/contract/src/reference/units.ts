/** The units that the end of a field's name says (docs/decisions/0003-units-live-in-names.md). */
const units: readonly (readonly [ending: string, unit: string])[] = [
  ["BytesPerSecond", "bytes per second"],
  ["bytesPerSecond", "bytes per second"],
  ["Bytes", "bytes"],
  ["Ns", "nanoseconds"],
  ["Us", "microseconds"],
  ["GTs", "GT/s"],
  ["MHz", "MHz"],
  ["KHz", "kHz"],
  ["Watts", "watts"],
  ["Percent", "percent"],
];

/** The unit that a field's name says; null where it says none. */
export function unitOf(name: string): string | null {
  return units.find(([ending]) => name.endsWith(ending))?.[1] ?? null;
}
