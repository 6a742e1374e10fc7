import type { Rebalancing } from "@evenkeel/core/fleet/rebalance.ts";
import type { HostCapacity } from "@evenkeel/core/placement/capacity/report.ts";
import { expect, test } from "vitest";
import { capacityText } from "./capacity-text.ts";

const advice: Rebalancing = {
  flavor: "gpu.4",
  wanted: 1,
  before: 2,
  after: 3,
  moves: [{ vm: "one", from: "a", to: "b", nodes: [0], accelerators: ["0000:17:00.0"], slots: 3 }],
  excludedBelow: 1,
  exact: false,
};

test("where no moves help, the answer says how many were tried in every way", () => {
  const view = { width: 100, paint: (_: string, text: string) => text };
  const told = [1, 2, 5].map((excludedBelow) => {
    const restore = [{ ...advice, exact: true, moves: null, excludedBelow }];
    const document = { apiVersion: "evenkeel/v1", kind: "Capacity", restore } as const;
    const lines = capacityText({ ...document, fleet: [], hosts: [] }, view).split("\n");
    return lines.find((line) => line.includes("  - "));
  });
  expect(told).toEqual([
    "  - No move that makes room for 1 more gpu.4 (2 fit now) was found before the search ended.",
    "  - No single move makes room for 1 more gpu.4 (2 fit now); more moves were not tried.",
    "  - No 1 to 4 moves make room for 1 more gpu.4 (2 fit now); more moves were not tried.",
  ]);
});

test("advice that rests on counts that ended early says that they are so many at least", () => {
  const restore = [advice, { ...advice, after: 2, moves: null, excludedBelow: 5 }];
  const view = { width: 100, paint: (_: string, text: string) => text };
  const text = capacityText(
    { apiVersion: "evenkeel/v1", kind: "Capacity", fleet: [], hosts: [], restore },
    view,
  );
  expect(`\n${text}`).toMatchInlineSnapshot(`
    "
    no hosts

    0 hosts together
      flavor  fits  of at most

    to restore 1 more slot of gpu.4: 1 move, 2+ → 3+
      1. one from a to b, node 0 with 0000:17:00.0: then 3+ slots of gpu.4
      - Not all choices could be counted: N+ slots are at least N, and fewer moves may be enough.

    to restore 1 more slot of gpu.4
      - No 1 to 4 moves make room for 1 more gpu.4 (2+ fit now); more moves were not tried. Not all
        choices could be counted: N+ slots are at least N, and fewer moves may be enough.
    "
  `);
});

/** A host with six flavors, of each of which a VM in the way leaves so many. */
function hostWith(host: string, fits: number): HostCapacity {
  const flavors = Array.from({ length: 6 }, (_, i) => ({
    flavor: `h100.${i + 1}`,
    fits,
    most: 8,
    classes: Array.from({ length: 8 }, (_one, n) => ({
      signature: `${i}${n}`,
      signatureText: "2 cells × (24 cores/48 threads, 700 GiB in 1 GiB pages, 4 GPUs), 21 apart",
      own: n === 0,
      fits,
      most: 8,
      exact: true,
    })),
    blockers: {
      sets: Array.from({ length: 8 }, (_one, n) => [`${host}-vm-${n}`, `${host}-vm-${n + 1}`]),
      triedUpTo: 2,
      more: true,
    },
    untold: [],
  }));
  return { host, flavors };
}

test("hosts with the same counts are one part, with a row for each flavor", () => {
  const view = { width: 80, paint: (_: string, text: string) => text };
  const linesOf = (hosts: readonly HostCapacity[]): readonly string[] => {
    const document = { apiVersion: "evenkeel/v1", kind: "Capacity", restore: [] } as const;
    const fleet = hosts[0]?.flavors ?? [];
    const lines = capacityText({ ...document, fleet, hosts }, view).split("\n");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    return lines;
  };
  const names = Array.from({ length: 50 }, (_, i) => `node-${i}`);
  const equal = linesOf(names.map((name) => hostWith(name, 3)));
  expect(equal.length).toBeLessThanOrEqual(28);
  expect(equal).toContain("node-0, node-1, node-2 and 47 more, each");
  expect(equal.join("\n").replaceAll(/\s+/g, " ")).toContain("likewise on 49 other hosts");
  // All different: the first few, and how to see the others.
  const unequal = linesOf(names.map((name, i) => hostWith(name, i)));
  expect(unequal.length).toBeLessThanOrEqual(250);
  expect(unequal).toContain("and 34 more hosts, which --output json lists");
});
