import { compileInventory, type Inventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import { useOfLayout } from "@evenkeel/core/placement/layout/layout-use.ts";
import {
  emptyOccupancy,
  occupied,
  type Occupancy,
} from "@evenkeel/core/placement/occupancy/occupancy.ts";
import { searchSpace } from "@evenkeel/core/placement/search/search.ts";
import { spaceFor } from "@evenkeel/core/placement/space/space.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { amountOf } from "@evenkeel/core/text/amount.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { type Random, randomFor } from "../fuzz/random.ts";
import { catalogCases } from "./catalog-cases.ts";
import { alternate, cpuTime, type Timing } from "./interleave.ts";
import { packedDecision, packedFleet } from "./packed.ts";
import { novaPeer, type NovaPeer, novaRequest } from "./peers/nova.ts";
import { type Figure, ratioRow, type Row, row } from "./report.ts";
import { firstPoolBytes } from "./first-pool.ts";

/** Everything of these machines is for sale, as it is for Nova. */
const policy = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, coresPerNode: 0 },
};

interface Machine {
  readonly name: string;
  readonly synthetic: string;
  readonly requests: readonly Asked[];
}

/** A request, with the number of cells for Nova; Evenkeel finds it itself, and may need fewer. */
interface Asked {
  readonly cells: number;
  readonly request: Request;
}

function asked(cells: number, vcpus: number, gib: number, gpus: number, nics = 0): Asked {
  return {
    cells,
    request: requestOf({
      accelerators: accelerators(gpus),
      nics: { count: nics, rdma: false },
      vcpus,
      memoryBytes: gib * GiB,
      workload: "training",
    }),
  };
}

const twoNodes = [
  asked(1, 8, 96, 1),
  asked(1, 8, 96, 1, 1),
  asked(1, 24, 480, 4),
  asked(2, 24, 400, 2),
  asked(2, 96, 1600, 8),
];

const machines: readonly Machine[] = [
  {
    name: "2 x 28 cores",
    synthetic:
      "package:2 core:28 thread:2 memory:1024Gi hugepages:1008x1Gi distances:10/21 " +
      "root*4[gpu:h100-sxm nic:cx7]",
    requests: twoNodes,
  },
  {
    name: "2 x 56 cores",
    synthetic:
      "package:2 core:56 thread:2 memory:1024Gi hugepages:1008x1Gi distances:10/21 " +
      "root*4[gpu:h100-sxm nic:cx7]",
    requests: twoNodes,
  },
  {
    name: "8 x 24 cores",
    synthetic:
      "package:2 node:4 core:24 thread:2 memory:256Gi hugepages:240x1Gi distances:10/12/32 " +
      "root[gpu:h100-sxm nic:cx7]",
    requests: [
      asked(1, 8, 96, 1),
      asked(1, 8, 96, 1, 1),
      asked(2, 16, 192, 2),
      asked(2, 24, 400, 2),
      asked(4, 48, 800, 4),
    ],
  },
];

const fillings: readonly { readonly name: string; readonly fill: Filling }[] = [
  { name: "empty", fill: emptyOccupancy },
  {
    name: "half filled, scattered",
    fill: (inventory) => filled(inventory, 0.5, randomFor(7, "scattered", 0)),
  },
  { name: "quarter filled, packed", fill: (inventory) => filled(inventory, 0.25, null) },
];

type Filling = (inventory: Inventory) => Occupancy;

/** One VM that has this part of every node: the lowest cores and devices, or random ones. */
function filled(inventory: Inventory, part: number, random: Random | null): Occupancy {
  const { cores, devices, nodeIds } = inventory;
  const some = <Item>(items: readonly Item[]): readonly Item[] => {
    const left = [...items];
    const count = Math.floor(items.length * part);
    return Array.from({ length: count }, () =>
      left.splice(random === null ? 0 : random.below(left.length), 1),
    ).flat();
  };
  const perNode = nodeIds.map((_, node) => node);
  return occupied(inventory, emptyOccupancy(inventory), {
    isolation: "core",
    cores: perNode.flatMap((node) =>
      some(cores.soldOfNode[node] ?? []).map(({ position }) => position),
    ),
    nodes: perNode,
    memory: perNode.map((node) => {
      const pages = firstPoolBytes(inventory, node) / GiB;
      return { node, pool: 0, bytes: Math.floor(pages * part) * GiB };
    }),
    deviceGroups: perNode.flatMap((node) => {
      const all = devices.ofNode[node] ?? [];
      const gpus = all.filter((device) => devices.accelerators[device.position] === device);
      const nics = all.filter((device) => devices.nics[device.position] === device);
      return [...some(gpus), ...some(nics)].map(({ group }) => group);
    }),
    floating: [],
  });
}

/** A request on a machine with an occupancy. */
interface Case extends Asked {
  readonly host: string;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

/**
 * The time of one host's decision, with cores named, compared with OpenStack Nova's fit and with
 * one pass over a packed array, on machines at several fillings. Nothing is cached from one
 * decision to the next. The process is warm: every case has been decided some thousand times before
 * the first is timed.
 */
export async function benchPlacement(): Promise<readonly (Row | Figure)[]> {
  const nova = novaPeer();
  const rows: (Row | Figure)[] = [];
  const ofNova: Timing[][] = [];
  const ofLimit: Timing[][] = [];
  const cases = allCases();
  for (const one of [...cases, ...cases]) cpuTime(decisionsTimed, () => void isDecided(one));
  try {
    for (const one of cases) {
      const [ours, limit, peer] = await timed(nova, one);
      if (ours === undefined || limit === undefined) continue;
      rows.push(row("placement", ours, peer ?? limit, null));
      ofLimit.push([ours, limit]);
      if (peer !== undefined) ofNova.push([ours, peer]);
    }
  } finally {
    nova?.end();
  }
  if (ofNova.length > 0) rows.push(ratioRow("placement", "OpenStack Nova", ofNova, 0.01));
  rows.push(ratioRow("placement", "a packed array", ofLimit, null));
  return [...rows, ...catalogCases()];
}

const decisionsTimed = 1000;

function allCases(): readonly Case[] {
  return machines.flatMap((machine) => {
    const inventory = compileInventory(syntheticTopology(machine.synthetic, "bench"), policy);
    return fillings.flatMap(({ name, fill }) => {
      const occupancy = fill(inventory);
      const host = `${machine.name}, ${name}`;
      return machine.requests.map((one): Case => ({ ...one, host, inventory, occupancy }));
    });
  });
}

function isDecided({ inventory, occupancy, request }: Case): boolean {
  const space = spaceFor(inventory, occupancy, request);
  const found = searchSpace(space, {});
  return found !== null && useOfLayout(space, found.best.cells).cores.length > 0;
}

async function timed(nova: NovaPeer | null, one: Case): Promise<readonly Timing[]> {
  const { host, inventory, occupancy, cells, request } = one;
  const wanted = novaRequest(request, cells);
  const packed = packedFleet([{ inventory, occupancy }]);
  const fits = isDecided(one);
  await nova?.know(host, inventory, occupancy);
  const theirs = (await nova?.fit(host, wanted, 1))?.fits;
  if (theirs === true && !fits) throw new Error(`Nova places what Evenkeel refuses: ${host}`);
  const what =
    `${amountOf(wanted.vcpus, "vCPU")}, ${wanted.gib} GiB, ${amountOf(wanted.gpus, "GPU")}` +
    (wanted.nics > 0 ? `, ${amountOf(wanted.nics, "NIC")}` : "");
  const verdict = (fit: boolean | number | undefined): string => (fit === false ? " (no fit)" : "");
  const subjects = [
    {
      name: `${host}: ${what}${verdict(fits)}`,
      measure: () => cpuTime(decisionsTimed, () => void isDecided(one)),
    },
    {
      name: "a packed array",
      measure: () => cpuTime(20_000, () => void packedDecision(packed, wanted)),
    },
    ...(nova === null
      ? []
      : [
          {
            name: `Nova, ${amountOf(cells, "cell")}${verdict(theirs)}`,
            measure: async () => (await nova.fit(host, wanted, 10)).ms,
          },
        ]),
  ];
  return alternate(subjects, 7);
}
