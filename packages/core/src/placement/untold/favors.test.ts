import { expect, test } from "vitest";
import { requestOf } from "../../../testing/request/requests.ts";
import { fitFlavors } from "../../fleet/fit/fit.ts";
import { describeFit } from "../../fleet/fit/describe-fit.ts";
import { place } from "../../fleet/place.ts";
import { type UntoldCode, type UntoldFact, untoldCodes } from "../../plan/refusal.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { GiB } from "../../unit/bytes.ts";

/** Two nodes with everything, as a source would tell it that leaves nothing out. */
const whole: Topology = {
  ...syntheticTopology(
    "package:2 core:8 thread:2 memory:64Gi hugepages:40x1Gi distances:10/21 root[switch[gpu:h100-sxm nic:cx7]] nvlink:18",
    "host",
  ),
  source: "sysfs",
};
const told = { ...whole, machine: { ...whole.machine, cpuModel: "a CPU" } };
const sold = ((): Partial<Request> => {
  const plan = place(
    [{ topology: told, taken: [], policy: defaultHostPolicy }],
    requestOf({ vcpus: 4, memoryBytes: 8 * GiB }),
  );
  if (plan.kind === "Refusal") throw new Error("was refused");
  return { flavor: "f", signature: plan.signature };
})();

function less(changes: Partial<Topology>, nodes: Partial<MemoryNode> = {}): Topology {
  return {
    ...whole,
    nodes: whole.nodes.map((node) => ({ ...node, ...nodes })),
    ...changes,
  };
}

function lessOf(changes: Partial<Topology["cores"][number]>): Pick<Topology, "cores"> {
  return { cores: whole.cores.map((core) => ({ ...core, ...changes })) };
}

function untold(
  topology: Topology,
  request: Partial<Request> = {},
): readonly UntoldFact[] | "plan" {
  const answer = place(
    [{ topology, taken: [], policy: defaultHostPolicy }],
    requestOf({ vcpus: 4, memoryBytes: 8 * GiB, ...request }),
  );
  return answer.kind === "Refusal" ? answer.untold : "plan";
}

const codes = (...given: Parameters<typeof untold>): unknown => {
  const facts = untold(...given);
  return facts === "plan" ? facts : facts.map(({ code }) => code);
};

const withoutNodes = whole.pci.map((device) => ({ ...device, node: null }));
const gpus = (given: Partial<Request["accelerators"]> = {}): Partial<Request> => ({
  accelerators: { count: 1, model: null, link: "any", ...given },
});
const pair = gpus({ count: 2, link: "nvlink" });
const onlyGpus = whole.pci.filter(
  ({ class: code }) => code.startsWith("03") || code.startsWith("06"),
);
const base = { hugepageBytes: null };

/** For each code a host that does not tell it, and a request that needs it. */
const planted: readonly (readonly [Topology, Partial<Request>, readonly UntoldCode[]])[] = [
  [
    less({ nodes: [], cores: [], distances: null, pci: [], accelerators: [], nics: [], links: [] }),
    {},
    ["nodes-untold"],
  ],
  [less({ cores: [] }), {}, ["cpus-untold"]],
  [less({ cores: [] }, { cpus: null }), {}, ["cpus-untold"]],
  [less({}, { memoryBytes: null }), base, ["memory-untold"]],
  [less({}, { hugepages: null }), {}, ["hugepages-untold"]],
  [less({}, { hugepages: null }), base, ["hugepages-untold"]],
  [less({}, { memoryBytes: null, hugepages: null }), {}, ["hugepages-untold"]],
  [less({}, { memoryBytes: null, hugepages: null }), base, ["memory-untold", "hugepages-untold"]],
  [
    less({ machine: { ...whole.machine, architecture: "aarch64", pageBytes: null } }),
    base,
    ["page-size-untold"],
  ],
  [
    less({ cores: whole.cores.map((core) => ({ ...core, l3: null })) }),
    { isolation: "l3" },
    ["caches-untold"],
  ],
  [less({ pci: [], accelerators: [], nics: [], links: [] }), gpus(), ["devices-untold"]],
  [less({ pci: onlyGpus, nics: [] }), { nics: { count: 1, rdma: true } }, ["devices-untold"]],
  [less({ pci: withoutNodes }), gpus(), ["device-nodes-untold"]],
  [less({ pci: withoutNodes }), { nics: { count: 1, rdma: false } }, ["device-nodes-untold"]],
  [
    less({ accelerators: whole.accelerators.map((one) => ({ ...one, model: null })) }),
    gpus({ model: "B200" }),
    ["models-untold"],
  ],
  [
    less({ nics: whole.nics.map((nic) => ({ ...nic, rdma: null })) }),
    { nics: { count: 1, rdma: true } },
    ["rdma-untold"],
  ],
  [less({ links: [] }), pair, ["links-untold"]],
  [{ ...told, ...lessOf({ l3: null }) }, sold, ["signature-untold"]],
];

test("each untold fact that a request needs is named, alone or with the others that it needs", () => {
  for (const [topology, request, expected] of planted) {
    expect(codes(topology, request), JSON.stringify([request, expected])).toEqual(expected);
  }
  const met = new Set(planted.flatMap(([, , expected]) => expected));
  expect([...met].toSorted()).toEqual(Object.keys(untoldCodes).toSorted());
});

test("nothing is asked for that the request can do without", () => {
  expect(codes(whole)).toBe("plan");
  expect(codes(less({}, { memoryBytes: null }))).toBe("plan");
  expect(codes(less({ links: [], distances: null }), gpus({ count: 2 }))).toBe("plan");
  expect(codes(less({ pci: withoutNodes }))).toBe("plan");
  const half = less({});
  const nodes = half.nodes.map((node, i) => (i === 0 ? { ...node, hugepages: null } : node));
  expect(codes({ ...half, nodes })).toBe("plan");
});

test("what is known may rule a request out, whatever is untold", () => {
  // 40 pages of 1 GiB on each node; the cores do not matter then.
  expect(codes(less({ cores: [] }), { memoryBytes: 90 * GiB })).toEqual([]);
  // 64 GiB on each node cannot hold 65 pages, however many are set apart.
  expect(codes(less({}, { hugepages: null }), { memoryBytes: 65 * GiB, vcpus: 1 })).toEqual([]);
  // 16 CPUs on each node, in whatever cores; a strict VM of CPUs alone may have both nodes.
  expect(codes(less({ cores: [] }), { vcpus: 40 })).toEqual([]);
  expect(codes(less({}, { memoryBytes: null }), { ...base, vcpus: 40 })).toEqual([]);
  expect(codes(less({ pci: withoutNodes }), gpus({ count: 3 }))).toEqual([]);
  // A machine that was made up is told whole.
  const made = { ...less({ links: [] }), source: "machine:host" };
  expect(codes(made, pair)).toEqual([]);
});

test("a sold signature is refused only where all that it is made of is told", () => {
  const none = { flavor: "f", signature: "0123456789abcdef" };
  expect(codes(told, sold)).toBe("plan");
  expect(codes(told, none)).toEqual([]);
  const nodes = told.nodes.map((node) => ({ ...node, package: null }));
  const [fact] = untold({ ...told, nodes, distances: null }, none);
  expect(fact).toMatchObject({
    code: "signature-untold",
    message:
      "Nobody told what the flavor's signature is made of: the nodes' distances and the nodes' packages: add `numactl -H`, `lscpu -e` or an `evenkeel snapshot` of this host.",
  });
  // On one node no distance matters; and a no is a no whatever is untold.
  const pageless = told.nodes.map((node) => ({ ...node, hugepages: null }));
  expect(codes({ ...told, nodes: pageless, distances: null }, sold)).toEqual(["hugepages-untold"]);
  expect(codes({ ...told, distances: null }, { ...none, vcpus: 400 })).toEqual([]);
});

test("a message says which nodes, and what to add", () => {
  const [fact] = untold(less({}, { hugepages: null }));
  expect(fact).toEqual({
    host: "host",
    code: "hugepages-untold",
    message:
      "Nobody told the huge pages of nodes 0-1: add an `evenkeel snapshot`, `lstopo --of xml` or `virsh capabilities` of this host.",
  });
  const [cores] = untold(less({ cores: [] }));
  expect(cores).toMatchObject({
    message:
      "Nobody told the cores of nodes 0-1: add `lscpu -e` or an `evenkeel snapshot` of this host.",
  });
});

test("a flavor of which nobody can say whether it fits on one node is neither a yes nor a no", () => {
  const fitOn = (topology: Topology, request: Partial<Request> = {}) =>
    fitFlavors(topology, defaultHostPolicy, [
      requestOf({ name: "f", vcpus: 4, memoryBytes: 8 * GiB, ...request }),
    ]);
  const [unknown] = fitOn(less({ cores: [] }));
  expect(unknown).toMatchObject({ onOneNode: null, nodes: null });
  expect(unknown?.shortages.map(({ resource, has }) => [resource, has])).toEqual([
    ["cores", null],
    ["cores", null],
  ]);
  expect(unknown && describeFit(unknown)).toBe(
    "Not enough is known to say whether f fits on one node. Nobody told the cores of nodes 0-1: add `lscpu -e` or an `evenkeel snapshot` of this host.",
  );
  expect(fitOn(whole)).toMatchObject([{ onOneNode: true, untold: [] }]);
  // It straddles nodes 0 and 1 by what is known; if node 1 had more pages, it would not.
  const nodes = whole.nodes.map((node, i) => (i === 1 ? { ...node, hugepages: null } : node));
  expect(fitOn({ ...whole, nodes }, { memoryBytes: 50 * GiB })).toMatchObject([
    { onOneNode: null },
  ]);
  // Too many cores for one node are a no, whatever else is untold.
  expect(fitOn({ ...whole, nodes }, { vcpus: 20 })).toMatchObject([
    { onOneNode: false, untold: [] },
  ]);
  const lacks = fitOn(less({ cores: [] }), { memoryBytes: 90 * GiB })[0];
  expect(lacks && describeFit(lacks)).toBe(
    "f does not fit on this machine: node 0 lacks 50 huge pages of 90 and has cores that nobody told.",
  );
});
