import { toolFolder, tools } from "../machine/tools.ts";
import { readSysfs } from "../sysfs/read.ts";
import type { Tree } from "../tree/tree.ts";
import { type Recording, recordingTree } from "./recording.ts";
import { redacted } from "./redact.ts";
import { askForSerials, type RecordingOptions } from "./serials.ts";

/**
 * Everything that `readSysfs` reads of a machine and nothing else: the machine is read, and what
 * was asked for on the way is the recording. So the two can never drift apart, and reading the
 * recording gives the same topology. What tools said is recorded as it is, but for what is nobody's
 * business; serial numbers, which reading does not need, are asked for besides.
 *
 * Errors: those of `readSysfs`, so that no recording is made of what cannot be read.
 */
export function gather(tree: Tree, options: RecordingOptions = { withSerials: false }): Recording {
  const recorder = recordingTree(tree);
  // The name is given, so that the machine's own is not asked for.
  readSysfs(recorder.tree, "recording");
  for (const { file } of tools) recorder.tree.readText(`${toolFolder}/${file}`);
  if (options.withSerials) askForSerials(recorder.tree);
  return redacted(recorder.recording, options);
}
