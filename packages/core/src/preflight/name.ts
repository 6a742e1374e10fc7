import { advice } from "../remedy/remedy.ts";
import type { HostFacts } from "./facts.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";

/**
 * A VM has the same UUID however it is started, so another process or domain with that UUID is the
 * same VM, started by somebody else. libvirt also refuses the name and UUID of a domain that is
 * defined and does not run.
 */
export const checkName: PreflightCheck = ({ guest, via }, facts) => {
  const others = (facts.domains ?? []).filter(
    ({ name, uuid }) => name === guest.name || uuid === guest.uuid,
  );
  if (via === "qemu" || others.length === 0) return emulatorProblem(guest.name, facts);
  return others.map(({ name, uuid, running }): PreflightProblem => ({
    code: "name-taken",
    severity: "error",
    subject: name,
    needs: `no domain ${guest.name} with UUID ${guest.uuid}`,
    has: `libvirt has one that ${running ? "runs" : "is defined"}, with UUID ${uuid}`,
    remedy: running
      ? advice("live", `Stop the domain ${name} if nobody needs it, or give this VM another name.`)
      : {
          text: `Remove the definition of ${name} if nobody needs it.`,
          argv: [["virsh", "undefine", "--nvram", name]],
          when: "live",
          undo: null,
        },
  }));
};

function emulatorProblem(name: string, { emulatorPid }: HostFacts): PreflightProblem[] {
  if (emulatorPid === null) return [];
  return [
    {
      code: "name-taken",
      severity: "error",
      subject: name,
      needs: "no process that runs a VM of its UUID",
      has: `process ${emulatorPid} does`,
      remedy: advice(
        "live",
        "Stop it the way it was started; in another state folder, with evenkeel stop --state DIR.",
      ),
    },
  ];
}
