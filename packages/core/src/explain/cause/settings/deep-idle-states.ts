import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { cpusUntold, ownCpus } from "../../subject/own-cpus.ts";

/**
 * Waking up takes longer than a kernel launch from here on: C6 of Intel's server processors since
 * Sapphire Rapids takes 150 to 230 us, the deepest state of AMD's EPYC 5 to 15 us
 * (gVisor pull request 14526: 400,000 wake-ups in one capture of CUDA graphs).
 */
const deepUs = 100;

/** CPUs that take long to wake up, which a worker that waits for its accelerator does often. */
export const deepIdleStates: Cause = {
  code: "deep-idle-states",
  layer: "host",
  looksFor: "idle CPUs may enter a state that takes long to wake up from",
  observable: "machine.cpus[].idleStates",
  readFrom: "/sys/devices/system/cpu/cpu*/cpuidle/state*/{latency,disable}",
  acquittedBy: "no enabled state with a latency of 100 us or more",
  followsFrom: [],
  judge: (subject) => {
    const cpus = ownCpus(subject);
    if (cpus === null) return untold(cpusUntold);
    const known = cpus.filter(({ idleStates }) => idleStates !== null);
    if (known.length === 0) {
      const isPolling = subject.machine?.settings.bootOptions?.includes("idle=poll") === true;
      return isPolling
        ? acquitted("idle CPUs do not sleep: idle=poll")
        : untold("cpuidle was not read, or the kernel has none");
    }
    // A state that was never entered is kept out by a limit that no file shows, as tuned's.
    const deep = known.flatMap(({ cpus: on, idleStates }) =>
      (idleStates ?? [])
        .filter(({ latencyUs, disabled }) => !disabled && latencyUs >= deepUs)
        .filter(({ entered }) => entered !== 0)
        .map((state) => ({ ...state, on })),
    );
    if (deep.length === 0) {
      return known.length < cpus.length
        ? untold("the idle states of some of its CPUs were not read")
        : acquitted(`no idle state that is used takes ${deepUs} us or more`);
    }
    const names = new Map(
      deep.map(({ name, latencyUs }) => [`${name} takes ${latencyUs} us`, null]),
    );
    return accused({
      about: "CPUs",
      expected: `no enabled idle state of ${deepUs} us or more`,
      found: `${[...names.keys()].join(", ")} to wake up from`,
      evidence: deep.map(({ name, on, latencyUs }) => `CPUs ${on}: ${name} latency ${latencyUs}`),
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "live",
        "Let no idle CPU go deeper: cpupower idle-set --disable-by-latency 99.",
      ),
    });
  },
};
