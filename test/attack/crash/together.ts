import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomFor } from "../../../fuzz/random.ts";
import type { Outcome } from "./kill-points.ts";
import { beyondRoom, compare, type Knowledge, look, wrongEnd } from "./model.ts";
import { must, runOf, stopOf } from "./scenarios.ts";
import { emulators, type World } from "./world.ts";

/** The commands of one interleaving begin within one of these times of each other. */
const spreadsMs = [50, 300, 1500];

/**
 * Runs eight commands at once on one state folder, with delays from the seed. Whatever the order,
 * what the host has is right afterwards, and one more stop of each VM leaves nothing.
 */
export async function interleave(seed: number, run: number, world: World): Promise<Outcome> {
  const random = randomFor(seed, "together", run);
  const placing = ["place", "one.yaml", "--on", "live", "--policy", "policy.yaml"];
  const plan = await must(world, [...placing, "--output", "json"]);
  writeFileSync(join(world.folder, "plan.json"), plan);
  if (random.once(3)) await must(world, runOf("one", world.setting));
  const spreadMs = random.of(spreadsMs);
  const adopting = ["adopt", "test", "--plan", "plan.json", "--policy", "policy.yaml"];
  const commands: readonly (readonly string[])[] = [
    runOf("one", world.setting),
    runOf(random.of(["one", "two"]), world.setting),
    ["stop", "one", "--timeout", "1"],
    stopOf(random.of(["one", "two"])),
    // Where it comes first, no other VM can start.
    random.once(3) ? adopting : runOf("two", world.setting),
    ["list"],
    ["verify", "one"],
    [...placing],
  ];
  const over = new AbortController();
  const twice = new Set<string>();
  const watch = async (): Promise<void> => {
    for (; !over.signal.aborted; await sleep(50)) {
      for (const one of beyondRoom(emulators())) twice.add(one);
    }
  };
  const watching = watch();
  const order: string[] = [];
  const ended = await Promise.all(
    commands.map(async (command) => {
      const delay = random.below(spreadMs);
      await sleep(delay);
      const one = await world.ek(command);
      order.push(`${command.slice(0, 2).join(" ")} at ${delay} ms: ${one.status}`);
      return one;
    }),
  );
  over.abort();
  await watching;
  const known: Knowledge = new Map();
  const seen = await look(world);
  for (const { name, adopted } of seen.records) known.set(name, adopted ? "unknown" : "runs");
  const findings = [...ended.flatMap(wrongEnd), ...twice, ...compare(seen, known, true)];
  for (const { name, adopted } of seen.records) {
    await must(world, adopted ? ["adopt", name, "--undo"] : stopOf(name));
  }
  findings.push(...compare(await look(world), new Map(), true));
  if (emulators().length > 0) findings.push("leaked: an emulator is left at the end");
  const how = findings.length === 0 ? [] : [`order: ${order.join("; ")}`];
  return { where: `interleaving ${run}`, reached: true, findings: [...findings, ...how] };
}
