import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Device } from "../inventory/devices.ts";
import { groupedDevices, groupSizes } from "../testing/grouped-devices.ts";
import { alongside } from "./alongside.ts";
import { extraDevices } from "./extra.ts";

/** Devices in groups: the first ones accelerators, some not on offer. */
const devices = fc.array(
  fc.record({ group: fc.nat(3), isNic: fc.boolean(), isOffered: fc.boolean() }),
  { minLength: 1, maxLength: 9 },
);

test("no more come along than is said of any beginning, and just as many when all is chosen", () => {
  fc.assert(
    fc.property(devices, fc.nat(3), fc.nat(1), (given, wanted, choice) => {
      const groups = given.map(({ group }) => group);
      const all = groupedDevices(groups);
      const offered = all.filter((_, i) => given[i]?.isOffered === true);
      const isNic = (device: Device): boolean => given[device.position]?.isNic === true;
      const [accelerators, nics] = [offered.filter((one) => !isNic(one)), offered.filter(isNic)];
      const line = [...accelerators, ...nics];
      const along = alongside(groupSizes(groups), all);
      /** The fewest that can still come along, with so many NICs in all. */
      const walk = (at: number, chosen: readonly Device[]): number => {
        const missing = wanted - chosen.filter(isNic).length;
        if (missing < 0) return Infinity;
        const before = along.least(missing);
        const device = line[at];
        if (device === undefined) {
          if (missing > 0) return Infinity;
          expect(before).toBe(extraDevices(chosen));
          return before;
        }
        const [take, untake, pass, unpass] = isNic(device)
          ? [along.takeNic, along.untakeNic, along.passNic, along.unpassNic]
          : [along.take, along.untake, along.pass, along.unpass];
        take(device);
        const withIt = walk(at + 1, [...chosen, device]);
        untake(device);
        pass(device);
        const fewest = Math.min(withIt, walk(at + 1, chosen));
        unpass(device);
        expect(along.least(missing)).toBe(before);
        expect(before).toBeLessThanOrEqual(fewest);
        return fewest;
      };
      // It can be begun anew in the midst of things.
      const first = offered.find((one) => !isNic(one));
      if (choice === 1 && first !== undefined) {
        along.begin(accelerators, nics);
        along.take(first);
      }
      along.begin(accelerators, nics);
      walk(0, []);
    }),
    { numRuns: 500 },
  );
});
