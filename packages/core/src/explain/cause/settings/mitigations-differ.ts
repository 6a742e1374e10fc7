import type { MachineSettings } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/**
 * What the kernel does against weaknesses of processors makes system calls, interrupts and exits of
 * VMs slower, by more or less. It is no fault; on one of two hosts alone it is why they differ.
 * Accused is the one whose kernel does more.
 * https://docs.kernel.org/admin-guide/hw-vuln/index.html
 */
export const mitigationsDiffer: Cause = {
  code: "mitigations-differ",
  layer: "host",
  looksFor: "its kernel works around weaknesses of the processor that the twin's leaves alone",
  observable: "machine.settings.vulnerabilities",
  readFrom: "/sys/devices/system/cpu/vulnerabilities/*",
  acquittedBy: "no mitigation that the twin's host lacks",
  followsFrom: [],
  judge: ({ machine }, twin) => {
    if (twin === null) return irrelevant;
    const own = machine?.settings.vulnerabilities ?? null;
    const others = twin.machine?.settings.vulnerabilities ?? null;
    if (own === null || others === null) return untold("the vulnerabilities of both were not read");
    const states = new Map(others.map(({ name, state }) => [name, state]));
    const more = own.flatMap(({ name, state }) => {
      const other = states.get(name);
      const isMore = other !== undefined && effort(state) > effort(other);
      return isMore ? [{ name, state, other }] : [];
    });
    if (more.length === 0) return acquitted("no more mitigations than on the other's host");
    return accused({
      about: "mitigations",
      expected: "as on the other's host",
      found: `more against ${more.map(({ name }) => name).join(", ")}`,
      evidence: more.map(({ name, state, other }) => `${name}: ${state}; on the other: ${other}`),
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "host-reboot",
        "Start both hosts with the same mitigations (kernel option mitigations=), as your " +
          "tenants require.",
      ),
    });
  },
};

type State = NonNullable<MachineSettings["vulnerabilities"]>[number]["state"];

/**
 * 0 for `Not affected`, `Vulnerable…` and `Unknown…`, 1 for `Mitigation: …`, also of KVM, and 2 for
 * those that are known to cost most: barriers at each entry into the kernel (IBRS, IBPB; Enhanced
 * IBRS is cheap), stores that nobody may bypass, and the first cache flushed at each entry into a
 * VM.
 */
function effort(state: State): number {
  if (!/^(KVM: )?Mitigation/.test(state)) return 0;
  const isDear = /^Mitigation: (IBRS|IBPB)\b|Bypass disabled$|VMX: cache flushes/.test(state);
  return isDear ? 2 : 1;
}
