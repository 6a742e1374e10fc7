import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  bridgesAbove,
  derivedInterconnects,
  interconnects,
  pciInterconnects,
} from "./interconnect.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import { wideTopology } from "../../testing/topology/arbitrary-machine.ts";
import { withStatedInterconnects } from "../../testing/topology/arbitrary-stated.ts";
import type { PciDevice, Topology } from "./topology.ts";

/** The classes between the accelerators, and between the first of them and the NICs. */
function classes(topology: Topology): Record<string, string | null> {
  const of = interconnects(topology);
  const devices = [
    ...topology.accelerators.map(({ address }, i) => ({ address, name: `G${i}` })),
    ...topology.nics.map(({ address }, i) => ({ address, name: `N${i}` })),
  ];
  return Object.fromEntries(
    devices.flatMap((a, i) =>
      devices.slice(i + 1).map((b) => [`${a.name}-${b.name}`, of(a.address, b.address)]),
    ),
  );
}

test("each class of nvidia-smi on a tree that has them all", () => {
  const topology = syntheticTopology(
    `package:2 node:2 core:1
     root[switch[gpu:l40s*2 switch[gpu:l40s]] gpu:l40s nic:cx7]@0 root[gpu:l40s]@0-2`,
  );
  expect(topology.accelerators).toHaveLength(7);
  expect(classes(topology)).toMatchObject({
    // Two below one switch, one below a further switch, one on a port of its own.
    "G0-G1": "PIX",
    "G0-G2": "PXB",
    "G0-G3": "PHB",
    "G3-N0": "PHB",
    "G0-N0": "PHB",
    // Another host bridge of the same node, another node of the package, another package.
    "G0-G4": "NODE",
    "G0-G5": "SYS",
    "G0-G6": "SYS",
    "G5-G6": "SYS",
  });
});

test("functions of one slot, and devices on one conventional bus, are PIX", () => {
  const [port, gpu, nic] = syntheticTopology("core:1 root[gpu:l40s nic:cx7]").pci.flatMap((one) =>
    one.address.endsWith("02.0") ? [] : [one],
  );
  const below = (device: PciDevice | undefined, address: string): PciDevice[] =>
    device === undefined ? [] : [{ ...device, address, parent: port?.address ?? null }];
  const topology = syntheticTopology("core:1 root[gpu:l40s nic:cx7]");
  const of = interconnects({
    ...topology,
    pci: [
      ...(port === undefined ? [] : [port]),
      ...below(gpu, "0000:16:00.0"),
      ...below(nic, "0000:16:00.1"),
    ],
  });
  expect(of("0000:16:00.0", "0000:16:00.1")).toBe("PIX");
});

test("devices on the root bus itself meet in the host bridge", () => {
  expect(classes(syntheticTopology("core:1 root[gpu:l40s(port:none)*2 nic:cx7]"))).toEqual({
    "G0-G1": "PHB",
    "G0-N0": "PHB",
    "G1-N0": "PHB",
  });
});

test("a switch inside an accelerator counts like any other", () => {
  const text = "core:1 root[switch[nic:cx7 switch:mi300-switch[gpu:mi300x]]]";
  expect(classes(syntheticTopology(text))).toEqual({ "G0-N0": "PXB" });
});

test("a direct link comes before any other class, with its number of lanes if known", () => {
  expect(classes(syntheticTopology("core:1 root[gpu:l40s*2] nvlink:18"))).toEqual({
    "G0-G1": "NV18",
  });
  expect(classes(syntheticTopology("core:1 root[gpu:l40s*2] nvlink:?"))).toEqual({
    "G0-G1": "NV#",
  });
  expect(classes(syntheticTopology("core:1 root[gpu:mi300x*2] xgmi:3"))).toEqual({
    "G0-G1": "XGMI3",
  });
});

test("a stated class comes before the one of the tree, and after direct links", () => {
  const machine = syntheticTopology(
    "package:2 core:1 root[gpu:l40s*2]@0 root[gpu:l40s]@? nvlink:4 ",
  );
  const [a = "", b = "", c = ""] = machine.accelerators.map(({ address }) => address);
  const stated: Topology = {
    ...machine,
    links: machine.links.filter((link) => link.a === a && link.b === b),
    interconnects: [
      { a, b, class: "SYS" },
      { a, b: c, class: "PHB" },
    ],
  };
  expect(classes(stated)).toEqual({ "G0-G1": "NV4", "G0-G2": "PHB", "G1-G2": null });
  expect(classes({ ...stated, links: [] })["G0-G1"]).toBe("SYS");
  expect(pciInterconnects(stated)(b, a)).toBe("SYS");
  expect(derivedInterconnects(stated)(b, a)).toBe("PHB");
});

test("an unknown interconnect is null", () => {
  const topology = syntheticTopology("package:2 core:1 root[gpu:l40s]@0 root*2[gpu:l40s*2]@?");
  expect(classes(topology)).toEqual({
    // Below one host bridge its node does not matter.
    "G1-G2": "PHB",
    "G3-G4": "PHB",
    "G0-G1": null,
    "G0-G2": null,
    "G0-G3": null,
    "G0-G4": null,
    "G1-G3": null,
    "G1-G4": null,
    "G2-G3": null,
    "G2-G4": null,
  });
  expect(
    interconnects(topology)("0000:ff:00.0", topology.accelerators[0]?.address ?? ""),
  ).toBeNull();
});

test("every pair has one class, whichever comes first", () => {
  fc.assert(
    fc.property(fc.oneof(wideTopology, withStatedInterconnects(wideTopology)), (topology) => {
      const of = interconnects(topology);
      const addresses = [...topology.accelerators, ...topology.nics].map(({ address }) => address);
      for (const a of addresses) {
        for (const b of addresses) if (a !== b) expect(of(a, b)).toBe(of(b, a));
      }
    }),
  );
});

test("a loop of bridges is walked once", () => {
  const [port, gpu] = syntheticTopology("core:1 root[gpu:l40s]").pci;
  if (port === undefined || gpu === undefined) throw new Error("a port and a device");
  const circle = new Map([port, gpu].map((one) => [one.address, one]));
  circle.set(port.address, { ...port, parent: gpu.address });
  expect(bridgesAbove(gpu, circle)).toEqual([port.address, gpu.address]);
});
