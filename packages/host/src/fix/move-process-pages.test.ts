import { at, valueOf } from "@evenkeel/core/unit/list.ts";
import { expect, test } from "vitest";
import type { MovePages } from "../native/move-pages.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import type { HeldProcess } from "./held-process.ts";
import { moveProcessPages } from "./move-process-pages.ts";

const held: HeldProcess = {
  record: { pid: 4711, uid: 0, startTicks: 1, executable: "trainer" },
  isThere: () => true,
  hasThread: () => false,
  [Symbol.dispose]: () => {},
};
const files = new Map([
  ["/proc/4711/maps", "7f0000000000-7f0000008000 rw-p 00000000 00:00 0\n"],
  ["/proc/4711/numa_maps", "7f0000000000 default anon=8 dirty=8 N1=8 kernelpagesize_kB=4\n"],
]);
const tree = memoryTree(files, new Map(), "host");
const busy = -16;

/** A kernel that calls the second page busy, and moves it with the others all the same, or not. */
function kernel(movesBusy: boolean): MovePages {
  const moved = new Map<bigint, number>();
  return (_, addresses, to) =>
    Int32Array.from(addresses, (address, i) => {
      if (to === null) return moved.has(address) ? valueOf(moved, address) : 1;
      if (i !== 1 || movesBusy) moved.set(address, at(to, i));
      return i === 1 ? busy : at(to, i);
    });
}

test("a page counts by where it is afterwards, whatever the kernel said while it moved it", () => {
  const step = { from: [1], to: 0 };
  expect(moveProcessPages(tree, held, step, kernel(true))).toMatchObject({ moved: 8, stayed: 0 });
  expect(moveProcessPages(tree, held, step, kernel(false))).toMatchObject({ moved: 7, stayed: 1 });
});
