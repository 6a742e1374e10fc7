import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseTopology } from "@evenkeel/contract/read-document.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSource } from "@evenkeel/host/source/read-source.ts";
import { expect, test } from "vitest";
import { corpus } from "../../../packages/host/testing/corpus.ts";
import { type BinderName, binderNames } from "./case.ts";
import { ourBinders } from "./ours.ts";
import { countsOf, tableOf } from "./page.ts";
import { publishedBinders } from "./published.ts";
import { type Trial, trialsOn } from "./trial.ts";

/**
 * Our binder beside the published ones on every recording of the corpus that has an accelerator: a
 * recording whose kernel does not tell the node of one leaves nothing to be right about.
 */

const folders = [
  "field",
  "hwloc-xml",
  "kubernetes",
  "libvirt-caps",
  "libvirt-nodedev",
  "lscpu-golden",
  "nccl-xml",
  "numactl-lscpu",
  "nvidia-smi-topo",
  "sysfs-hwloc",
  "sysfs-other",
  "why",
];
const files = folders.flatMap((folder) => {
  const path = corpus(folder);
  return path === null ? [] : readdirSync(path).map((name) => join(path, name));
});

/** The machine of a file; null where the file is none. */
async function machineIn(file: string): Promise<Topology | null> {
  try {
    return await readSource(file, { parseTopology });
  } catch {
    return null;
  }
}

test.skipIf(files.length === 0)(
  "evenkeel exec is nowhere wrong on a recorded machine, and each other binder is somewhere",
  async () => {
    const machines = new Map<string, readonly Trial[]>();
    for (const file of files) {
      const topology = await machineIn(file);
      if (topology === null || topology.accelerators.length === 0) continue;
      machines.set(basename(file), trialsOn(topology, [...publishedBinders, ...ourBinders]));
    }
    console.info(tableOf(machines).join("\n"));
    expect(machines.size).toBeGreaterThan(50);
    const trials = [...machines].flatMap(([file, own]) => own.map((one) => ({ ...one, file })));
    const of = (name: BinderName) => trials.filter(({ binder }) => binder.name === name);
    const wrong = of("evenkeel exec").filter(({ mark }) => mark === "wrong");
    expect(wrong.map(({ file, told }) => `${file}: ${told}`)).toEqual([]);
    for (const name of binderNames) {
      const counts = countsOf(of(name));
      expect([name, counts.right > 0, counts.wrong > 0]).toEqual([
        name,
        true,
        name !== "evenkeel exec",
      ]);
    }
  },
  120_000,
);
