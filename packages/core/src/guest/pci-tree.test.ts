import * as fc from "fast-check";
import { expect, test } from "vitest";
import { devicePorts, type PciExpander, type PciPort } from "./guest.ts";
import { qemu72 } from "./limits.ts";
import { pciExpanders } from "./pci-tree.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { functionsOf } from "../plan/plan.ts";
import { type DeviceShape, planOf } from "../../testing/guest/plan-of.ts";

/** One line a port: its controller and bus, and what is behind it. */
function drawn(expanders: readonly PciExpander[]): string[] {
  return expanders.flatMap(({ index, slot, cell, bus, ports }) => [
    `expander ${index} in slot ${slot}: cell ${cell}, bus ${bus}`,
    ...ports.flatMap((port) => drawnPort(port, "  ")),
  ]);
}

function drawnPort(port: PciPort, indent: string): string[] {
  const functions = port.functions.map((f) => `${f.hostAddress} ${f.role} as ${f.guestAddress}`);
  const own = `${indent}port ${port.index} in slot ${port.slot}: bus ${port.bus} |`;
  if (port.switch === null) return [`${own} ${functions.join(", ")}`];
  const { index, bus, guestAddress, hostAddress, ports } = port.switch;
  return [
    `${own} switch ${index} at ${guestAddress} for ${hostAddress}: bus ${bus}`,
    ...ports.flatMap((inner) => drawnPort(inner, `${indent}  `)),
  ];
}

const devices = (...shapes: readonly DeviceShape[]) =>
  planOf({ cells: [{ cores: 1 }, { cores: 1, devices: shapes }] });

test("an expander for each cell with devices, a port for each device, packed against the end", () => {
  const plan = planOf({
    cells: [
      {
        cores: 1,
        devices: [
          { address: "0000:1b:00.0", companions: ["0000:1b:00.1", "0000:1b:00.2"] },
          { address: "0000:1c:00.0", kind: "nic" },
        ],
      },
      { cores: 1 },
      { cores: 1, devices: [{ address: "0001:9b:00.0" }] },
    ],
  });
  expect(drawn(pciExpanders(plan, qemu72))).toMatchInlineSnapshot(`
    [
      "expander 1 in slot 2: cell 0, bus 251",
      "  port 3 in slot 0: bus 252 | 0000:1b:00.0 accelerator as 0000:fc:00.0, 0000:1b:00.1 companion as 0000:fc:00.1, 0000:1b:00.2 companion as 0000:fc:00.2",
      "  port 4 in slot 1: bus 253 | 0000:1c:00.0 nic as 0000:fd:00.0",
      "expander 2 in slot 3: cell 2, bus 254",
      "  port 5 in slot 0: bus 255 | 0001:9b:00.0 accelerator as 0000:ff:00.0",
    ]
  `);
});

test("functions of one slot share it, with function 0 to be found by", () => {
  const plan = devices(
    { address: "0000:20:00.1", kind: "nic", companions: ["0000:20:00.3", "0000:20:01.0"] },
    { address: "0000:20:00.4", kind: "nic" },
    { address: "0000:21:00.1", companions: ["0000:21:00.0"] },
  );
  expect(drawn(pciExpanders(plan, qemu72))).toMatchInlineSnapshot(`
    [
      "expander 1 in slot 2: cell 1, bus 252",
      "  port 2 in slot 0: bus 253 | 0000:21:00.0 companion as 0000:fd:00.0, 0000:21:00.1 accelerator as 0000:fd:00.1",
      "  port 3 in slot 1: bus 254 | 0000:20:00.1 nic as 0000:fe:00.0, 0000:20:00.3 companion as 0000:fe:00.1, 0000:20:00.4 nic as 0000:fe:00.2",
      "  port 4 in slot 2: bus 255 | 0000:20:01.0 companion as 0000:ff:00.0",
    ]
  `);
});

test("a bus has slots for 32 ports", () => {
  const many = (count: number): DeviceShape[] =>
    Array.from({ length: count }, (_, i) => ({
      address: `0000:${(i + 16).toString(16)}:00.0`,
    }));
  expect(pciExpanders(devices(...many(32)), qemu72)[0]?.ports.at(-1)).toMatchObject({
    slot: 31,
    bus: 255,
  });
  expect(() => pciExpanders(devices(...many(33)), qemu72)).toThrow("cell 1 has 33 devices");
});

/** Cells that each have as many devices. */
const uniform = (cells: number, each: number) =>
  planOf({
    cells: Array.from({ length: cells }, (_c, cell) => ({
      cores: 1,
      devices: Array.from({ length: each }, (_d, i) => ({
        address: `0000:${(cell + 16).toString(16)}:${i.toString(16).padStart(2, "0")}.0`,
      })),
    })),
  });

test("bus 0 keeps its share of the buses", () => {
  expect(pciExpanders(uniform(7, 31), qemu72)[0]?.bus).toBe(32);
  expect(() => pciExpanders(uniform(8, 28), qemu72)).toThrow(
    "224 devices on 8 cells take 232 buses",
  );
});

test("bus 0 has slots for 23 expanders", () => {
  const last = pciExpanders(uniform(23, 1), qemu72).at(-1);
  expect(last).toMatchObject({ slot: 24, bus: 254 });
  expect(() => pciExpanders(uniform(24, 1), qemu72)).toThrow("24 cells have devices");
});

test("buses, slots and numbers never meet, and every function passes once", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const expanders = pciExpanders(plan, qemu72);
      const ports = expanders.flatMap((expander) => expander.ports);
      const buses = expanders.flatMap(({ bus, ports: own }) => [bus, ...own.map((p) => p.bus)]);
      // An expander's ports take the numbers up to the next expander's, and the last ends at 255.
      expect(buses).toEqual(buses.map((_, i) => 256 - buses.length + i));
      const numbers = [...expanders, ...ports].map(({ index }) => index);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      const passed = ports.flatMap((port) => port.functions.map((f) => f.hostAddress));
      const planned = plan.devices.flatMap(functionsOf);
      expect(passed.toSorted()).toEqual(planned.toSorted());
      for (const { cell, ports: own } of expanders) {
        for (const { functions } of own) {
          const numbered = functions.map((f) => f.function);
          expect(numbered[0]).toBe(0);
          expect(new Set(numbered).size).toBe(numbered.length);
          const homes = plan.devices.filter((device) =>
            functions.some((f) => functionsOf(device).includes(f.hostAddress)),
          );
          expect(new Set(homes.map((device) => device.cell))).toEqual(new Set([cell]));
        }
      }
    }),
  );
});

test("devices that share a switch share one, in the place of the first; others have ports", () => {
  const plan = devices(
    { address: "0000:20:00.0", switches: ["0000:10:00.0"] },
    { address: "0000:21:00.0", switches: ["0000:11:00.0", "0000:0f:00.0"] },
    { address: "0000:22:00.0" },
    { address: "0000:23:00.0", switches: ["0000:10:00.0"], kind: "nic" },
  );
  expect(drawn(pciExpanders(plan, qemu72, "switches"))).toMatchInlineSnapshot(`
    [
      "expander 1 in slot 2: cell 1, bus 249",
      "  port 2 in slot 0: bus 250 | switch 3 at 0000:fa:00.0 for 0000:10:00.0: bus 251",
      "    port 4 in slot 0: bus 252 | 0000:20:00.0 accelerator as 0000:fc:00.0",
      "    port 5 in slot 1: bus 253 | 0000:23:00.0 nic as 0000:fd:00.0",
      "  port 6 in slot 1: bus 254 | 0000:21:00.0 accelerator as 0000:fe:00.0",
      "  port 7 in slot 2: bus 255 | 0000:22:00.0 accelerator as 0000:ff:00.0",
    ]
  `);
});

test("an emulated switch has slots for 32 devices, and takes two buses more", () => {
  const shared = (count: number) =>
    devices(
      ...Array.from({ length: count }, (_, i) => ({
        address: `0000:${(i + 16).toString(16)}:00.0`,
        switches: ["0000:01:00.0"],
      })),
    );
  const [expander] = pciExpanders(shared(32), qemu72, "switches");
  expect(expander).toMatchObject({ bus: 221, ports: [{ bus: 222, switch: { bus: 223 } }] });
  expect(expander?.ports[0]?.switch?.ports.at(-1)).toMatchObject({ slot: 31, bus: 255 });
  expect(() => pciExpanders(shared(33), qemu72, "switches")).toThrow(
    "33 devices of cell 1 share the switch 0000:01:00.0",
  );
  const limits = { ...qemu72, rootBuses: 250 };
  expect(() => pciExpanders(shared(4), limits, "switches")).toThrow("take 7 buses");
});

test("with switches too every number is given once, from the top down, and every function passes", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const expanders = pciExpanders(plan, qemu72, "switches");
      const buses = expanders.flatMap((expander) => [
        expander.bus,
        ...expander.ports.flatMap((port) => [
          port.bus,
          ...(port.switch === null
            ? []
            : [port.switch.bus, ...port.switch.ports.map(({ bus }) => bus)]),
        ]),
      ]);
      expect(buses).toEqual(buses.map((_, i) => 256 - buses.length + i));
      const ports = devicePorts({ expanders });
      const passed = ports.flatMap((port) => port.functions.map((f) => f.hostAddress));
      const planned = plan.devices.flatMap(functionsOf);
      expect(passed.toSorted()).toEqual(planned.toSorted());
      for (const port of expanders.flatMap((expander) => expander.ports)) {
        const below = port.switch?.ports ?? [];
        expect(below.length).not.toBe(1);
        const above = below.map(({ functions }) => functions[0]?.device.switch);
        expect(new Set(above).size).toBeLessThanOrEqual(1);
      }
    }),
  );
});
