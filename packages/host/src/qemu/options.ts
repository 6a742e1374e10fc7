/** The values of each key, in their order: `cpus=0-1,cpus=4` has two. */
export type Options = ReadonlyMap<string, readonly string[]>;

/**
 * Parses QEMU's `key=value,key=value`, where a comma in a value is doubled. A first word without a
 * key belongs to the implied key. https://www.qemu.org/docs/master/system/qemu-manpage.html
 */
export function keyValues(text: string, implied: string): Options {
  const found = new Map<string, string[]>();
  for (const [i, part] of text.replaceAll(",,", "\0").split(",").entries()) {
    const word = part.replaceAll("\0", ",");
    const equals = word.indexOf("=");
    const [key, value] =
      equals > 0
        ? [word.slice(0, equals), word.slice(equals + 1)]
        : i === 0
          ? [implied, word]
          : [word, "on"];
    const values = found.get(key) ?? [];
    values.push(value);
    found.set(key, values);
  }
  return found;
}

/** Parses the same from JSON, as libvirt writes it; null where the text is not a JSON object. */
export function parseJsonObject(text: string): Options | null {
  if (!text.startsWith("{")) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (value === null || typeof value !== "object") return null;
  return new Map(
    Object.entries(value).map(([key, entry]: [string, unknown]) => [
      key,
      (Array.isArray(entry) ? entry : [entry]).map(scalarText),
    ]),
  );
}

function scalarText(value: unknown): string {
  if (value === true) return "on";
  if (value === false) return "off";
  return typeof value === "string" || typeof value === "number" ? `${value}` : "";
}

/** A size as QEMU reads it: 128M is mebibytes, and a plain number bytes; null for anything else. */
export function sizeBytes(text: string | undefined, unit: "" | "M" = ""): number | null {
  const match = /^(\d{1,15})(?:\.(\d{1,3}))?([bBkKmMgGtTpP]?)(?:i?[bB])?$/.exec(text ?? "");
  if (match === null) return null;
  const letter = (match[3] || unit).toLowerCase();
  const scale = 1024 ** Math.max(0, " kmgtp".indexOf(letter));
  const bytes = Number(`${match[1]}.${match[2] ?? "0"}`) * scale;
  return Number.isSafeInteger(bytes) ? bytes : null;
}
