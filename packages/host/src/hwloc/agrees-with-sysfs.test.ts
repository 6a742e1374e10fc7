import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { readArchive } from "../archive/read-archive.ts";
import { readSysfs } from "../sysfs/read.ts";
import { corpus } from "../../testing/corpus.ts";
import { roomInMemory, scratchFolder } from "../../testing/scratch.ts";
import { findRoots, subtree } from "../tree/roots.ts";
import { readHwloc } from "./read-hwloc.ts";
import { lstopoIsInstalled } from "../../testing/hwloc/lstopo.ts";

/**
 * Compares our reading of a recorded sysfs with our reading of hwloc's export of the same files.
 * Facts that both have must be the same. These are the recordings for which hwloc's own tests have
 * no expected output.
 */
const recorded = corpus("sysfs-other");
const recordings =
  recorded === null ? [] : readdirSync(recorded).filter((n) => /\.t(ar\.|gz)/.test(n));

/** Files that neither reader looks at: most of the recording. */
const unread = [
  "cpuidle",
  "cpufreq",
  "power",
  "thermal_throttle",
  "microcode",
  "irq",
  "memory[0-9]*",
];

const scratch = scratchFolder(roomInMemory());

function shape(topology: Topology) {
  const { nodes, distances, cores, offlineCpus, pci } = topology;
  return {
    nodes: nodes.map(({ id, package: pkg, cpus, memoryBytes, hugepages }) => {
      const pools = hugepages?.map(({ sizeBytes, total }) => ({ sizeBytes, total })) ?? null;
      return { id, package: pkg, cpus, memoryBytes, pools };
    }),
    // hwloc has no use for a matrix of one node.
    distances: nodes.length > 1 ? distances : null,
    cores: cores.map(({ cpus, package: pkg, node, l3 }) => ({ cpus, package: pkg, node, l3 })),
    offlineCpus,
    pci: pci.map(({ address, vendor, device, class: code }) => {
      return { address, vendor, device, class: code.slice(0, 4) };
    }),
  };
}

type Shape = ReturnType<typeof shape>;

/** Where they know different things, and what then is compared. */
const differences: ReadonlyMap<string, (found: Shape) => Shape> = new Map([
  // No meminfo of the node was recorded; of one node the machine's stands for it, but not to hwloc.
  [
    "ghw-linux-amd64-61797caf7c0b6bca1725ad7975ed4773",
    (found) => ({ ...found, nodes: found.nodes.map((node) => ({ ...node, memoryBytes: null })) }),
  ],
]);

test.skipIf(recorded === null)("there are recordings to compare", () => {
  expect(recordings.length).toBeGreaterThan(10);
});

for (const file of recordings) {
  const path = join(recorded ?? "", file);
  const name = file.replace(/\.(tar\..*|tgz)$/, "");
  test.skipIf(!lstopoIsInstalled)(
    `${name} is the same read from sysfs and through hwloc`,
    async () => {
      const tree = await readArchive(path);
      const folder = mkdtempSync(join(scratch, "tree-"));
      const left = unread.map((each) => `--exclude=${each}`);
      execFileSync("tar", ["-xf", path, "-C", folder, "--no-same-permissions", ...left]);
      const roots = findRoots(tree).filter(({ standsFor }) => standsFor === "/");
      expect(roots.length).toBeGreaterThan(0);
      for (const root of roots) {
        const args = [
          "--if",
          "fsroot",
          "-i",
          join(folder, root.path),
          "--whole-io",
          "--disallowed",
        ];
        const xml = execFileSync("lstopo-no-graphics", [...args, "--of", "xml", "-"], {
          encoding: "utf8",
          maxBuffer: 64 * 1024 * 1024,
          stdio: ["ignore", "pipe", "ignore"],
          // Only Linux' files, not this machine's CPUID.
          env: { ...process.env, HWLOC_COMPONENTS: "linux,stop" },
        });
        const compared = differences.get(name) ?? ((found: Shape): Shape => found);
        const ours = readSysfs(subtree(tree, root));
        expect(compared(shape(readHwloc(xml, "lstopo.xml")))).toEqual(compared(shape(ours)));
      }
    },
  );
}
