import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { indexSet, size, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { contradictions } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readArchive } from "../archive/read-archive.ts";
import { corpus } from "../../testing/corpus.ts";
import { findRoots, subtree } from "../tree/roots.ts";
import { readSysfs } from "./read.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

/** Machines that other projects recorded, each in its own way; some archives hold several. */
const folder = corpus("sysfs-other");

/** What there is in a machine, and how far it is known. */
function summary(root: string, topology: Topology): string {
  const { nodes, cores, pci, accelerators, nics, distances } = topology;
  const threads = size(unionAll(cores.map(({ cpus }) => setOf(cpus))));
  const placed = pci.filter(({ node }) => node !== null).length;
  const below = pci.filter(({ parent }) => parent !== null).length;
  const packages = new Set(cores.map((core) => core.package)).size;
  const caches = new Set(cores.map(({ l3 }) => l3)).size;
  const known = nodes.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  const memory = sum(known) / GiB;
  const cpus = `${packages} packages, ${cores.length} cores, ${threads} threads, ${caches} L3`;
  const row = distances?.[0]?.join(" ") ?? "unknown";
  return [
    root,
    cpus,
    `${nodes.length} nodes, ${memory.toFixed(1)} GiB, distances ${row}`,
    `${pci.length} PCI, ${placed} placed, ${below} below bridges, ${nics.length} NICs`,
    ...accelerators.map(({ address, model }) => `${address} ${model}`),
  ].join("\n    ");
}

/** A machine's nodes in the same words for us and for cAdvisor, which recorded some machines. */
interface NodeSeen {
  readonly id: number;
  readonly memory: number | null;
  /** The CPUs of each core, and its package. */
  readonly cores: readonly string[];
}

function seenByUs({ nodes, cores }: Topology): NodeSeen[] {
  return nodes.map(({ id, memoryBytes }) => ({
    id,
    memory: memoryBytes,
    cores: cores
      .filter((core) => core.node === id)
      .map((core) => `${core.cpus} in ${core.package}`)
      .toSorted(),
  }));
}

function seenByCadvisor(text: string): NodeSeen[] {
  const { topology }: Witness = JSON.parse(text);
  return topology
    .map(({ node_id: id, memory, cores }) => ({
      id,
      memory,
      cores: cores
        .map((core) => `${formatList(indexSet(core.thread_ids))} in ${core.socket_id}`)
        .toSorted(),
    }))
    .toSorted((a, b) => a.id - b.id);
}

interface Witness {
  readonly topology: readonly {
    readonly node_id: number;
    readonly memory: number;
    readonly cores: readonly {
      readonly thread_ids: readonly number[];
      readonly socket_id: number;
    }[];
  }[];
}

describe.skipIf(folder === null)("Machines that other projects recorded", () => {
  test("are as cAdvisor saw them", async () => {
    let compared = 0;
    for (const name of ["master", "worker2", "sno"]) {
      const archive = await readArchive(join(folder ?? "", `cnto-${name}-sysinfo.tgz`));
      const topology = readSysfs(archive);
      const theirs = seenByCadvisor(archive.readText("/machineinfo.json") ?? "");
      expect(seenByUs(topology)).toEqual(theirs);
      compared += topology.cores.length;
    }
    expect(compared).toBe(100);
  });

  test("are read without contradictions", async () => {
    const lines: string[] = [];
    for (const file of readdirSync(folder ?? "").filter((name) => !name.endsWith(".md"))) {
      const archive = await readArchive(join(folder ?? "", file));
      lines.push(file);
      for (const root of findRoots(archive)) {
        const topology = readSysfs(subtree(archive, root));
        expect(contradictions(topology), file).toEqual([]);
        lines.push(`  ${summary(root.path, topology)}`);
      }
    }
    expect(lines.join("\n")).toMatchInlineSnapshot(`
      "cnto-master-sysinfo.tgz
        /
          2 packages, 56 cores, 112 threads, 2 L3
          2 nodes, 251.3 GiB, distances 10 20
          300 PCI, 300 placed, 17 below bridges, 10 NICs
      cnto-sno-sysinfo.tgz
        /
          1 packages, 12 cores, 12 threads, 1 L3
          1 nodes, 31.3 GiB, distances 10
          25 PCI, 25 placed, 6 below bridges, 1 NICs
      cnto-worker2-sysinfo.tgz
        /
          2 packages, 32 cores, 32 threads, 2 L3
          2 nodes, 187.5 GiB, distances 10 21
          276 PCI, 276 placed, 10 below bridges, 6 NICs
      ghw-linux-amd64-415ee03b8c4d1c4f07ae2e9d8b3d3d6d.tar.gz
        /
          1 packages, 12 cores, 16 threads, 1 L3
          1 nodes, 31.0 GiB, distances 10
          23 PCI, 23 placed, 1 below bridges, 1 NICs
      ghw-linux-amd64-61797caf7c0b6bca1725ad7975ed4773.tar.gz
        /
          1 packages, 6 cores, 12 threads, 2 L3
          1 nodes, 31.3 GiB, distances 10
          43 PCI, 43 placed, 21 below bridges, 4 NICs
      ghw-linux-amd64-8581cf3a529e5d8b97ea876eade2f60d.tar.gz
        /
          2 packages, 12 cores, 24 threads, 2 L3
          2 nodes, 62.9 GiB, distances 10 20
          82 PCI, 10 placed, 16 below bridges, 14 NICs
      ghw-linux-amd64-accel-nvidia.tar.gz
        /
          1 packages, 8 cores, 8 threads, 1 L3
          1 nodes, 29.2 GiB, distances 10
          29 PCI, 29 placed, 15 below bridges, 1 NICs
          0000:06:00.0 Tesla P100 PCIe 16GB
      ghw-linux-arm64-c288e0776090cd558ef793b2a4e61939.tar.gz
        /
          1 packages, 1 cores, 1 threads, 1 L3
          1 nodes, 1.8 GiB, distances 10
          4 PCI, 4 placed, 0 below bridges, 1 NICs
      nri-2-socket-4-node-40-core-sysfs.tar.bz2
        /sysfs/2-socket-4-node-40-core
          2 packages, 40 cores, 80 threads, 2 L3
          4 nodes, 187.5 GiB, distances 10 11 21 21
          0 PCI, 0 placed, 0 below bridges, 0 NICs
      nri-sample1-hybrid.tar.xz
        /sample1
          1 packages, 12 cores, 16 threads, 1 L3
          1 nodes, 38.8 GiB, distances 10
          0 PCI, 0 placed, 0 below bridges, 0 NICs
      nri-topology-aware-sysfs.tar.bz2
        /sysfs/4-socket-server-nosnc
          4 packages, 72 cores, 144 threads, 4 L3
          4 nodes, 754.6 GiB, distances 10 21 21 21
          0 PCI, 0 placed, 0 below bridges, 0 NICs
        /sysfs/desktop
          1 packages, 10 cores, 20 threads, 1 L3
          1 nodes, 62.6 GiB, distances 10
          0 PCI, 0 placed, 0 below bridges, 0 NICs
        /sysfs/server
          2 packages, 56 cores, 112 threads, 2 L3
          6 nodes, 373.3 GiB, distances 10 21 11 21 17 28
          0 PCI, 0 placed, 0 below bridges, 0 NICs"
    `);
  });
});
