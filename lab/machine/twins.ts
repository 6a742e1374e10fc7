import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Explanation } from "@evenkeel/core/explain/explanation.ts";
import { expect } from "vitest";
import type { Host } from "./host.ts";
import { startStranger, stopStranger, type Stranger } from "./stranger.ts";
import { words } from "./words.ts";

/** Two VMs that were asked for alike; the second has what is planted, the first is in order. */
export interface Twins {
  readonly name: string;
  readonly good: Stranger;
  readonly bad: Stranger;
  /**
   * Whether the first is recorded and ended before the second starts, which needs what it has.
   * Otherwise both run at once; a first one that is `goodTwin` runs all the time.
   */
  readonly inTurn?: boolean;
  /** What is done before the two start, and after the second has started. */
  readonly before?: (host: Host) => Promise<unknown>;
  readonly after?: (host: Host, pid: number) => Promise<unknown>;
  /** Takes back what was done to the host. */
  readonly restore?: (host: Host) => Promise<unknown>;
  /** The codes of what is planted; empty where the two are in order. */
  readonly planted: readonly string[];
}

/** A VM of two vCPUs in order beside the first accelerator of `twoSockets`. */
export const goodTwin: Stranger = {
  name: "good",
  via: "qemu",
  memoryMiB: 64,
  huge: true,
  boundTo: "0",
  mode: "bind",
  vcpus: ["1", "2"],
  helpers: "0",
  startsOn: "0",
  devices: ["0000:21:00.0"],
};

/** Its twin beside the second accelerator, with other CPUs of the same node. */
export const twinOf = (change: Partial<Stranger>): Stranger => ({
  ...goodTwin,
  name: "bad",
  vcpus: ["3", "4"],
  devices: ["0000:22:00.0"],
  ...change,
});

/** What is told of only one of the two, in order: its code, and in which. */
const apart = ({ differences }: Explanation): readonly (readonly [string, string])[] =>
  differences.filter((one) => one.in !== "both").map((one) => [one.code, one.in]);

/** Explains two VMs, or the records of two. */
async function explained(host: Host, a: string, b: string): Promise<Explanation> {
  const { status, stdout, stderr } = await host.evenkeel("why", a, b, ...words("--output", "json"));
  if (status !== 0) throw new Error(`why ${a} ${b}: status ${status}\n${stderr}`);
  return JSON.parse(stdout);
}

/** Records a VM, and returns the record's file. */
async function recorded(host: Host, vm: string): Promise<string> {
  const { status, stdout, stderr } = await host.evenkeel("evidence", vm);
  if (status !== 0) throw new Error(`evidence ${vm}: status ${status}\n${stderr}`);
  const path = `/tmp/${vm}.json`;
  await host.write(path, stdout);
  return path;
}

/** Keeps the records of twins in the folder EVENKEEL_LAB_RECORDS, if that is set. */
async function keepRecords(host: Host, twins: string, records: readonly string[]): Promise<void> {
  const folder = process.env["EVENKEEL_LAB_RECORDS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const name = twins.replaceAll(/\W+/g, "-");
  for (const [i, path] of records.entries()) {
    writeFileSync(join(folder, `${name}.${"ab"[i] ?? i}.json`), await host.read(path));
  }
}

/**
 * Starts two twins, and expects `why` to tell what is planted in the second and nothing else, the
 * same from their records as live.
 */
export async function expectTold(host: Host, twins: Twins): Promise<void> {
  const { good, bad, planted, inTurn = false } = twins;
  const isExtra = good.name !== goodTwin.name;
  await twins.before?.(host);
  try {
    if (isExtra) await startStranger(host, good);
    const first = inTurn ? await recorded(host, good.name) : good.name;
    if (isExtra && inTurn) await stopStranger(host, good);
    const pid = await startStranger(host, bad);
    await twins.after?.(host, pid);
    const live = await explained(host, first, bad.name);
    const told = apart(live);
    expect(told.map(([code]) => code).toSorted()).toEqual(planted.toSorted());
    expect(told.filter(([, side]) => side !== "b")).toEqual([]);
    expect(live.twins).toBe(planted.length === 0);
    const record = inTurn ? first : await recorded(host, good.name);
    const other = await recorded(host, bad.name);
    expect(apart(await explained(host, record, other))).toEqual(told);
    await keepRecords(host, twins.name, [record, other]);
  } finally {
    await stopStranger(host, bad);
    if (isExtra && !inTurn) await stopStranger(host, good);
    await twins.restore?.(host);
  }
}
