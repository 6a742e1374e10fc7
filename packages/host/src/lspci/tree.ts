import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { unexpected } from "./refusal.ts";

/** A function in `lspci -t`, and its place. */
export interface Branch {
  readonly address: string;
  readonly parent: string | null;
  readonly root: string;
  readonly isBridge: boolean;
  /** The names of vendor and device, printed with `-v`. */
  readonly name: string | null;
}

/** A bus of the tree, with the bridge and the root above it. */
interface Bus {
  readonly domain: string;
  readonly bus: string;
  readonly bridge: string | null;
  readonly root: string;
}

const rootBus = /\[([0-9a-f]{4,8}):([0-9a-f]{2})\]/y;
const slotAt = /([01][0-9a-f]\.[0-7])(?![0-9a-f])/y;
const busBelow = /-\[(?:([0-9a-f]{4,8}):)?([0-9a-f]{2})(?:-[0-9a-f]{2})?\]/y;
const lineArt = /[-+\\| ]*/y;

/**
 * Reads the tree that lspci draws:
 *
 *     -+-[0000:60]-+-00.0
 *      |           \-03.1-[61-67]----00.0-[62-67]--+-02.0-[63]----00.0
 *      \-[0000:00]---00.0  Intel Corporation …
 *
 * All functions of a bus stand in one column. So the column of a line's first function gives its
 * bus, and each further function on the line is on the bus that the previous one leads to. A line
 * in no known column has lost its blanks, and the tree cannot be read: `text-unexpected`. One pass
 * over the text.
 *
 * Where somebody left lines out (`[...]`), the functions behind are on the bus that their column
 * had before, which `missing` says; those in no known column are left out.
 */
export function readTree(lines: readonly string[], where: string): Tree {
  const branches: Branch[] = [];
  const missing: string[] = [];
  const columns: Columns = { functions: new Map(), buses: new Map() };
  let isTree = false;
  let isCut = false;
  for (const line of lines) {
    const isRoot = /^ ?[-+|\\ ]*\[[0-9a-f]{4,8}:[0-9a-f]{2}\]-/.test(line);
    if (isTree && isElision(line)) {
      isCut = true;
      missing.push("lines of its tree");
      continue;
    }
    isTree = isRoot || (isTree && /^ *[|+\\]/.test(line));
    if (isRoot && !/^ *[|]/.test(line)) isCut = false;
    // A line with as many bridges as can be nested has some three thousand characters.
    if (!isTree || line.length >= 8192) continue;
    const read = readLine(line, columns);
    const first = read?.[0];
    if (read !== null) branches.push(...read);
    if (read === null && !isCut) {
      const start = line.trim().slice(0, 40);
      throw unexpected(`has a tree whose line "${start}" is out of place`, where);
    }
    if (isCut && read === null) missing.push(`the place of "${line.trim().slice(0, 40)}"`);
    else if (isCut && first !== undefined) missing.push(`proof of the bus of ${first.address}`);
  }
  return { branches, missing };
}

/** A mark that people write for what they left out. */
export function isElision(line: string): boolean {
  return /^[\s|]*[[(<]?(?:\.{2,6}|\u2026|snip|cut)[\])>]?\s*$/i.test(line);
}

/** The functions of a tree, and what it visibly lacks. */
export interface Tree {
  readonly branches: readonly Branch[];
  readonly missing: readonly string[];
}

/** Matches the pattern exactly at the position. */
function at(pattern: RegExp, line: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(line);
}

/** The position behind the line art that may stand here. */
function behindArt(line: string, position: number): number {
  return position + (at(lineArt, line, position)?.[0] ?? "").length;
}

/** The known columns: the bus of functions in each, and what a `[0000:3c]` in it is below. */
interface Columns {
  readonly functions: Map<number, Bus>;
  readonly buses: Map<number, Bus | null>;
}

/** The functions of a line; null where it is in no known column. */
function readLine(line: string, columns: Columns): Branch[] | null {
  const found: Branch[] = [];
  let position = behindArt(line, 0);
  let bus: Bus | null = null;
  for (;;) {
    const named = at(rootBus, line, position);
    if (named !== null) {
      const [text, domain = "", number = ""] = named;
      // A bridge that leads to several buses, as with virtual functions, has one such line for
      // each.
      const above: Bus | null = bus ?? columns.buses.get(position) ?? null;
      columns.buses.set(position, above);
      bus = {
        domain,
        bus: number,
        bridge: above === null ? null : above.bridge,
        root: above === null ? `pci${domain}:${number}` : above.root,
      };
      position = behindArt(line, position + text.length);
    }
    const slot = at(slotAt, line, position);
    if (slot === null) return found;
    const here: Bus | null = bus ?? columns.functions.get(position) ?? null;
    const address: string | null =
      here === null ? null : normalPciAddress(`${here.domain}:${here.bus}:${slot[0]}`);
    if (here === null || address === null) return null;
    columns.functions.set(position, here);
    position += slot[0].length;
    const below = at(busBelow, line, position);
    const name = below === null ? line.slice(position).trim() : "";
    const { bridge: parent, root } = here;
    found.push({
      address,
      parent,
      root,
      isBridge: below !== null,
      name: name === "" ? null : name,
    });
    if (below === null) return found;
    bus = {
      domain: below[1] ?? here.domain,
      bus: below[2] ?? "",
      bridge: address,
      root: here.root,
    };
    position = behindArt(line, position + below[0].length);
  }
}
