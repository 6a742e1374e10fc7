import { progressOn } from "../command/progress.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { writeNotes } from "../text/notes-text.ts";
import { settled } from "./at-once.ts";
import { readTopologies } from "./read-topology.ts";

/** A host as the command line or a Fleet names it, not yet read. */
export interface NamedHost {
  /** What the plans on it call it; null: the name that its source tells. */
  readonly name: string | null;
  /** Sources of this one machine, as on the command line. */
  readonly sources: readonly string[];
  /** The policy that a fleet says for it; null: none. */
  readonly policy: HostPolicy | null;
  /** How to call it in errors: `--on SRC`, or a place in a file. */
  readonly where: string;
}

/** A host that was read. */
export interface ReadHost {
  readonly named: NamedHost;
  readonly topology: Topology;
  /** The numbers of the boots of its machine, where the machine itself answered. */
  readonly boots: readonly string[];
}

/** What reading one host gave: the host, or why it cannot be read. */
export type Reading = ReadHost | { readonly named: NamedHost; readonly failure: EvenkeelError };

/** Machines that are asked at once. More would be a burst of connections that firewalls notice. */
const atOnce = 8;

/**
 * Reads hosts, several at once, since most of the time goes to waiting for far machines. A terminal
 * shows how many were read. Notes come in the order of the hosts, with the name of each.
 *
 * @param state the state folder that a flag names, for what is kept of this machine.
 *
 * Errors of a source are results (`failure`); other errors are thrown.
 */
export async function readNamedHosts(
  hosts: readonly NamedHost[],
  surroundings: Surroundings,
  state?: string,
): Promise<readonly Reading[]> {
  const notes: string[][] = hosts.map(() => []);
  // With several hosts it may take long.
  const progress = hosts.length > 1 ? progressOn(surroundings.stderr) : null;
  const read = async ([i, named]: readonly [number, NamedHost]): Promise<ReadHost> => {
    const own = notes[i] ?? [];
    const prefix = hosts.length > 1 && named.name !== null ? `${named.name}: ` : "";
    const note = (sentence: string): void => void own.push(`${prefix}${sentence}`);
    const boots: string[] = [];
    const booted = (boot: string | null): void => void (boot !== null && boots.push(boot));
    const merged = await readTopologies(named.sources, surroundings, { note, booted, state });
    for (const { message } of merged.findings) note(message);
    const name = named.name ?? merged.topology.name;
    return { named, topology: { ...merged.topology, name }, boots };
  };
  const results = await settled([...hosts.entries()], atOnce, read, (count) =>
    progress?.show(`read ${count} of ${hosts.length} hosts`),
  );
  progress?.clear();
  for (const own of notes) writeNotes(surroundings.stderr, own);
  return results.map((result, i): Reading => {
    if (result.status === "fulfilled") return result.value;
    const named = hosts[i];
    if (named === undefined || !(result.reason instanceof EvenkeelError)) throw result.reason;
    return { named, failure: result.reason };
  });
}
