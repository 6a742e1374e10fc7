import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import { mergeTopologies } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { readSource } from "./read-source.ts";

/**
 * Recordings of one machine by several tools, merged in either order. That they contradict each
 * other in nothing says as much of the readers as of the merging.
 */
const read = (source: string): Promise<Topology> =>
  readSource(source, {
    parseTopology: (_text, where) => {
      throw new Error(`${where} is no recording of a tool`);
    },
  });

function pairs(folder: string, ending: RegExp, partner: (name: string) => string): string[][] {
  const path = corpus(folder);
  if (path === null) return [];
  return readdirSync(path).flatMap((file) => {
    const name = ending.exec(file)?.[1];
    const other = name === undefined ? null : join(path, partner(name));
    return name === undefined || other === null || !existsSync(other)
      ? []
      : [[name, join(path, file), other]];
  });
}

const recorded = [
  ...pairs("lscpu-golden", /^(.*)\.tar\.gz$/, (name) => `lscpu-${name}.expected`),
  ...pairs("sysfs-hwloc", /^(.*)\.tar\.\w+$/, (name) => `../hwloc-xml/${name}.xml`),
  ...pairs("sysfs-hwloc", /^(.*)\.tar\.\w+$/, (name) => `${name}.xml`),
  ...pairs("sysfs-hwloc", /^(.*)\.tar\.\w+$/, (name) => `${name}.console`).filter(
    // Printed without five of the CPUs that were recorded.
    ([name]) => name !== "16em64t-4s2ca2c-cpusetreorder",
  ),
  ...pairs(
    "libvirt-caps",
    /^vircaps-linux-(\w+)\.tar\.gz$/,
    (name) => `vircaps-x86_64-${name}.xml`,
  ),
];

/**
 * lscpu sees one package where the kernel sees one for each kind of core. libvirt's own tests make
 * up the memory and the pages of the machines that they record.
 */
const otherwise: ReadonlyMap<string, string> = new Map([
  ["arm-A510-A710-A715-X3", "core-differs"],
  ["caches", "node-differs"],
  ["resctrl", "node-differs"],
]);

describe.skipIf(recorded.length === 0)("recordings of one machine", () => {
  test("recorded machines are found", () => {
    expect(recorded.length).toBeGreaterThan(8);
  });

  test.each(recorded)("%s: the kernel's files and the tool's output agree", async (name, a, b) => {
    const [one, other] = [await read(a ?? ""), await read(b ?? "")];
    for (const parts of [
      [one, other],
      [other, one],
    ]) {
      const { topology, findings } = mergeTopologies(parts);
      const codes = [...new Set(findings.map(({ code }) => code))];
      expect(codes, JSON.stringify(findings[0])).toEqual(
        otherwise.has(name ?? "") ? [otherwise.get(name ?? "")] : [],
      );
      expect(contradictions(topology)).toEqual([]);
    }
  });
});

const [ncclFolder, kubernetesFolder] = [corpus("nccl-xml"), corpus("kubernetes")];

test.skipIf(ncclFolder === null || kubernetesFolder === null)(
  "a cloud's file for NCCL and a node's slices in Kubernetes are merged into one machine",
  async () => {
    const topology = await read(join(ncclFolder ?? "", "aws-p4d-24xl-topo.xml"));
    const slice = (driver: string): Promise<Topology> =>
      read(join(kubernetesFolder ?? "", `dra-aws_eks-gpu-efa-resourceslice-${driver}.yaml`));
    const merged = mergeTopologies([topology, await slice("gpu"), await slice("dranet")]);
    expect(merged.findings).toEqual([]);
    expect(merged.topology.accelerators).toHaveLength(8);
    expect(merged.topology.accelerators.every(({ uuid }) => uuid !== null)).toBe(true);
    // Addresses, host bridges and UUIDs are from Kubernetes, switches and nodes from the cloud.
    const [first] = merged.topology.accelerators;
    const gpu = merged.topology.pci.find(({ address }) => address === first?.address);
    expect(gpu).toMatchObject({ root: "pci0000:10", node: 0, vendor: "10de" });
    expect(gpu?.parent).not.toBeNull();
  },
);
