import type { GuestView } from "../../subject/guest-view.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { cellsOnHost } from "../../subject/cells.ts";
import { guestViewOf } from "../../subject/guest-view.ts";
import type { Subject } from "../../subject/subject.ts";

type Table = readonly (readonly number[])[];

/**
 * A guest of three nodes or more that takes all others to be equally far, while some are nearer
 * than others on the host. QEMU says 10 and 20 where it is given no distances; then the guest's
 * kernel falls back to any node alike, and spreads tasks over sockets
 * (https://github.com/SAP/arp142-hana/issues/385). Two nodes have but one distance between them.
 */
export const guestDistancesFlat: Cause = {
  code: "guest-distances-flat",
  layer: "guest",
  looksFor: "the guest takes all its other nodes to be equally far, and on the host they are not",
  observable: "guest.nodes[].distances, or shapes[].cells[].distances",
  readFrom: "/sys/devices/system/node/node*/distance in the guest; -numa dist",
  acquittedBy: "distances that differ as on the host, or nodes that are equally far there too",
  followsFrom: [],
  judge: (subject) => {
    const view = guestViewOf(subject.evidence);
    if (view === null) return irrelevant;
    const shown = shownTo(subject, view);
    if (shown === null) return untold("neither the guest nor its hypervisor told of distances");
    if (shown.length < 3) return acquitted("the guest has no two other nodes to compare");
    const values = between(shown);
    if (values.size > 1) return acquitted("the guest tells near nodes from far ones");
    const host = view.isInside ? null : hostTable(subject, view, shown.length);
    if (host === null) return untold("the host's distances between its nodes are not known");
    const real = between(host);
    if (real.size < 2) return acquitted("its nodes are equally far on the host too");
    const inOrder = (of: ReadonlySet<number>): string =>
      [...of].toSorted((a, b) => a - b).join(", ");
    return accused({
      about: "guest nodes",
      expected: `the host's distances: ${inOrder(real)}`,
      found: `${inOrder(values)} between all ${shown.length} nodes`,
      evidence: shown.slice(0, 8).map((row, node) => `node${node}/distance: ${row.join(" ")}`),
      seen: view.report === null ? "inferred" : "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        "Give the guest the host's distances (-numa dist, <distances> of libvirt), or start the VM from a plan.",
      ),
    });
  },
};

/** The guest's table; without a report what QEMU makes of the command line. */
function shownTo({ evidence }: Subject, { report, cells }: GuestView): Table | null {
  if (report !== null) {
    const rows = (report.nodes ?? []).flatMap(({ distances }) =>
      distances === null ? [] : [distances],
    );
    return report.nodes === null || rows.length < report.nodes.length ? null : rows;
  }
  // The monitor tells no distances.
  const told = evidence.shapes.find(
    (shape) => shape.source !== "monitor" && (shape.cells ?? []).length > 0,
  );
  if (told === undefined) return cells === null || cells.length > 0 ? null : [];
  const all = told.cells ?? [];
  return all.map(({ distances }, from) => distances ?? all.map((_, to) => (from === to ? 10 : 20)));
}

/** The distances between different nodes. */
function between(table: Table): ReadonlySet<number> {
  return new Set(table.flatMap((row, from) => row.filter((_, to) => to !== from)));
}

/** The host's table in the order of the guest's nodes; null where a node's own is not known. */
function hostTable(subject: Subject, view: GuestView, count: number): Table | null {
  const { topology } = subject;
  if (topology === null || topology.distances === null) return null;
  const { distances, nodes } = topology;
  if (view.cells === null || view.cells.length !== count) {
    return nodes.length === count ? distances : null;
  }
  const ids = cellsOnHost(subject, view).map(({ node }) => node);
  const at = ids.map((id) => nodes.findIndex((node) => node.id === id));
  if (at.includes(-1)) return nodes.length === count ? distances : null;
  const table = at.map((from) => at.flatMap((to) => distances[from]?.[to] ?? []));
  return table.every((row) => row.length === count) ? table : null;
}
