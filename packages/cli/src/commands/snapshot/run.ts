import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { liveMachineTree } from "@evenkeel/host/machine/live-machine.ts";
import { writeSnapshot } from "@evenkeel/host/snapshot/write.ts";
import type { CliContext } from "../../command/context.ts";
import { jsonText } from "../../text/json-text.ts";
import { writeNotes } from "../../text/notes-text.ts";
import type { SnapshotFlags } from "./flags.ts";

export async function runSnapshot(
  this: CliContext,
  { "with-serials": withSerials, output }: SnapshotFlags,
  path: string,
): Promise<void> {
  const notes: string[] = [];
  const tree = await liveMachineTree((sentence) => void notes.push(sentence));
  const { bytes, files } = await writeSnapshot(tree, path, { withSerials });
  writeNotes(this.surroundings.stderr, notes);
  const source = `sysfs:${path}`;
  const text =
    `recorded ${files} files of this machine in ${path} (${formatBytes(bytes)})\n` +
    `read it anywhere as ${shellWord(source)}\n`;
  this.surroundings.stdout.write(output === "json" ? jsonText({ source, files, bytes }) : text);
}
