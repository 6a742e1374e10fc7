import { liveTree } from "../tree/directory-tree.ts";
import { overlayTree } from "../tree/overlay-tree.ts";
import type { Tree } from "../tree/tree.ts";
import type { Note } from "../text/note.ts";
import { runCommand } from "./run-command.ts";
import { toolFolder, tools } from "./tools.ts";

/**
 * This machine's tree, with the output of every tool in `tools` that is installed. A tool that
 * fails, for example without its driver, is left out with a note; a tool that is not installed is
 * left out without one.
 *
 * @param path where to look for the tools, as in `PATH`.
 */
export async function liveMachineTree(note: Note, path?: string): Promise<Tree> {
  const texts = new Map<string, string>();
  for (const { file, program, args } of tools) {
    const result = await runCommand(program, args, path);
    if (result.kind === "ran") texts.set(file, result.stdout);
    if (result.kind === "failed") note(`${program} ${args.join(" ")}: ${result.why}`);
  }
  return texts.size === 0 ? liveTree() : overlayTree(liveTree(), toolFolder, texts);
}
