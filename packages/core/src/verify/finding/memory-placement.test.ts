import { expect, test } from "vitest";
import { asPlanned } from "../../../testing/evidence/as-planned.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import { GiB } from "../../unit/bytes.ts";
import { verify } from "../verify.ts";

test("what was promised of a cell's memory, and how much of it lies where", () => {
  const plan = planOf({ cells: [{ cores: 1, memory: [{ node: 0, bytes: 240 * GiB }] }] });
  const evidence = asPlanned(plan);
  const memory = (evidence.memory ?? []).map((mapping) => ({
    ...mapping,
    onNodes: [
      { node: 0, bytes: mapping.bytes - 3 * GiB },
      { node: 1, bytes: 3 * GiB },
    ],
  }));
  const { findings } = verify(plan, { ...evidence, memory });
  expect(findings.map(({ promised, found }) => [promised, found])).toEqual([
    [
      `all 240 GiB (${240 * GiB} bytes) on node 0`,
      `3 GiB elsewhere: 1.3 % on node 1 (${3 * GiB} bytes)`,
    ],
  ]);
});
