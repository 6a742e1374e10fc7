import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { cpuNotes } from "../sysfs/cpu-notes.ts";
import { readSysfs } from "../sysfs/read.ts";
import type { Note } from "../text/note.ts";
import type { Tree } from "../tree/tree.ts";
import { toolFolder, tools } from "./tools.ts";

/**
 * Reads a machine from its tree: the kernel's files, completed by the output of tools where the
 * tree has it. Where a tool contradicts the kernel, the kernel wins and a note says so. An output
 * that cannot be read, or that describes another machine, is left out with a note.
 *
 * Errors: those of `readSysfs`.
 */
export async function readMachineTree(tree: Tree, note: Note, name?: string): Promise<Topology> {
  const kernel = readSysfs(tree, name, note);
  for (const sentence of cpuNotes(tree, kernel)) note(sentence);
  const parts = [kernel];
  for (const { file, reader } of tools) {
    const text = tree.readText(`${toolFolder}/${file}`);
    if (text === null) continue;
    try {
      const read = await reader();
      parts.push(read(text, `${tree.where}:${toolFolder}/${file}`, note));
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      note(`${file} is left out: ${error.message}`);
    }
  }
  return completed(parts, kernel, note);
}

/** The kernel's topology, completed by each tool's topology of the same machine. */
async function completed(
  parts: readonly Topology[],
  kernel: Topology,
  note: Note,
): Promise<Topology> {
  if (parts.length === 1) return kernel;
  const { mergeTopologies } = await import("@evenkeel/core/topology/merge/merge-topologies.ts");
  let topology = kernel;
  for (const part of parts.slice(1)) {
    try {
      const merged = mergeTopologies([topology, part]);
      for (const { message } of merged.findings) note(message);
      topology = merged.topology;
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      note(`${part.source} is left out: ${error.message}`);
    }
  }
  return { ...topology, name: kernel.name };
}
