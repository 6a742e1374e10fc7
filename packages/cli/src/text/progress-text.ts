import type { Progress } from "@evenkeel/host/vm/host.ts";
import { absentNamesNote } from "./policy-text.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";

/** What an operation on VMs reports while it runs, as notes. */
export function progressSentences(step: Progress): readonly string[] {
  switch (step.kind) {
    case "recovered":
      return step.vms.map(({ instance: { name, phase }, failure }) => {
        const [what, mended] = phase === "starting" ? ["start", "undone"] : ["stop", "completed"];
        const cut = `a ${what} of ${name} was cut off and`;
        return failure === null
          ? `${cut} is now ${mended}`
          : `${cut} cannot be ${mended} now: ${failure.message}`;
      });
    case "cut-off":
      return step.vms.map(({ name, phase }) =>
        phase === "starting"
          ? `a start of ${name} was cut off; the next run or adopt, or a stop of it, undoes it`
          : `a stop of ${name} was cut off; the next run or adopt, or a stop of it, completes it`,
      );
    case "damaged":
      return step.files.map(({ path, error }) => `${path}: ${error.message}`);
    case "unreadable":
      return step.vms.map(
        ({ name, why }) => `${name}: ${why}; what is unknown does not count (domains-unknown)`,
      );
    case "silent":
      return [
        `the libvirt at ${step.uri} has not answered in time; a VM that it alone shows is missing ` +
          "here, and what it holds does not count (domains-unknown)",
      ];
    case "unanswered":
      return [`${step.name}: ${step.failure.message}`];
    case "waiting":
      return [waitingSentence(step)];
    case "names-absent":
      return [absentNamesNote([step.host], step.names.join("; "))];
    case "starting":
      return [
        ...step.problems.map(({ subject, has, needs }) => `${subject}: ${has}, not ${needs}`),
        ...step.notes,
      ];
  }
}

function waitingSentence({
  name,
  timeoutMs,
  force,
}: Extract<Progress, { kind: "waiting" }>): string {
  const then = force ? "is ended" : "is left running";
  const now = shellLine(["evenkeel", "stop", name, "--timeout", "0", "--force"]);
  return (
    `${name} was asked to shut down; this waits up to ${timeoutMs / 1000} s for it, and then it ` +
    `${then}; to end it at once, interrupt this and run ${now}`
  );
}
