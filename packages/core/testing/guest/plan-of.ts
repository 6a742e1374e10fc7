import type { Isolation, Locality } from "../../src/request/virtual-machine.ts";
import type { Cell, Plan, PlanDevice, Vcpu } from "../../src/plan/plan.ts";
import type { Link, PcieLink } from "../../src/topology/topology.ts";
import { indexSet } from "../../src/set/index-set.ts";
import { formatList } from "../../src/set/list-format.ts";
import { GiB } from "../../src/unit/bytes.ts";
import { sumOf } from "../../src/unit/sum.ts";

/** What a plan for a test differs in; the rest follows. */
export interface PlanShape {
  readonly vm?: string;
  readonly tenant?: string | null;
  readonly architecture?: string | null;
  readonly cpuModel?: string | null;
  readonly locality?: Locality;
  readonly isolation?: Isolation;
  readonly threadsPerCore?: number;
  readonly distances?: readonly (readonly number[])[] | null;
  readonly links?: readonly Link[] | null;
  readonly cells: readonly CellShape[];
}

export interface CellShape {
  /** Its position by default. */
  readonly hostNode?: number;
  readonly cores: number;
  /** Of the cores, as many lie on the node after its own. */
  readonly strayCores?: number;
  /** By default 4 GiB on its own node. */
  readonly memory?: readonly { readonly node: number; readonly bytes: number }[];
  readonly pageBytes?: number;
  readonly policy?: Locality;
  readonly devices?: readonly DeviceShape[];
}

export interface DeviceShape {
  readonly address: string;
  readonly kind?: PlanDevice["kind"];
  readonly barBytes?: readonly number[] | null;
  readonly companions?: readonly string[];
  /** By default a host bridge of its bus alone. */
  readonly root?: string;
  /** The upstream ports of the switches above it, nearest first. */
  readonly switches?: readonly string[];
  readonly link?: PcieLink | null;
  readonly nodeUnknown?: boolean;
  /** The vGPU type of a virtual function. */
  readonly profile?: string | null;
}

/** As many CPUs as a node of these hosts has, so that a CPU's number tells its node. */
const CPUS_PER_NODE = 500;

/** A consistent plan of that shape, for a host that has all it takes. */
export function planOf(shape: PlanShape): Plan {
  const { isolation = "core", threadsPerCore = 2 } = shape;
  const threads = isolation === "shared" ? 1 : threadsPerCore;
  const nextCpu = new Map<number, number>();
  let nextVcpu = 0;
  const vcpusOf = ({ cores, strayCores = 0 }: CellShape, hostNode: number): Vcpu[] =>
    Array.from({ length: cores * threads }, (_, i) => {
      const stray = i >= (cores - strayCores) * threads;
      const node = hostNode + (stray ? 1 : 0);
      const first = node * CPUS_PER_NODE;
      // The first two CPUs of each node are the host's.
      if (isolation === "shared") {
        return { id: nextVcpu++, cpus: `${first + 2}-${first + CPUS_PER_NODE - 1}` };
      }
      const cpu = nextCpu.get(node) ?? first + 2;
      nextCpu.set(node, cpu + 1);
      return { id: nextVcpu++, cpu };
    });
  const cells = shape.cells.map((cell, id): Cell => {
    const { hostNode = id, pageBytes = 4096 } = cell;
    const memory = cell.memory ?? [{ node: hostNode, bytes: 4 * GiB }];
    return {
      id,
      hostNode,
      memoryNodes: formatList(indexSet(memory.map(({ node }) => node))),
      memoryPolicy: cell.policy ?? "strict",
      memoryBytes: sumOf(memory, ({ bytes }) => bytes),
      memoryOnNodes: memory,
      pageBytes,
      vcpus: vcpusOf(cell, hostNode),
      accelerators: addressesOf(cell, "accelerator"),
      nics: addressesOf(cell, "nic"),
    };
  });
  const hostCpus = formatList(
    indexSet(cells.flatMap(({ hostNode }) => [0, 1].map((cpu) => hostNode * CPUS_PER_NODE + cpu))),
  );
  return {
    apiVersion: "evenkeel/v1",
    kind: "Plan",
    vm: shape.vm ?? "llm-a",
    tenant: shape.tenant ?? null,
    host: "host-1",
    topologyDigest: `sha256:${"0".repeat(64)}`,
    flavor: null,
    locality: shape.locality ?? "strict",
    isolation,
    cpuModel: shape.cpuModel ?? null,
    workload: null,
    profile: null,
    architecture: shape.architecture === undefined ? "x86_64" : shape.architecture,
    threadsPerCore: threads,
    cells,
    distances: shape.distances ?? null,
    emulatorCpus: hostCpus,
    iothreads: [{ id: 1, cpus: hostCpus }],
    devices: devicesOf(shape.cells),
    links: shape.links === undefined ? [] : shape.links,
    partition: null,
    signature: "5f0c",
    signatureText: `${cells.length} cells`,
    cost: {
      basis: "unknown",
      parts: { hostToDevice: 1, memory: 1, peer: 1, network: 1 },
      slowdown: 1,
    },
    reasons: [],
  };
}

/** An H100 and a ConnectX-7. */
const idsOf = {
  accelerator: { vendor: "10de", device: "2330" },
  nic: { vendor: "15b3", device: "1021" },
} as const;

const kindOf = (device: DeviceShape): PlanDevice["kind"] => device.kind ?? "accelerator";

function addressesOf(cell: CellShape, kind: PlanDevice["kind"]): string[] {
  const own = (cell.devices ?? []).filter((device) => kindOf(device) === kind);
  return own.map((device) => device.address);
}

function devicesOf(cells: readonly CellShape[]): PlanDevice[] {
  const all = cells.flatMap((cell, id) =>
    (cell.devices ?? []).map((device): PlanDevice => ({
      address: device.address,
      kind: kindOf(device),
      model: null,
      ...idsOf[kindOf(device)],
      class: kindOf(device) === "accelerator" ? "030200" : "020000",
      node: device.nodeUnknown === true ? null : (cell.hostNode ?? id),
      cell: id,
      root: device.root ?? `pci${device.address.slice(0, 7)}`,
      switch: device.switches?.[0] ?? null,
      switches: (device.switches ?? []).map((address) => ({ address, link: device.link ?? null })),
      barBytes: device.barBytes === undefined ? [16_777_216] : device.barBytes,
      link: device.link ?? null,
      profile: device.profile ?? null,
      companions: device.companions ?? [],
    })),
  );
  const rank = (device: PlanDevice): number => (device.kind === "accelerator" ? 0 : 1);
  return all.toSorted((a, b) => rank(a) - rank(b) || (a.address < b.address ? -1 : 1));
}
