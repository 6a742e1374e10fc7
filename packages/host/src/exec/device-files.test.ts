import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { directoryTree } from "../tree/directory-tree.ts";
import { acceleratorsHere } from "./read-here.ts";

/** Which accelerators a program can use, by their drivers and the device files that are here. */

const made = syntheticTopology("package:1 core:4 root*2[gpu:l40s] iommu:on");
const [first = "", second = ""] = made.accelerators.map(({ address }) => address);

function usable(driver: string, files: Readonly<Record<string, string>>): readonly string[] | null {
  const folder = scratchFolder();
  for (const [path, text] of Object.entries({ "dev/null": "", ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const pci = made.pci.map((one) => ({ ...one, driver }));
  const facts = acceleratorsHere(directoryTree(folder), { ...made, pci });
  return facts.usable === null ? null : [...facts.usable];
}

const minor = (address: string, number: number): Readonly<Record<string, string>> => ({
  [`proc/driver/nvidia/gpus/${address}/information`]: `Device Minor: \t ${number}\n`,
});
const both = { ...minor(first, 0), ...minor(second, 1) };
const render = (address: string, name: string): string =>
  `sys/bus/pci/devices/${address}/${name}/dev`;

test.each([
  ["both files", "nvidia", { ...both, "dev/nvidia0": "", "dev/nvidia1": "" }, [first, second]],
  ["one file", "nvidia", { ...both, "dev/nvidia1": "" }, [second]],
  ["one file, and a driver that tells no numbers", "nvidia", { "dev/nvidia1": "" }, null],
  ["no file", "nvidia", both, []],
  [
    "no file before CUDA's first use",
    "nvidia",
    { ...both, "usr/bin/nvidia-modprobe": "" },
    [first, second],
  ],
  [
    "the file of the driver alone, as of a container without GPUs",
    "nvidia",
    { ...both, "dev/nvidiactl": "", "usr/bin/nvidia-modprobe": "" },
    [],
  ],
  [
    "one of two render nodes",
    "amdgpu",
    {
      [render(first, "drm/renderD128")]: "",
      [render(second, "drm/renderD129")]: "",
      "dev/dri/renderD129": "",
    },
    [second],
  ],
  [
    "one of two files of accelerators",
    "habanalabs",
    {
      [render(first, "accel/accel0")]: "",
      [render(second, "accel/accel1")]: "",
      "dev/accel/accel0": "",
    },
    [first],
  ],
  ["a driver without files that are known", "other", {}, [first, second]],
  ["the driver that gives them to VMs", "vfio-pci", {}, []],
] as const)("with %s", (_, driver, files, expected) => {
  expect(usable(driver, files)).toEqual(expected);
});
