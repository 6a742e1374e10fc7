import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { processIds, threadIds } from "./process-ids.ts";

test("processes and threads are the numbers of procfs, and nothing beside them", () => {
  const files = ["1", "10", "9", "4194304", "2147483647", "0", "07", "self", "12a", "-1", "1.5"];
  const tree = treeOf({
    ...Object.fromEntries(files.map((name) => [`/proc/${name}/stat`, ""])),
    ...Object.fromEntries(["9", "100", "11", "x"].map((id) => [`/proc/9/task/${id}/stat`, ""])),
    "/proc/meminfo": "",
  });
  expect(processIds(tree).toSorted((a, b) => a - b)).toEqual([1, 9, 10, 4194304]);
  expect(threadIds(tree, 9)).toEqual([9, 11, 100]);
  expect(threadIds(tree, 8)).toEqual([]);
  expect(processIds(treeOf({}))).toEqual([]);
});
