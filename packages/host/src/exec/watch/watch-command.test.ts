import { promiseText } from "@evenkeel/core/binding/promise.ts";
import { expect, test } from "vitest";
import { treeOf } from "../../../testing/sysfs/tree-of.ts";
import type { Clock } from "../../clock/clock.ts";
import type { Tree } from "../../tree/tree.ts";
import { watchCommand } from "./watch-command.ts";

/** A command and what it has started, on a machine whose time passes by waiting alone. */

interface Process {
  readonly parent: number;
  readonly startTicks?: number;
  /** Of its memory; none is left once it has ended. Null where that is not told. */
  readonly pages?: number | null;
  readonly threads?: readonly number[];
  readonly variables?: string;
}
type Processes = Readonly<Record<number, Process>>;

const promise = {
  cpus: "0-3",
  memory: "none",
  memoryNodes: null,
  mode: "node",
  accelerators: [],
} as const;
const variables = `EVENKEEL_BINDING=${promiseText(promise)}\0`;

function filesOf(processes: Processes): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [pid, process] of Object.entries(processes)) {
    const { parent, startTicks = 100, pages = 10, threads = [Number(pid)] } = process;
    const folder = `/proc/${pid}`;
    const rest = Array.from({ length: 17 }, () => "0").join(" ");
    files[`${folder}/stat`] = `${pid} (python3) S ${parent} ${rest} ${startTicks} 0\n`;
    if (pages !== null) files[`${folder}/statm`] = `${pages} 0 0 0 0 0 0\n`;
    files[`${folder}/environ`] = process.variables ?? variables;
    for (const tid of threads) {
      files[`${folder}/task/${tid}/status`] = "Name:\tpython3\nCpus_allowed_list:\t0-3\n";
    }
  }
  return files;
}

/** What is found of process 7, and how long that took. `later` changes processes, by the time. */
async function watched(
  now: Processes,
  later: Readonly<Record<number, Processes>> = {},
  afterMs = 1000,
) {
  let ms = 0;
  let tree = treeOf(filesOf(now));
  const clock: Clock = {
    now: () => new Date(ms),
    monotonicMs: () => ms,
    sleep: async (more) => {
      // As timers of Node, which wait for a millisecond at least.
      ms += Math.max(more, 1);
      const [last] = Object.keys(later)
        .map(Number)
        .filter((at) => at <= ms)
        .toReversed();
      tree = treeOf(filesOf(last === undefined ? now : (later[last] ?? {})));
    },
  };
  const live: Tree = {
    where: "/",
    live: true,
    readText: (path) => tree.readText(path),
    readBytes: (path) => tree.readBytes(path),
    list: (path) => tree.list(path),
    realPath: (path) => tree.realPath(path),
    readLink: (path) => tree.readLink(path),
  };
  const command = await watchCommand(live, { pid: 7, startTicks: 100, afterMs, host: "h" }, clock);
  return { ...command, ms };
}

type Found = Awaited<ReturnType<typeof watched>>;
const namesIn = ({ processes }: Found) =>
  "why" in processes ? processes.why : processes.map(({ name }) => name);

const alone: Processes = { 7: { parent: 1 } };

test("it looks after the time, at the command first and at all that it has started", async () => {
  const found = await watched({
    5: { parent: 7 },
    6: { parent: 1 },
    7: { parent: 1 },
    8: { parent: 5 },
  });
  expect(namesIn(found)).toEqual(["process 7", "process 5", "process 8"]);
  expect(found).toMatchObject({ pid: 7, host: "h", promise, takenAt: "1970-01-01T00:00:01.100Z" });
});

test("what ends while it looks is left out, and so is what starts then", async () => {
  const before: Processes = { 7: { parent: 1 }, 8: { parent: 7 } };
  const after: Processes = { 7: { parent: 1 }, 8: { parent: 7, pages: 0 }, 9: { parent: 7 } };
  expect(namesIn(await watched(before, { 1001: after }))).toEqual(["process 7"]);
  expect(namesIn(await watched(before, { 800: after }))).toEqual(["process 7", "process 9"]);
});

test("a command whose memory is not told is looked at all the same", async () => {
  const untold: Processes = { 7: { parent: 1, pages: null }, 8: { parent: 7, pages: null } };
  expect(namesIn(await watched(untold))).toEqual(["process 7"]);
});

test("this process is none of the command's, where that is the parent of all", async () => {
  const found = await watched({ ...alone, [process.pid]: { parent: 7 } });
  expect(namesIn(found)).toEqual(["process 7"]);
});

test.each<[string, Processes, string]>([
  ["has ended", {}, "process 7 ended"],
  ["has ended, and nobody has asked how", { 7: { parent: 1, pages: 0 } }, "process 7 ended"],
  [
    "has passed its number on",
    { 7: { parent: 1, startTicks: 101 } },
    "process 7 ended, and another has its number,",
  ],
])("of a command that %s nothing is found, and nobody waits for the time", async (_, gone, why) => {
  const found = await watched(alone, { 300: gone }, 60_000);
  expect(namesIn(found)).toBe(`${why} before it was looked at`);
  expect(found.ms).toBe(400);
  expect(namesIn(await watched(alone, { 1001: gone }))).toBe(`${why} while it was looked at`);
});

test("its binding is the last that its variables told", async () => {
  const [other, none] = [{ ...promise, cpus: "4" }, "a title"];
  const rebound = `EVENKEEL_BINDING=${promiseText(other)}\0`;
  const found = await watched(alone, {
    200: { 7: { parent: 1, variables: rebound } },
    400: { 7: { parent: 1, variables: none } },
  });
  expect(found.promise).toEqual(other);
  expect((await watched({ 7: { parent: 1, variables: none } })).promise).toBeNull();
});

test("threads that come and go while it looks are left out", async () => {
  const threads = (...ids: readonly number[]): Processes => ({ 7: { parent: 1, threads: ids } });
  const { processes } = await watched(threads(7, 70, 71), { 1001: threads(7, 71, 72) });
  const [evidence] = "why" in processes ? [] : processes;
  expect(evidence?.threads?.map(({ tid }) => tid)).toEqual([7, 71]);
});

test("of very many processes the first 1024 are looked at", async () => {
  const children = Array.from({ length: 1024 }, (_, i) => [1000 + i, { parent: 7 }] as const);
  const found = namesIn(await watched({ ...alone, ...Object.fromEntries(children) }, {}, 0));
  expect(found).toHaveLength(1024);
  expect(found[0]).toBe("process 7");
});
