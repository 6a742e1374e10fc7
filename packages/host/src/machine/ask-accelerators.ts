import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { AcceleratorState } from "@evenkeel/core/evidence/machine-evidence.ts";
import { runCommand } from "./run-command.ts";
import type { Note } from "../text/note.ts";
import type { Tree } from "../tree/tree.ts";
import { toolFolder } from "./tools.ts";
import {
  type NvidiaSmiTexts,
  readAcceleratorStates,
} from "../nvidia-smi/read-accelerator-states.ts";

/** The same of a recorded machine, by what its recording has of the tool. */
export function recordedAccelerators(tree: Tree, note: Note): AcceleratorState[] | null {
  const file = `${toolFolder}/nvidia-smi-query.xml`;
  const query = tree.readText(file);
  return query === null ? null : states({ query, nvlink: null, peers: null }, file, note);
}

/**
 * Asks `nvidia-smi` how this machine's accelerators are set and what holds them down; null where it
 * is not installed, does not answer, or answers something else, which a note says.
 *
 * @param path where to look for the tool, as in `PATH`.
 */
export async function askAccelerators(
  note: Note,
  path?: string,
): Promise<AcceleratorState[] | null> {
  const query = await runCommand("nvidia-smi", ["-q", "-x"], path);
  if (query.kind === "failed") note(`nvidia-smi -q -x: ${query.why}`);
  if (query.kind !== "ran") return null;
  // Machines without NVLink, and with one GPU, refuse these; then their answers are unknown.
  const more = async (args: readonly string[]): Promise<string | null> => {
    const result = await runCommand("nvidia-smi", args, path);
    return result.kind === "ran" ? result.stdout : null;
  };
  const [nvlink, peers] = await Promise.all([more(["nvlink", "-s"]), more(["topo", "-p2p", "r"])]);
  return states({ query: query.stdout, nvlink, peers }, "nvidia-smi", note);
}

function states(texts: NvidiaSmiTexts, where: string, note: Note): AcceleratorState[] | null {
  try {
    return readAcceleratorStates(texts, where);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    note(`nvidia-smi -q -x: ${error.message}`);
    return null;
  }
}
