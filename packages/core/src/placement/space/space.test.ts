import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { formatList } from "../../set/list-format.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import type { HostState } from "../../plan/host-state.ts";
import { place } from "../../fleet/place.ts";
import type { Plan } from "../../plan/plan.ts";
import { freeCores } from "./cores.ts";
import { type Space, spaceOn } from "./space.ts";

const two =
  "package:2 core:4 thread:2 memory:32Gi hugepages:20x1Gi distances:10/21 root[gpu:h100-sxm nic:cx7]";

const reserved = defaultHostPolicy.reserved;

function hostOf(
  text: string,
  policy: Partial<HostPolicy> = {},
  taken: readonly Plan[] = [],
): HostState {
  const keepingOne = { ...defaultHostPolicy, reserved: { ...reserved, coresPerNode: 1 } };
  return { topology: syntheticTopology(text), taken, policy: { ...keepingOne, ...policy } };
}

function planned(host: HostState, request: Request): Plan {
  const plan = place([host], request);
  if (plan.kind === "Refusal") throw new Error(JSON.stringify(plan));
  return plan;
}

const cores = (space: Space): string[] =>
  space.nodes.map((_, position) =>
    freeCores(space, position)
      .map(({ id }) => id)
      .join(" "),
  );
const granules = (space: Space): (number | null)[] => space.nodes.map((node) => node.granules);

test("the host keeps the lowest cores of every node, or those it names, whole", () => {
  const usual = spaceOn(hostOf(two), requestOf());
  expect(cores(usual)).toEqual(["1 2 3", "5 6 7"]);
  expect(usual.inventory.cores.hostCpus.map((kept) => formatList(kept))).toEqual(["0,8", "4,12"]);
  // CPU 10 is the second thread of core 2.
  const named = { reserved: { ...reserved, cpus: "1,10" } };
  expect(cores(spaceOn(hostOf(two, named), requestOf()))).toEqual(["0 3", "4 5 6 7"]);
  const none = { reserved: { ...reserved, coresPerNode: 0 } };
  expect(cores(spaceOn(hostOf(two, none), requestOf()))).toEqual(["0 1 2 3", "4 5 6 7"]);
});

test("cores are sold at the machine's usual width, and a narrower one is not sold", () => {
  const space = spaceOn(hostOf(`${two} offline:9`), requestOf());
  expect(space.inventory.cores.threadsPerCore).toBe(2);
  expect(cores(space)).toEqual(["2 3", "5 6 7"]);
});

test("huge pages are the free ones, or those that no plan has, whichever are fewer", () => {
  const request = requestOf({ memoryBytes: 4 * GiB });
  const free = "package:1 core:8 memory:64Gi hugepages:15/20x1Gi";
  const first = planned(hostOf(free), { ...request, name: "first" });
  // It runs, so its four pages are among the five that are not free, and are not counted twice.
  expect(granules(spaceOn(hostOf(free, {}, [first]), request))).toEqual([15]);
  const idle = "package:1 core:8 memory:64Gi hugepages:20x1Gi";
  expect(granules(spaceOn(hostOf(idle, {}, [first]), request))).toEqual([16]);
  expect(granules(spaceOn(hostOf(idle), { ...request, hugepageBytes: 2 * MiB }))).toEqual([0]);
});

test("base pages are what huge pages, the host's reserve and the plans leave", () => {
  const request = requestOf({ hugepageBytes: null, memoryBytes: 2 * GiB });
  // 32 GiB less 20 of huge pages less 4 for the host, in 2 MiB.
  expect(granules(spaceOn(hostOf(two), request))).toEqual([4096, 4096]);
  const first = planned(hostOf(two), { ...request, name: "first" });
  expect(granules(spaceOn(hostOf(two, {}, [first]), request))).toEqual([3072, 4096]);
  const unknown = "package:1 core:4 memory:?";
  expect(granules(spaceOn(hostOf(unknown), request))).toEqual([null]);
});

test("a policy names accelerators, NICs and partitions by its own patterns", () => {
  const request = requestOf({ accelerators: accelerators(1) });
  const nic = { accelerators: ["15b3:*"], nics: [] };
  const odd = spaceOn(hostOf(two, nic), request);
  const usual = spaceOn(hostOf(two), request);
  expect(odd.accelerators.map(({ address }) => address)).toEqual(
    usual.nics.map(({ address }) => address),
  );
  expect(odd.accelerators.every(({ model }) => model === null)).toBe(true);
  expect(odd.nics).toEqual([]);
  const only = usual.accelerators.slice(0, 1).map(({ address }) => address);
  const partitions = [{ id: 7, accelerators: only, active: null }];
  expect(planned(hostOf(two, { partitions }), request).partition).toBe(7);
});

test("isolation closes what other VMs use, and what they have alone", () => {
  const small = requestOf({ vcpus: 2, memoryBytes: GiB });
  const first = planned(hostOf(two), { ...small, name: "first" });
  const beside = (isolation: Request["isolation"], of = first): string[] =>
    cores(spaceOn(hostOf(two, {}, [of]), { ...small, isolation }));
  expect(first.cells[0]?.hostNode).toBe(0);
  expect(beside("core")).toEqual(["2 3", "5 6 7"]);
  expect(beside("l3")).toEqual(["", "5 6 7"]);
  expect(beside("node")).toEqual(["", "5 6 7"]);
  expect(beside("host")).toEqual(["", ""]);
  const selfish = (isolation: Request["isolation"]): string[] =>
    beside("core", { ...first, isolation });
  expect(selfish("l3")).toEqual(["", "5 6 7"]);
  expect(selfish("node")).toEqual(["", "5 6 7"]);
  expect(selfish("host")).toEqual(["", ""]);
});
