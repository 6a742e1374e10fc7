import type { Accelerator } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { readSysfs } from "./read.ts";
import { cpuFiles, treeOf } from "../../testing/sysfs/tree-of.ts";

const root = "/sys/devices/pci0000:3a/0000:3a:00.0";
const h200 = { class: "0x030200\n", vendor: "0x10de\n", device: "0x2335\n" };
const t4 = { ...h200, device: "0x1eb8\n" };
const mi300x = { class: "0x120000\n", vendor: "0x1002\n", device: "0x74a1\n" };

type Files = Readonly<Record<string, string>>;

/** The accelerators of a machine with these functions; one of `ofs` is a virtual one of another. */
function read(
  functions: Readonly<Record<string, Files>>,
  ofs: Files = {},
  links: Files = {},
  files: Files = {},
): readonly Accelerator[] {
  const all: Record<string, string> = { ...cpuFiles(0, "0", 0), ...files };
  const allLinks: Record<string, string> = { ...links };
  for (const [address, values] of Object.entries(functions)) {
    allLinks[`/sys/bus/pci/devices/${address}`] = `../../..${root.slice(4)}/${address}`;
    for (const [name, text] of Object.entries(values)) all[`${root}/${address}/${name}`] = text;
  }
  for (const [address, whole] of Object.entries(ofs)) {
    allLinks[`${root}/${address}/physfn`] = `../${whole}`;
  }
  return readSysfs(treeOf(all, allLinks)).accelerators;
}

/** The files in a function's `nvidia/`: the current type, and the creatable ones. */
const types = (current: string, ...creatable: readonly string[]): Files => ({
  "nvidia/current_vgpu_type": `${current}\n`,
  "nvidia/creatable_vgpu_types": creatable.map((line) => `${line}\n`).join(""),
});

const summary = (found: readonly Accelerator[]): unknown[] =>
  found.map(({ address, model, profile }) => [address.slice(5), model, profile]);

test("the vGPU types of virtual functions, from NVIDIA's driver", () => {
  const whole = "0000:3b:00.0";
  const found = read(
    {
      [whole]: h200,
      // Once a type is set, types of other sizes cannot be, and its own name is in another file.
      "0000:3b:00.4": { ...h200, ...types("1414") },
      "0000:3b:00.5": { ...h200, ...types("0", "ID    : vGPU Name", "1414  : NVIDIA H200X-1-18C") },
      "0000:3b:00.6": { ...h200, ...types("1428") },
      "0000:3b:00.7": { ...h200, ...types("") },
      "0000:3b:01.0": h200,
    },
    Object.fromEntries(
      ["00.4", "00.5", "00.6", "00.7", "01.0"].map((at) => [`0000:3b:${at}`, whole]),
    ),
  );
  const model = "H200 SXM5 141GB";
  expect(summary(found)).toEqual([
    ["3b:00.0", model, null],
    ["3b:00.4", model, "NVIDIA H200X-1-18C"],
    ["3b:00.5", model, null],
    ["3b:00.6", model, "nvidia-1428"],
    ["3b:00.7", model, null],
    ["3b:01.0", model, null],
  ]);
});

test("other vendors' virtual functions have their GPU's model, whatever their ids", () => {
  const found = read(
    { "0000:85:00.0": mi300x, "0000:85:02.0": { ...mi300x, device: "0x74b5\n" } },
    { "0000:85:02.0": "0000:85:00.0" },
  );
  expect(summary(found)).toEqual([
    ["85:00.0", "Instinct MI300X", null],
    ["85:02.0", "Instinct MI300X", null],
  ]);
});

test("mediated devices are types of virtual functions, and instances of a GPU without any", () => {
  const mdev = (address: string, uuid: string, type: string, about: Files): [Files, Files] => {
    const place = `${root}/${address}/${uuid}`;
    const supported = `${root}/${address}/mdev_supported_types/${type}`;
    return [
      {
        [`/sys/bus/mdev/devices/${uuid}`]: `../../..${place.slice(4)}`,
        [`${place}/mdev_type`]: `../mdev_supported_types/${type}`,
      },
      Object.fromEntries([
        [`${place}/uevent`, ""],
        [`${supported}/device_api`, "vfio-pci\n"],
        ...Object.entries(about).map(([name, text]) => [`${supported}/${name}`, text]),
      ]),
    ];
  };
  const id = (last: number): string => `c60bc1b3-c2b4-4f3c-9b6a-5d0ab0a0d5a${last}`;
  const description =
    "num_heads=1, frl_config=60, framebuffer=8192M, max_resolution=4096x2160, max_instance=6\n";
  const all = [
    mdev("0000:3b:00.4", id(1), "nvidia-558", { name: "NVIDIA A40-8C\n", description }),
    mdev("0000:5e:00.0", id(2), "nvidia-222", { name: "GRID T4-4Q\n" }),
    mdev("0000:5e:00.0", id(3), "nvidia-223", {}),
  ];
  const found = read(
    { "0000:3b:00.0": { ...h200, device: "0x2235\n" }, "0000:3b:00.4": h200, "0000:5e:00.0": t4 },
    { "0000:3b:00.4": "0000:3b:00.0" },
    {
      ...Object.assign({}, ...all.map(([links]) => links)),
      "/sys/bus/mdev/devices/no-uuid": "../../../devices/virtual/mtty/mtty/no-uuid",
    },
    Object.assign({}, ...all.map(([, files]) => files)),
  );
  expect(found).toMatchObject([
    { model: "A40", profile: null, instances: [] },
    { profile: "NVIDIA A40-8C", memoryBytes: 8192 * MiB, instances: [] },
    {
      model: "T4",
      profile: null,
      instances: [
        { profile: "GRID T4-4Q", uuid: id(2), memoryBytes: null },
        { profile: "nvidia-223", uuid: id(3), memoryBytes: null },
      ],
    },
  ]);
});
