import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { size } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { detailedTopology } from "@evenkeel/core/testing/topology/arbitrary-details.ts";
import { wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { generateSysfs } from "../../testing/sysfs/generate-sysfs.ts";
import { writeBelow } from "../../testing/sysfs/generated-tree.ts";
import { roomInMemory, scratchFolder } from "../../testing/scratch.ts";
import { readHwloc } from "./read-hwloc.ts";
import { lstopoIsInstalled, runLstopo } from "../../testing/hwloc/lstopo.ts";
import { generateHwloc, nearbyCpus } from "../../testing/hwloc/generate-hwloc.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

/**
 * Our generators against hwloc itself: what it makes of a generated tree of files is what we would
 * have it export of that machine, and it reads the export that we generate. Nothing here is decided
 * by our reader of sysfs.
 */
const scratch = scratchFolder(roomInMemory());

/** The facts that hwloc finds in files alone, without the libraries for GPUs and links. */
function fromFiles(topology: Topology) {
  const { nodes, distances, cores, offlineCpus, pci, nics, accelerators } = topology;
  return {
    nodes: nodes.map((node) => ({ ...node, kind: null })),
    distances,
    cores,
    offlineCpus,
    pci,
    nics,
    accelerators: accelerators.map(({ address, model }) => ({ address, model })),
    machine: { vendor: topology.machine.vendor, product: topology.machine.product },
  };
}

/** Nodes that are the memory of NVIDIA's GPUs are left out by hwloc otherwise. */
const keepAllNodes = { HWLOC_KEEP_NVIDIA_GPU_NUMA_NODES: "1" };

/** What hwloc makes of the machine's generated tree, and what we would have it export. */
function expectSame(topology: Topology): void {
  const folder = mkdtempSync(join(scratch, "tree-"));
  writeBelow(folder, generateSysfs(topology));
  const args = ["--if", "fsroot", "-i", folder, "--filter", "io:all", "--disallowed"];
  const xml = execFileSync("lstopo-no-graphics", [...args, "--of", "xml", "-"], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "ignore"],
    // Only Linux' files, not this machine's CPUID.
    env: { ...process.env, HWLOC_COMPONENTS: "linux,stop", ...keepAllNodes },
  });
  const generated = readHwloc(generateHwloc(topology), "generated.xml");
  expect(fromFiles(readHwloc(xml, "lstopo.xml"))).toEqual(fromFiles(generated));
}

test.skipIf(!lstopoIsInstalled).for([...catalogNames])(
  "hwloc reads the generated tree of %s as the generated export",
  (name) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error(`the catalog has no ${name}`);
    expectSame(topology);
  },
);

test.skipIf(!lstopoIsInstalled)("hwloc reads the generated tree of any machine", () => {
  // An export has offline CPUs only together with the control group of the exporter, and does not
  // show which of several nodes that HMAT puts beside the same CPUs has them.
  const allOnline = wideTopology
    .map((topology) => ({ ...topology, offlineCpus: "", access: [] }))
    .filter((topology) => !hidesOwners(topology));
  fc.assert(fc.property(allOnline, expectSame), { numRuns: 15 });
});

/**
 * Whether a node without CPUs is nearest to CPUs of a node with a higher number. Both have the same
 * CPUs in an export, and the reader takes the lower number for their owner.
 */
function hidesOwners(topology: Topology): boolean {
  return topology.nodes.some((node, i) => {
    const near = node.cpus === "" ? nearbyCpus(topology, node, i) : "";
    return near !== "" && topology.nodes.some(({ id, cpus }) => id > node.id && cpus === near);
  });
}

/** What lstopo counts in an export, against the machine that it was generated from. */
function expectAccepted(topology: Topology): void {
  const printed = runLstopo(generateHwloc(topology), ["--of", "console", "--filter", "io:all"]);
  const count = (pattern: RegExp): number => (printed.match(pattern) ?? []).length;
  const cpus = topology.cores.map((core) => size(setOf(core.cpus)));
  expect({
    cpus: count(/\bPU L#/g),
    cores: count(/\bCore L#/g),
    nodes: count(/\bNUMANode(?:\([\w-]+\))? L#/g),
    accelerators: count(/"(?:nvml|rsmi)\d+"/g),
  }).toEqual({
    cpus: sum(cpus),
    cores: topology.cores.length,
    nodes: topology.nodes.length,
    accelerators: topology.accelerators.length,
  });
}

test.skipIf(!lstopoIsInstalled).for([...catalogNames])(
  "hwloc accepts the generated export of %s",
  (name) => {
    const topology = catalogMachine(name);
    if (topology === null) throw new Error(`the catalog has no ${name}`);
    expectAccepted(topology);
  },
);

test.skipIf(!lstopoIsInstalled)("hwloc accepts the exports of any machine", () => {
  fc.assert(fc.property(detailedTopology, expectAccepted), { numRuns: 25 });
});
