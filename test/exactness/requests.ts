import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { workloads } from "@evenkeel/core/request/virtual-machine.ts";
import type { Random } from "../../fuzz/random.ts";
import { functionsOf } from "@evenkeel/core/plan/plan.ts";
import { granuleBytesOf, offerOf } from "./offer.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

const localities = ["strict", "strict", "strict", "preferred", "interleave"] as const;
const isolations = [
  "core",
  "core",
  "core",
  "core",
  "shared",
  "shared",
  "l3",
  "node",
  "host",
] as const;
/** Isolations that leave room for other VMs. */
const beside = ["core", "core", "core", "shared", "shared", "l3"] as const;
const links = ["any", "any", "any", "nvlink", "switch"] as const;

/** A random request: often one that the host can just hold, or just not hold. */
export function anyRequest(host: HostState, random: Random, name = "vm"): Request {
  const { topology } = host;
  const held = new Set(host.taken.flatMap((plan) => plan.devices.flatMap(functionsOf)));
  const left = topology.accelerators.filter(({ address }) => !held.has(address)).length;
  const most = Math.max(1, random.once(6) ? topology.accelerators.length : left);
  // Few more often than many, and sometimes more than there are.
  const upTo = random.once(2) ? most : Math.ceil(most / 2);
  const count = random.once(4) ? 0 : 1 + random.below(upTo + (random.once(10) ? 2 : 0));
  const models = topology.accelerators.map(({ model }) => model);
  const request: Request = {
    ...requestOf(),
    name,
    accelerators: {
      count,
      model: random.once(5)
        ? (random
            .of([...models, null])
            ?.split(" ")[0]
            ?.toLowerCase() ?? null)
        : null,
      link: count > 2 && !random.once(4) ? "any" : random.of(links),
    },
    nics: {
      count: random.once(2) ? 0 : random.below(Math.min(topology.nics.length, count + 1) + 1),
      rdma: random.once(4),
    },
    hugepageBytes: pageSize(host, random),
    locality: random.of(localities),
    isolation: random.of(host.taken.length > 0 && !random.once(4) ? beside : isolations),
    workload: random.of(workloads),
  };
  return { ...request, ...sizes(host, request, random) };
}

/** A page size, mostly one that the machine has a pool of. */
function pageSize({ topology }: HostState, random: Random): number | null {
  const pools = topology.nodes.flatMap((node) =>
    (node.hugepages ?? []).map((pool) => pool.sizeBytes),
  );
  return random.of([...pools, ...pools, ...pools, null, random.of([2 ** 21, 2 ** 30])]);
}

/**
 * vCPUs and memory: small, any, about as large as some nodes together, or so that equal parts just
 * fit a node. Mostly one of the two is small, as two that are both near the limit rarely fit.
 */
function sizes(
  host: HostState,
  request: Request,
  random: Random,
): Pick<Request, "vcpus" | "memoryBytes"> {
  const { nodes, units } = offerOf(host, { ...request, vcpus: 1000 });
  const threads = request.isolation === "shared" ? 1 : Math.max(1, Math.round(1000 / units));
  const some = nodes.filter(() => random.once(nodes.length > 8 ? 2 : 3));
  const small = random.below(3);
  const size = (
    free: (node: (typeof nodes)[number]) => number,
    share: number,
    which: number,
  ): number => {
    const sum = (of: typeof nodes): number => sumOf(of, (node) => Math.max(0, free(node)));
    switch (small === which ? 0 : random.below(4)) {
      case 0:
        return 1 + random.below(9);
      case 1:
        return 1 + random.below(Math.max(1, (sum(nodes) / share) * 1.1));
      case 2:
        return Math.max(1, sum(some) + random.below(5) - 2);
      default:
        // As much as one to four nodes hold when each has an equal part.
        return Math.max(1, free(random.of(nodes)) * (1 + random.below(4)) + random.below(5) - 2);
    }
  };
  const share = random.of([1, 2, 4]);
  const granuleBytes = granuleBytesOf(request);
  const vcpus = size((node) => node.units, share, 0) * threads - random.below(threads);
  const memoryBytes =
    size((node) => node.granules, share, 1) * granuleBytes - random.below(2) * 4096;
  return { vcpus: Math.max(1, vcpus), memoryBytes: Math.max(1, memoryBytes) };
}
