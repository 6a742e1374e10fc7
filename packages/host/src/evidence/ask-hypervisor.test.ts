import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { systemClock } from "../clock/clock.ts";
import { askHypervisor } from "./ask-hypervisor.ts";

const process = {
  pid: 9,
  arguments: ["qemu-system-x86_64", "-name", "guest=llm-a"],
  identity: { name: "llm-a", uuid: null },
};
const kept = {
  "/run/libvirt/qemu/llm-a.pid": "9\n",
  "/run/libvirt/qemu/llm-a.xml": "<domain type='kvm'><name>llm-a</name></domain>",
};
const folder = "/var/lib/libvirt/qemu/save";

test.each([
  ["its own saved state", { [`${folder}/llm-a.save`]: "x" }, true],
  ["another's", { [`${folder}/llm-ab.save`]: "x" }, false],
  ["no such folder", {}, null],
])("a domain of libvirt's, with %s", async (_, files, managedSave) => {
  const tree = treeOf({ ...kept, ...files });
  const options = { libvirtUri: "qemu:///system", clock: systemClock };
  const { libvirt } = await askHypervisor(tree, process, options);
  expect(libvirt).toMatchObject({ source: "libvirt", managedSave });
});
