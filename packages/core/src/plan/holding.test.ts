import { expect, test } from "vitest";
import { planOf } from "../../testing/guest/plan-of.ts";
import { stranger } from "../../testing/plan/stranger.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import { type HeldMemory, memoryBeyondPlan } from "./holding.ts";

const part = (node: number, pageBytes: number, bytes: number): HeldMemory => ({
  node,
  pageBytes,
  bytes,
});

test("huge pages count beyond a plan by node and size, and base pages not at all", () => {
  const memory = (node: number, bytes: number) => [{ node, bytes }];
  const plan = planOf({
    cells: [
      { cores: 1, pageBytes: GiB, memory: memory(0, 4 * GiB) },
      { cores: 1, pageBytes: GiB, memory: memory(0, 2 * GiB) },
      { cores: 1, pageBytes: 2 * MiB, memory: memory(1, GiB) },
    ],
  });
  const beyond = (...held: HeldMemory[]) =>
    memoryBeyondPlan(stranger({ vcpus: [], plan, memory: held }));
  expect(beyond(part(0, GiB, 6 * GiB), part(1, 2 * MiB, GiB), part(0, 4096, GiB))).toEqual([]);
  expect(beyond(part(0, GiB, 7 * GiB))).toEqual([part(0, GiB, GiB)]);
  expect(beyond(part(1, GiB, GiB))).toEqual([part(1, GiB, GiB)]);
  expect(beyond(part(0, 2 * MiB, GiB))).toEqual([part(0, 2 * MiB, GiB)]);
});

test("of a VM without a plan everything counts", () => {
  const memory = [part(0, 4096, MiB), part(1, GiB, GiB)];
  expect(memoryBeyondPlan(stranger({ memory }))).toEqual(memory);
});
