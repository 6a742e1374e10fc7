import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootHost, type Host } from "../machine/host.ts";
import { eightNodes, type HostShape, oneNode, twoByTwo, unevenNodes } from "../machine/shape.ts";

/** Evenkeel reads from a host what the host's shape has. */
describe.each([twoByTwo, unevenNodes, eightNodes, oneNode])("$name", (shape) => {
  let host: Host;
  let topology: Topology;
  beforeAll(async () => {
    host = await bootHost(shape);
    const { status, stdout, stderr } = await host.evenkeel("topology", "--output", "json");
    expect([status, stderr]).toEqual([0, ""]);
    topology = JSON.parse(stdout);
  });
  afterAll(() => host?.stop());

  test("nodes, their CPUs, memory and huge pages", () => {
    let next = 0;
    const expected = shape.nodes.map(({ cores, hugepages, package: socket }) => {
      const first = next;
      next += cores;
      const cpus = cores === 0 ? "" : cores === 1 ? `${first}` : `${first}-${next - 1}`;
      return { package: socket, cpus, hugepages };
    });
    const read = topology.nodes.map((node) => ({
      package: node.package,
      cpus: node.cpus,
      hugepages: node.hugepages?.find(({ sizeBytes }) => sizeBytes === 2 << 20)?.total,
    }));
    expect(read.map(({ cpus, hugepages }) => ({ cpus, hugepages }))).toEqual(
      expected.map(({ cpus, hugepages }) => ({ cpus, hugepages })),
    );
    for (const [i, node] of topology.nodes.entries()) {
      const wanted = at(shape.nodes, i).memoryMiB * MiB;
      // The kernel reserves some memory.
      expect(node.memoryBytes).toBeLessThanOrEqual(wanted);
      expect(node.memoryBytes).toBeGreaterThanOrEqual(wanted * 0.75);
    }
  });

  test("distances, and HMAT as far as the kernel shows it", () => {
    expect(topology.distances).toEqual(shape.distances);
    const own = topology.access.filter(({ initiator, target }) => initiator === target);
    const ownLatencies = shape.hmat?.latencyNs.map((row, i) => row[i]) ?? [];
    expect(own.map(({ readLatencyNs }) => readLatencyNs)).toEqual(ownLatencies);
  });

  test("accelerators on their nodes, below their switches, in their IOMMU groups", () => {
    expect(acceleratorsOf(topology)).toEqual(expectedAccelerators(shape));
  });
});

interface Seen {
  readonly node: number | null;
  readonly groupWith: number;
}

function acceleratorsOf(topology: Topology): Seen[] {
  const functions = topology.accelerators.map(({ address }) =>
    topology.pci.find((device) => device.address === address),
  );
  return functions.map((device) => ({
    node: device?.node ?? null,
    groupWith: functions.filter((other) => other?.iommuGroup === device?.iommuGroup).length,
  }));
}

function expectedAccelerators(shape: HostShape): Seen[] {
  return shape.nodes.flatMap(({ devices }, node) =>
    devices.flatMap((device) => {
      const one = { node, groupWith: device === "group" ? 2 : 1 };
      return device === "port" ? [one] : [one, one];
    }),
  );
}
