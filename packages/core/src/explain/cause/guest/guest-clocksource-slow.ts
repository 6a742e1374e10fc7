import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { isSlowClocksource } from "../../subject/clocksources.ts";
import { judgeReport } from "../../subject/guest-view.ts";

/**
 * The guest tells the time by an emulated device: each question leaves the guest, and takes
 * microseconds. Its kernel gave up the processor's counter after a sleep or a move of the VM (ovm
 * pull request 21), or was never offered a clock that it can read by itself (Xen's:
 * heapanalytics.com/blog/engineering/clocksource-aws-ec2-vdso).
 */
export const guestClocksourceSlow: Cause = {
  code: "guest-clocksource-slow",
  layer: "guest",
  looksFor: "the guest asks its hypervisor for the time, again and again",
  observable: "guest.clocksource",
  readFrom: "/sys/devices/system/clocksource/clocksource0/current_clocksource in the guest",
  acquittedBy: "kvm-clock, tsc, or another source that a program can read by itself",
  followsFrom: [],
  judge: (subject) =>
    judgeReport(subject, ({ clocksource, where }, { isInside }) => {
      // Inside, the machine's own setting tells.
      if (isInside) return irrelevant;
      if (clocksource === null) return untold("the guest does not report its clock source");
      const isSlow = isSlowClocksource(clocksource);
      if (isSlow === null)
        return untold(`whether the clock source ${clocksource} is slow is not known`);
      if (!isSlow) return acquitted(`the guest's clock source is ${clocksource}`);
      return accused({
        about: "clock source of the guest",
        expected: "kvm-clock or tsc, which a program reads by itself",
        found: `${clocksource}: each question for the time leaves the guest`,
        evidence: [`${where}: current_clocksource ${clocksource}`],
        seen: "directly",
        cost: unknownCost,
        remedy: advice(
          "live",
          "Write kvm-clock or tsc to current_clocksource in the guest if it is available; " +
            "otherwise give the VM a processor with invtsc and the clock of its hypervisor, and " +
            "see in its dmesg why it gave up the TSC.",
        ),
      });
    }),
};
