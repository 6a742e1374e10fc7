import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { loadSolver } from "./linear-program.ts";
import { machineNamed } from "./machines.ts";

/** What random cases found wrong once, in its smallest form. */
interface Known {
  readonly what: string;
  readonly machine: string;
  readonly coresPerNode?: number;
  readonly request: Partial<Request>;
}

const known: readonly Known[] = [
  {
    what: "a floating VM whose emulator has no cores of the host's to run on",
    machine: "hgx-b300",
    coresPerNode: 0,
    request: { vcpus: 1, isolation: "shared" },
  },
  {
    // Of 38 GiB over eight nodes the first six have one more, so the nodes are not all alike.
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
    // Of 399 GiB one cell has a GiB more than the other, and each as much of the GPUs' copies.
    what: "memory that strays where it costs least in all, copies to unequal cells included",
    machine: "epyc-nps4",
    request: {
      accelerators: accelerators(2),
      vcpus: 3,
      memoryBytes: 399 * GiB,
      locality: "preferred",
    },
  },
];

test.each(known)("$what", async ({ machine, coresPerNode = 1, request }) => {
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
