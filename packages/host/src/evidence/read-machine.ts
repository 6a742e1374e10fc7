import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { MachineEvidence } from "@evenkeel/core/evidence/machine-evidence.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readCpus } from "../machine-evidence/read-cpus.ts";
import { readNetworkPorts } from "../machine-evidence/read-network-ports.ts";
import { readNodes } from "../machine-evidence/read-nodes.ts";
import { readMachineSettings } from "../machine-evidence/read-settings.ts";
import { askAccelerators, recordedAccelerators } from "../machine/ask-accelerators.ts";
import { readMachineTree } from "../machine/read-machine-tree.ts";
import type { Calibrate } from "../source/options.ts";
import type { Note } from "../text/note.ts";
import type { Tree } from "../tree/tree.ts";

/** The machine without the neighbours, which each subject has others of. */
export interface MachineReading {
  readonly machine: Omit<MachineEvidence, "neighbours">;
  readonly unreadable: readonly Unreadable[];
}

/**
 * Reads the machine around subjects: what it is made of and how it is set. One reading serves all
 * subjects of a machine.
 *
 * @param tree of the machine, with the outputs of its tools where it has any.
 * @param host the name that the topology gets.
 * @param calibrate adds what was measured on the machine.
 */
export async function readMachine(
  tree: Tree,
  host: string,
  note: Note,
  calibrate: Calibrate = async (topology) => topology,
): Promise<MachineReading> {
  const topology = await topologyOf(tree, host, note, calibrate);
  const isRead = !("why" in topology);
  return {
    machine: {
      topology: isRead ? topology : null,
      settings: readMachineSettings(tree),
      // The CPUs in use are as malformed for this reader as for that of the topology.
      cpus: isRead ? readCpus(tree) : null,
      nodes: readNodes(tree),
      accelerators: tree.live ? await askAccelerators(note) : recordedAccelerators(tree, note),
      networkPorts: readNetworkPorts(tree),
    },
    unreadable: isRead ? [] : [{ what: "topology", why: topology.why }],
  };
}

async function topologyOf(
  tree: Tree,
  host: string,
  note: Note,
  calibrate: Calibrate,
): Promise<Topology | { readonly why: string }> {
  try {
    return await calibrate(await readMachineTree(tree, note, host), note);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    return { why: error.message };
  }
}
