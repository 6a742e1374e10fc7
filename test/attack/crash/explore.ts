import { type Random, randomFor } from "../../../fuzz/random.ts";
import { startLibvirtd } from "../../libvirt/libvirtd.ts";
import { errors, failAt, kindsOfDisk, spoilAfter } from "./errors.ts";
import { killAt, type Outcome } from "./kill-points.ts";
import { deathsOf, dieAt } from "./programs.ts";
import { makeReport, type Report } from "./report.ts";
import {
  adoptScenarios,
  type Scenario,
  scenariosOf,
  testDriver,
  tracePoints,
} from "./scenarios.ts";
import { interleave } from "./together.ts";
import { endWorld, makeWorld, type Setting, type World } from "./world.ts";

export interface Options {
  readonly chosen: ReadonlySet<string>;
  readonly via: Setting["via"];
  /** Samples instead of everything. */
  readonly quick: boolean;
  /** The name of the one scenario to explore; null for all. */
  readonly only: string | null;
  readonly seed: number;
}

/** What a part explores with. */
interface Job {
  readonly setting: Setting;
  readonly options: Options;
  readonly report: Report;
}

/** Runs the chosen parts. False if anything is wrong. */
export async function explore(options: Options): Promise<boolean> {
  const { via, seed, chosen } = options;
  console.log(`seed ${seed}`);
  const libvirtd = via === "libvirt" ? await startLibvirtd() : null;
  const nowhere = "qemu+unix:///system?socket=/none";
  const uri = libvirtd?.uri ?? nowhere;
  const job = { setting: { via, uri, virsh: libvirtd?.virsh ?? null }, options };
  const report = makeReport();
  const parts = { kill, programs, errors: failing, full: spoiling, together };
  try {
    for (const [name, part] of Object.entries(parts)) {
      if (chosen.has(name)) await part({ ...job, report });
    }
  } finally {
    await libvirtd?.stop();
  }
  return report.end();
}

async function within<T>(setting: Setting, work: (world: World) => Promise<T>): Promise<T> {
  const world = makeWorld(setting);
  try {
    return await work(world);
  } finally {
    await endWorld(world);
  }
}

/** A libvirt for VMs that somebody else has started. */
const otherLibvirt: Setting = { via: "libvirt", uri: testDriver, virsh: null };

/** Every command that changes something is killed at each of its system calls that do. */
async function kill({ setting, options, report }: Job): Promise<void> {
  const all: readonly (readonly [Setting, Scenario])[] = [
    ...scenariosOf(setting).map((one) => [setting, one] as const),
    ...adoptScenarios.map((one) => [otherLibvirt, one] as const),
  ];
  const chosen = all.filter(([, { name }]) => isChosen(name, options));
  for (const [where, scenario] of few(chosen, options, "kill", 3)) {
    const points = await within(where, (world) => tracePoints(scenario, world));
    const random = randomFor(options.seed, scenario.name, 0);
    const part = `kill ${scenario.name}`;
    report.begin(part, points.length);
    for (const [i, point] of sampled(points, options, random).entries()) {
      await tried(report, part, () =>
        within(where, (world) => killAt(scenario, point, options.seed + i, world)),
      );
    }
  }
}

const withPrograms = ["run", "stop", "start again"];

/** Programs that a command has started die before, at and after what they do. */
async function programs({ setting, options, report }: Job): Promise<void> {
  for (const scenario of chosenOf("programs", setting, options, withPrograms)) {
    const deaths = await within(setting, (world) => deathsOf(scenario, world));
    const random = randomFor(options.seed, scenario.name, 1);
    const part = `programs of ${scenario.name}`;
    report.begin(part, deaths.length);
    for (const [i, death] of sampled(deaths, options, random).entries()) {
      await tried(report, part, () =>
        within(setting, (world) => dieAt(scenario, death, options.seed + i, world)),
      );
    }
  }
}

const failingScenarios = ["run", "stop", "recovery of a start", "recovery of a stop"];

/** One system call on the state folder fails. */
async function failing({ setting, options, report }: Job): Promise<void> {
  for (const scenario of chosenOf("errors", setting, options, failingScenarios)) {
    const all = await within(setting, (world) => tracePoints(scenario, world));
    const points = all
      .filter(({ path }) => path !== null)
      .flatMap((point) => errors.map((error) => ({ point, error })));
    const random = randomFor(options.seed, scenario.name, 2);
    const part = `errors in ${scenario.name}`;
    report.begin(part, points.length);
    for (const [i, { point, error }] of sampled(points, options, random).entries()) {
      await tried(report, part, () =>
        within(setting, (world) => failAt(scenario, point, error, options.seed + i, world)),
      );
    }
  }
}

/** The disk becomes full or read-only at a system call, and stays so. */
async function spoiling({ setting, options, report }: Job): Promise<void> {
  for (const scenario of chosenOf("full", setting, options, failingScenarios)) {
    const all = await within(setting, (world) => tracePoints(scenario, world));
    // The state folder itself is there already: the disk is mounted at it.
    const beyond = all.filter(({ path }) => path !== "");
    const points = [null, ...beyond].flatMap((point) =>
      kindsOfDisk.map((disk) => ({ point, disk })),
    );
    const random = randomFor(options.seed, scenario.name, 3);
    const part = `disk in ${scenario.name}`;
    report.begin(part, points.length);
    for (const [i, { point, disk }] of sampled(points, options, random).entries()) {
      await tried(report, part, () =>
        within(setting, (world) => spoilAfter(scenario, point, disk, options.seed + i, world)),
      );
    }
  }
}

/** Eight commands at once. */
async function together({ setting, options, report }: Job): Promise<void> {
  const runs = options.quick ? 10 : 200;
  report.begin("together", runs);
  // Its VMs run through QEMU alone, and the VM to adopt is libvirt's.
  const where: Setting = { ...setting, uri: setting.via === "qemu" ? testDriver : setting.uri };
  for (let run = 0; run < runs; run++) {
    report.add("together", await within(where, (world) => interleave(options.seed, run, world)));
  }
}

/** Once more where the command went another way than in the trace. */
async function tried(report: Report, part: string, trial: () => Promise<Outcome>): Promise<void> {
  const first = await ended(trial);
  const isWorthMore = !first.reached && first.findings.length === 0;
  report.add(part, isWorthMore ? await ended(trial) : first);
}

/** A trial that could not be made is a finding. */
async function ended(trial: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await trial();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { where: "a trial that failed", reached: true, findings: [why] };
  }
}

const isChosen = (name: string, { only }: Options): boolean => only === null || name === only;

/** The scenarios of a part. */
function chosenOf(
  part: string,
  setting: Setting,
  options: Options,
  names: readonly string[],
): readonly Scenario[] {
  const all = scenariosOf(setting).filter(({ name }) => names.includes(name));
  const chosen = all.filter(({ name }) => isChosen(name, options));
  return few(chosen, options, part, 1);
}

/** All scenarios of a part, or only a few of them, which the seed chooses. */
function few<T>(
  all: readonly T[],
  { quick, seed }: Options,
  part: string,
  count: number,
): readonly T[] {
  if (!quick) return all;
  const random = randomFor(seed, part, 0);
  const ordered = all.map((one) => ({ one, at: random.unit() })).sort((a, b) => a.at - b.at);
  return ordered.slice(0, count).map(({ one }) => one);
}

/** All points of a scenario, or only a few that are spread over all of it. */
function sampled<T>(all: readonly T[], { quick }: Options, random: Random): readonly T[] {
  if (!quick) return all;
  const count = 2;
  const part = all.length / count;
  return Array.from({ length: count }, (_, i) => Math.floor((i + random.unit()) * part)).flatMap(
    (i) => all[i] ?? [],
  );
}
