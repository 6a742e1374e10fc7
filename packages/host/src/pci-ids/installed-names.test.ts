import { expect, test } from "vitest";
import { cpuFiles, treeOf, within } from "../../testing/sysfs/tree-of.ts";
import { gather } from "../snapshot/gather.ts";
import { readSysfs } from "../sysfs/read.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { installedName, linesOf } from "./installed-names.ts";

const database = `# List of PCI ID's
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t1c03  Another device
\t67df  Ellesmere [Radeon RX 470/480/570/570X/580/580X/590]
10de  NVIDIA Corporation
\t1c03  GP106 [GeForce GTX 1060 6GB]
\t\t1043 85b6  STRIX
\t1c04  GP106
8086  Intel Corporation
\t56a0  DG2 [Arc A770]
C 03  Display controller
`;

test("a device has the name of its own vendor's line, without the chip's", () => {
  for (const path of ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"]) {
    const tree = treeOf({ [path]: database });
    expect(installedName(tree, "10de:1c03")).toBe("GeForce GTX 1060 6GB");
    expect(installedName(tree, "1002:67df")).toBe("Radeon RX 470/480/570/570X/580/580X/590");
    expect(installedName(tree, "10de:1c04")).toBe("GP106");
    expect(installedName(tree, "10de:56a0")).toBeNull();
    expect(installedName(tree, "10de:1043")).toBeNull();
  }
  expect(installedName(treeOf({}), "10de:1c03")).toBeNull();
});

test("a GPU that no list has is named after the installed database, also in a snapshot", () => {
  const address = "0000:01:00.0";
  const tree = treeOf({
    ...cpuFiles(0, "0", 0),
    "/usr/share/misc/pci.ids": database,
    ...within(`/sys/bus/pci/devices/${address}`, {
      class: "0x030000\n",
      vendor: "0x10de\n",
      device: "0x1c03\n",
    }),
  });
  expect(readSysfs(tree, "desktop").accelerators).toMatchObject([
    { model: "GeForce GTX 1060 6GB" },
  ]);
  const { files, links, directories } = gather(tree);
  const kept = new TextDecoder().decode(files.get("/usr/share/misc/pci.ids"));
  expect(kept.trimEnd().split("\n")).toEqual(linesOf(database, "10de:1c03"));
  const again = readSysfs(memoryTree(files, links, "again", directories), "desktop");
  expect(again.accelerators).toMatchObject([{ model: "GeForce GTX 1060 6GB" }]);
});
