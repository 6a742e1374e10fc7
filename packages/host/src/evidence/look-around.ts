import type { Neighbour } from "@evenkeel/core/evidence/machine-evidence.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import type { Emulator } from "../holding/emulators.ts";
import { type HeldHere, readHoldings } from "../holding/read-holdings.ts";
import type { Domain } from "../hypervisor/libvirt/domains.ts";
import { type ProcessLoad, watchLoad } from "../procfs/process-load.ts";
import type { Calibrate } from "../source/options.ts";
import { shown } from "../text/shown.ts";
import type { Note } from "../text/note.ts";
import type { Tree } from "../tree/tree.ts";
import { lastingMs } from "./lasting-threads.ts";
import { allNeighbours, neighboursLeftOut } from "./neighbours.ts";
import { type MachineReading, readMachine } from "./read-machine.ts";
import { type RunningHere, runningHere } from "./running-here.ts";

/** A machine to look around on. */
export interface MachineToRead {
  readonly tree: Tree;
  /** Its name. */
  readonly host: string;
  readonly clock: Clock;
  /** The same tree, with the outputs of the machine's tools. */
  readonly withTools: () => Promise<Tree>;
  /** The VMs whose plans are known. */
  readonly instances: readonly Instance[];
  /** The domains of libvirt that run here. */
  readonly domains: (emulators: readonly Emulator[]) => Promise<readonly Domain[]>;
  /** Takes what a reader of the topology should know. */
  readonly note: Note;
  /** Adds to the machine what was measured on it. */
  readonly calibrate?: Calibrate | undefined;
}

/** What is around every subject of a machine. One look serves them all. */
export interface Around {
  readonly here: RunningHere;
  readonly machine: MachineReading["machine"];
  readonly held: readonly HeldHere[];
  readonly loads: readonly ProcessLoad[];
  /** Every VM and every busy process; each is a neighbour of all others. */
  readonly neighbours: readonly Neighbour[];
  readonly unreadable: readonly Unreadable[];
}

/** As many sentences about neighbours that could not be read go with a subject. */
const sentencesMost = 16;

/**
 * Looks at a machine once: at its processes and how busy each is, at all VMs, and at what it is
 * made of. This changes nothing.
 *
 * How busy processes are is seen before anybody is asked anything: an answer keeps CPUs busy too.
 */
export async function lookAround(machine: MachineToRead): Promise<Around> {
  const { tree, host, clock, instances, note } = machine;
  const lookAgain = watchLoad(tree, clock);
  const lookedAt = clock.monotonicMs();
  const here = runningHere(tree);
  const left = lastingMs - (clock.monotonicMs() - lookedAt);
  if (tree.live && left > 0) await clock.sleep(left);
  const loads = lookAgain();
  const domains = await machine.domains(here.found.emulators);
  const reading = await readMachine(await machine.withTools(), host, note, machine.calibrate);
  const holdings = readHoldings(tree, instances, domains, here.found);
  const unseen = holdings.unreadable.slice(0, sentencesMost).map(({ name, why }) => ({
    what: shown(`neighbours: ${name}`, 256) ?? "?",
    why: shown(why, 1024) ?? "?",
  }));
  const leftOut = neighboursLeftOut(holdings.held);
  if (leftOut > 0) unseen.push({ what: "neighbours", why: `there are ${leftOut} more VMs` });
  return {
    here,
    machine: reading.machine,
    held: holdings.held,
    loads,
    neighbours: allNeighbours(here, holdings.held, loads),
    unreadable: [...reading.unreadable, ...unseen],
  };
}
