import { expect, test } from "vitest";
import { GiB } from "../../unit/bytes.ts";
import { straddleCause, straddleCostText } from "./describe-straddle.ts";
import type { NodeShortage } from "./straddle.ts";

const lack = (
  node: number,
  resource: NodeShortage["resource"],
  needs: number,
  has: number | null,
): NodeShortage => ({ node, resource, needs, has });

const causes: readonly (readonly [string, Parameters<typeof straddleCause>[0], string])[] = [
  [
    "one node has enough",
    { enough: [1], shortages: [], room: null },
    "node 1 has enough of everything, but not with devices connected as asked",
  ],
  [
    "several nodes have enough",
    { enough: [0, 2], shortages: [lack(1, "cores", 8, 7)], room: null },
    "nodes 0, 2 have enough of everything, but not with devices connected as asked",
  ],
  [
    "the nearest lacks the least part of what is needed, whatever its unit",
    {
      enough: [],
      shortages: [lack(0, "cores", 8, 4), lack(1, "memoryBytes", 100 * GiB, 80 * GiB)],
      room: null,
    },
    "node 1 lacks 20 GiB of 100 GiB",
  ],
  [
    "the parts that one node lacks add up",
    {
      enough: [],
      shortages: [lack(0, "cores", 8, 6), lack(0, "nics", 2, 1), lack(1, "accelerators", 8, 4)],
      room: null,
    },
    "node 1 lacks 4 GPUs of 8",
  ],
  [
    "several things",
    {
      enough: [],
      shortages: [lack(0, "cpus", 8, 7), lack(0, "nics", 1, 0), lack(0, "hugepages", 40, 38)],
      room: null,
    },
    "node 0 lacks 1 CPU of 8 and 1 NIC of 1 and 2 huge pages of 40",
  ],
  [
    "what is unknown may lack altogether",
    {
      enough: [],
      shortages: [lack(0, "memoryBytes", GiB, null), lack(1, "hugepages", 40, 1)],
      room: null,
    },
    "node 1 lacks 39 huge pages of 40",
  ],
  [
    "unknown beside known",
    {
      enough: [],
      shortages: [
        lack(0, "cores", 8, 7),
        lack(0, "memoryBytes", GiB, null),
        lack(0, "nics", 1, null),
      ],
      room: null,
    },
    "node 0 lacks 1 core of 8 and has memory and NICs that nobody told",
  ],
  ["no node", { enough: [], shortages: [], room: null }, "it has no node with CPUs"],
  [
    "vCPUs that would fit",
    { enough: [], shortages: [lack(0, "cores", 8, 1)], room: { resource: "vcpus", most: 1 } },
    "up to 1 vCPU would fit on one (node 0 lacks 7 cores of 8)",
  ],
  [
    "memory that would fit",
    {
      enough: [],
      shortages: [lack(0, "hugepages", 8, 7)],
      room: { resource: "memoryBytes", most: 7 * GiB },
    },
    "up to 7 GiB of memory would fit on one (node 0 lacks 1 huge page of 8)",
  ],
];

test.each(causes)("why no node holds it: %s", (_, straddling, text) => {
  expect(straddleCause(straddling)).toBe(text);
});

test("what straddling costs, with a guest that sees its nodes and one that does not", () => {
  const text = (shown: number, hidden: number): string =>
    straddleCostText({ shown, hidden, basis: "modelled" });
  expect(text(1, 1)).toBe("the cost model knows no price for that");
  expect(text(1.25, 1.25)).toBe("predicted to be 25 % slower");
  expect(text(1.0005, 1.0005)).toBe("predicted to be less than 0.1 % slower");
  expect(text(1.0006, 1.0006)).toBe("predicted to be 0.1 % slower");
  expect(text(1, 1.2637)).toBe(
    "predicted to be no slower if the guest sees its nodes, and 26.4 % slower if it does not",
  );
  expect(text(1.0005, 1.3)).toBe(
    "predicted to be less than 0.1 % slower if the guest sees its nodes, and 30 % slower if it does not",
  );
});
