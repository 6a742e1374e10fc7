import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { nvidiaSmiTopoText } from "../../testing/nvidia-smi/write-topo-matrix.ts";
import { generateSysfs } from "../../testing/sysfs/generate-sysfs.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { overlayTree } from "../tree/overlay-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { liveMachineTree } from "./live-machine.ts";
import { readMachineTree } from "./read-machine-tree.ts";
import { toolFolder } from "./tools.ts";

function machine(name: string): Topology {
  const topology = catalogMachine(name);
  if (topology === null) throw new Error(`no ${name}`);
  return topology;
}

/** What the kernel of a catalog machine says, and beside it what its tools are made to say. */
function treeOf(topology: Topology, texts: Readonly<Record<string, string>> = {}): Tree {
  const { files, links } = generateSysfs(topology);
  const kernel = memoryTree(files, links, "tree");
  return overlayTree(kernel, toolFolder, new Map(Object.entries(texts)));
}

test("a tool adds links and its numbers of GPUs, and the rest stays the kernel's", async () => {
  const hgx = machine("hgx-h100");
  const notes: string[] = [];
  const note = (sentence: string): void => void notes.push(sentence);
  const alone = await readMachineTree(treeOf(hgx), note, "hgx");
  expect(alone.links).toEqual([]);
  const texts = { "nvidia-smi-topo.txt": nvidiaSmiTopoText(hgx, "numa-id") };
  const both = await readMachineTree(treeOf(hgx, texts), note, "hgx");
  expect(both.links).toEqual(hgx.links);
  expect(both.accelerators.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const accelerators = both.accelerators.map((one) => ({ ...one, index: null }));
  expect({ ...both, accelerators, links: [], source: alone.source }).toEqual(alone);
  expect(notes).toEqual([]);
});

test("an output of another machine, or an unreadable one, is left out with a note", async () => {
  const hgx = machine("hgx-h100");
  for (const text of [
    nvidiaSmiTopoText(machine("l40s-pcie"), "numa-id"),
    "NVIDIA-SMI has failed",
  ]) {
    const notes: string[] = [];
    const read = await readMachineTree(
      treeOf(hgx, { "nvidia-smi-topo.txt": text }),
      (sentence) => void notes.push(sentence),
      "hgx",
    );
    expect(notes.length).toBeGreaterThan(0);
    expect(read.accelerators).toHaveLength(8);
  }
});

test("a missing tool gives no note, a failing one does", async () => {
  const folder = scratchFolder();
  const notes: string[] = [];
  const note = (sentence: string): void => void notes.push(sentence);
  const bare = await liveMachineTree(note, folder);
  expect(bare.list(toolFolder)).toEqual([]);
  expect(notes).toEqual([]);
  const program = join(folder, "nvidia-smi");
  writeFileSync(program, "#!/bin/sh\necho no driver >&2\nexit 9\n");
  chmodSync(program, 0o755);
  expect((await liveMachineTree(note, folder)).list(toolFolder)).toEqual([]);
  expect(notes).toEqual([
    "nvidia-smi topo -m: exit status 9: no driver",
    "nvidia-smi -q -x: exit status 9: no driver",
  ]);
  writeFileSync(program, '#!/bin/sh\necho "$@"\n');
  const tree = await liveMachineTree(note, folder);
  expect(tree.readText(`${toolFolder}/nvidia-smi-topo.txt`)).toBe("topo -m\n");
  expect(tree.live).toBe(true);
});
