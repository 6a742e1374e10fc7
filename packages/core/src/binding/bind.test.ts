import { expect, test } from "vitest";
import { bindInput } from "../../testing/binding/bind-input.ts";
import { indexSet } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import { catalogMachine } from "../topology/catalog/catalog.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { bind, type BindInput } from "./bind.ts";
import type { Binding } from "./binding.ts";
import { farFrom } from "./far.ts";
import { libraryVariables } from "./libraries.ts";
import type { LocalRank } from "./local-rank.ts";
import { numactlWords } from "./numactl.ts";
import { promiseText } from "./promise.ts";

/** Bindings on machines that people have, told one by one. */

function machineNamed(name: string): Topology {
  const machine = catalogMachine(name);
  if (machine === null) throw new Error(`the catalog has ${name}`);
  return machine;
}

const dgx = machineNamed("dgx-a100");
const hgx = machineNamed("hgx-h100");
const snc = machineNamed("xeon-snc");
const gb200 = machineNamed("gb200-tray");

function answer(topology: Topology, more: Partial<BindInput> = {}) {
  return bind(bindInput(topology, more));
}

function bound(topology: Topology, more: Partial<BindInput> = {}): Binding {
  const found = answer(topology, more);
  if (found.kind === "refused") throw new Error(found.message);
  return found.binding;
}

const gpu = (...words: readonly string[]): Partial<BindInput> => ({
  wanted: { kind: "named", words },
});
const ranked = (rank: number, count: number | null): Partial<BindInput> => {
  const local: LocalRank = { rank, count, from: "LOCAL_RANK" };
  return { wanted: { kind: "rank", rank: local } };
};
const whatIsUnknown = ({ unknowns }: Binding): string =>
  unknowns.map(({ what }) => what).join("; ");

test("eight ranks of a DGX A100 go to the nodes of their GPUs, not to rank over two", () => {
  const nodes = dgx.accelerators.map((_, rank) => bound(dgx, ranked(rank, 8)).memoryNodes);
  expect(nodes).toEqual(["3", "3", "1", "1", "7", "7", "5", "5"]);
});

test("ranks follow the order in which the command sees its GPUs", () => {
  const variables = { CUDA_VISIBLE_DEVICES: "7,0", CUDA_DEVICE_ORDER: "PCI_BUS_ID" };
  const both = [0, 1].map((rank) => bound(dgx, { ...ranked(rank, 2), variables }).memoryNodes);
  expect(both).toEqual(["5", "3"]);
});

test("a rank that sees one GPU has that one, and one that is alone has all", () => {
  const one = bound(dgx, { ...ranked(3, 4), variables: { CUDA_VISIBLE_DEVICES: "6" } });
  expect(one.accelerators.map(({ node }) => node)).toEqual([5]);
  expect(bound(dgx, ranked(0, 1)).accelerators).toHaveLength(8);
});

test("more ranks than GPUs: which share one is for the program to say", () => {
  const binding = bound(dgx, ranked(9, 16));
  expect(binding.cpus).toBe(null);
  expect(whatIsUnknown(binding)).toContain("16 processes share 8 GPUs");
  // All that may be meant are on one node.
  const variables = { CUDA_VISIBLE_DEVICES: "0,1" };
  const sure = bound(dgx, { ...ranked(3, 4), variables });
  expect([sure.cpus, whatIsUnknown(sure)]).toEqual(["48-63,176-191", ""]);
  expect(bound(dgx, { ...ranked(3, 4), variables, mode: "exclusive" }).cpus).toBe(null);
});

test("GPUs on several nodes have the CPUs and the memory of all of these", () => {
  const binding = bound(hgx, gpu("0", "7"));
  expect(binding.memoryNodes).toBe("0-1");
  expect(numactlWords(binding)?.join(" ")).toBe(
    `numactl --physcpubind=${binding.cpus} --membind=0-1 --`,
  );
});

test("a socket has all nodes of the package, a node one of them", () => {
  expect(bound(snc, gpu("1")).memoryNodes).toBe("2");
  expect(bound(snc, { ...gpu("1"), mode: "socket" }).memoryNodes).toBe("0-3");
});

test("a GPU whose node nobody tells leaves the command as it is", () => {
  const [first] = hgx.accelerators;
  const lost: Topology = {
    ...hgx,
    pci: hgx.pci.map((one) => ({ ...one, node: null })),
  };
  const binding = bound(lost, gpu("0"));
  expect([binding.cpus, binding.memoryNodes]).toEqual([null, null]);
  expect(whatIsUnknown(binding)).toBe(`the node of GPU ${first?.address}`);
  expect(numactlWords(binding)).toBe(null);
  expect(libraryVariables(binding, {}, null)).toEqual([]);
});

test("the bridge above a GPU, or its physical function, tells the node that it does not tell itself", () => {
  const [first] = hgx.accelerators;
  const silent: Topology = {
    ...hgx,
    pci: hgx.pci.map((one) => (one.address === first?.address ? { ...one, node: null } : one)),
  };
  expect(bound(silent, gpu("0")).memoryNodes).toBe(bound(hgx, gpu("0")).memoryNodes);
});

test("a machine of one node has no other", () => {
  const single = syntheticTopology("package:1 core:4 root*2[gpu:l40s] iommu:on");
  const silent = { ...single, pci: single.pci.map((one) => ({ ...one, node: null })) };
  expect(bound(silent, gpu("0")).memoryNodes).toBe("0");
});

test("it stays within its cpuset, and goes to the nearest where the GPU's node is not in it", () => {
  const allowedCpus = setOf("48-49,176");
  expect(bound(dgx, { ...gpu("0"), allowedCpus }).cpus).toBe("48-49,176");
  // Node 3 is 12 from nodes 0 to 2 of its package, and 32 from the other.
  const elsewhere = bound(dgx, { ...gpu("0"), allowedCpus: setOf("0-1,64-65") });
  expect([elsewhere.cpus, elsewhere.memoryNodes]).toEqual(["0-1", "0"]);
  expect(elsewhere.reasons.join("; ")).toContain("the command may use no CPU of node 3");
});

test("what keeps a command from its GPU's node is told apart from what the node lacks", () => {
  const far = (more: Partial<BindInput>, topology = dgx) =>
    farFrom(topology, bound(topology, { ...gpu("0"), ...more })).map(({ node, without }) => [
      node,
      without,
    ]);
  expect(far({})).toEqual([]);
  expect(far({ allowedCpus: setOf("48-49,0") })).toEqual([]);
  expect(far({ allowedCpus: setOf("0-1,64-65") })).toEqual([[3, "CPU"]]);
  expect(far({ allowedNodes: indexSet([0, 7]) })).toEqual([[3, "memory"]]);
  expect(far({ allowedNodes: indexSet([0, 7]), memory: "none" })).toEqual([]);
  expect(far({ variables: { CUDA_VISIBLE_DEVICES: "0,0" }, wanted: { kind: "all" } })).toEqual([]);
  const bare = dgx.nodes.map((node) => (node.id === 3 ? { ...node, cpus: "" } : node));
  expect(far({}, { ...dgx, nodes: bare })).toEqual([]);
  const empty = dgx.nodes.map((node) => (node.id === 3 ? { ...node, memoryBytes: 0 } : node));
  expect(far({}, { ...dgx, nodes: empty })).toEqual([]);
});

test("memory comes from the nearest node of which it may have any", () => {
  const binding = bound(dgx, { ...gpu("0"), allowedNodes: indexSet([0, 7]) });
  expect([binding.cpus, binding.memoryNodes]).toEqual(["48-63,176-191", "0"]);
  expect(binding.reasons.join("; ")).toContain("memory of node 0, the nearest that it may use");
  expect(bound(dgx, { ...gpu("0"), memory: "none" }).memoryNodes).toBe(null);
});

test("a GPU's own memory is no memory for a program", () => {
  const binding = bound(gb200, gpu("0"));
  expect([binding.cpus, binding.memoryNodes]).toEqual(["0-71", "0"]);
});

test("without distances, a node that is not in the cpuset has no nearest one", () => {
  const flat = { ...dgx, distances: null };
  const binding = bound(flat, { ...gpu("0"), allowedCpus: setOf("0-1,64-65") });
  expect(binding.cpus).toBe(null);
  expect(whatIsUnknown(binding)).toBe("the distances from node 3 are unknown");
});

test("exclusive divides among all GPUs of a node, whatever a command sees", () => {
  const alone = (index: number) =>
    bound(hgx, { mode: "exclusive", variables: { CUDA_VISIBLE_DEVICES: `${index}` } });
  expect([0, 1, 2, 3].map((index) => alone(index).cpus)).toEqual([
    "0-13,112-125",
    "14-27,126-139",
    "28-41,140-153",
    "42-55,154-167",
  ]);
  expect(alone(0).threads).toBe(14);
});

test("in a part of a node, exclusive divides among the GPUs that are seen", () => {
  const input = { allowedCpus: setOf("0-7,112-119"), mode: "exclusive" } as const;
  const own = new Set(hgx.accelerators.slice(1, 3).map(({ address }) => address));
  const cpus = [0, 1].map((rank) => bound(hgx, { ...input, usable: own, ...ranked(rank, 2) }).cpus);
  expect(cpus).toEqual(["0-3,112-115", "4-7,116-119"]);
});

/** Two nodes with CPUs, and two GPUs: one on the second, one as far from both. */
const between: Topology = (() => {
  const made = syntheticTopology("package:1 node:2 core:2 root*2[gpu:l40s] iommu:on");
  const far = [
    [10, 12, 32],
    [12, 10, 32],
    [32, 32, 10],
  ];
  const [node] = made.nodes;
  if (node === undefined) throw new Error("it has nodes");
  const [first, second] = made.accelerators.map(({ address }) => address);
  return {
    ...made,
    nodes: [...made.nodes, { ...node, id: 2, cpus: "", package: null }],
    distances: far,
    accelerators: made.accelerators.slice(0, 2),
    pci: made.pci.map((one) => ({
      ...one,
      node: one.address === first ? 1 : one.address === second ? 2 : one.node,
    })),
  };
})();

test("exclusive divides each node for itself: a GPU between two nodes has a part of both", () => {
  const mode = "exclusive";
  const cpus = ["0", "1"].map((index) => bound(between, { ...gpu(index), mode }).cpus);
  expect(cpus).toEqual(["2", "0-1,3"]);
  const both = bound(between, { ...gpu("0", "1"), mode });
  expect([both.cpus, both.threads]).toEqual(["0-3", 4]);
  // What is held of one node is not taken from the other.
  const held = bound(between, { ...gpu("1"), mode, heldCpus: setOf("3") });
  expect([held.cpus, held.threads]).toEqual(["0-2", 3]);
});

test("exclusive leaves out a node that has no core for each, and is refused where all are so", () => {
  const mode = "exclusive";
  const allowedCpus = setOf("0-2");
  const usable = new Set(between.accelerators.map(({ address }) => address));
  const input = { mode, allowedCpus, usable } as const;
  expect(bound(between, { ...input, ...gpu("1") }).cpus).toBe("0-1");
  expect(answer(between, { ...input, ...gpu("0") })).toMatchObject({
    message: "node 1 has 1 usable core for 2 GPUs: exclusive takes a core for each",
  });
  expect(answer(between, { ...input, ...gpu("0", "1") })).toMatchObject({ kind: "refused" });
});

test("exclusive does with one core for each", () => {
  const usable = new Set(hgx.accelerators.slice(0, 4).map(({ address }) => address));
  const input = { mode: "exclusive", allowedCpus: setOf("0-3,112-115"), usable } as const;
  const cpus = [0, 1, 2, 3].map((index) => bound(hgx, { ...input, ...gpu(`${index}`) }).cpus);
  expect(cpus).toEqual(["0,112", "1,113", "2,114", "3,115"]);
});

test("memory is that of the nodes whose CPUs it gets, not of all that are as near", () => {
  const binding = bound(dgx, { ...gpu("7"), mode: "core-complex", allowedCpus: setOf("0-31") });
  expect([binding.cpus, binding.memoryNodes]).toEqual(["28-31", "1"]);
});

test("modes that need cores take the node where nobody tells them, and say so", () => {
  const bare = { ...hgx, cores: [] };
  for (const mode of ["exclusive", "core-complex"] as const) {
    const binding = bound(bare, { ...gpu("0"), mode });
    expect([binding.cpus, binding.threads]).toEqual(["0-55,112-167", null]);
    expect(binding.reasons).toContain(`in place of ${mode}, node: all CPUs of node 0`);
    expect(whatIsUnknown(binding)).toBe("the cores of node 0");
  }
});

test("a package that nobody tells is said, and the node is taken", () => {
  const bare = { ...snc, nodes: snc.nodes.map((node) => ({ ...node, package: null })) };
  const binding = bound(bare, { ...gpu("1"), mode: "socket" });
  expect([binding.memoryNodes, whatIsUnknown(binding)]).toEqual(["2", "the package of node 2"]);
  expect(whatIsUnknown(bound(snc, { ...gpu("1"), mode: "socket" }))).toBe("");
});

test("of several nodes one may have its own memory and one the nearest", () => {
  const binding = bound(dgx, { ...gpu("0", "2"), allowedNodes: indexSet([0, 1]) });
  expect(binding.memoryNodes).toBe("0-1");
  expect(binding.reasons.join("; ")).toContain("memory of nodes 0-1, the nearest");
  const own = bound(dgx, gpu("0", "2")).reasons.join("; ");
  expect(own).not.toContain("memory of");
});

test("what it works with is said in words that need no other", () => {
  const why = (more: Partial<BindInput>, topology = hgx) => bound(topology, more).reasons[0];
  const two = { CUDA_VISIBLE_DEVICES: "7,6" };
  expect(why({})).toBe("it works with all 8 GPUs that it sees");
  expect(why({ variables: two })).toBe(
    "it works with all 2 GPUs that it sees (by CUDA_VISIBLE_DEVICES)",
  );
  expect(why({ variables: { CUDA_VISIBLE_DEVICES: "3" } })).toBe(
    "it sees 1 GPU (by CUDA_VISIBLE_DEVICES)",
  );
  expect(why({ variables: { CUDA_VISIBLE_DEVICES: "" } })).toBe(
    "it sees no GPU (by CUDA_VISIBLE_DEVICES)",
  );
  // HIP reads the same list, which is named once.
  expect(why({ variables: { CUDA_VISIBLE_DEVICES: "none" } })).toBe(
    "it sees no GPU (by CUDA_VISIBLE_DEVICES)",
  );
  expect(why({ variables: { CUDA_VISIBLE_DEVICES: "1,1" } })).toBe(
    "it may see any of 8 GPUs (by CUDA_VISIBLE_DEVICES)",
  );
  expect(why(gpu("1", "2"))).toBe("--gpu 1,2");
  expect(why({ ...ranked(1, 2), variables: two })).toBe(
    "LOCAL_RANK is 1: number 1 of the 2 GPUs that it sees (by CUDA_VISIBLE_DEVICES)",
  );
  expect(why(ranked(0, 1))).toBe(
    "LOCAL_RANK is 0, the only one here: it works with all 8 GPUs that it sees",
  );
  expect(why({ ...ranked(5, 8), variables: { CUDA_VISIBLE_DEVICES: "5" } })).toBe(
    "LOCAL_RANK is 5: it sees 1 GPU (by CUDA_VISIBLE_DEVICES)",
  );
  expect(why(ranked(9, 16))).toBe("LOCAL_RANK is 9");
});

test("the largest cache comes first, and no variable is set where nothing is bound", () => {
  const two = syntheticTopology("package:1 l3:2 core:4 root*2[gpu:l40s] iommu:on");
  const uneven = { ...two, cores: two.cores.slice(1) };
  const caches = [0, 1].map((i) => bound(uneven, { ...gpu(`${i}`), mode: "core-complex" }).cpus);
  expect(caches).toEqual(["4-7", "1-3"]);
  const binding = bound(two, { ...gpu("0"), mode: "exclusive" });
  expect(libraryVariables({ ...binding, cpus: null }, {}, null)).toEqual([]);
});

test("a NIC whose place nobody tells may be the nearest, unless one is as near as can be", () => {
  const lost = { address: "0000:fe:00.0", name: "mlx5_9", rdma: true, ports: null };
  const near = bound(hgx, { ...gpu("0"), withNics: true });
  const with9 = bound({ ...hgx, nics: [...hgx.nics, lost] }, { ...gpu("0"), withNics: true });
  const [best] = near.nics ?? [];
  expect([with9.nics, whatIsUnknown(with9)]).toEqual([[best], ""]);
  const far = hgx.nics.filter(({ address }) => address !== best?.address);
  const unsure = bound({ ...hgx, nics: [...far, lost] }, { ...gpu("0"), withNics: true });
  expect(whatIsUnknown(unsure)).toContain("which NIC is nearest");
  const sure = bound({ ...hgx, nics: far }, { ...gpu("0"), withNics: true });
  expect([whatIsUnknown(sure), sure.nics?.length]).toEqual(["", 1]);
});

test("a cache with fewer but faster cores comes first", () => {
  const two = syntheticTopology("package:1 l3:2 core:4 root*2[gpu:l40s] iommu:on");
  const hybrid = {
    ...two,
    cores: two.cores.slice(0, 7).map((core) => ({ ...core, class: core.id < 4 ? 1 : 0 })),
  };
  const caches = [0, 1].map((i) => bound(hybrid, { ...gpu(`${i}`), mode: "core-complex" }).cpus);
  expect(caches).toEqual(["4-6", "0-3"]);
  const mixed = {
    ...hybrid,
    cores: hybrid.cores.map((core) => ({ ...core, class: core.id === 5 ? 0 : 1 })),
  };
  expect(bound(mixed, { ...gpu("0"), mode: "core-complex" }).cpus).toBe("4-6");
});

test("a number names nothing certain where the order is unknown, unless there is one GPU", () => {
  const models = hgx.accelerators.map((one, i) => ({ ...one, model: i === 0 ? "A100" : "H100" }));
  const mixed = { ...hgx, accelerators: models };
  const binding = bound(mixed, { ...gpu("0"), mode: "exclusive" });
  expect([binding.cpus, whatIsUnknown(binding)]).toEqual([
    null,
    expect.stringContaining("CUDA numbers the fastest GPU first"),
  ]);
  const [first = ""] = hgx.accelerators.map(({ address }) => address);
  expect(bound(mixed, { ...gpu("0"), usable: new Set([first]) }).memoryNodes).toBe("0");
});

test("exclusive takes others' place where its own cores are held, and is refused where all are", () => {
  const input = { ...gpu("0"), mode: "exclusive" } as const;
  expect(bound(hgx, { ...input, heldCpus: setOf("0-11,112-123") }).cpus).toBe(
    "12-13,44-55,124-125,156-167",
  );
  const none = answer(hgx, { ...input, heldCpus: setOf("0-55,112-167") });
  expect(none).toMatchObject({ kind: "refused", why: "exclusive" });
  const few = answer(hgx, { ...input, allowedCpus: setOf("0-1") });
  expect(few).toMatchObject({
    kind: "refused",
    message: expect.stringContaining("2 usable cores"),
  });
});

test("every share has as many cores of each class", () => {
  const hybrid = syntheticTopology("package:1 core:8 root*2[gpu:l40s] iommu:on");
  const classed = {
    ...hybrid,
    cores: hybrid.cores.map((core) => ({ ...core, class: core.id < 4 ? 0 : 1 })),
  };
  const cpus = [0, 1].map((rank) => bound(classed, { ...ranked(rank, 2), mode: "exclusive" }).cpus);
  expect(cpus).toEqual(["0-1,4-5", "2-3,6-7"]);
});

test("a last-level cache each, one after the other, and from the first again", () => {
  const mode = "core-complex";
  const caches = [0, 1].map((index) => bound(dgx, { ...gpu(`${index}`), mode }).cpus);
  expect(caches).toEqual(["48-51,176-179", "52-55,180-183"]);
  expect(bound(hgx, { ...gpu("1"), mode }).threads).toBe(14);
  const silent = { ...dgx, cores: dgx.cores.map((core) => ({ ...core, l3: null })) };
  const binding = bound(silent, { ...gpu("0"), mode });
  expect([binding.cpus, whatIsUnknown(binding)]).toEqual(["48-63,176-191", "the caches of node 3"]);
});

test("a rank that is no number is said, and matters where GPUs are on several nodes", () => {
  const local: LocalRank = { rank: "auto", count: null, from: "LOCAL_RANK" };
  const wanted = { kind: "rank", rank: local } as const;
  const binding = bound(hgx, { wanted });
  expect([binding.cpus, whatIsUnknown(binding)]).toEqual([
    null,
    'which GPU it works with: LOCAL_RANK is "auto", and no number',
  ]);
  expect(bound(hgx, { wanted, variables: { CUDA_VISIBLE_DEVICES: "0,1" } }).memoryNodes).toBe("0");
  expect(bound(hgx, { wanted, variables: { CUDA_VISIBLE_DEVICES: "7" } }).memoryNodes).toBe("1");
});

test("a GPU whose node nobody tells takes no share of a node, which is said", () => {
  const [, second] = hgx.accelerators;
  const pci = hgx.pci.map((one) =>
    one.address === second?.address
      ? { ...one, parent: null, root: "pci0000:ff", node: null }
      : one,
  );
  const binding = bound({ ...hgx, pci }, { ...gpu("0"), mode: "exclusive" });
  expect(binding.reasons).toContain(
    "exclusive: 19 cores, its share of 56 usable cores for 3 GPUs on node 0",
  );
  expect(binding.reasons).toContain("without a share for 1 GPU whose node nobody tells");
});

test("within a command with cores of its own, exclusive divides these among its GPUs alone", () => {
  const mode = "exclusive";
  const around = bound(hgx, { ...gpu("0", "1"), mode });
  const accelerators = around.accelerators.map(({ address }) => address);
  const promise = { ...around, accelerators };
  const input = {
    mode,
    allowedCpus: setOf(around.cpus ?? ""),
    variables: { EVENKEEL_BINDING: promiseText(promise) },
  } as const;
  const cpus = [0, 1].map((rank) => bound(hgx, { ...input, ...ranked(rank, 8) }).cpus);
  expect(cpus).toEqual(["0-13,112-125", "14-27,126-139"]);
  // One that has left these cores, or was bound otherwise, tells nothing of who shares them.
  const wider = { ...input, allowedCpus: setOf("0-28,112-140") };
  expect(bound(hgx, { ...wider, ...ranked(0, 8) }).threads).toBe(4);
  const node = { EVENKEEL_BINDING: promiseText({ ...promise, mode: "node" }) };
  expect(bound(hgx, { ...input, ...ranked(0, 8), variables: node }).threads).toBe(4);
});

test("a GPU without a NIC on its node is named", () => {
  const nics = hgx.nics.slice(-1);
  const binding = bound({ ...hgx, nics }, { ...gpu("0"), withNics: true });
  expect(binding.nics).toEqual([]);
  expect(binding.reasons).toContain(
    `no RDMA NIC is on the node of GPU ${hgx.accelerators[0]?.address}`,
  );
});

test.each(["0-3", "0x1", "1 2", "+0", "0abc", "none"])("--gpu %s names no GPU", (word) => {
  expect(answer(hgx, gpu(word))).toMatchObject({ kind: "refused", why: "unnamed" });
});

test("a word that names no GPU here is refused with what would", () => {
  for (const word of ["8", "0000:ff:00.0", "GPU-1234", "first"]) {
    const bare = {
      ...hgx,
      accelerators: hgx.accelerators.map((one) => ({ ...one, uuid: "GPU-1" })),
    };
    expect(answer(bare, gpu(word))).toMatchObject({
      kind: "refused",
      why: "unnamed",
      expected: expect.stringContaining("a number from 0 to 7"),
    });
  }
});

test("an address in any form names a GPU, and one that is named twice counts once", () => {
  const [{ address } = { address: "" }] = hgx.accelerators;
  const long = `0000${address.toUpperCase()}`;
  expect(bound(hgx, gpu(address, long, "0")).accelerators).toHaveLength(1);
});

test("NICs on the GPU's switch, and another for each GPU where there are several", () => {
  const nics = (index: number) => bound(hgx, { ...gpu(`${index}`), withNics: true }).nics;
  const names = [0, 1, 2, 3].map((index) =>
    nics(index)
      ?.map(({ name }) => name)
      .join(),
  );
  expect(new Set(names).size).toBe(4);
  const named = (port: number | null): Record<string, string> => {
    const binding = bound(hgx, { ...gpu("0"), withNics: true });
    const withPort = (binding.nics ?? []).map((nic) => ({ ...nic, port }));
    const variables = libraryVariables({ ...binding, nics: withPort }, {}, null);
    return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
  };
  expect(named(1)).toMatchObject({ NCCL_IB_HCA: "=mlx5_0:1", UCX_NET_DEVICES: "mlx5_0:1" });
  // UCX takes no name without a port.
  expect(named(null)).toMatchObject({ NCCL_IB_HCA: "=mlx5_0" });
  expect(Object.keys(named(null))).not.toContain("UCX_NET_DEVICES");
});

test("a library's variable that is set already stays, and none binds threads", () => {
  const variables = libraryVariables(
    bound(hgx, gpu("0")),
    { OMP_NUM_THREADS: "3" },
    "/run/topo.xml",
  );
  expect(variables).toEqual([
    { name: "MKL_NUM_THREADS", value: "14" },
    { name: "OPENBLAS_NUM_THREADS", value: "14" },
    { name: "NCCL_TOPO_FILE", value: "/run/topo.xml" },
  ]);
});

test.each([
  ["strict", "--membind=0"],
  ["preferred", "--preferred=0"],
] as const)("numactl says %s memory as %s", (memory, option) => {
  expect(numactlWords(bound(hgx, { ...gpu("0"), memory }))).toContain(option);
  if (memory === "strict") return;
  expect(numactlWords(bound(hgx, { ...gpu("0", "7"), memory }))).toContain("--preferred-many=0-1");
});
