import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../../request/host-policy.ts";
import { requestOf } from "../../../../testing/request/requests.ts";
import { syntheticTopology } from "../../../topology/synthetic/build.ts";
import { GiB } from "../../../unit/bytes.ts";
import { search } from "../search.ts";

/** The nodes of the best layout without accelerators, and how many sets of nodes were needed. */
function nodesFor(text: string, vcpus: number): number[] | undefined {
  const topology = syntheticTopology(text);
  const request = requestOf({ vcpus, memoryBytes: 8 * GiB, hugepageBytes: null });
  const reserved = { ...defaultHostPolicy.reserved, coresPerNode: 1 };
  const found = search(
    { topology, taken: [], policy: { ...defaultHostPolicy, reserved } },
    request,
  );
  return found?.best.cells.map((cell) => cell.node);
}

test("near nodes are taken together", () => {
  const epyc = "package:2 node:4 core:9 thread:1 memory:32Gi distances:10/12/32";
  expect(nodesFor(epyc, 8)).toEqual([0]);
  expect(nodesFor(epyc, 16)).toEqual([0, 1]);
  expect(nodesFor(epyc, 32)).toEqual([0, 1, 2, 3]);
});

test.each([
  ["flat", "package:64 core:3 thread:1 memory:32Gi distances:10/20"],
  ["two levels", "package:16 node:4 core:3 thread:1 memory:32Gi distances:10/12/32"],
  ["unknown", "package:64 core:3 thread:1 memory:32Gi"],
])(
  "on 64 nodes, distances %s, the best eight nodes are found without trying all sets",
  (_, text) => {
    expect(nodesFor(text, 16)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(nodesFor(text, 400)).toBeUndefined();
  },
);
