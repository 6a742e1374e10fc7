import type { Remedy } from "@evenkeel/core/remedy/remedy.ts";
import { type ObjectText, objectText } from "./object-text.ts";

/** The fields of every remedy. */
export const remedyFields: ObjectText<Remedy>["fields"] = {
  text: [
    "What to do, as a sentence.",
    "Pin the VM's threads to their planned CPUs, through libvirt.",
  ],
  argv: [
    "The commands that do it, in order, each a program and its arguments; no shell reads them. " +
      "`null` where no command helps, or a fact for it is missing.",
    [["virsh", "vcpupin", "llm-a", "0", "4", "--live"]],
  ],
  when: [
    "When it helps: at once, once the VM is started again, or once the host is. `null` for a change " +
      "to the request.",
    "live",
  ],
  undo: [
    "The commands that bring back what was found before; `null` where there are none.",
    [["virsh", "vcpupin", "llm-a", "0", "0-27", "--live"]],
  ],
};

export const remedyText: ObjectText<Remedy> = objectText<Remedy>(
  "remedy",
  "What sets it right, for people to read and for programs to run.",
  remedyFields,
);
