import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { readOpenFiles } from "./open-files.ts";

interface Process {
  readonly pid: number;
  readonly uid: number;
  readonly files: number;
}

function treeWith(processes: readonly Process[]) {
  const files: Record<string, string> = {};
  const links: Record<string, string> = {};
  for (const { pid, uid, files: count } of processes) {
    const ids = `Uid:\t${uid}\t${uid}\t${uid}\t${uid}\n`;
    files[`/proc/${pid}/status`] = `${ids}FDSize:\t${count}\n`;
    if (count > 0) links[`/proc/${pid}/exe`] = "/usr/bin/program";
    for (let fd = 0; fd < count; fd++) links[`/proc/${pid}/fd/${fd}`] = "/dev/null";
  }
  return treeOf(files, links);
}

const root: Process = { pid: 9, uid: 0, files: 100 };
const large: Process = { pid: 1, uid: 1000, files: 60 };
const small: Process = { pid: 2, uid: 1000, files: 10 };

function counts(processes: readonly Process[], most: number): Readonly<Record<number, number>> {
  const open = readOpenFiles(treeWith(processes), most);
  return Object.fromEntries([...open].map(([pid, files]) => [pid, files.length]));
}

test("files of users who run no VMs are looked at up to a number, the fewest first", () => {
  expect(counts([root, large, small], 70)).toEqual({ 9: 100, 1: 60, 2: 10 });
  expect(counts([root, large, small], 69)).toEqual({ 9: 100, 1: 0, 2: 10 });
  expect(counts([root, large, small], 0)).toEqual({ 9: 100, 1: 0, 2: 0 });
});

test("a process whose files may not be read is missing, and costs no look at them", () => {
  const tree = treeWith([root, large, small]);
  const listed: string[] = [];
  const closed = {
    ...tree,
    readLink: (path: string) => (path === "/proc/1/exe" ? null : tree.readLink(path)),
    list: (path: string) => (listed.push(path), tree.list(path)),
  };
  expect([...readOpenFiles(closed).keys()]).toEqual([9, 2]);
  expect(listed).toEqual(["/proc", "/proc/9/fd", "/proc/2/fd"]);
  expect(counts([{ ...root, files: 0 }, { ...small, files: 0 }, large], 70)).toEqual({ 1: 60 });
});
