import { spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { jumpingClock } from "../../testing/vm-host.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { systemClock } from "../clock/clock.ts";
import { liveTree } from "../tree/directory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { processesMost, watchLoad } from "./process-load.ts";

/** @param user,system in ticks of a hundredth of a second. */
function stat(
  pid: number,
  { name = "x", flags = 4194304, user = 0, system = 0, start = 7, parent = 1 },
): string {
  return `${pid} (${name}) S ${parent} 1 1 0 -1 ${flags} 1 2 3 4 ${user} ${system} 9 9 20 0 1 0 ${start} 1 1\n`;
}

type Process = Parameters<typeof stat>[1];

function tree(processes: Readonly<Record<number, Process>>): Tree {
  const files = Object.entries(processes).map(([pid, one]) => [
    `/proc/${pid}/stat`,
    stat(Number(pid), one),
  ]);
  return { ...treeOf(Object.fromEntries(files)), live: true };
}

async function loads(first: Tree, then: Tree, ms: number) {
  const clock = jumpingClock();
  let now = first;
  const changing: Tree = {
    ...first,
    readText: (path) => now.readText(path),
    list: (path) => now.list(path),
  };
  const again = watchLoad(changing, clock);
  await clock.sleep(ms);
  now = then;
  return again();
}

test("how busy a process is, is the time that it ran between two looks", async () => {
  const before = tree({ 10: { user: 100, system: 50 }, 11: { user: 5 }, 12: { user: 1 } });
  const after = tree({
    10: { user: 140, system: 60, name: "a) b (c" },
    11: { user: 5, parent: 10 },
    // Its number has passed to another process meanwhile.
    12: { user: 90, start: 8 },
    13: { user: 70 },
    14: { user: 70, flags: 0x200000 | 4194304 },
  });
  expect(await loads(before, after, 200)).toEqual([
    { pid: 10, name: "a) b (c", parent: 1, busyCpus: 2.5 },
    { pid: 11, name: "x", parent: 10, busyCpus: 0 },
    { pid: 12, name: "x", parent: 1, busyCpus: null },
    { pid: 13, name: "x", parent: 1, busyCpus: null },
  ]);
});

test("a recorded machine tells no load, and cut lines are no processes", async () => {
  const recorded = { ...tree({ 10: { user: 100 } }), live: false };
  expect(await loads(recorded, recorded, 200)).toMatchObject([{ pid: 10, busyCpus: null }]);
  for (const text of ["", "10 (x", "10 (x) S 1 1", "10 (x) S 1 1 1 0 -1 y 1 2 3 4 5 6"]) {
    expect(watchLoad(treeOf({ "/proc/10/stat": text }), jumpingClock())()).toEqual([]);
  }
});

test("however many processes there are, the looks at them are bounded", async () => {
  const many = tree(
    Object.fromEntries(Array.from({ length: processesMost + 5 }, (_, i) => [i + 1, {}])),
  );
  expect(await loads(many, many, 200)).toHaveLength(processesMost);
});

test.skipIf(process.platform !== "linux")("a real process that spins is busy", async () => {
  const child = spawn(process.execPath, ["-e", "console.log('ready'); for (;;);"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const again = watchLoad(liveTree(), systemClock);
  await systemClock.sleep(500);
  const load = again().find(({ pid }) => pid === child.pid);
  // Other programs may have the processor meanwhile; its helpers may have some more.
  expect(load?.busyCpus).toBeGreaterThan(0);
  expect(load?.busyCpus).toBeLessThan(8);
  expect(load?.parent).toBe(process.pid);
});
