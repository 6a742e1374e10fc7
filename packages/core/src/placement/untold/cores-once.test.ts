import { expect, test } from "vitest";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { place } from "../../fleet/place.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { GiB } from "../../unit/bytes.ts";

/** Two nodes of eight cores each, and nobody told which core is where. */
const told = syntheticTopology("package:2 core:8 memory:64Gi distances:10/21");
const topology = {
  ...told,
  source: "sysfs",
  nodes: told.nodes.map((node) => ({ ...node, cpus: null })),
  cores: told.cores.map((core) => ({ ...core, node: null })),
};

const answer = (vcpus: number) =>
  place(
    [{ topology, taken: [], policy: defaultHostPolicy }],
    requestOf({ vcpus, memoryBytes: GiB, hugepageBytes: null, accelerators: accelerators(0) }),
  );

test("cores of unknown node count once: more than the host has is refused, fewer may fit", () => {
  const many = answer(17);
  if (many.kind === "Plan") throw new Error("was placed");
  expect(many.untold).toEqual([]);
  expect(many.hosts[0]?.ways[0]?.reasons[0]?.message).toBe(
    "17 whole cores needed on node 0; which of its 16 cores are there is unknown.",
  );
  const few = answer(8);
  expect(few.kind === "Refusal" && few.untold.map(({ code }) => code)).toEqual(["cpus-untold"]);
});
