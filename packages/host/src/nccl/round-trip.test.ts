import { ncclTopology } from "@evenkeel/core/nccl/print-topology.ts";
import { catalog, catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { smallTopology, wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import type { NicPort, Topology } from "@evenkeel/core/topology/topology.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readNccl } from "./read-nccl.ts";

/**
 * What the format can say of a machine. It does not say which host bridge a device is below, so two
 * devices of one node that do not meet in a switch are one class, and unknown without a node.
 */
function sayable(topology: Topology): unknown {
  const of = interconnects(topology);
  const node = new Map(topology.pci.map((device) => [device.address, device.node]));
  const devices = [...topology.accelerators, ...topology.nics].map(({ address }) => address);
  const owners = new Set(devices.map((address) => node.get(address)));
  const classOf = (a: string, b: string): string | null => {
    const found = of(a, b);
    if (found !== "PHB" && found !== "NODE") return found;
    return node.get(a) === null ? null : "NODE";
  };
  return {
    nodes: topology.nodes.flatMap(({ id, cpus }) => (owners.has(id) ? [{ id, cpus }] : [])),
    accelerators: topology.accelerators.map(({ address, model }) => ({ address, model })),
    nics: topology.nics.map(({ address, name, ports }) => ({
      address,
      name,
      ports: ports ?? (name === null ? null : [{ ...unknownPort, name }]),
    })),
    places: devices.map((address) => node.get(address)),
    classes: devices.map((a) => devices.map((b) => (a === b ? "X" : classOf(a, b)))),
    links: topology.links,
  };
}

const unknownPort: NicPort = { name: null, port: null, bytesPerSecond: null, guid: null };

/** Ports as NCCL's file can say them: whole megabits, and a NIC is named after its first. */
const ports: fc.Arbitrary<readonly NicPort[]> = fc
  .array(
    fc.record({
      port: fc.option(fc.integer({ min: 1, max: 4 })),
      bytesPerSecond: fc.option(fc.integer({ min: 1, max: 800_000 }).map((n) => n * 125_000)),
      guid: fc.option(fc.constantFrom("0x84c36d000390fe7c", "0x1")),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((found) => found.map((port, i) => ({ name: `mlx5_${i}`, ...port })));

const withPorts = (topology: Topology): fc.Arbitrary<Topology> =>
  fc.array(fc.option(ports), { minLength: topology.nics.length }).map((each) => ({
    ...topology,
    nics: topology.nics.map((nic, i) => {
      const own = each[i] ?? null;
      return own === null ? nic : { ...nic, name: "mlx5_0", ports: own };
    }),
  }));

function readBack(topology: Topology): Topology {
  return readNccl(writeXml(ncclTopology(topology), '"'), "written");
}

const hasDevices = ({ accelerators, nics }: Topology): boolean =>
  accelerators.length + nics.length > 0;

test.each(catalog.map(({ name }) => name))("%s is read back from its file", (name) => {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error("not in the catalog");
  expect(sayable(readBack(topology))).toEqual(sayable(topology));
});

test.each([
  ["small", smallTopology],
  ["wide", wideTopology],
])("%s machines are read back from their files", (_, machines) => {
  fc.assert(
    fc.property(machines.filter(hasDevices).chain(withPorts), (topology) => {
      expect(sayable(readBack(topology))).toEqual(sayable(topology));
    }),
    { numRuns: 300 },
  );
});

test("a machine that was read is written and read back the same", () => {
  fc.assert(
    fc.property(wideTopology.filter(hasDevices), (topology) => {
      const once = readBack(topology);
      const text = writeXml(ncclTopology(once), '"');
      const again = readNccl(text, "written");
      expect(sayable(again)).toEqual(sayable(once));
      expect(writeXml(ncclTopology(again), '"')).toBe(text);
    }),
  );
});

test("link speeds come back as the maxima that NCCL knows", () => {
  const topology = catalogMachine("hgx-h100");
  const read = topology === null ? null : readBack(topology);
  const gpu = read?.accelerators[0]?.address;
  expect(read?.pci.find(({ address }) => address === gpu)?.link).toEqual({
    speedGTs: null,
    width: null,
    maxSpeedGTs: 32,
    maxWidth: 16,
  });
});
