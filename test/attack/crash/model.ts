import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Emulator, type Ended, emulators, type World } from "./world.ts";

/**
 * What is known of a VM by what commands have acknowledged. `unknown` after a command on it that
 * was cut off: then any state is right that the host agrees with itself about. `off` for one whose
 * record stays while nothing runs.
 */
export type Known = "runs" | "gone" | "off" | "unknown";
export type Knowledge = Map<string, Known>;

interface RecordSeen {
  readonly name: string;
  readonly uuid: string;
  readonly phase: string;
  readonly adopted: boolean;
}

/** The host has room for one VM on each node: see the policy in `makeWorld`. */
const roomFor = readdirSync("/sys/devices/system/node").filter((name) =>
  /^node\d+$/.test(name),
).length;

/** Everything that a host has of VMs. */
export interface Seen {
  readonly emulators: readonly Emulator[];
  readonly records: readonly RecordSeen[];
  /** Files in the folder of records that are neither records nor locks. */
  readonly others: readonly string[];
  readonly locks: readonly string[];
  readonly runFolders: readonly string[];
  /** The domains that libvirt has, by UUID. */
  readonly domains: readonly string[];
}

export async function look({ state, setting: { virsh } }: World): Promise<Seen> {
  const files = namesIn(join(state, "vms"));
  const isRecord = (file: string): boolean => !file.startsWith(".") && file.endsWith(".json");
  const records = files.filter(isRecord).map((file): RecordSeen => {
    return JSON.parse(readFileSync(join(state, "vms", file), "utf8"));
  });
  const isLock = (file: string): boolean => file.endsWith(".lock");
  const domains = virsh === null ? "" : await virsh("list", "--all", "--uuid");
  return {
    emulators: emulators(),
    records,
    others: files.filter((file) => !isRecord(file) && !isLock(file)),
    locks: files.filter(isLock).map((file) => file.slice(0, -".lock".length)),
    runFolders: namesIn(join(state, "run")),
    domains: domains.split("\n").filter(Boolean),
  };
}

const namesIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder) : [];

/**
 * Compares a host with what is known.
 *
 * @param isRecovered whether a command has ended since, which removes what was left behind.
 * @param isMended whether that command undoes a start of this VM that was cut off, or completes a
 *   stop of it.
 * @returns what is wrong, in words.
 */
export function compare(
  seen: Seen,
  known: Knowledge,
  isRecovered: boolean,
  isMended: (name: string) => boolean = () => true,
): readonly string[] {
  const wrong = [...known].flatMap(([name, state]) => wrongWith(name, state, seen));
  if (!isRecovered) return wrong;
  return [
    ...wrong,
    ...leaked(seen),
    ...soldTwice(seen.emulators),
    ...unsettled(seen, known, isMended),
  ];
}

function wrongWith(name: string, known: Known, { emulators: all, records }: Seen): string[] {
  const running = all.filter((one) => one.name === name);
  const record = records.find((one) => one.name === name);
  if (known === "runs") {
    if (running.length !== 1) return [`lost: ${name} was started, and ${running.length} run`];
    if (record?.phase !== "running") return [`lost: ${name} runs, recorded as ${record?.phase}`];
  }
  if (known === "gone") {
    if (running.length > 0) return [`lost: ${name} was ended and runs`];
    if (record !== undefined) return [`lost: ${name} was ended and is recorded`];
  }
  if (known === "off" && record === undefined) return [`lost: ${name} is off and has no record`];
  return [];
}

function leaked({ emulators: all, records, ...seen }: Seen): string[] {
  const names = new Set(records.map(({ name }) => name));
  const uuids = new Set(records.map(({ uuid }) => uuid));
  return [
    ...all.filter(({ uuid }) => !uuids.has(uuid)).map(({ name }) => `leaked: emulator of ${name}`),
    ...seen.runFolders.filter((uuid) => !uuids.has(uuid)).map(() => "leaked: run folder"),
    ...seen.domains.filter((uuid) => !uuids.has(uuid)).map(() => "leaked: libvirt's definition"),
    ...seen.others.map((file) => `leaked: temporary file ${file}`),
    ...seen.locks.filter((name) => !names.has(name)).map((name) => `leaked: lock of ${name}`),
  ];
}

/** VMs for which the host has no room. */
export const beyondRoom = (all: readonly Emulator[]): readonly string[] =>
  all.length > roomFor ? [`sold twice: room for ${roomFor}, and ${all.length} run`] : [];

/** The same, and CPUs with two VMs. While a VM starts, its vCPUs are not pinned yet. */
function soldTwice(all: readonly Emulator[]): readonly string[] {
  const sold = new Map<string, string>();
  const twice = [...beyondRoom(all)];
  for (const { name, cpus } of all) {
    for (const cpu of cpus.flatMap(expandList)) {
      const holder = sold.get(cpu);
      if (holder !== undefined) twice.push(`sold twice: CPU ${cpu}, to ${holder} and ${name}`);
      sold.set(cpu, name);
    }
  }
  return twice;
}

function expandList(list: string): readonly string[] {
  return list.split(",").flatMap((range) => {
    const [first = "", last = first] = range.split("-");
    const count = Number(last) - Number(first) + 1;
    return Array.from({ length: count }, (_, i) => `${Number(first) + i}`);
  });
}

/** Records that no command has mended although one should have, and records of nothing. */
function unsettled(
  { emulators: all, records }: Seen,
  known: Knowledge,
  isMended: (name: string) => boolean,
): string[] {
  const mayBeOff = ({ name, adopted }: RecordSeen): boolean =>
    adopted || known.get(name) === "off" || known.get(name) === "unknown";
  return records.flatMap((record) => {
    const { name, uuid, phase } = record;
    // Whoever has started an adopted VM may start it again whenever a stop has ended it.
    if (phase !== "running" && record.adopted) return [];
    if (phase !== "running" && !isMended(name)) return [];
    if (phase !== "running") return [`leaked: ${name} is still recorded as ${phase}`];
    const runs = all.some((one) => one.uuid === uuid);
    return runs || mayBeOff(record) ? [] : [`lost: ${name} is recorded as running and does not`];
  });
}

/**
 * Whether a command has done what it was asked to. A start that found a deviation from the plan has
 * started the VM: right after it, libvirt's threads that allocate memory may still be there.
 */
export function isDone({ status, stdout }: Ended): boolean {
  return status === 0 || (status === 3 && /^The plan of \S+ does not hold/m.test(stdout));
}

/** What is wrong with how a command ended, apart from what it did. */
export function wrongEnd({ status, stdout, stderr }: Ended): readonly string[] {
  const said = `${stdout}${stderr}`;
  const end = said.slice(-400).trim();
  if (/^\s+at .*[:(]\d+/m.test(said)) return [`crashed: stack trace: ${end}`];
  if (status === 1) return [`crashed: internal failure: ${end}`];
  if (status === null) return [`crashed: it did not end, or was ended: ${end}`];
  if (status === 2 && !/^ {2}code {6}/m.test(stderr)) return [`crashed: no code: ${end}`];
  return [];
}
