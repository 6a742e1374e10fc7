import { basename, resolve } from "node:path";
import { liveMachineTree } from "@evenkeel/host/machine/live-machine.ts";
import { readLine } from "@evenkeel/host/sysfs/values.ts";
import { directoryTree } from "@evenkeel/host/tree/directory-tree.ts";
import { readableState } from "@evenkeel/host/vm/readable-state.ts";
import { type SubjectHost, subjectsHere } from "@evenkeel/host/vm/subjects.ts";
import type { CliContext } from "../../command/context.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import { readGuestReport } from "../../input/read-guest-report.ts";
import { localHost, recordedHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import { notesText } from "../../text/notes-text.ts";
import { refuseMisfits } from "./misfits.ts";
import type { EvidenceFlags } from "./flags.ts";

export async function runEvidence(
  this: CliContext,
  flags: EvidenceFlags,
  word: string,
): Promise<void> {
  const { surroundings } = this;
  refuseMisfits(flags, word);
  const path = flags["guest-report"];
  const guest = path === undefined ? null : await readGuestReport(path, surroundings);
  const { read } = await subjectsHere(subjectHost(flags, surroundings));
  surroundings.stdout.write(jsonText(await read(word, { qmp: flags.qmp, guest })));
}

/** This machine, or a recorded one, whose subjects can be read. */
function subjectHost({ root, state }: EvidenceFlags, surroundings: Surroundings): SubjectHost {
  const note = (sentence: string): void => surroundings.stderr.write(notesText([sentence]));
  const host = localHost(surroundings);
  if (root === undefined) {
    return {
      ...host,
      note,
      machineTree: () => liveMachineTree(note),
      instances: () => {
        const recorded = recordedHost(state, surroundings);
        const { instances, damaged } = readableState(recorded.state);
        recorded.progress({ kind: "damaged", files: damaged });
        return instances;
      },
    };
  }
  const tree = directoryTree(root);
  return {
    ...host,
    tree: () => tree,
    hostname: readLine(tree, "/proc/sys/kernel/hostname") ?? basename(resolve(root)),
    note,
    machineTree: async () => tree,
    instances: () => [],
  };
}
