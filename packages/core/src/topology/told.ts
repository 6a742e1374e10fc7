import type { Topology } from "./topology.ts";

/**
 * Whether the topology was made up rather than read, so that it has everything that its machine
 * has: a catalog's or a synthetic machine without links or devices has none. Of a machine that was
 * read, an empty list may mean that the source does not tell.
 */
export function toldByNature({ source }: Topology): boolean {
  return source.split(" + ").some((one) => one === "synthetic" || one.startsWith("machine:"));
}
