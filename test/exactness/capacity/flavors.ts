import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { requestOf } from "@evenkeel/core/request/testing/requests.ts";
import { workloads } from "@evenkeel/core/request/virtual-machine.ts";
import type { Random } from "../../../fuzz/random.ts";
import { soldThreads } from "../offer.ts";

const counts = [0, 0, 1, 1, 2, 2, 4, 4, 8] as const;
const isolations = ["core", "core", "core", "core", "shared", "l3", "node", "host"] as const;
const links = ["any", "any", "any", "any", "nvlink", "switch"] as const;

/**
 * A flavor as one might be sold on a machine: of so many equal ones the whole machine, or a little
 * more or less than that of a node, with memory that is small more often than not.
 */
export function anyFlavor({ topology }: HostState, random: Random, name: string): Request {
  const all = topology.accelerators.length;
  const possible = counts.filter((count) => count <= all);
  const count = random.of(possible);
  const isolation = random.of(isolations);
  const computing = topology.nodes.filter((node) => node.cpus !== "");
  const width = isolation === "shared" ? 1 : soldThreads(topology.cores);
  const perNode = topology.cores.length / Math.max(1, computing.length);
  const isOdd = random.once(12);
  const pools = topology.nodes.flatMap((node) => node.hugepages);
  const page = random.once(5) ? null : random.of([...pools.map((pool) => pool.sizeBytes), 2 ** 30]);
  const granuleBytes = page ?? 2 ** 21;
  const nodeBytes = Math.max(...topology.nodes.map((node) => node.memoryBytes ?? 0));
  // A cell for each node that its accelerators are on, and as many parts as accelerators there.
  const part = random.of([1, 2, 3, 4, 6, 8]);
  const amount = (perCell: number): number => {
    const times = count === 0 ? random.of([1, 1, 1, 2]) : random.of([1, 1, 2]) * count;
    const size = Math.max(1, Math.floor(perCell / part / Math.max(1, count / 4)));
    return random.once(2) ? times * (1 + random.below(4)) : Math.max(1, size + random.below(3) - 1);
  };
  const nics = count === 0 ? [0, 0, 0, 1, 2] : [0, 0, 1, count, Math.ceil(count / 2)];
  const nicCount = random.of(nics);
  return {
    ...requestOf(),
    name,
    accelerators: {
      count,
      model: null,
      link: count > 1 ? random.of(links) : "any",
    },
    nics: { count: Math.min(nicCount, topology.nics.length), rdma: random.once(6) },
    vcpus: Math.max(1, amount(perNode) * width - (isOdd ? 1 : 0)),
    memoryBytes: amount(random.once(3) ? nodeBytes / granuleBytes : 8) * granuleBytes,
    hugepageBytes: page,
    locality: random.once(6) ? "preferred" : "strict",
    isolation,
    workload: random.of(workloads),
  };
}
