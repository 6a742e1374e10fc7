import { toolFolder, tools } from "../machine/tools.ts";
import { readCpuSettings } from "../sysfs/cpu-notes.ts";
import { readSysfs } from "../sysfs/read.ts";
import type { Tree } from "../tree/tree.ts";
import { type Recording, recordingTree } from "./recording.ts";
import { redacted } from "./redact.ts";
import { readSerials, type RecordingOptions } from "./serials.ts";

/**
 * Records a machine by reading it: `readSysfs` reads through a tree that keeps every file that it
 * is asked for, and nothing else. So recording and reading cannot drift apart, and reading the
 * recording gives the same topology. The tools' outputs are recorded too, without private facts.
 * Serial numbers are not needed for reading, so they are read separately on request.
 *
 * Errors: those of `readSysfs`; a machine that cannot be read is not recorded.
 */
export function gather(tree: Tree, options: RecordingOptions = { withSerials: false }): Recording {
  const recorder = recordingTree(tree);
  // The name is given so that the machine's own is not read.
  readCpuSettings(recorder.tree, readSysfs(recorder.tree, "recording"));
  for (const { file } of tools) recorder.tree.readText(`${toolFolder}/${file}`);
  if (options.withSerials) readSerials(recorder.tree);
  return redacted(recorder.recording, options);
}
