import { shorten } from "@evenkeel/core/text/shorten.ts";

/** The bounds of a line. QEMU itself nests no deeper than 1,024, and its answers less than ten. */
const monitorBounds = { depth: 64, items: 16_384 } as const;

/**
 * Parses a line of the monitor; null if it is not JSON.
 *
 * Throws for a line that is nested too deep: the time and the memory to parse it would have no
 * proportion to its length.
 */
export function parseLine(line: string): unknown {
  if (isTooDeep(line)) {
    throw new Error(`the monitor wrote a line nested deeper than ${monitorBounds.depth}`);
  }
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch {
    return null;
  }
}

/** Whether brackets outside of strings are nested deeper than the bound. It stops there. */
function isTooDeep(line: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < line.length; at++) {
    const mark = line[at];
    if (isText && mark === "\\") at++;
    else if (mark === '"') isText = !isText;
    else if (isText) continue;
    else if (mark === "]" || mark === "}") depth--;
    else if ((mark === "[" || mark === "{") && ++depth > monitorBounds.depth) return true;
  }
  return false;
}

export type Message =
  | { readonly kind: "greeting" | "event" | "other" }
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "error"; readonly why: string };

/** The kind of a line: an answer, an error, or something else. */
export function messageOf(value: unknown): Message {
  const fields = recordOf(value);
  if (fields === null) return { kind: "other" };
  if ("QMP" in fields) return { kind: "greeting" };
  if ("event" in fields) return { kind: "event" };
  if ("return" in fields) return { kind: "answer", value: fields["return"] };
  if (!("error" in fields)) return { kind: "other" };
  const why = recordOf(fields["error"])?.["desc"];
  return { kind: "error", why: typeof why === "string" ? shorten(why, 200) : "refused" };
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  return Object.fromEntries(Object.entries(value));
}

/** The objects in a list, and none in anything else. Throws for a list longer than any of QEMU. */
export function recordsOf(
  value: unknown,
  most: number = monitorBounds.items,
): readonly Readonly<Record<string, unknown>>[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  if (items.length > most) throw new Error(`the monitor wrote a list of more than ${most} items`);
  return items.map(recordOf).filter((record) => record !== null);
}

/** An integer from 0 to `max`; null for anything else. */
export function integerOf(value: unknown, max: number = Number.MAX_SAFE_INTEGER): number | null {
  const valid = typeof value === "number" && Number.isSafeInteger(value);
  return valid && value >= 0 && value <= max ? value : null;
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" && value.length <= 4096 ? value : null;
}

/** The address of a block of guest memory in the QEMU process. */
export interface RamAddress {
  readonly backend: string;
  readonly address: number;
}

/** Parses the answer of `gpa2hva`: `Host virtual address for 0x0 (ram-node0) is 0x7fe40be00000`. */
export function parseHostAddress(text: string): RamAddress | null {
  const match =
    /^Host virtual address for 0x[0-9a-f]{1,16} \(([^()\n]{1,128})\) is 0x([0-9a-f]{1,14})\s*$/i.exec(
      text,
    );
  if (match === null) return null;
  return { backend: match[1] ?? "", address: Number.parseInt(match[2] ?? "", 16) };
}

/**
 * Parses the table of `info ramblock`, which has the column HVA since QEMU 8.0; empty without it.
 */
export function parseRamBlocks(text: string): RamAddress[] {
  const [header = "", ...rows] = text.split(/\r?\n/, 4096);
  if (!/\bHVA\b/.test(header)) return [];
  return rows.flatMap((row) => {
    // The name, the page size in two words, offset, used, total, and the address.
    const match =
      /^\s*(\S{1,256})\s+\d{1,9} [KMGT]?i?B\s+(?:0x[0-9a-f]{1,16}\s+){3}0x([0-9a-f]{1,16})\b/i.exec(
        row,
      );
    return match === null
      ? []
      : [{ backend: match[1] ?? "", address: Number.parseInt(match[2] ?? "", 16) }];
  });
}
