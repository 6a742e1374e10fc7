import { buildTopology } from "../../topology/build.ts";
import { standInAddress, standInRoot } from "../../topology/stand-in.ts";
import type { PcieLink, PciDevice, Topology } from "../../topology/topology.ts";
import { unknownSettings } from "../../topology/unknown-settings.ts";
import { devicePorts, type Guest, type PassedFunction } from "../guest.ts";

/**
 * The machine that the guest's NCCL should take it to run on: the guest's nodes, CPUs and bus
 * addresses, and between its devices the switches that are between them on the host. A switch that
 * the guest sees has its address there; another gets a stand-in, since NCCL looks up devices by
 * their addresses and takes from the file what is above them
 * (https://github.com/NVIDIA/nccl/issues/1843). A device's node is the one the guest sees it on.
 *
 * The networks' names are left out: drivers name them as they find them, and a name that meant
 * another NIC in the guest would move it there (`ncclTopoFillNet` in NCCL's src/graph/xml.cc).
 */
export function guestTopology(guest: Guest): Topology {
  const functions = devicePorts(guest.pci).flatMap((port) => port.functions);
  const own = functions.filter(({ role }) => role !== "companion");
  const bridges = bridgesAbove(guest, own);
  const pci = own.map((fn): PciDevice => ({
    ...unknown,
    ...bridges.placeOf(fn),
    address: fn.guestAddress,
    class: fn.device.class ?? { accelerator: "03", nic: "02" }[fn.device.kind],
    vendor: fn.device.vendor,
    device: fn.device.device,
    node: fn.device.cell,
    link: fn.device.link,
  }));
  const ofRole = (role: PassedFunction["role"]): readonly PassedFunction[] =>
    own.filter((fn) => fn.role === role);
  return buildTopology({
    name: guest.name,
    source: "plan",
    machine: { architecture: guest.architecture, cpuModel: guest.cpu.model },
    nodes: guest.cells.map(({ id, cpus, memoryBytes }) => ({
      id,
      cpus,
      memoryBytes,
      kind: null,
      hugepages: null,
    })),
    pci: [...bridges.made(), ...pci],
    accelerators: ofRole("accelerator").map(({ guestAddress, device: { model } }) => ({
      address: guestAddress,
      model,
      uuid: null,
      moduleId: null,
      memoryBytes: null,
    })),
    nics: ofRole("nic").map(({ guestAddress }) => ({
      address: guestAddress,
      name: null,
      rdma: null,
    })),
    links: guest.links ?? [],
  });
}

const unknown = {
  iommuGroup: null,
  driver: null,
  barBytes: null,
  physicalFunction: null,
  ...unknownSettings,
} as const;

type Place = Pick<PciDevice, "parent" | "root">;

interface Bridges {
  /** Where a function hangs; what is above it is made on the way. */
  placeOf(fn: PassedFunction): Place;
  made(): readonly PciDevice[];
}

/**
 * From the top down: a root port, and for each switch its upstream port and a downstream port.
 * Functions of one slot share the port above them. A switch whose devices are on several cells is
 * one on each, as nothing in the guest belongs to two.
 */
function bridgesAbove({ pci }: Guest, functions: readonly PassedFunction[]): Bridges {
  const mirrored = new Map<string, string>(
    pci.expanders.flatMap(({ cell, ports }) =>
      ports.flatMap(({ switch: own }) =>
        own === null ? [] : [[`${cell} switch ${own.hostAddress}`, own.guestAddress] as const],
      ),
    ),
  );
  const roots = [...new Set(functions.map(({ device }) => device.root))];
  const bridges = new Map<string, PciDevice>();
  const placeOf = ({ guestAddress, device }: PassedFunction): Place => {
    const { cell } = device;
    const root = standInRoot(roots.indexOf(device.root));
    const bridge = (name: string, parent: string | null, link: PcieLink | null = null): string => {
      const key = `${cell} ${name}`;
      const known = bridges.get(key)?.address;
      const address = known ?? mirrored.get(key) ?? standInAddress(bridges.size);
      const ids = { class: "060400", vendor: null, device: null };
      if (known === undefined) {
        bridges.set(key, { ...unknown, ...ids, address, parent, root, node: cell, link });
      }
      return address;
    };
    const own = `port to ${guestAddress.slice(0, -2)}`;
    const switches = (device.switches ?? nearestOnly(device.switch)).toReversed();
    const portTo = (i: number): string =>
      switches[i] === undefined ? own : `port to ${switches[i].address}`;
    const parent = switches.reduce(
      (above, { address, link }, i) =>
        bridge(portTo(i + 1), bridge(`switch ${address}`, above, link)),
      bridge(portTo(0), null),
    );
    return { root, parent };
  };
  return { placeOf, made: () => [...bridges.values()] };
}

/** What plans tell that were written before they told of all switches. */
function nearestOnly(
  nearest: string | null,
): readonly { readonly address: string; readonly link: null }[] {
  return nearest === null ? [] : [{ address: nearest, link: null }];
}
