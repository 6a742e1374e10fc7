import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/**
 * An update of microcode may make instructions slower: that against Downfall slows gathers, which
 * vector code is full of (docs.kernel.org/admin-guide/hw-vuln/gather_data_sampling.html). It is no
 * fault. Told of the newer, and only of equal processors: each kind counts for itself.
 */
export const microcodeDiffers: Cause = {
  code: "microcode-differs",
  layer: "host",
  looksFor: "its processor has newer microcode than the twin's, which may make it slower",
  observable: "machine.settings.microcode",
  readFrom: "/sys/devices/system/cpu/cpu0/microcode/version",
  acquittedBy: "the same microcode, or older",
  followsFrom: [],
  judge: ({ machine, topology }, twin) => {
    if (twin === null) return irrelevant;
    const own = machine?.settings.microcode ?? null;
    const other = twin.machine?.settings.microcode ?? null;
    if (own === null || other === null) return untold("the microcode was not read of both");
    const [model, twins] = [topology?.machine.cpuModel, twin.topology?.machine.cpuModel];
    if ((model ?? null) !== (twins ?? null)) return irrelevant;
    if (Number(own) === Number(other) || own === other) return acquitted(`microcode ${own}`);
    if (!(Number(own) > Number(other))) return acquitted(`microcode ${own}, no newer than there`);
    return accused({
      about: "microcode",
      expected: `${other}, as on the other's host`,
      found: own,
      evidence: [`/sys/devices/system/cpu/cpu0/microcode/version: ${own}; on the other: ${other}`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "host-reboot",
        "Give both hosts the same microcode, and compare their vulnerabilities: what the newer " +
          "works around may cost.",
      ),
    });
  },
};
