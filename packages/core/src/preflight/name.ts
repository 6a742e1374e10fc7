import type { HostFacts } from "./facts.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";

/**
 * A VM keeps its UUID wherever it is started, so whatever has it is the same VM, started by somebody
 * else. libvirt keeps names and UUIDs apart also of domains that are defined and do not run.
 */
export const checkName: PreflightCheck = ({ guest, via }, facts) => {
  const others = (facts.domains ?? []).filter(
    ({ name, uuid }) => name === guest.name || uuid === guest.uuid,
  );
  if (via === "qemu" || others.length === 0) return emulatorProblem(guest.name, facts);
  return others.map(({ name, uuid, running }) => ({
    code: "name-taken" as const,
    severity: "error" as const,
    subject: name,
    needs: `no domain ${guest.name} with UUID ${guest.uuid}`,
    has: `libvirt has one that ${running ? "runs" : "is defined"}, with UUID ${uuid}`,
    remedy: running
      ? `virsh destroy ${name}, and then virsh undefine --nvram ${name}, if nobody needs it`
      : `virsh undefine --nvram ${name}, if nobody needs it`,
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
      remedy: "stop it where it was started; with another state folder, evenkeel stop --state DIR",
    },
  ];
}
