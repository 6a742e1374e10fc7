import { advice } from "../../../remedy/remedy.ts";
import { percent } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";

/** A busy CPU that clocks no higher than this is held there, whatever its governor. */
const atLowest = 1.1;
const farBelow = 0.5;

/**
 * A CPU with work to do that stays at its lowest clock, although nothing in the kernel keeps it
 * there: the board brakes the processor (PROCHOT, by its management, a power supply or a sensor),
 * or a program such as thermald does. It ends with the cause, and often only with a power cycle.
 *
 * github.com/omacom/omarchy/issues/6063: 400 MHz of 5 GHz under load on all cores, since boot;
 * github.com/intel/thermal_daemon/issues/449
 */
export const cpuClockLow: Cause = {
  code: "cpu-clock-low",
  layer: "host",
  looksFor: "a busy CPU stays at its lowest clock, as if something brakes the processor",
  observable: "machine.settings.busyKHz beside machine.cpus[].{minKHz,hardwareMaxKHz}",
  readFrom: "/sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq of the CPU that reads it",
  acquittedBy: "a busy CPU that clocks above its lowest",
  followsFrom: ["frequency-capped", "governor-saving"],
  judge: ({ machine }) => {
    const nowKHz = machine?.settings.busyKHz ?? null;
    if (nowKHz === null) return untold("the clock of a busy CPU was not read");
    const known = (machine?.cpus ?? []).flatMap(({ minKHz, hardwareMaxKHz }) =>
      minKHz === null || hardwareMaxKHz === null ? [] : [{ minKHz, hardwareMaxKHz }],
    );
    if (known.length === 0 || known.length < (machine?.cpus ?? []).length) {
      return untold("what its CPUs can do was not read: cpufreq would tell");
    }
    const now = `${nowKHz / 1000} MHz`;
    // Which of the CPUs read it is not told: it is held only if it would be by the limits of all.
    const isHeld = known.every(
      ({ minKHz, hardwareMaxKHz }) =>
        nowKHz <= minKHz * atLowest && nowKHz < hardwareMaxKHz * farBelow,
    );
    if (!isHeld) return acquitted(`a busy CPU clocks at ${now}`);
    const most = Math.min(...known.map(({ hardwareMaxKHz }) => hardwareMaxKHz));
    return accused({
      about: "CPUs",
      expected: `more than the lowest clock, up to ${most / 1000} MHz, while busy`,
      found: `${now} while busy, ${percent(nowKHz, most)} of what they can`,
      evidence: [`cpufreq/scaling_cur_freq of a busy CPU: ${nowKHz}`],
      seen: "directly",
      cost: { slowdown: most / nowKHz, basis: "measured" },
      remedy: advice(
        "live",
        "Look at the machine's management (BMC) for power supplies, heat and power limits, stop " +
          "thermald to see whether it is the reason, and take the machine off power if it stays.",
      ),
    });
  },
};
