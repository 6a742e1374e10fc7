import { classOfName } from "../pci-ids/class-names.ts";
import type { Listed } from "./listing.ts";

type Identity = Pick<Listed, "class" | "vendor" | "device" | "name">;

const bracketedClass = /\[([0-9a-f]{4})\]$/;
const bracketedIds = /\[([0-9a-f]{4}):([0-9a-f]{4})\]/g;

/**
 * Reads the text after the address in a listing: `3D controller [0302]: NVIDIA Corporation GH100
 * [H100 SXM5 80GB] [10de:2330] (rev a1)`, the same without the codes, or only codes: `0302:
 * 10de:2330 (rev a1)`. Null where it has none of these forms.
 */
export function readIdentity(text: string): Identity | null {
  const colon = text.indexOf(": ");
  if (colon < 0 || text.startsWith('"')) return null;
  const kind = text.slice(0, colon).replace(/^Class /, "");
  const rest = text.slice(colon + 2);
  const codes = /^([0-9a-f]{4}):([0-9a-f]{4})(?: |$)/.exec(rest);
  const code = classOf(kind);
  if (codes !== null) {
    const [, vendor = null, device = null] = codes;
    return { class: withInterface(code, rest), vendor, device, name: null };
  }
  const end = rest.search(/ \((rev|prog-if) /);
  const named = readName(end < 0 ? rest : rest.slice(0, end));
  return { class: withInterface(code, rest), ...named };
}

/**
 * The names of vendor and device, and their ids where lspci prints them: `… [10de:2330]` with
 * `-nn`, and `Device 1234:1111` where the database has no name.
 */
export function readName(text: string): Pick<Listed, "vendor" | "device" | "name"> {
  // A device's name may contain brackets; the ids are the last match.
  const ids = [...text.matchAll(bracketedIds)].at(-1);
  const name = ids === undefined ? text.trim() : text.slice(0, ids.index).trim();
  const [, vendor = null, device = null] =
    ids ?? /^Device ([0-9a-f]{4}):([0-9a-f]{4})$/.exec(name) ?? [];
  return { vendor, device, name: name === "" ? null : name };
}

/** The class code of a text: in brackets, alone, or by the class's name. */
export function classOf(text: string): string | null {
  const trimmed = text.trim();
  if (/^[0-9a-f]{4}$/.test(trimmed)) return trimmed;
  return bracketedClass.exec(trimmed)?.[1] ?? classOfName(trimmed);
}

function withInterface(code: string | null, rest: string): string | null {
  const prog = /\(prog-if ([0-9a-f]{2})[ )]/.exec(rest)?.[1] ?? "";
  return code === null ? null : code + prog;
}

/** The id in a text, alone or in brackets after a name: `10de`, `NVIDIA Corporation [10de]`. */
export function idOf(text: string): string | null {
  const trimmed = text.trim();
  return /^[0-9a-f]{4}$/.test(trimmed) ? trimmed : (bracketedClass.exec(trimmed)?.[1] ?? null);
}

/** The name before the code in brackets; null for a code alone. */
export function nameOf(text: string): string | null {
  const name = text.trim().replace(/ \[[0-9a-f]{4}\]$/, "");
  return name === "" || /^[0-9a-f]{4}$/.test(name) ? null : name;
}
