import { count, type Tally } from "../../unit/tally.ts";
import { pcieRateText } from "../pcie-rate.ts";
import { bridgesAbove, interconnects } from "../interconnect.ts";
import { counted } from "../draw/describe.ts";
import type { PciDevice, Topology } from "../topology.ts";
import { virtualAccelerators, wholeAccelerators } from "../virtual-functions.ts";
import { deviceNames } from "./device-names.ts";
import type { TopologyWarning, TopologyWarningCode } from "./warning.ts";

/** Warnings about accelerators and NICs, their links, and what they share. */
export function deviceWarnings(topology: Topology): TopologyWarning[] {
  return [
    ...unknownNodes(topology),
    ...weakLinks(topology),
    ...mixedModels(topology),
    ...withoutNics(topology),
    ...withoutLinks(topology),
    ...iommuGroups(topology),
    ...unusedParts(topology),
  ];
}

function warning(
  code: TopologyWarningCode,
  severity: TopologyWarning["severity"],
  subject: string,
  message: string,
): TopologyWarning {
  return { code, severity, subject, message };
}

/** The accelerators and NICs with their names. */
function namedDevices(topology: Topology): Map<PciDevice, string> {
  const names = deviceNames(topology);
  return new Map(
    topology.pci.flatMap((device): [PciDevice, string][] => {
      const name = names.get(device.address);
      return name === undefined ? [] : [[device, name]];
    }),
  );
}

/**
 * Not for a machine with one node: there Linux reports no node for most devices, and it does not
 * matter.
 */
function unknownNodes(topology: Topology): TopologyWarning[] {
  if (topology.nodes.filter(({ cpus }) => cpus !== "").length < 2) return [];
  return [...namedDevices(topology)].flatMap(([{ node }, name]) =>
    node === null
      ? [
          warning(
            "device-node-unknown",
            "warning",
            name,
            `The node of ${name} is unknown, so nothing can be placed beside it.`,
          ),
        ]
      : [],
  );
}

/**
 * Links of devices, and of the switches above them, that run below what both ends could do. Other
 * ports are left out: a fast port with a slower device is not a fault. An idle GPU lowers its
 * link's speed to save power, so a GPU's low speed is only an info; its width never drops.
 */
function weakLinks(topology: Topology): TopologyWarning[] {
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const named = namedDevices(topology);
  const switches = new Map<PciDevice, string>();
  for (const device of named.keys()) {
    // From the root, ports alternate: a root or downstream port, then a switch's upstream port.
    const above = bridgesAbove(device, byAddress).toReversed();
    for (const address of above.filter((_, i) => i % 2 === 1)) {
      const port = byAddress.get(address);
      if (port !== undefined) switches.set(port, `switch ${address}`);
    }
  }
  return [...switches, ...named].flatMap(([{ link }, name]) => {
    if (link === null) return [];
    const { speedGTs, width, maxSpeedGTs, maxWidth } = link;
    const now = pcieRateText(speedGTs, width);
    const most = pcieRateText(maxSpeedGTs, maxWidth);
    const slow = speedGTs !== null && maxSpeedGTs !== null && speedGTs < maxSpeedGTs;
    const narrow = width !== null && maxWidth !== null && width < maxWidth;
    const gpu = name.startsWith("GPU");
    const idle = gpu ? " Idle GPUs do that: look again under load." : "";
    const message = `The link of ${name} runs at ${now} and could run at ${most}.`;
    return [
      ...(slow ? [warning("link-slow", gpu ? "info" : "warning", name, message + idle)] : []),
      ...(narrow ? [warning("link-narrow", "warning", name, message)] : []),
    ];
  });
}

function mixedModels(topology: Topology): TopologyWarning[] {
  const counts: Tally<string> = new Map();
  for (const { model } of wholeAccelerators(topology)) {
    if (model !== null) count(counts, model);
  }
  if (counts.size < 2) return [];
  const models = [...counts].map(([model, number]) => `${number} × ${model}`).join(", ");
  const message = `The accelerators are of ${counts.size} models: ${models}. A request should name the one it means.`;
  return [warning("accelerators-mixed", "info", "accelerators", message)];
}

/** Only if some accelerator has a NIC on its node; a machine without NICs gets no warning. */
function withoutNics(topology: Topology): TopologyWarning[] {
  const between = interconnects(topology);
  const ways = wholeAccelerators(topology).map(({ address }) => ({
    address,
    to: topology.nics.map((nic) => between(address, nic.address)),
  }));
  const far = ways.filter(({ to }) => to.every((way) => way === "SYS"));
  if (!ways.some(({ to }) => to.some((way) => way !== null && way !== "SYS"))) return [];
  const names = deviceNames(topology);
  return far.map(({ address }) => {
    const name = names.get(address) ?? address;
    const message = `${name} has no NIC on its node: its network traffic crosses to another node.`;
    return warning("accelerator-without-nic", "info", name, message);
  });
}

/** Boards that always have NVLink or XGMI between their accelerators. */
const linkedBoards = /\bSXM|\bG?B[23]00\b|\bMI3\d\d[AX]\b/i;

function withoutLinks(topology: Topology): TopologyWarning[] {
  const { links, pci } = topology;
  const accelerators = wholeAccelerators(topology);
  if (links.length > 0 || accelerators.length < 2) return [];
  const boards = accelerators.filter(({ model }) => model !== null && linkedBoards.test(model));
  // NVSwitches are NVIDIA functions with the class "other bridge".
  const switches = pci.filter(
    ({ vendor, class: code }) => vendor === "10de" && code.startsWith("0680"),
  );
  if (boards.length < 2 && switches.length === 0) return [];
  const what = switches.length > 0 ? counted(switches.length, "NVSwitch") : boards[0]?.model;
  const message = `No direct link between the ${accelerators.length} accelerators is known, although a machine with ${what} has them: nvidia-smi topo -m or nvlink -s shows them.`;
  return [warning("accelerator-links-unknown", "warning", "accelerators", message)];
}

function iommuGroups(topology: Topology): TopologyWarning[] {
  const { accelerators, pci } = topology;
  const names = deviceNames(topology);
  const groups = new Map(pci.map(({ address, iommuGroup }) => [address, iommuGroup]));
  const members = Map.groupBy(accelerators, ({ address }) => groups.get(address) ?? null);
  const unknown = wholeAccelerators(topology).filter(
    ({ address }) => (groups.get(address) ?? null) === null,
  );
  return [
    ...(unknown.length === 0
      ? []
      : [
          warning(
            "iommu-groups-unknown",
            "info",
            "accelerators",
            `The IOMMU group of ${counted(unknown.length, "accelerator")} is unknown: the IOMMU is off, or the source does not report groups.`,
          ),
        ]),
    ...[...members].flatMap(([group, devices]) => {
      if (group === null || devices.length < 2) return [];
      const shared = devices.map(({ address }) => names.get(address) ?? `VF ${address}`).join(", ");
      const message = `${counted(devices.length, "accelerator")} share IOMMU group ${group} and can only be passed through together: ${shared}.`;
      return [warning("iommu-group-shared", "warning", `IOMMU group ${group}`, message)];
    }),
  ];
}

/**
 * NVIDIA GPUs with virtual functions, none of which has a vGPU type: such a function cannot be
 * given to a VM. Virtual functions of other vendors have a fixed size and no type.
 */
function unusedParts(topology: Topology): TopologyWarning[] {
  const names = deviceNames(topology);
  const vendors = new Map(topology.pci.map(({ address, vendor }) => [address, vendor]));
  return [...virtualAccelerators(topology)].flatMap(([address, parts]) => {
    if (vendors.get(address) !== "10de" || parts.some(({ profile }) => profile !== null)) return [];
    const name = names.get(address) ?? address;
    const message = `${name} has ${counted(parts.length, "virtual function")}, and none is known to have a vGPU type: none can be given to a VM.`;
    return [warning("vgpu-types-unset", "info", name, message)];
  });
}
