import { expect, test } from "vitest";
import { firstKnown } from "./first-known.ts";

interface Facts {
  readonly index: number | null;
  readonly name: string | null;
  readonly rdma: boolean | null;
}

test("a fact of the first record counts, whatever it is, and of two nulls nothing is known", () => {
  const first: Facts = { index: 0, name: null, rdma: false };
  const second: Facts = { index: 7, name: "mlx5_0", rdma: true };
  expect(firstKnown(first, second)).toEqual({ index: 0, name: "mlx5_0", rdma: false });
  expect(firstKnown(first, { ...second, name: null }).name).toBeNull();
  expect(first).toEqual({ index: 0, name: null, rdma: false });
});
