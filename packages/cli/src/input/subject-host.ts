import { basename, resolve } from "node:path";
import { liveMachineTree } from "@evenkeel/host/machine/live-machine.ts";
import { readLine } from "@evenkeel/host/sysfs/values.ts";
import { directoryTree } from "@evenkeel/host/tree/directory-tree.ts";
import { readableState } from "@evenkeel/host/vm/readable-state.ts";
import type { SubjectHost } from "@evenkeel/host/vm/subjects.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { writeNotes } from "../text/notes-text.ts";
import { localHost, recordedHost } from "./vm-host.ts";

/** Which machine is meant, and where its VMs are recorded. */
export interface SubjectFlags {
  readonly root?: string | undefined;
  readonly state?: string | undefined;
}

/** This machine, or a recorded one, whose subjects can be read. */
export function subjectHost(
  { root, state }: SubjectFlags,
  surroundings: Surroundings,
): SubjectHost {
  const said = new Set<string>();
  // Several readers may have the same to say of one tool.
  const note = (sentence: string): void => {
    if (!said.has(sentence)) writeNotes(surroundings.stderr, [sentence]);
    said.add(sentence);
  };
  const here = localHost(surroundings, state);
  const host = { ...here, env: surroundings.env };
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
  const { calibrate: _ofThisMachine, ...elsewhere } = host;
  return {
    ...elsewhere,
    tree: () => tree,
    hostname: readLine(tree, "/proc/sys/kernel/hostname") ?? basename(resolve(root)),
    note,
    machineTree: async () => tree,
    instances: () => [],
  };
}
