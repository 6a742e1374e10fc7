import { expect, test } from "vitest";
import { fullHost } from "../../testing/explain/full-host.ts";
import { examine } from "./examine.ts";

test("64 VMs in perfect order on one machine have no faults, each with 63 neighbours", () => {
  const all = fullHost();
  expect(all.map(({ machine }) => machine?.neighbours?.length)).toEqual(
    Array.from({ length: 64 }, () => 63),
  );
  const { subjects } = examine("full-host", all);
  expect(subjects).toHaveLength(64);
  expect(
    subjects.flatMap(({ name, faults }) => faults.map(({ code }) => `${name}: ${code}`)),
  ).toEqual([]);
});
