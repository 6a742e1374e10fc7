import { size } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import type { GuestReport } from "./guest-report.ts";

/**
 * The bounds of a guest's report, which may come from a hostile guest. Linux has at most 1,024
 * nodes, and QEMU starts no VM with more than 4,096 vCPUs.
 */
export const guestReportBounds = {
  nodes: 1024,
  /** In all lists together. */
  cpus: 4096,
  devices: 8192,
  hugepages: 16_384,
  unreadable: 1024,
} as const;

/** What no guest reports, and the field that has it. */
export interface BeyondGuest {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly expected: string;
}

/**
 * The first thing in a report that no guest has: a node, a device or a pool of huge pages twice, or
 * too many CPUs in the lists of its nodes. Null if there is none.
 */
export function beyondGuest({
  nodes,
  devices,
  hugepages,
}: Pick<GuestReport, "nodes" | "devices" | "hugepages">): BeyondGuest | null {
  let cpus = 0;
  for (const [i, node] of (nodes ?? []).entries()) {
    cpus += size(setOf(node.cpus));
    if (cpus > guestReportBounds.cpus) {
      return {
        path: ["nodes", i, "cpus"],
        message: `its nodes have more than ${guestReportBounds.cpus} CPUs`,
        expected: `at most ${guestReportBounds.cpus} CPUs in the lists of all nodes`,
      };
    }
  }
  return (
    repeated("nodes", "node", nodes ?? [], ({ id }) => `${id}`) ??
    repeated("devices", "device", devices ?? [], ({ address }) => address) ??
    repeated("hugepages", "pool of huge pages", hugepages, ({ node, sizeBytes }) => {
      return `of ${sizeBytes} bytes on node ${node}`;
    })
  );
}

function repeated<T>(
  field: string,
  what: string,
  items: readonly T[],
  nameOf: (item: T) => string,
): BeyondGuest | null {
  const met = new Set<string>();
  for (const [i, item] of items.entries()) {
    const name = nameOf(item);
    if (met.has(name)) {
      const message = `it has the ${what} ${name} twice`;
      return { path: [field, i], message, expected: `each ${what} once` };
    }
    met.add(name);
  }
  return null;
}
