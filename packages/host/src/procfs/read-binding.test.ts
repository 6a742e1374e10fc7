import { expect, test } from "vitest";
import { promiseText } from "@evenkeel/core/binding/promise.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { readBinding } from "./read-binding.ts";

const promise = {
  cpus: "0-13",
  memory: "strict",
  memoryNodes: "0",
  mode: "node",
  accelerators: ["0000:1b:00.0"],
} as const;
const own = `EVENKEEL_BINDING=${promiseText(promise)}`;
const other = `EVENKEEL_BINDING=${promiseText({ ...promise, cpus: "14" })}`;

const bindingIn = (environ: string) => readBinding(treeOf({ "/proc/7/environ": environ }), 7);

test("a process' binding is read from its variables, and the first counts", () => {
  expect(bindingIn(`A=1\0${own}\0B=2\0`)).toEqual(promise);
  expect(bindingIn(`${other}\0${own}\0`)?.cpus).toBe("14");
});

test.each([
  ["another variable", `MY_${own}\0`],
  ["a title that was written over it", "worker 3: idle\0\0\0"],
  ["half of it", own.slice(0, -9)],
  ["nothing", ""],
])("%s is no binding", (_, environ) => {
  expect(bindingIn(environ)).toBeNull();
});

test("variables that may not be read tell of none", () => {
  expect(readBinding(treeOf({}), 7)).toBeNull();
});
