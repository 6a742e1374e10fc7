import * as fc from "fast-check";
import { expect, test } from "vitest";
import { groupedDevices } from "../testing/grouped-devices.ts";
import { subsets } from "../testing/subsets.ts";
import { extraDevices } from "./extra.ts";
import { fewestAlong, nicsTakingFewest } from "./nics-alone.ts";

test("the fewest come along, and of the choices with as few it is the first", () => {
  const groups = fc.array(fc.nat(4), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(groups, fc.nat(9), fc.nat(9), (given, offered, count) => {
      const nics = groupedDevices(given).slice(0, offered);
      const all = [...subsets(nics, count)].map((chosen) => ({
        chosen,
        extra: extraDevices(chosen),
      }));
      const fewest = Math.min(...all.map(({ extra }) => extra));
      expect(fewestAlong(nics, count)).toBe(all.length === 0 ? null : fewest);
      const first = all.find(({ extra }) => extra === fewest)?.chosen ?? null;
      expect(nicsTakingFewest(nics, count)).toEqual(first);
    }),
  );
});
