import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { follow, followUps, learn } from "./follow.ts";
import type { Outcome } from "./kill-points.ts";
import { compare, look, wrongEnd } from "./model.ts";
import { knowledgeOf, type Scenario } from "./scenarios.ts";
import { putBefore, type World } from "./world.ts";

/** A death of a program that a command has started. */
export interface Death {
  readonly program: string;
  /** Which call of the program it is. */
  readonly nth: number;
  /** `before` it has done anything, `after` all that it does, or the name of a system call. */
  readonly when: string;
}

/** Programs that end before the command does, and so can die when they have done their work. */
const passing = ["flock", "taskset", "virsh"] as const;
const emulator = process.arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64";

/** What an emulator does until its VM runs: its monitor appears, answers, and takes commands. */
const callsOfEmulator = ["bind", "listen", "accept4", "recvmsg", "openat", "clone3"] as const;

const isRunOfGuest = 'case "$*" in *-uuid*) guest=1;; *) guest=0;; esac';

/** A script that counts the calls of a program and lets one of them die. */
function script({ folder }: World, program: string, isPassing: boolean): string {
  const counts = join(folder, `calls-${program}`);
  mkdirSync(counts);
  // strace leaves the emulator its parent and its own process id.
  const atCall = `exec strace -D -o /dev/null -e trace="$when" -e inject="$when":signal=SIGKILL "$real" "$@"`;
  const dies = isPassing ? '"$real" "$@"; kill -9 $$' : atCall;
  return `
${isRunOfGuest}
${isPassing ? "" : 'test $guest = 1 || exec "$real" "$@"'}
i=1; while ! mkdir ${counts}/$i 2>/dev/null; do i=$((i+1)); done
test -e ${counts}/dies || exec "$real" "$@"
read nth when < ${counts}/dies
test $i = $nth || exec "$real" "$@"
case $when in before) kill -9 $$;; *) ${dies};; esac
`;
}

function prepareScripts(world: World): void {
  for (const program of programsOf(world)) {
    putBefore(world, program, script(world, program, program !== emulator));
  }
}

const programsOf = ({ setting: { via } }: World): readonly string[] =>
  via === "qemu" ? ["flock", "taskset", emulator] : passing.filter((one) => one !== "taskset");

/** All deaths of the programs of a scenario's command, by running it once to its end. */
export async function deathsOf(scenario: Scenario, world: World): Promise<readonly Death[]> {
  await scenario.prepare(world);
  prepareScripts(world);
  await world.ek(scenario.command);
  return programsOf(world).flatMap((program): readonly Death[] => {
    const calls = readdirSync(join(world.folder, `calls-${program}`)).length;
    const numbers = Array.from({ length: calls }, (_, i) => i + 1);
    const whens = program === emulator ? ["before", ...callsOfEmulator] : ["before", "after"];
    return numbers.flatMap((nth) => whens.map((when) => ({ program, nth, when })));
  });
}

/** Lets a program die, and then runs other commands. */
export async function dieAt(
  scenario: Scenario,
  death: Death,
  followUp: number,
  world: World,
): Promise<Outcome> {
  await scenario.prepare(world);
  prepareScripts(world);
  const { program, nth, when } = death;
  const counts = join(world.folder, `calls-${program}`);
  writeFileSync(join(counts, "dies"), `${nth} ${when}\n`);
  const ended = await world.ek(scenario.command);
  const known = knowledgeOf(scenario);
  known.set(scenario.open, "unknown");
  const [verb = ""] = scenario.command;
  if (verb === "run" || verb === "stop") learn(verb, scenario.open, ended, known);
  const first = [...wrongEnd(ended), ...compare(await look(world), known, ended.status === 0)];
  const reached = existsSync(join(counts, `${nth}`));
  putAway(world);
  const steps = followUps[followUp % followUps.length] ?? [];
  return {
    where: `${program}, call ${nth}, ${when}`,
    reached,
    findings: [...first, ...(await follow(world, known, steps))],
  };
}

/** From now on the real programs are used. */
function putAway(world: World): void {
  for (const program of programsOf(world)) putBefore(world, program, 'exec "$real" "$@"');
}
