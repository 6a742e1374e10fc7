import { subjectsHere } from "@evenkeel/host/vm/subjects.ts";
import type { CliContext } from "../../command/context.ts";
import { readGuestReport } from "../../input/read-guest-report.ts";
import { subjectHost } from "../../input/subject-host.ts";
import { jsonText } from "../../text/json-text.ts";
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
