import { compare, isDone, type Knowledge, look, type Seen, wrongEnd } from "./model.ts";
import { runOf, stopOf } from "./scenarios.ts";
import type { Ended, World } from "./world.ts";

type Step = readonly ["run" | "stop" | "list" | "leave", string];

/** Commands that may follow one that was cut off. Each ends with nothing left. */
export const followUps: readonly (readonly Step[])[] = [
  [
    ["list", ""],
    ["run", "two"],
    ["stop", "one"],
    ["stop", "two"],
  ],
  [
    ["run", "one"],
    ["list", ""],
    ["stop", "one"],
    ["stop", "two"],
  ],
  [
    ["stop", "one"],
    ["run", "two"],
    ["stop", "two"],
  ],
];

/** The same for a VM that was adopted. */
export const followUpOfAdopting: readonly Step[] = [
  ["list", ""],
  ["leave", "one"],
];

/** Runs commands one after the other, and holds what each says and does against what is known. */
export async function follow(
  world: World,
  known: Knowledge,
  steps: readonly Step[],
): Promise<readonly string[]> {
  const findings: string[] = [];
  let isRecovered = false;
  for (const [verb, name] of steps) {
    const ended = await world.ek(commandOf(world, verb, name));
    const seen = await look(world);
    isRecovered ||= verb !== "list";
    const wrong = [...wrongEnd(ended), ...wrongAnswer(verb, name, ended, known, seen)];
    if (verb !== "list") learn(verb, name, ended, known);
    // A stop mends its own VM alone.
    const isMended = (other: string): boolean => verb === "run" || other === name;
    wrong.push(...compare(seen, known, isRecovered, isMended));
    findings.push(
      ...wrong.map((one) => `${one} (after ${verb} ${name}, which ended with ${ended.status})`),
    );
  }
  const left = await look(world);
  const isLeft = left.emulators.length + left.records.length > 0;
  return isLeft ? [...findings, "leaked: a VM is left at the end"] : findings;
}

function commandOf(world: World, verb: Step[0], name: string): readonly string[] {
  if (verb === "list") return ["list"];
  if (verb === "leave") return ["adopt", name, "--undo"];
  return verb === "run" ? runOf(name, world.setting) : stopOf(name);
}

/** Whether the answer of a command is wrong, by what is known before it and seen after it. */
function wrongAnswer(
  verb: Step[0],
  name: string,
  ended: Ended,
  known: Knowledge,
  { emulators, records }: Seen,
): readonly string[] {
  const { status, stdout, stderr } = ended;
  const was = known.get(name) ?? "gone";
  const said = `${stdout}${stderr}`.trim().slice(0, 300);
  if (isDone(ended)) {
    return verb === "run" && was === "runs" ? [`${name} was started twice`] : [];
  }
  switch (verb) {
    case "list":
      return [`list failed: ${said}`];
    case "leave":
    case "stop":
      if (was === "gone" || was === "unknown") {
        if (stderr.includes("vm-unknown")) return [];
      }
      return [`${name} cannot be ended: ${said}`];
    case "run": {
      if (stderr.includes("vm-exists") && (was === "runs" || was === "unknown")) return [];
      const others = records.filter((record) => record.name !== name).length;
      const isTaken = status === 3 && Math.max(others, emulators.length) > 0;
      return isTaken ? [] : [`leaked: ${name} cannot be started: ${said}`];
    }
  }
}

/** What is known after a command that has ended by itself. */
export function learn(verb: Step[0], name: string, ended: Ended, known: Knowledge): void {
  const { status, stderr } = ended;
  const done = isDone(ended);
  if (verb === "run" && (done || stderr.includes("vm-exists"))) known.set(name, "runs");
  if (verb === "run" && status === 3 && !done) known.set(name, "gone");
  if (verb !== "run" && (done || stderr.includes("vm-unknown"))) known.set(name, "gone");
}
