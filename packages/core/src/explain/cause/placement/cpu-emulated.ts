import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * QEMU without KVM translates each instruction of the guest (TCG): it starts all the same, and is
 * three to a hundred times as slow (github.com/canonical/tdx/pull/197: 7 minutes in place of 2;
 * github.com/linuxkit/linuxkit/pull/1296). The module of KVM was not loaded, /dev/kvm may not be
 * opened, the firmware has virtualization off, or an option was forgotten.
 *
 * On a host that has none it is what one can have: it counts beside a twin with KVM, or on a host
 * where KVM is there.
 */
export const cpuEmulated: Cause = {
  code: "cpu-emulated",
  layer: "hypervisor",
  looksFor: "the guest's processor is emulated by software (TCG), and not by KVM",
  observable: "threads[].name of vCPUs",
  readFrom: "/proc/PID/task/*/comm (CPU 0/KVM, CPU 0/TCG)",
  acquittedBy: "vCPU threads that KVM runs",
  followsFrom: [],
  judge: (subject, twin) => {
    if (subject.evidence.of !== "vm") return irrelevant;
    const own = isEmulated(subject);
    if (own === null) {
      return untold("its vCPUs' threads have no names: -name NAME,debug-threads=on would tell");
    }
    if (!own) return acquitted("KVM runs its vCPUs");
    const isBeside = twin !== null && isEmulated(twin) === false;
    const hasKvm = subject.machine?.settings.nxHugePages != null;
    if (!isBeside && !hasKvm) {
      return untold("its CPUs are emulated (TCG), and whether its host has KVM was not read");
    }
    return accused({
      about: "vCPUs",
      expected: "vCPUs that KVM runs",
      found: "QEMU translates each instruction of the guest (TCG)",
      evidence: (subject.evidence.threads ?? [])
        .filter(({ name }) => byTcg.test(name ?? ""))
        .slice(0, 2)
        .map(({ where, name }) => `${where}/comm: ${name ?? ""}`),
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        "Load kvm_intel or kvm_amd, let QEMU open /dev/kvm, and start it with -accel kvm " +
          "(libvirt: <domain type='kvm'>); if the module does not load, turn virtualization on in " +
          "the firmware.",
      ),
    });
  },
};

const byTcg = /^(?:CPU \d+|ALL CPUs)\/TCG$/;
const byKvm = /^CPU \d+\/KVM$/;

/** Whether software emulates its vCPUs; null where their threads have no such names. */
function isEmulated({ evidence: { threads } }: Subject): boolean | null {
  const names = (threads ?? []).flatMap(({ name }) => name ?? []);
  if (names.some((name) => byTcg.test(name))) return true;
  return names.some((name) => byKvm.test(name)) ? false : null;
}
