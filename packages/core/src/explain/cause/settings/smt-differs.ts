import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/**
 * With SMT off a host has half as many CPUs: emulators, data loaders and the host's own work share
 * the cores that the twin has to itself. Told of the host where it is off and could be on.
 * https://docs.kernel.org/admin-guide/hw-vuln/l1tf.html, smt/control
 */
export const smtDiffers: Cause = {
  code: "smt-differs",
  layer: "host",
  looksFor: "its host's cores run one thread each, the twin's two",
  observable: "machine.settings.smt",
  readFrom: "/sys/devices/system/cpu/smt/control",
  acquittedBy: "SMT as on the twin's host",
  followsFrom: [],
  judge: ({ machine }, twin) => {
    if (twin === null) return irrelevant;
    const own = machine?.settings.smt ?? null;
    const other = twin.machine?.settings.smt ?? null;
    if (own === null || other === null) return untold("smt/control was not read of both");
    const isOff = own === "off" || own === "forceoff";
    if (!isOff || other !== "on") return acquitted(`SMT is ${own}`);
    return accused({
      about: "SMT",
      expected: "on, as on the other's host",
      found: `${own}: half as many CPUs`,
      evidence: [`/sys/devices/system/cpu/smt/control: ${own}; on the other: ${other}`],
      seen: "inferred",
      cost: unknownCost,
      remedy:
        own === "off"
          ? advice("live", "Turn SMT on: write on to /sys/devices/system/cpu/smt/control.")
          : advice("host-reboot", "Start the host without the option nosmt."),
    });
  },
};
