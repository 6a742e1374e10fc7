import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";

/** A fleet's machines, in turn, and the flavors of its arrivals, all equally likely. */
export interface FleetMix {
  readonly machines: readonly Topology[];
  readonly flavors: readonly Request[];
}

function flavor(
  gpus: number,
  nics: number,
  vcpus: number,
  gib: number,
  terms: Partial<Request> = {},
): Request {
  return requestOf({
    name: `vm of ${gpus} GPUs`,
    accelerators: accelerators(gpus),
    nics: { count: nics, rdma: false },
    vcpus,
    memoryBytes: gib * GiB,
    workload: "training",
    ...terms,
  });
}

function machine(name: string): Topology {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error(`the catalog has no machine ${name}`);
  return topology;
}

/** One machine of eight GPUs; flavors that divide it, one without GPUs and an odd one. */
function usual(): FleetMix {
  return {
    machines: [machine("hgx-h100")],
    flavors: [
      flavor(1, 1, 12, 96),
      flavor(2, 2, 24, 192),
      flavor(4, 4, 48, 384),
      flavor(8, 8, 96, 768),
      flavor(0, 0, 8, 64),
      flavor(1, 0, 20, 60),
    ],
  };
}

/** The same machine, and flavors that do not divide it. */
function odd(): FleetMix {
  return { machines: [machine("hgx-h100")], flavors: oddFlavors };
}

/** The odd flavors on many different machines. */
function varied(): FleetMix {
  const machines = ["hgx-h100", "dgx-a100", "hgx-a100", "l40s-pcie", "mi300x", "epyc-nps4"];
  return { machines: machines.map(machine), flavors: oddFlavors };
}

const oddFlavors = [
  flavor(1, 1, 6, 25),
  flavor(1, 0, 10, 43),
  flavor(2, 1, 14, 70),
  flavor(2, 2, 22, 50),
  flavor(3, 0, 18, 90),
  flavor(3, 3, 30, 111),
  flavor(4, 2, 26, 160),
  flavor(5, 0, 34, 130),
  flavor(6, 1, 38, 200),
  flavor(7, 0, 44, 220),
  flavor(8, 0, 48, 256),
  flavor(0, 0, 6, 13),
  flavor(0, 1, 18, 37, { isolation: "l3" }),
  flavor(0, 0, 70, 300, { locality: "preferred" }),
];

export const fleetMixes: Readonly<Record<string, () => FleetMix>> = { usual, odd, varied };
