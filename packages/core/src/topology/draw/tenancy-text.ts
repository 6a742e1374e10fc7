import { formatBytes } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { portNames } from "../nic-ports.ts";
import { knownPools } from "../node-facts.ts";
import type { MemoryNode, PciDevice } from "../topology.ts";
import { numbersByAddress } from "../virtual-functions.ts";
import { counted } from "./describe.ts";
import { joined, type Line, line, span } from "./line.ts";
import { acceleratorNames, shortener } from "./pci-branches.ts";
import {
  coreMark,
  type NodeShare,
  sharesByNode,
  straysOf,
  type Tenant,
  type TenancyView,
  type VmMark,
} from "./tenancy.ts";

/** A VM as drawings list it below the machine. */
export interface TenantEntry {
  readonly mark: VmMark;
  readonly name: Line;
  /** What it has, node by node, and whether its memory lies on its nodes. */
  readonly parts: readonly Line[];
}

/** The VMs in the order of their signs. */
export function tenantEntries(view: TenancyView): readonly TenantEntry[] {
  return view.vms.map((vm, i) => ({
    mark: at(view.marks, i),
    name: [
      span(vm.name, "title"),
      ...(vm.flavor === null ? [] : [span(` ${vm.flavor}`, "faint")]),
      ...(vm.isNew ? [span(" placed here now", "title")] : []),
    ],
    parts: partsOf(view, vm),
  }));
}

function partsOf(view: TenancyView, vm: Tenant): readonly Line[] {
  const { topology } = view;
  const devices = topology.pci.filter(({ address }) => vm.devices.includes(address));
  const shares = new Map(sharesByNode(view, vm).map((share) => [share.node, share]));
  const places = [
    ...topology.nodes.map(({ id }) => id),
    ...(devices.some(({ node }) => node === null) ? [null] : []),
  ];
  const byNode = places.flatMap((node): Line[] => {
    const own = devices.filter((device) => device.node === node);
    const share = node === null ? undefined : shares.get(node);
    const texts = [...(share === undefined ? [] : shareTexts(share)), ...deviceTexts(view, own)];
    if (texts.length === 0) return [];
    const name = node === null ? "node unknown" : `node ${node}`;
    return [line(`${name}: ${texts.join(", ")}`)];
  });
  const held = byNode.length === 0 ? [line(span("what it has is unknown", "unknown"))] : byNode;
  return [...held, ...whereabouts(view, vm, devices)];
}

function shareTexts({ cores, poolCores, vcpus, memory }: NodeShare): string[] {
  const pool = counted(poolCores, "core");
  return [
    ...(cores === 0 ? [] : [counted(cores, "core")]),
    ...(poolCores === 0
      ? []
      : [vcpus === 0 ? `floats over ${pool}` : `${counted(vcpus, "vCPU")} over ${pool}`]),
    ...memory.map(({ hugepageBytes, bytes }) =>
      hugepageBytes === null
        ? formatBytes(bytes)
        : `${formatBytes(bytes)} in ${formatBytes(hugepageBytes)} pages`,
    ),
  ];
}

/** Accelerators by number, NICs by name, other functions by address. */
function deviceTexts(view: TenancyView, devices: readonly PciDevice[]): string[] {
  const { topology } = view;
  const numbers = numbersByAddress(topology);
  const nics = new Map(topology.nics.map((nic) => [nic.address, nic]));
  const parts = new Set(topology.accelerators.map(({ address }) => address));
  const short = shortener(topology);
  const gpus = devices.flatMap(({ address }) => numbers.get(address) ?? []);
  const others = devices.filter(({ address }) => !numbers.has(address));
  const names = others.map(({ address, physicalFunction }) => {
    const nic = nics.get(address);
    const whole = physicalFunction === null ? undefined : numbers.get(physicalFunction);
    if (whole !== undefined && parts.has(address)) return `a part of GPU${whole}`;
    if (nic === undefined) return short(address);
    return portNames(nic.ports ?? []) ?? nic.name ?? `NIC ${short(address)}`;
  });
  return [...(gpus.length === 0 ? [] : [acceleratorNames(gpus)]), ...names];
}

/** Whether a VM's memory and devices are where its vCPUs are: a warning for each that is not. */
function whereabouts(
  view: TenancyView,
  vm: Tenant,
  devices: readonly PciDevice[],
): readonly Line[] {
  const homes = new Set(vm.cells.flatMap(({ home }) => home ?? []));
  if (homes.size === 0) return [];
  const away = straysOf(view, vm).map(({ home, node, bytes, cpus }) => {
    const what = [
      ...(bytes === 0 ? [] : [`${formatBytes(bytes)} of memory`]),
      ...(cpus === 0 ? [] : [counted(cpus, "CPU")]),
    ];
    return warned(`${what.join(" and ")} for node ${home} on node ${node}`);
  });
  const remote = devices.filter(({ node }) => node !== null && !homes.has(node));
  const names = deviceTexts(view, remote).join(", ");
  const warnings = [
    ...away,
    ...(remote.length === 0 ? [] : [warned(`${names} on another node than its cores`)]),
  ];
  if (warnings.length > 0) return warnings;
  const own = homes.size === 1 ? "its own node" : "its own nodes";
  return [line(span(`memory on ${own}`, "faint"))];
}

const warned = (text: string): Line => line(span(`⚠ ${text}`, "warning"));

/** What of a node nobody has: `free 31 of 56 cores, 528 of 768 × 1 GiB pages, GPU1-3, 3 NICs`. */
export function freeLine(view: TenancyView, node: MemoryNode): Line {
  const { topology } = view;
  const states = topology.cores
    .filter((core) => core.node === node.id)
    .map((core) => view.stateOfCore(core).kind);
  const free = states.filter((kind) => kind === "free").length;
  const pools = knownPools(node).filter(({ total }) => total > 0);
  const sold = topology.pci.filter(
    (device) =>
      device.node === node.id &&
      view.soldDevices.has(device.address) &&
      view.holdersOf(device.address).length === 0,
  );
  const numbers = numbersByAddress(topology);
  const gpus = sold.flatMap(({ address }) => numbers.get(address) ?? []);
  const nics = new Set(topology.nics.map(({ address }) => address));
  const nicCount = sold.filter(({ address }) => nics.has(address)).length;
  const parts = [
    ...(states.length === 0 ? [] : [line(`${free} of ${counted(states.length, "core")}`)]),
    ...pools.map(({ sizeBytes, total, free: left }) =>
      left === null
        ? line(span(`unknown how many of ${total} × ${formatBytes(sizeBytes)} pages`, "unknown"))
        : line(`${left} of ${total} × ${formatBytes(sizeBytes)} pages`),
    ),
    ...(gpus.length === 0 ? [] : [line(span(acceleratorNames(gpus), "accelerator"))]),
    ...(nicCount === 0 ? [] : [line(span(counted(nicCount, "NIC"), "nic"))]),
  ];
  if (parts.length === 0) return [];
  return [span("free  ", "faint"), ...joined(parts, " · ")];
}

/** What the signs of cores mean, those that occur among the cores of some nodes. */
export function coreSignEntries(
  view: TenancyView,
  nodes: readonly MemoryNode[],
): readonly (readonly [VmMark, string])[] {
  const ids = new Set(nodes.map(({ id }) => id));
  const states = view.topology.cores.flatMap((core) =>
    core.node !== null && ids.has(core.node) ? [view.stateOfCore(core)] : [],
  );
  const several = states.find((state) => state.kind === "vms" && state.vms.length > 1);
  const meanings = { host: "kept for the host", closed: "kept free by a VM's isolation" } as const;
  return [
    ...(several === undefined
      ? []
      : [[coreMark(view, several), "a core that several VMs run on"] as const]),
    ...(["host", "closed"] as const).flatMap((kind) =>
      states.some((state) => state.kind === kind)
        ? [[coreMark(view, { kind }), `a core ${meanings[kind]}`] as const]
        : [],
    ),
    ...(states.some(({ kind }) => kind === "free")
      ? [[coreMark(view, { kind: "free" }), "a free core"] as const]
      : []),
  ];
}
