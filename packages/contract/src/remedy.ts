import { remedyTimes } from "@evenkeel/core/remedy/remedy.ts";
import { list, oneOf, text } from "./fields.ts";

/** At most 8192 vCPUs are pinned by one remedy, each by a command. */
const commands = list(list(text(65_536), 64), 16_384).nullable();

/** The fields of every remedy, in findings and in refusals. */
export const remedyFields = {
  text: text(65_536),
  argv: commands,
  when: oneOf(remedyTimes).nullable(),
  undo: commands,
} as const;
