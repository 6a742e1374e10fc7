import { follow, followUpOfAdopting, followUps } from "./follow.ts";
import { compare, look } from "./model.ts";
import { injecting, type Point } from "./points.ts";
import { knowledgeOf, type Scenario } from "./scenarios.ts";
import type { World } from "./world.ts";

/** What came of one trial. */
export interface Outcome {
  readonly where: string;
  /** False where the command was not cut off: it went another way than in the trace. */
  readonly reached: boolean;
  readonly findings: readonly string[];
}

/**
 * Kills a command at one of its system calls, before the kernel does the call, and then runs other
 * commands.
 */
export async function killAt(
  scenario: Scenario,
  point: Point,
  followUp: number,
  world: World,
): Promise<Outcome> {
  await scenario.prepare(world);
  const through = injecting(point, "signal=SIGKILL", world);
  const { status } = await world.ek(scenario.command, { through });
  const known = knowledgeOf(scenario);
  known.set(scenario.open, "unknown");
  const first = compare(await look(world), known, false);
  const steps = scenario.name.startsWith("adopt")
    ? followUpOfAdopting
    : (followUps[followUp % followUps.length] ?? []);
  const findings = [...first, ...(await follow(world, known, steps))];
  return { where: point.label, reached: status === null, findings };
}
