import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Request } from "@evenkeel/core/request/request.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { type Drive, driveFleet } from "./fleet-drive.ts";
import { fleetMixes } from "./fleet-mixes.ts";
import { alternate, cpuTime, median } from "./interleave.ts";
import { packedDecision, packedFleet } from "./packed.ts";
import { type NovaPeer, novaPeer, novaRequest } from "./peers/nova.ts";
import { slurmPlacementMs } from "./peers/slurm.ts";
import { type Figure, type Row, row } from "./report.ts";

/**
 * The time of a decision over a fleet with half of its GPUs held: compared with OpenStack Nova's
 * filter, Slurm and one pass over a packed array at 1,000 hosts, and alone as the fleet grows. It
 * is timed by the clock; other users of the machine can only add.
 */
export async function benchFleet(): Promise<readonly (Row | Figure)[]> {
  const nova = novaPeer();
  try {
    return [...(await besidePeers(nova)), ...growth()];
  } finally {
    nova?.end();
  }
}

const hostCount = 1000;
const decisionsPerRound = 500;

async function besidePeers(nova: NovaPeer | null): Promise<readonly (Row | Figure)[]> {
  const mix = fleetMixes["usual"]?.();
  if (mix === undefined) return [];
  const drive = driveFleet(hostCount, mix);
  const wanted = mix.flavors.map((request) => novaRequest(request, cellsOf(request)));
  const packed = packedFleet(drive.hosts());
  const names = await knownHosts(nova, drive);
  let next = 0;
  const subjects = [
    { name: `a decision over ${hostCount} hosts`, measure: () => medianDecision(drive) },
    {
      name: "a packed array",
      measure: () =>
        cpuTime(300, () => {
          for (const request of wanted) packedDecision(packed, request);
        }) / wanted.length,
    },
    ...(nova === null
      ? []
      : [
          {
            name: "OpenStack Nova's filter",
            measure: async () => {
              const request = at(wanted, next++ % wanted.length);
              return (await nova.filter(names, request)).ms;
            },
          },
        ]),
  ];
  const [ours, limit, filter] = await alternate(subjects, wanted.length);
  if (ours === undefined || limit === undefined) return [];
  const slurmMs = await slurmPlacementMs(hostCount);
  const slurm = slurmMs === null ? null : { name: "Slurm", rounds: [slurmMs] };
  return [
    ...(filter === undefined ? [] : [row("fleet", ours, filter, null)]),
    ...(slurm === null ? [] : [row("fleet", ours, slurm, null)]),
    row("fleet", ours, limit, null),
    {
      bench: "fleet",
      subject: `median decision, ${hostCount} hosts`,
      value: median(ours) * 1000,
      unit: "us",
      goal: { atMost: 250 },
    },
  ];
}

/** Eight GPUs lie on two nodes. */
function cellsOf({ accelerators }: Request): number {
  return accelerators.count > 4 ? 2 : 1;
}

/** The median decision time while VMs arrive and leave. */
function medianDecision(drive: Drive): number {
  const times = Array.from({ length: decisionsPerRound }, () => drive.timedStep());
  return at(
    times.toSorted((a, b) => a - b),
    decisionsPerRound >> 1,
  );
}

async function knownHosts(nova: NovaPeer | null, drive: Drive): Promise<readonly string[]> {
  const hosts = drive.hosts();
  for (const { name, inventory, occupancy } of hosts) await nova?.know(name, inventory, occupancy);
  return hosts.map(({ name }) => name);
}

/** The figures of one fleet in its own process (`fleet-run.ts`). */
interface Run {
  readonly hostClasses: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly stepMs: number;
  readonly kibPerHost: number;
}

const runs = [
  { mix: "usual", hosts: 100, decisions: 20_000 },
  { mix: "usual", hosts: 1000, decisions: 20_000 },
  { mix: "usual", hosts: 10_000, decisions: 20_000 },
  { mix: "odd", hosts: 100, decisions: 5000 },
  { mix: "odd", hosts: 1000, decisions: 5000 },
  { mix: "varied", hosts: 100, decisions: 1000 },
] as const;

/** A run is given up after this time, and reported as not done. */
const runMsMax = 120_000;

function growth(): readonly Figure[] {
  const figures: Figure[] = [];
  let smaller: { readonly hosts: number; readonly kib: number } | null = null;
  for (const { mix, hosts, decisions } of runs) {
    const isGoal = mix === "usual" && hosts === 10_000;
    const run = runFleet(hosts, mix, decisions);
    const add = (what: string, value: number | null, unit: string, goal: Figure["goal"]): void => {
      const subject = `${mix} mix, ${hosts} hosts: ${what}`;
      figures.push({ bench: "fleet", subject, value, unit, goal: isGoal ? goal : null });
    };
    if (run === null) {
      add(`not done after ${runMsMax / 1000} s`, null, "", null);
      continue;
    }
    add("host classes", run.hostClasses, "", null);
    add("p50 of a decision", run.p50Ms, "ms", null);
    add("p99 of a decision", run.p99Ms, "ms", { atMost: 1 });
    add("decisions, each with its arrival and departures", 1000 / run.stepMs, "a second", {
      atLeast: 5000,
    });
    add("held in all", run.kibPerHost, "KiB a host", null);
    const kib = run.kibPerHost * hosts;
    if (smaller !== null && mix === "usual") {
      const more = (kib - smaller.kib) / (hosts - smaller.hosts);
      add(`held for each host above ${smaller.hosts}`, more, "KiB a host", { atMost: 4 });
    }
    smaller = { hosts, kib };
  }
  return figures;
}

function runFleet(hosts: number, mix: string, decisions: number): Run | null {
  const script = join(import.meta.dirname, "fleet-run.ts");
  const started = performance.now();
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--expose-gc", script, `${hosts}`, mix, `${decisions}`],
    { encoding: "utf8", timeout: runMsMax, stdio: ["ignore", "pipe", "inherit"] },
  );
  if (status === null && performance.now() - started >= runMsMax) return null;
  if (status !== 0) throw new Error(`the fleet of ${hosts} hosts failed`);
  return runOf(JSON.parse(stdout));
}

function runOf(value: unknown): Run {
  const figure = (name: string): number => {
    const fields = new Map(
      typeof value === "object" && value !== null ? Object.entries(value) : [],
    );
    const found = fields.get(name);
    if (typeof found !== "number") throw new Error(`the fleet's process did not print ${name}`);
    return found;
  };
  return {
    hostClasses: figure("hostClasses"),
    p50Ms: figure("p50Ms"),
    p99Ms: figure("p99Ms"),
    stepMs: figure("stepMs"),
    kibPerHost: figure("kibPerHost"),
  };
}
