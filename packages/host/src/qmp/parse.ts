/** Parses one line from the monitor; null where it is not JSON. */
export function parseLine(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch {
    return null;
  }
}

export type Message =
  | { readonly kind: "greeting" | "event" | "other" }
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "error"; readonly why: string };

/** The kind of a message: an answer, an error, or neither. */
export function messageOf(value: unknown): Message {
  const fields = recordOf(value);
  if (fields === null) return { kind: "other" };
  if ("QMP" in fields) return { kind: "greeting" };
  if ("event" in fields) return { kind: "event" };
  if ("return" in fields) return { kind: "answer", value: fields["return"] };
  if (!("error" in fields)) return { kind: "other" };
  const why = recordOf(fields["error"])?.["desc"];
  return { kind: "error", why: typeof why === "string" ? why.slice(0, 200) : "refused" };
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  return Object.fromEntries(Object.entries(value));
}

/** The objects of a list; none for anything else. The limit on line length bounds the list. */
export function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
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

/** The address of a memory backend in QEMU's own address space. */
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

/** Parses the table of `info ramblock`. Its column HVA exists since QEMU 8.0; empty without it. */
export function parseRamBlocks(text: string): RamAddress[] {
  const [header = "", ...rows] = text.split(/\r?\n/, 4096);
  if (!/\bHVA\b/.test(header)) return [];
  return rows.flatMap((row) => {
    // Columns: name, page size in two words, offset, used, total, address.
    const match =
      /^\s*(\S{1,256})\s+\d{1,9} [KMGT]?i?B\s+(?:0x[0-9a-f]{1,16}\s+){3}0x([0-9a-f]{1,16})\b/i.exec(
        row,
      );
    return match === null
      ? []
      : [{ backend: match[1] ?? "", address: Number.parseInt(match[2] ?? "", 16) }];
  });
}
