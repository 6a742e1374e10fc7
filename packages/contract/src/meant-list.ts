import { INDEX_MAX, indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";

/**
 * What was probably meant by a value that stands for several things: a list of CPUs, the address of
 * a device, a pattern of them, one value in place of a list, or a list in place of one value. Only
 * shown, as `try`.
 */

/** `7-0`, `[0, 1]`, `0 1 2` and `0x3` as a list of numbers is written; null for other values. */
export function indexListMeant(found: unknown): string | null {
  const all = Array.isArray(found) ? found : [found];
  const text = all.map(String).join(",");
  const numbers = maskNumbers(text) ?? rangesNumbers(text);
  return numbers === null ? null : `write "${formatList(indexSet(numbers))}"`;
}

/** The bits of a mask such as `0x3`, as `taskset` writes it. */
function maskNumbers(text: string): readonly number[] | null {
  const [, digits] = /^0x([0-9a-f]{1,64})$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  const mask = BigInt(`0x${digits}`);
  return Array.from({ length: digits.length * 4 }, (_, bit) => bit).filter(
    (bit) => ((mask >> BigInt(bit)) & 1n) === 1n,
  );
}

/** Numbers and ranges between commas or spaces, in any order: `4..7 0-3`. */
function rangesNumbers(text: string): readonly number[] | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  const numbers = new Set<number>();
  for (const part of parts) {
    const [, first, last = first] = /^(\d{1,5})(?:(?:-|\.\.+|:)(\d{1,5}))?$/.exec(part) ?? [];
    if (first === undefined) return null;
    const [low = 0, high = 0] = [Number(first), Number(last)].toSorted((a, b) => a - b);
    if (high > INDEX_MAX) return null;
    for (let i = low; i <= high; i++) numbers.add(i);
  }
  return numbers.size === 0 ? null : [...numbers];
}

/** `18:00.0`, `0000:1B:00.0` and `pci_0000_18_00_0` as addresses are written; null for others. */
export function addressMeant(found: unknown): string | null {
  if (typeof found !== "string") return null;
  const plain = found
    .trim()
    .toLowerCase()
    .replace(/^pci[_@:]/, "")
    .replaceAll("_", ":");
  const form = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])(?:[.:]([0-7]))?$/;
  const [, domain = "0000", bus, device, fn = "0"] = form.exec(plain) ?? [];
  if (bus !== undefined) return `write "${domain.slice(-4)}:${bus}:${device}.${fn}"`;
  if (/^[0-9a-f]{4}:[0-9a-f*]{1,4}/.test(plain)) {
    return "ids say a kind of device, not one: evenkeel topology shows the address of each";
  }
  return deviceElsewhere(found.trim().toLowerCase());
}

/** A pattern or an address as it is written; null where nothing is known. */
export function devicePatternMeant(found: unknown): string | null {
  if (typeof found !== "string") return null;
  const plain = found.trim().toLowerCase();
  const [, vendor, device = "*"] =
    /^(?:0x)?([0-9a-f]{4})(?::(?:0x)?([0-9a-f]{4}|\*)?)?$/.exec(plain) ?? [];
  if (vendor !== undefined) return `write "${vendor}:${device}"`;
  return /^[0-9a-f:._]+$/.test(plain) ? addressMeant(plain) : deviceElsewhere(plain);
}

/** What to do with a device's model, or the kernel's name of it. */
function deviceElsewhere(word: string): string | null {
  return /^[a-z][\w .-]{0,40}$/.test(word)
    ? "evenkeel topology shows the address of each device, and lspci -nn its ids"
    : null;
}

/** `sources: machine:hgx-h100` as a list of one. */
export function listMeant(field: string, found: unknown): string | null {
  if (found === null || found === undefined) return null;
  if (typeof found === "object")
    return "begin each item with a dash: a list has no keys of its own";
  const word = wordOf(found);
  if (/^(?:all|any|\*|auto|default|true)$/i.test(word)) return `leave ${field} out: then it is all`;
  if (/^(?:none|no|off|false|0|)$/i.test(word)) return `write ${field}: []`;
  const items = word.split(/\s*,\s*/).map((item) => JSON.stringify(item));
  return items.length > 8 || word.length > 200 ? null : `write ${field}: [${items.join(", ")}]`;
}

/** A plain value as it is written. */
const wordOf = (found: unknown): string =>
  typeof found === "string" ? found.trim() : JSON.stringify(found);
