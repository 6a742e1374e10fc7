import type { Evidence, MemoryMapping, ThreadEvidence } from "../../src/evidence/evidence.ts";
import type { GuestDevice, GuestReport } from "../../src/evidence/guest-report.ts";
import { syntheticTopology } from "../../src/topology/synthetic/build.ts";
import { GiB } from "../../src/unit/bytes.ts";
import { cleanVm, onMachine, withoutRedirects } from "./clean.ts";

/**
 * A machine of two sockets with two nodes each, an accelerator and a NIC on a switch of every node;
 * CPUs 0 to 15 are on node 0, and so on.
 */
const topology = withoutRedirects(
  syntheticTopology(
    'cpu:"Intel(R) Xeon(R) Platinum 8480+" numbering:adjacent package:2 node:2 core:8 thread:2 memory:64Gi hugepages:32x1Gi distances:10/12/32 root[switch[gpu:h100-sxm nic:cx7]]@0-3 nvlink:18',
    "wide-host",
  ),
);

const nodes = [0, 1, 2, 3];
const accelerators = topology.accelerators.map(({ address }) => address);
const nics = topology.nics.map(({ address }) => address);

/**
 * A VM on all four nodes of its machine, in perfect order: a cell on each with 8 vCPUs, 8 GiB, an
 * accelerator and a NIC, all of which the guest is shown as it is.
 */
export function wideVm(): Evidence {
  const own = cleanVm(0);
  const [mapping] = own.memory ?? [];
  const [shape] = own.shapes;
  if (mapping === undefined || shape === undefined || own.guest === null) {
    throw new Error("the clean VM has memory, a shape and a report");
  }
  const vm: Evidence = {
    ...own,
    name: "llm-wide",
    host: "wide-host",
    threads: [
      ...(own.threads ?? []).filter(({ role }) => role?.kind !== "vcpu"),
      ...nodes.flatMap((node) => vcpusOf(own, node)),
    ],
    memory: nodes.map((node) => memoryOf(mapping, node)),
    nodes: nodes.map((id) => ({ id, cpus: `${id * 16}-${id * 16 + 15}` })),
    cores: topology.cores.map(({ cpus }) => cpus),
    cgroups: own.cgroups.map((one) => ({
      ...one,
      cpus: "0-63",
      effectiveCpus: "0-63",
      nodes: "0-3",
      effectiveNodes: "0-3",
    })),
    devices: nodes.flatMap((node) =>
      own.devices.map((device, i) => {
        const address = (i === 0 ? accelerators : nics)[node] ?? "";
        const group = node * 2 + i;
        return {
          ...device,
          address,
          where: `/sys/bus/pci/devices/${address}`,
          node,
          iommuGroup: group,
          groupMembers: [{ address, driver: "vfio-pci", bridge: false }],
          interrupts: [
            {
              number: 100 + group,
              allowedCpus: `${node * 16}-${node * 16 + 15}`,
              effectiveCpus: `${node * 16}-${node * 16 + 15}`,
              raisedCount: 5,
              sharedWith: [],
            },
          ],
        };
      }),
    ),
    shapes: [
      {
        ...shape,
        cells: nodes.map((id) => ({
          id,
          cpus: `${id * 8}-${id * 8 + 7}`,
          backend: `ram-node${id}`,
          memoryBytes: 8 * GiB,
          policy: { mode: "bind", nodes: `${id}` },
          pageBytes: GiB,
          distances: topology.distances?.[id] ?? null,
        })),
        devices: nodes.flatMap((node) =>
          [accelerators, nics].map((all, i) => ({
            hostAddress: all[node] ?? "",
            above: [`pci.${10 * node + i + 5}`, `pci.${node + 1}`],
            cell: node,
            portSpeedGTs: 32,
            portWidth: 16,
          })),
        ),
        cpu: shape.cpu === null ? null : { ...shape.cpu, vcpus: 32, sockets: 4 },
      },
    ],
    guest: guestOf(own.guest),
  };
  return onMachine(vm, (machine) => ({
    topology,
    neighbours: [],
    cpus: (machine.cpus ?? []).map((one) => ({ ...one, cpus: "0-63" })),
    nodes: nodes.flatMap((id) => (machine.nodes ?? []).slice(0, 1).map((one) => ({ ...one, id }))),
  }));
}

function vcpusOf({ threads }: Evidence, node: number): ThreadEvidence[] {
  return (threads ?? [])
    .filter(({ role }) => role?.kind === "vcpu")
    .map((thread, i) => {
      const cpu = node * 16 + 2 + i;
      const tid = 6000 + node * 100 + i;
      return {
        ...thread,
        tid,
        where: `/proc/4711/task/${tid}`,
        name: `CPU ${node * 8 + i}/KVM`,
        role: { kind: "vcpu", id: node * 8 + i } as const,
        allowedCpus: `${cpu}`,
        allowedNodes: `${node}`,
        lastCpu: cpu,
      };
    });
}

function memoryOf(mapping: MemoryMapping, node: number): MemoryMapping {
  const start = (0x7f_00_00_00_00_00 + node * 2 ** 36).toString(16);
  return {
    ...mapping,
    start,
    bytes: 8 * GiB,
    backend: `ram-node${node}`,
    cell: node,
    policy: { mode: "bind", nodes: `${node}` },
    onNodes: [{ node, bytes: 8 * GiB }],
    line: `${start} bind:${node} huge N${node}=8 kernelpagesize_kB=1048576`,
  };
}

function guestOf(report: GuestReport): GuestReport {
  const devices: readonly GuestDevice[] = nodes.flatMap((node) =>
    (report.devices ?? []).map((device, i) => ({
      ...device,
      address: `0000:${node * 16 + 2 + i}`.replace(/\d+$/, (bus) => `${bus.padStart(2, "0")}:00.0`),
      node,
    })),
  );
  const gpus = devices.filter(({ vendor }) => vendor === "10de").map(({ address }) => address);
  return {
    ...report,
    nodes: nodes.map((id) => ({
      id,
      cpus: `${id * 8}-${id * 8 + 7}`,
      memoryBytes: 8 * GiB,
      distances: topology.distances?.[id] ?? null,
    })),
    devices,
    ports: devices.map(({ address, link }, i) => {
      return { address: `0000:01:0${i}.0`, link, acsRedirect: false, below: [address] };
    }),
    cpu: report.cpu === null ? null : { ...report.cpu, sockets: 4 },
    accelerators: gpus.flatMap((address, index) =>
      (report.accelerators ?? []).map((one) => ({
        ...one,
        address,
        index,
        peers: gpus
          .filter((peer) => peer !== address)
          .map((peer) => ({ address: peer, status: "OK" })),
      })),
    ),
  };
}
