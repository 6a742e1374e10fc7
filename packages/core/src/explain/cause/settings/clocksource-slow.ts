import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { isSlowClocksource } from "../../subject/clocksources.ts";

/**
 * The kernel gave up the processor's own counter (TSC) and tells the time by a slower device: after
 * a firmware or a power-saving state made the counter jump, or because an option says so. Programs
 * of the host wait longer each time they ask, and KVM takes the fast clock away from its guests too
 * (ubicloud pull request 4419, cloudpods issue 16956).
 * https://docs.kernel.org/virt/kvm/x86/timekeeping.html
 */
export const clocksourceSlow: Cause = {
  code: "clocksource-slow",
  layer: "host",
  looksFor: "the kernel tells the time by a slow device, and not by the processor's own counter",
  observable: "machine.settings.clocksource",
  readFrom: "/sys/devices/system/clocksource/clocksource0/current_clocksource",
  acquittedBy: "tsc, or another source that a program can read by itself",
  followsFrom: [],
  judge: ({ machine }) => {
    const name = machine?.settings.clocksource ?? null;
    if (name === null) return untold("current_clocksource was not read");
    const isSlow = isSlowClocksource(name);
    if (isSlow === null) return untold(`whether the clock source ${name} is slow is not known`);
    if (!isSlow) return acquitted(`the clock source ${name}`);
    return accused({
      about: "clock source",
      expected: "tsc, which a program reads by itself",
      found: `${name}: each question for the time takes a microsecond or more`,
      evidence: [`/sys/devices/system/clocksource/clocksource0/current_clocksource: ${name}`],
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "host-reboot",
        "See in dmesg why the kernel does not trust the TSC (clocksource watchdog), update the " +
          "firmware, and take options such as clocksource=hpet or tsc=unstable away.",
      ),
    });
  },
};
