import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { readArchive } from "../archive/read-archive.ts";
import { findRoots, subtree } from "../tree/roots.ts";
import type { Tree } from "../tree/tree.ts";
import { readCpus } from "./read-cpus.ts";
import { readNodes } from "./read-nodes.ts";
import { readMachineSettings } from "./read-settings.ts";

/** The machines that others recorded with the files of their settings, read with our eyes. */
const folder = corpus("sysfs-hwloc") === null ? null : corpus("sysfs-other");

async function machine(path: string, root = 0): Promise<Tree> {
  const archive = await readArchive(corpus(path) ?? path);
  const found = findRoots(archive)[root];
  if (found === undefined) throw new Error(`${path} holds no machine ${root}`);
  return subtree(archive, found);
}

/** CPUs, clocks in MHz, and the deepest idle state that is enabled. */
function summary(tree: Tree): string[] {
  return (readCpus(tree) ?? []).map((own) => {
    const { cpus, driver, governor, energyPreference, maxKHz, hardwareMaxKHz, idleStates } = own;
    const deepest = (idleStates ?? []).findLast(({ disabled }) => !disabled);
    const clocks = [maxKHz, hardwareMaxKHz].map((kHz) => (kHz === null ? "?" : kHz / 1000));
    const sleep = deepest === undefined ? "?" : `${deepest.name} ${deepest.latencyUs}`;
    return `${cpus}: ${driver} ${governor} ${energyPreference}, ${clocks.join(" of ")}, ${sleep}`;
  });
}

describe.skipIf(folder === null)("recorded machines", () => {
  test("two Xeon sockets that save energy and sleep in C6", async () => {
    const tree = await machine("sysfs-other/nri-2-socket-4-node-40-core-sysfs.tar.bz2");
    expect(summary(tree)).toEqual([
      "0-79: intel_pstate powersave balance_performance, 3700 of 3700, C6 133",
    ]);
    const settings = readMachineSettings(tree);
    expect(settings).toMatchObject({ turbo: true, smt: "on", numad: null, bootOptions: null });
    expect(settings.vulnerabilities?.find(({ name }) => name === "meltdown")?.state).toBe(
      "Mitigation: PTI",
    );
    expect(readNodes(tree)).toHaveLength(4);
  });

  test("Opterons at their base clock, with the frequency that firmware allows", async () => {
    const tree = await machine("sysfs-hwloc/64amd64-4p2n4ca2co.tar.bz2");
    expect(summary(tree)).toEqual(["0-63: acpi-cpufreq performance null, 2100 of 2100, C2 100"]);
    expect(readMachineSettings(tree).turbo).toBe(true);
  });

  test("a Grace of two kinds of cores, whose boost of 0 turns nothing off", async () => {
    const tree = await machine("sysfs-hwloc/nvidia-dgx-gb10.tar.bz2");
    const clocks = (readCpus(tree) ?? []).map(({ hardwareMaxKHz }) => hardwareMaxKHz);
    expect(new Set(clocks)).toEqual(new Set([2_808_000, 3_900_000]));
    const { turbo, kernelRelease, bootOptions } = readMachineSettings(tree);
    expect(turbo).toBeNull();
    expect(kernelRelease).toBe("6.17.0-1014-nvidia");
    expect(bootOptions).toEqual(["init_on_alloc=0", "iommu.passthrough=0", "pci=pcie_bus_safe"]);
  });
});
