import { distancesOf } from "../distances-of.ts";
import type { Access, Topology } from "../topology.ts";
import { changeText, paired, type TopologyDifference } from "./difference.ts";

/** The changes of distances and access figures, between nodes that both machines have. */
export function distanceDifferences(a: Topology, b: Topology): TopologyDifference[] {
  return [...slitDifferences(a, b), ...accessDifferences(a, b)];
}

function slitDifferences(a: Topology, b: Topology): TopologyDifference[] {
  if (a.distances === null && b.distances === null) return [];
  if (a.distances === null || b.distances === null) {
    const state = b.distances === null ? "unknown" : "known";
    return [
      {
        group: "distances",
        subject: "distances",
        path: "distances",
        before: a.distances === null ? null : "known",
        after: b.distances === null ? null : "known",
        lasting: true,
        message: `the distances between nodes became ${state}`,
      },
    ];
  }
  const [before, after] = [distancesOf(a), distancesOf(b)];
  const ids = a.nodes.map(({ id }) => id).filter((id) => b.nodes.some((node) => node.id === id));
  return ids.flatMap((from) =>
    ids.flatMap((to): TopologyDifference[] => {
      const [was, is] = [before(from, to), after(from, to)];
      const back = [before(to, from), after(to, from)];
      const alike = back[0] === was && back[1] === is;
      // If both directions changed in the same way, the lower node's direction stands for both.
      if (was === is || (alike && to < from)) return [];
      const between =
        from === to
          ? `within node ${from}`
          : alike
            ? `between nodes ${from} and ${to}`
            : `from node ${from} to node ${to}`;
      return [
        {
          group: "distances",
          subject: from === to ? `node ${from}` : `nodes ${from} and ${to}`,
          path: `distances[${from}][${to}]`,
          before: was,
          after: is,
          lasting: true,
          message: changeText(`the distance ${between}`, was, is),
        },
      ];
    }),
  );
}

function accessDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const identity = ({ initiator, target, basis }: Access): string =>
    `${initiator} ${target} ${basis}`;
  return paired(a.access, b.access, identity).flatMap(({ before, after }) => {
    const access = before ?? after;
    if (access === null) return [];
    const { initiator, target, basis } = access;
    const subject = `memory of node ${target} from node ${initiator}`;
    const fields = [
      { path: "readLatencyNs", what: `the ${basis} read latency of the ${subject}`, unit: " ns" },
      {
        path: "readBytesPerSecond",
        what: `the ${basis} read bandwidth of the ${subject}`,
        unit: " B/s",
      },
    ] as const;
    return fields.flatMap(({ path, what, unit }): TopologyDifference[] => {
      const [was, is] = [before?.[path] ?? null, after?.[path] ?? null];
      if (was === is) return [];
      return [
        {
          group: "distances",
          subject,
          path: `access[${initiator} ${target} ${basis}].${path}`,
          before: was,
          after: is,
          lasting: false,
          message: changeText(what, was, is, (value) => `${value}${unit}`),
        },
      ];
    });
  });
}
