import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";

/**
 * Waking up takes longer than a kernel launch from here on: C6 of Intel's server processors since
 * Sapphire Rapids takes 150 to 230 us, the deepest state of AMD's EPYC 5 to 15 us.
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
  judge: ({ machine }) => {
    const cpus = machine?.cpus ?? null;
    const known = (cpus ?? []).filter(({ idleStates }) => idleStates !== null);
    if (known.length === 0) return untold("cpuidle was not read");
    const deep = known.flatMap(({ cpus: on, idleStates }) =>
      (idleStates ?? [])
        .filter(({ latencyUs, disabled }) => !disabled && latencyUs >= deepUs)
        .map((state) => ({ ...state, on })),
    );
    if (deep.length === 0) return acquitted(`no enabled idle state takes ${deepUs} us or more`);
    return accused({
      about: "CPUs",
      expected: `no enabled idle state of ${deepUs} us or more`,
      found: deep.map(({ name, latencyUs }) => `${name} takes ${latencyUs} us to wake`).join(", "),
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
