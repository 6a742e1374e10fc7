import { emptySet } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { inMemory } from "../../testing/sysfs/generated-tree.ts";
import { generateSysfs } from "../../testing/sysfs/generate-sysfs.ts";
import type { Tree } from "../tree/tree.ts";
import { type CommandRequest, deciderHere } from "./decide.ts";

/** A command on a machine that the kernel's files alone tell of. */

function machine(): Topology {
  const found = catalogMachine("hgx-h100");
  if (found === null) throw new Error("the catalog has hgx-h100");
  return found;
}
const hgx = machine();
const gpu = hgx.accelerators[7]?.address ?? "";

/** The machine as its kernel tells it, which may not tell on which node a PCI function is. */
const treeOf = (isTold: boolean): Tree =>
  inMemory(
    generateSysfs({
      ...hgx,
      pci: isTold ? hgx.pci : hgx.pci.map((one) => ({ ...one, node: null })),
    }),
  );
const [told, silent] = [treeOf(true), treeOf(false)];

async function bound(tree: Tree, more: Partial<CommandRequest> = {}, held = emptySet) {
  const request: CommandRequest = {
    wanted: { kind: "named", words: [gpu] },
    mode: "node",
    memory: "strict",
    withNics: false,
    variables: {},
    contractNodes: new Map(),
    ...more,
  };
  const { decide } = await deciderHere(request, tree);
  const answer = decide(held);
  if (answer.kind === "refused") throw new Error(answer.message);
  return answer.binding;
}

const promised = (node: number) => ({ contractNodes: new Map([[gpu, node]]) });

test("a GPU's node is what the kernel tells, or else what the contract promises", async () => {
  expect((await bound(told)).memoryNodes).toBe("1");
  expect((await bound(told, promised(0))).memoryNodes).toBe("1");
  expect((await bound(silent, promised(0))).memoryNodes).toBe("0");
});

test("what the kernel tells of this machine is enough, where it tells all", async () => {
  // Nothing else here knows that GPU.
  expect((await bound({ ...told, live: true })).memoryNodes).toBe("1");
});

test.each([
  ["another device", new Map([["0000:00:00.0", 0]])],
  ["a node that is not here", new Map([[gpu, 9]])],
  ["nothing", new Map<string, number>()],
])("where the contract promises %s the node stays unknown", async (_, contractNodes) => {
  const { memoryNodes, unknowns } = await bound(silent, { contractNodes });
  expect(memoryNodes).toBeNull();
  expect(unknowns).toHaveLength(1);
});

test("what other commands hold is left out", async () => {
  const { cpus } = await bound(told, { mode: "exclusive" });
  const held = setOf(cpus ?? "");
  const again = await bound(told, { mode: "exclusive" }, held);
  expect(setOf(again.cpus ?? "")).not.toEqual(held);
  expect(again.memoryNodes).toBe("1");
});

test("NICs come with their ports where they are asked for", async () => {
  const nic = (await bound(told, { withNics: true })).nics?.[0];
  const withPorts: Tree = {
    ...told,
    list: (path) => (path === `/sys/class/infiniband/${nic?.name}/ports` ? ["3"] : told.list(path)),
  };
  expect((await bound(withPorts, { withNics: true })).nics).toEqual([{ ...nic, port: 3 }]);
  expect((await bound(withPorts)).nics).toBeNull();
});

test("the configuration of PCI functions, which takes long in a VM, is never read", async () => {
  const read: string[] = [];
  const watched: Tree = {
    ...told,
    readBytes: (path) => {
      read.push(path);
      return told.readBytes(path);
    },
  };
  expect((await bound(watched)).memoryNodes).toBe("1");
  expect(read.filter((path) => path.endsWith("/config"))).toEqual([]);
});
