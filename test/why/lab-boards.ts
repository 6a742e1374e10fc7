import type { DeviceEvidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Nic, PciDevice } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { type Given, onTopology } from "./lab-given.ts";

/**
 * Real boards in place of QEMU's: accelerators of PCIe 5.0 x16 in ports of a processor, with a
 * window as large as it can be.
 */
export const withBoards: Given = (record) => {
  const link = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };
  const devices = record.devices.map((device) => {
    return { ...device, link, relaxedOrdering: true, barMaxBytes: [MiB] };
  });
  return onTopology({ ...record, devices }, ({ pci, accelerators }) => ({
    pci: pci.map((one) => {
      if (one.class === "00ff00") return { ...one, ...board, link };
      return one.node === null ? one : { ...one, ...rootPort, link };
    }),
    accelerators: accelerators.map((one) => ({ ...one, model: "NVIDIA H100 PCIe" })),
  }));
};

const board = { class: "030200", vendor: "10de", device: "2331" };
const rootPort = { vendor: "8086", device: "352a" };

/**
 * Real boards, each below a switch with a NIC of the VM's beside it: copies between the two pass
 * straight across the switch.
 */
export const withSwitches: Given = (record) => {
  const real = withBoards(record);
  const withNics = real.devices.flatMap((device): DeviceEvidence[] => {
    const address = nicBeside(device.address);
    return [device, { ...device, address, barMaxBytes: [] }];
  });
  const shapes = real.shapes.map((shape) => ({
    ...shape,
    devices: (shape.devices ?? []).flatMap((device) => [
      device,
      { ...device, hostAddress: nicBeside(device.hostAddress), above: ["port9", "pcie.0"] },
    ]),
  }));
  return onTopology({ ...real, devices: withNics, shapes }, ({ pci }) => ({
    pci: pci.flatMap((one) => (one.class === board.class ? belowSwitch(one) : [one])),
    nics: pci.flatMap((one): Nic[] =>
      one.class === board.class
        ? [{ address: nicBeside(one.address), name: null, rdma: true, ports: null }]
        : [],
    ),
  }));
};

/** The record with some functions of the machine changed. */
const onFunctions =
  (change: (one: PciDevice) => Partial<PciDevice>): Given =>
  (record) =>
    onTopology(record, ({ pci }) => ({ pci: pci.map((one) => ({ ...one, ...change(one) })) }));

/** Ports of switches that redirect what the devices below them copy to each other. */
export const withRedirects = onFunctions(({ vendor }) =>
  vendor === bridge.vendor ? { acsRedirect: true } : {},
);

/** NICs of another vendor, which ask for no translations. */
export const withOtherNics = onFunctions(({ vendor }) =>
  vendor === mellanox.vendor ? { vendor: "14e4", device: "1760", atsEnabled: false } : {},
);

/** Root ports of AMD's processors. */
export const withAmdPorts = onFunctions(({ vendor, device }) =>
  vendor === rootPort.vendor && device === rootPort.device
    ? { vendor: "1022", device: "14ab" }
    : {},
);

/** The NIC below the same switch: `000c:21:00.0` beside `0000:21:00.0`. */
const nicBeside = (address: string): string => numbered("c", address);

/** An address of the same bus in a domain that the machine has not. */
const numbered = (domain: string, address: string, slot: string = "00"): string =>
  `000${domain}${address.slice(4, 8)}${slot}.0`;

/** An accelerator, a NIC and the switch that is above both. */
function belowSwitch(gpu: PciDevice): PciDevice[] {
  const part = (address: string, parent: string | null, change: Partial<PciDevice>): PciDevice => ({
    ...gpu,
    interrupts: null,
    driver: "pcieport",
    address,
    parent,
    ...change,
  });
  const top = numbered("a", gpu.address);
  const ports = ["00", "01"].map((slot) => numbered("b", gpu.address, slot));
  const nic = { ...mellanox, interrupts: gpu.interrupts, driver: gpu.driver };
  return [
    part(top, gpu.parent, bridge),
    ...ports.map((port) => part(port, top, bridge)),
    { ...gpu, parent: ports[0] ?? null },
    part(nicBeside(gpu.address), ports[1] ?? null, nic),
  ];
}

const bridge = { class: "060400", vendor: "1000", device: "c030", acsRedirect: false };
const mellanox = { class: "020000", vendor: "15b3", device: "1021", atsEnabled: true };
