import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { emulatorOf, findProcess, processWithUuid } from "./find-process.ts";

const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
const qemu = "/usr/bin/qemu-system-x86_64";

test("an emulator is found by its UUID and its program together", () => {
  const tree = treeOf({
    "/proc/1/cmdline": "/sbin/init\0",
    "/proc/2/cmdline": "",
    "/proc/3/cmdline": `vim\0-uuid\0${uuid}\0`,
    "/proc/4/cmdline": `${qemu}\0-uuid\0${uuid.replace("3", "4")}\0`,
    "/proc/5/cmdline": `${qemu}\0-name\0guest=${uuid}\0`,
    "/proc/6/cmdline": `${qemu}\0-name\0guest=llm-a\0-uuid\0${uuid}\0-smp\0two\0`,
    "/proc/self/cmdline": `${qemu}\0-uuid\0${uuid}\0`,
  });
  expect(emulatorOf(tree, uuid)).toBe(6);
  expect(emulatorOf(tree, "")).toBeNull();
  expect(emulatorOf(treeOf({}), uuid)).toBeNull();
});

test("a VM with a known UUID is not taken for another of the same name", () => {
  const tree = treeOf({
    "/proc/7/cmdline": `${qemu}\0-name\0guest=llm-a\0-uuid\0${uuid}\0`,
    "/proc/8/cmdline": `${qemu}\0-name\0guest=llm-b\0`,
  });
  const other = uuid.replace("3", "4");
  expect(processWithUuid(tree, uuid)?.pid).toBe(7);
  expect(processWithUuid(tree, other)).toBeNull();
  expect(findProcess(tree, { name: "llm-a", uuid: other })?.pid).toBe(7);
  expect(findProcess(tree, { name: "llm-b", uuid: other })?.pid).toBe(8);
});
