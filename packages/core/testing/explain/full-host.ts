import type { Evidence } from "../../src/evidence/evidence.ts";
import type { Neighbour } from "../../src/evidence/machine-evidence.ts";
import { catalogMachine } from "../../src/topology/catalog/catalog.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { GiB } from "../../src/unit/bytes.ts";
import { at } from "../../src/unit/list.ts";
import { cleanVm, onMachine, withoutRedirects } from "./clean.ts";

const coresOfNode = 56;

/** Of the VMs on one node, four have a GPU, a NIC and four cores; all others have one core. */
const withGpuOfNode = 4;
const coresOf = (slot: number): number => (slot < withGpuOfNode ? 4 : 1);
const firstCoreOf = (slot: number): number =>
  slot <= withGpuOfNode ? slot * 4 : withGpuOfNode * 4 + slot - withGpuOfNode;

/** A VM by its place: on a node, and the how manyth there. */
interface Place {
  readonly number: number;
  readonly node: number;
  readonly slot: number;
}

/**
 * An HGX H200 with 64 VMs in perfect order, each with the machine and its 63 neighbours around it,
 * as `evenkeel evidence` records every one of them. The last cores of each node are the host's.
 */
export function fullHost(): readonly Evidence[] {
  const described = catalogMachine("hgx-h200");
  if (described === null) throw new Error("the catalog has an HGX H200");
  const topology = withoutRedirects({ ...described, name: "full-host" });
  const places = Array.from({ length: 64 }, (_, number): Place => {
    return { number, node: number % 2, slot: number >> 1 };
  });
  const neighbours = places.map((place) => neighbourOf(place, topology));
  return places.map((place) =>
    onMachine(vmAt(place, topology), (machine) => ({
      topology,
      neighbours: neighbours.filter((_, number) => number !== place.number),
      cpus: (machine.cpus ?? []).map((one) => ({ ...one, cpus: "0-223" })),
      nodes: topology.nodes.flatMap(({ id, memoryBytes }) =>
        (machine.nodes ?? []).slice(0, 1).map((one) => ({ ...one, id, memoryBytes })),
      ),
    })),
  );
}

const nameOf = ({ number }: Place): string => `vm-${number}`;
const bytesOf = ({ slot }: Place): number => (slot < withGpuOfNode ? 128 : 8) * GiB;

/** The CPUs of its vCPUs, thread by thread. */
function cpusOf({ node, slot }: Place, topology: Topology): readonly number[] {
  const first = node * coresOfNode + firstCoreOf(slot);
  return topology.cores
    .slice(first, first + coresOf(slot))
    .flatMap(({ cpus }) => cpus.split(",").map(Number));
}

function devicesOf({ node, slot }: Place, topology: Topology): readonly string[] {
  if (slot >= withGpuOfNode) return [];
  const nodeOf = new Map(topology.pci.map((one) => [one.address, one.node]));
  return [topology.accelerators, topology.nics].map((all) => {
    const near = all.filter(({ address }) => nodeOf.get(address) === node);
    return at(near, slot).address;
  });
}

function neighbourOf(place: Place, topology: Topology): Neighbour {
  return {
    name: nameOf(place),
    pid: 10_000 + place.number,
    isVm: true,
    vcpus: cpusOf(place, topology).map((cpu) => ({ count: 1, cpus: `${cpu}` })),
    memory: [{ node: place.node, pageBytes: GiB, bytes: bytesOf(place) }],
    devices: devicesOf(place, topology),
    busyCpus: coresOf(place.slot) / 4,
  };
}

function vmAt(place: Place, topology: Topology): Evidence {
  const own = cleanVm(0);
  const { node, number } = place;
  const name = nameOf(place);
  const pid = 10_000 + number;
  const cpus = cpusOf(place, topology);
  const addresses = devicesOf(place, topology);
  const bytes = bytesOf(place);
  const spare = at(topology.cores, node * coresOfNode + coresOfNode - 1).cpus;
  const allowedNodes = `${node}`;
  const helper = (own.threads ?? []).filter(({ role }) => role?.kind !== "vcpu");
  const vcpu = at((own.threads ?? []).slice(helper.length), 0);
  const path = `/machine.slice/${name}.scope`;
  const threads = [
    ...helper.map((one) => ({ ...one, allowedCpus: spare, lastCpu: Number.parseInt(spare, 10) })),
    ...cpus.map((cpu, id) => ({
      ...vcpu,
      name: `CPU ${id}/KVM`,
      role: { kind: "vcpu", id } as const,
      allowedCpus: `${cpu}`,
      lastCpu: cpu,
    })),
  ].map((one, i) => {
    return {
      ...one,
      tid: pid + i,
      where: `/proc/${pid}/task/${pid + i}`,
      allowedNodes,
      cgroup: path,
    };
  });
  const line = `7f0000000000 bind:${node} huge N${node}=${bytes / GiB} kernelpagesize_kB=1048576`;
  const policy = { mode: "bind", nodes: `${node}` };
  const nodeCpus = topology.nodes[node]?.cpus ?? "";
  return {
    ...own,
    name,
    host: topology.name,
    process:
      own.process === null ? null : { ...own.process, pid, name, threadCount: threads.length },
    threads,
    memory: (own.memory ?? []).map((one) => {
      return { ...one, bytes, policy, onNodes: [{ node, bytes }], line };
    }),
    cgroups: own.cgroups.map((one) => ({
      ...one,
      path,
      cpus: nodeCpus,
      effectiveCpus: nodeCpus,
      nodes: `${node}`,
      effectiveNodes: `${node}`,
    })),
    nodes: topology.nodes.map(({ id, cpus: online }) => ({ id, cpus: online ?? "" })),
    cores: topology.cores.map((core) => core.cpus),
    devices: own.devices.flatMap((one, i) => {
      const address = addresses[i];
      if (address === undefined) return [];
      return [
        {
          ...one,
          address,
          where: `/sys/bus/pci/devices/${address}`,
          node,
          groupMembers: [{ address, driver: "vfio-pci", bridge: false }],
          interrupts: [
            {
              number: 100 + number * 2 + i,
              allowedCpus: nodeCpus,
              effectiveCpus: nodeCpus,
              raisedCount: 5,
              sharedWith: [],
            },
          ],
        },
      ];
    }),
    shapes: own.shapes.map((shape) => ({
      ...shape,
      cells: (shape.cells ?? []).map((cell) => {
        return { ...cell, cpus: `0-${cpus.length - 1}`, memoryBytes: bytes, policy };
      }),
      devices: (shape.devices ?? []).flatMap((one, i) => {
        const hostAddress = addresses[i];
        return hostAddress === undefined ? [] : [{ ...one, hostAddress }];
      }),
      cpu: shape.cpu === null ? null : { ...shape.cpu, vcpus: cpus.length, cores: cpus.length / 2 },
      balloon: { actualBytes: bytes, maxBytes: bytes },
    })),
    guest: null,
  };
}
