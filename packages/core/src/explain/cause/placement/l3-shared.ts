import type { Topology } from "../../../topology/topology.ts";
import {
  type IndexSet,
  intersection,
  isEmpty,
  isSubset,
  unionAll,
} from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { coredWorkers, onlineCpus, whyNoWorkers } from "./workers.ts";

/** A neighbour that keeps half a CPU busy puts something into the cache. */
const busyFrom = 0.5;

/**
 * Where a node has several last-level caches (the core complexes of AMD's EPYC), a busy neighbour
 * below the same one takes cache and its bandwidth, and another one may be free. Where the whole
 * node shares one cache, all its VMs do, and no placement on the node could change that.
 */
export const l3Shared: Cause = {
  code: "l3-shared",
  layer: "host",
  looksFor: "a busy neighbour is pinned below the last-level cache of its vCPUs",
  observable: "machine.neighbours[].vcpus beside machine.topology.cores[].l3",
  readFrom: "/proc/PID/task/*/status of all VMs, /sys/devices/system/cpu/cpu*/cache",
  acquittedBy: "no busy neighbour below a cache of its vCPUs",
  followsFrom: ["smt-sibling-shared"],
  judge: (subject) => {
    const { evidence, workers, topology, machine } = subject;
    if (evidence.of === "machine") return irrelevant;
    if (workers === null) return untold(whyNoWorkers(evidence));
    if (topology === null || topology.cores.length === 0) return untold("the cores were not read");
    const neighbours = machine?.neighbours ?? null;
    if (neighbours === null) return untold("who else runs on the machine was not read");
    const cored = coredWorkers(subject);
    if (topology.cores.some(({ l3, node }) => l3 === null || node === null)) {
      return untold("which last-level cache each core has is not known");
    }
    const caches = new Set(cored.map(({ core }) => core.l3));
    const own = [...cachesOf(topology)].filter(([l3, { isPart }]) => isPart && caches.has(l3));
    const online = onlineCpus(topology);
    const below = own.flatMap(([l3, { cpus }]) =>
      neighbours
        .filter((one) =>
          one.vcpus.some((held) => isWithin(intersection(setOf(held.cpus), online), cpus)),
        )
        .map((one) => ({ ...one, l3, cpus })),
    );
    const busy = below.flatMap(({ busyCpus, ...one }) =>
      busyCpus === null || busyCpus < busyFrom ? [] : [{ ...one, busyCpus }],
    );
    if (busy.length === 0) {
      if (below.some(({ busyCpus }) => busyCpus === null)) {
        return untold("how busy its neighbours are was not read");
      }
      return workers.length === 0 || workers.some(({ allowedCpus }) => allowedCpus === null)
        ? untold("where its workers may run was not read")
        : acquitted("no busy neighbour is pinned below a cache that it could have had alone");
    }
    const names = [...new Set(busy.map(({ name }) => name))];
    return accused({
      about: "last-level cache",
      expected: "a cache of its own, as its node has several",
      found: `it shares cache ${[...new Set(busy.map(({ l3 }) => l3))].join(", ")} with ${names.join(", ")}`,
      evidence: busy
        .slice(0, 4)
        .map(
          ({ name, l3, cpus, busyCpus }) =>
            `L3 ${l3} has CPUs ${formatList(cpus)}; ${name} keeps ${busyCpus} CPUs busy`,
        ),
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("live", `Pin ${names.join(", ")} to cores below another cache.`),
    });
  },
};

interface Cache {
  readonly cpus: IndexSet;
  /** Whether its node has others too. */
  readonly isPart: boolean;
}

function cachesOf({ cores }: Topology): ReadonlyMap<number, Cache> {
  const known = cores.flatMap(({ l3, node, cpus }) => (l3 === null ? [] : [{ l3, node, cpus }]));
  const byCache = Map.groupBy(known, ({ l3 }) => l3);
  return new Map(
    [...byCache].map(([l3, own]) => {
      const nodes = new Set(own.map(({ node }) => node));
      const isPart = known.some((core) => nodes.has(core.node) && core.l3 !== l3);
      return [l3, { cpus: unionAll(own.map(({ cpus }) => setOf(cpus))), isPart }];
    }),
  );
}

function isWithin(held: IndexSet, cpus: IndexSet): boolean {
  return !isEmpty(held) && isSubset(held, cpus);
}
