import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { loadSolver } from "./linear-program.ts";
import { machineNamed } from "./machines.ts";

/** A mismatch that random cases once found, in its smallest form. */
interface Regression {
  readonly what: string;
  readonly machine: string;
  readonly coresPerNode?: number;
  readonly request: Partial<Request>;
}

const regressions: readonly Regression[] = [
  {
    what: "a floating VM on a host that keeps no cores for its emulator",
    machine: "hgx-b300",
    coresPerNode: 0,
    request: { vcpus: 1, isolation: "shared" },
  },
  {
    // Interleaving 38 GiB over eight nodes gives six of them one more, so nodes differ.
    what: "memory interleaved over nodes that get unequal parts, several cells",
    machine: "dgx-a100",
    request: {
      accelerators: accelerators(5),
      vcpus: 5,
      memoryBytes: 95 * GiB,
      locality: "interleave",
    },
  },
  {
    what: "memory interleaved over fewer nodes than there are",
    machine: "dgx-a100",
    request: {
      accelerators: accelerators(1),
      vcpus: 1,
      memoryBytes: 2 * GiB,
      locality: "interleave",
    },
  },
  {
    // One cell has one of the 399 GiB more, and both as many of the GPUs' copies.
    what: "memory strays where it costs least in all, with copies to unequal cells",
    machine: "epyc-nps4",
    request: {
      accelerators: accelerators(2),
      vcpus: 3,
      memoryBytes: 399 * GiB,
      locality: "preferred",
    },
  },
];

test.each(regressions)("$what", async ({ machine, coresPerNode = 1, request }) => {
  const solver = await loadSolver();
  const { reserved } = defaultHostPolicy;
  const host = {
    topology: machineNamed(machine),
    taken: [],
    policy: { ...defaultHostPolicy, reserved: { ...reserved, coresPerNode } },
  };
  const { kind, mismatch } = compare(solver.program, host, requestOf(request));
  expect(kind).not.toBe("refused");
  expect(mismatch).toBeNull();
});
