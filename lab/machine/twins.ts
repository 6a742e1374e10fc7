import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Explanation } from "@evenkeel/core/explain/explanation.ts";
import { expect } from "vitest";
import { runVm, stopVm } from "./evenkeel.ts";
import { type PairRecord, withoutMachine } from "../../test/why/pair-record.ts";
import { bootHost, type Host } from "./host.ts";
import { startLibvirt } from "./libvirt.ts";
import { twoSockets } from "./shape.ts";
import {
  allAccelerators,
  bindToVfio,
  startStranger,
  stopStranger,
  type Stranger,
} from "./stranger.ts";
import type { VmOptions } from "./vm.ts";
import { words } from "./words.ts";

/** A VM that `evenkeel run` starts, where its own plan says. */
export interface Planned {
  readonly name: string;
  readonly asks: VmOptions;
}

/** Two VMs that were asked for alike; the bad one has what is planted, the good one is in order. */
export interface Twins {
  readonly name: string;
  readonly good: Stranger | Planned;
  readonly bad: Stranger | Planned;
  /** Whether `why` is given the bad one first. */
  readonly badFirst?: boolean;
  /**
   * Whether the good one is recorded and ended before the bad one starts, which needs what it has.
   * Otherwise both run at once; a good one that is `goodTwin` runs all the time.
   */
  readonly inTurn?: boolean;
  /** What is done before the two start, before the bad one does, and after it has started. */
  readonly before?: (host: Host) => Promise<unknown>;
  readonly between?: (host: Host) => Promise<unknown>;
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

/** Boots a host of two sockets with libvirt, on which `goodTwin` runs. */
export async function bootWithGoodTwin(): Promise<Host> {
  const host = await bootHost(twoSockets);
  await startLibvirt(host);
  await bindToVfio(host, await allAccelerators(host));
  await startStranger(host, goodTwin);
  return host;
}

/** What is told of the two, in order: its code, and in which. */
const toldIn = ({ differences }: Explanation): readonly (readonly [string, string])[] =>
  differences.map((one) => [one.code, one.in]);

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
async function keepRecords(
  host: Host,
  { name, planted }: Twins,
  live: PairRecord["live"],
  paths: readonly [string, string],
): Promise<void> {
  const folder = process.env["EVENKEEL_LAB_RECORDS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const records = await Promise.all(paths.map(async (path) => JSON.parse(await host.read(path))));
  const machineFile = join(folder, `${host.shape.name}.machine.json`);
  const file = join(folder, `${name.replaceAll(/\W+/g, "-")}.json`);
  if (!existsSync(machineFile)) {
    writeFileSync(machineFile, JSON.stringify({ ...records[0].machine, neighbours: [] }));
  }
  const machine: unknown = JSON.parse(readFileSync(machineFile, "utf8"));
  const [a, b] = records.map((record) => withoutMachine(record, machine));
  const pair: PairRecord = {
    name,
    host: host.shape.name,
    planted,
    live,
    a,
    b,
  };
  writeFileSync(file, JSON.stringify(pair));
}

async function start(host: Host, vm: Stranger | Planned): Promise<void> {
  await ("asks" in vm ? runVm(host, vm.asks, words("--via", "qemu")) : startStranger(host, vm));
}

const stop = (host: Host, vm: Stranger | Planned): Promise<void> =>
  "asks" in vm ? stopVm(host, vm.name) : stopStranger(host, vm);

/** The process of a VM, however it was started. */
async function processOf(host: Host, { name }: Stranger | Planned): Promise<number> {
  const script = `pgrep -f "^[^ ]*qemu-system-x86_64 .*(guest=|-name )$1[, ]"`;
  return Number(await host.ok("/bin/sh", ["-c", script, "process", name]));
}

/**
 * Starts two twins, and expects `why` to tell what is planted in the bad one and nothing else, the
 * same from their records as live.
 */
export async function expectTold(host: Host, twins: Twins): Promise<void> {
  const { good, bad, planted, inTurn = false, badFirst = false } = twins;
  const ordered = (ofGood: string, ofBad: string): readonly [string, string] =>
    badFirst ? [ofBad, ofGood] : [ofGood, ofBad];
  const isExtra = good.name !== goodTwin.name;
  await twins.before?.(host);
  try {
    if (isExtra) await start(host, good);
    const first = inTurn ? await recorded(host, good.name) : good.name;
    if (isExtra && inTurn) await stop(host, good);
    await twins.between?.(host);
    await start(host, bad);
    await twins.after?.(host, await processOf(host, bad));
    const live = await explained(host, ...ordered(first, bad.name));
    const record = inTurn ? first : await recorded(host, good.name);
    const records = ordered(record, await recorded(host, bad.name));
    const told = toldIn(live);
    await keepRecords(host, twins, told, records);
    const apart = told.filter(([, side]) => side !== "both");
    expect(apart.map(([code]) => code).toSorted()).toEqual(planted.toSorted());
    expect(apart.filter(([, side]) => side !== (badFirst ? "a" : "b"))).toEqual([]);
    expect(live.twins).toBe(planted.length === 0);
    expect(toldIn(await explained(host, ...records))).toEqual(told);
  } finally {
    await stop(host, bad);
    if (isExtra && !inTurn) await stop(host, good);
    await twins.restore?.(host);
  }
}
