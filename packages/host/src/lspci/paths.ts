import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";

/** A line of `lspci -P` or `-PP` that was found in a text. */
export interface PathLines {
  /** The lines with each path replaced by the address of its last function. */
  readonly lines: readonly string[];
  /** The bridge above each function; null for a function of a root bus. */
  readonly parents: ReadonlyMap<string, string | null>;
  /** The number of functions whose bus does not follow, and which are therefore left out. */
  readonly withoutBus: number;
}

const path =
  /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7])((?:\/(?:[0-9a-f]{2}:)?[01][0-9a-f]\.[0-7])+)(?= )/i;

/**
 * Reads the paths that `lspci -P` and `-PP` print in place of addresses: `15:01.0/16:00.0/17:00.0`
 * has every bridge above a function. `-P` leaves out the buses below the first,
 * `15:01.0/00.0/00.0`; the bus then follows only where the bridge's own lines have it (`-v`, `Bus:
 * … secondary=16`).
 */
export function withoutPaths(lines: readonly string[]): PathLines {
  if (!lines.some((line) => path.test(line))) {
    return { lines, parents: new Map(), withoutBus: 0 };
  }
  const parents = new Map<string, string | null>();
  const secondaries = new Map<string, string>();
  let withoutBus = 0;
  let current: string | null = null;
  const plain = lines.map((line) => {
    const bus = /^\s+Bus: .{0,20}secondary=([0-9a-f]{2})/.exec(line)?.[1];
    if (bus !== undefined && current !== null) secondaries.set(current, bus);
    const match = path.exec(line);
    if (match === null) {
      const own = /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]) /i.exec(line)?.[1];
      if (own !== undefined) current = normalPciAddress(own);
      else if (line !== "" && !/^\s/.test(line)) current = null;
      return line;
    }
    const address = resolved(match[1] ?? "", match[2] ?? "", secondaries, parents);
    current = address;
    if (address !== null) return address + line.slice(match[0].length);
    withoutBus++;
    return "";
  });
  return { lines: plain, parents, withoutBus };
}

/** The address at the end of a path; each bridge on the way gets its parent. */
function resolved(
  first: string,
  rest: string,
  secondaries: ReadonlyMap<string, string>,
  parents: Map<string, string | null>,
): string | null {
  let address = normalPciAddress(first);
  if (address !== null && !parents.has(address)) parents.set(address, null);
  for (const step of rest.split("/").slice(1)) {
    if (address === null) return null;
    const bus: string | undefined = step.includes(":")
      ? step.slice(0, step.indexOf(":"))
      : secondaries.get(address);
    if (bus === undefined) return null;
    const domain: string = address.slice(0, address.indexOf(":"));
    const below = normalPciAddress(`${domain}:${bus}:${step.slice(step.indexOf(":") + 1)}`);
    if (below !== null) parents.set(below, address);
    address = below;
  }
  return address;
}
