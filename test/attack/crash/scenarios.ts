import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { injecting, type Point, pointsOf, tracing } from "./points.ts";
import { isDone, type Knowledge, type Known } from "./model.ts";
import { emulators, endEmulators, type Setting, type World } from "./world.ts";

/** A command that is cut off, and the host on which it is. */
export interface Scenario {
  readonly name: string;
  readonly command: readonly string[];
  /** Brings the host into the state before the command. */
  readonly prepare: (world: World) => Promise<void>;
  /** What is known before the command of the VMs that it works on. */
  readonly before: Readonly<Record<string, Known>>;
  /** The one VM whose state is open once the command was cut off. */
  readonly open: string;
}

export const runOf = (name: string, { via }: Setting): readonly string[] =>
  ["run", `${name}.yaml`, "--policy", "policy.yaml"].concat([
    "--emulated",
    "--firmware",
    "bios",
    "--via",
    via,
  ]);
export const stopOf = (name: string): readonly string[] => {
  return ["stop", name, "--timeout", "0", "--force"];
};

/** The URI of a libvirt that lives in each of its clients, with the one domain `test`. */
export const testDriver = "test:///default";

/** Runs a command that must succeed. */
export async function must(world: World, args: readonly string[]): Promise<string> {
  const ended = await world.ek(args);
  const { status, stdout, stderr } = ended;
  if (isDone(ended)) return stdout;
  throw new Error(`${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
}

const nothing = async (): Promise<void> => {};

const started = async (world: World): Promise<void> =>
  void (await must(world, runOf("one", world.setting)));

/** The VM is off: its emulator has ended and its record is there. */
async function off(world: World): Promise<void> {
  await started(world);
  await endEmulators();
}

/** A start was cut off when the VM ran already. */
async function startCutOff(world: World): Promise<void> {
  const second: Point = { call: "rename", path: null, nth: 2, label: "" };
  await cutAt(world, runOf("one", world.setting), second);
  if (emulators().length !== 1) throw new Error("the start was cut off before the VM ran");
}

/** A stop was cut off when it was recorded and the VM still ran. */
async function stopCutOff(world: World): Promise<void> {
  await started(world);
  const flushed: Point = { call: "fsync", path: "/vms", nth: 1, label: "" };
  await cutAt(world, stopOf("one"), flushed);
  if (emulators().length !== 1) throw new Error("the stop was cut off after the VM had ended");
}

async function cutAt(world: World, args: readonly string[], point: Point): Promise<void> {
  const { status } = await world.ek(args, { through: injecting(point, "signal=SIGKILL", world) });
  if (status !== null) throw new Error(`${args.join(" ")} was not cut off`);
}

async function planned(world: World): Promise<void> {
  const placing = ["place", "one.yaml", "--on", "live", "--policy", "policy.yaml"];
  const plan = await must(world, [...placing, "--output", "json"]);
  writeFileSync(join(world.folder, "plan.json"), plan);
}

const adopting = ["adopt", "test", "--plan", "plan.json", "--policy", "policy.yaml"];

async function adopted(world: World): Promise<void> {
  await planned(world);
  // Its plan cannot be seen to hold: there is no process behind the domain.
  const { status, stderr } = await world.ek(adopting);
  if (status !== 3) throw new Error(`adopt ended with ${status}: ${stderr}`);
}

/** What is killed on a host of real VMs. */
export function scenariosOf(setting: Setting): readonly Scenario[] {
  const run = (name: string): readonly string[] => runOf(name, setting);
  return [
    { name: "run", command: run("one"), prepare: nothing, before: {}, open: "one" },
    {
      name: "stop",
      command: stopOf("one"),
      prepare: started,
      before: { one: "runs" },
      open: "one",
    },
    {
      name: "start again",
      command: run("one"),
      prepare: off,
      before: { one: "off" },
      open: "one",
    },
    {
      name: "recovery of a start",
      command: stopOf("one"),
      prepare: startCutOff,
      before: { one: "unknown" },
      open: "one",
    },
    {
      name: "recovery of a stop",
      command: run("two"),
      prepare: stopCutOff,
      before: { one: "unknown" },
      open: "two",
    },
  ];
}

/** What is killed about a VM that somebody else has started: a domain of libvirt's test driver. */
export const adoptScenarios: readonly Scenario[] = [
  { name: "adopt", command: adopting, prepare: planned, before: {}, open: "one" },
  {
    name: "adopt --undo",
    command: ["adopt", "one", "--undo"],
    prepare: adopted,
    before: {},
    open: "one",
  },
];

/** The points of a scenario's command, by running it once to its end. */
export async function tracePoints(scenario: Scenario, world: World): Promise<readonly Point[]> {
  await scenario.prepare(world);
  const log = join(world.folder, "trace.log");
  const { status, stderr } = await world.ek(scenario.command, { through: tracing(log) });
  if (status !== 0 && status !== 3) throw new Error(`${scenario.name} ended badly: ${stderr}`);
  return pointsOf(log, world.state);
}

export const knowledgeOf = ({ before }: Scenario): Knowledge => new Map(Object.entries(before));
