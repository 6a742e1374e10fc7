import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../request/host-policy.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { at } from "../unit/list.ts";
import { absentNames } from "./absent-names.ts";

const machine = syntheticTopology("package:2 core:4 memory:16Gi offline:7 root[gpu:l40s nic:cx7]");
const gpu = at(machine.accelerators, 0).address;
const [lost, gone] = ["0000:99:00.0", "0000:99:00.1"];

const absent = (policy: Partial<HostPolicy>, of = machine): readonly string[] =>
  absentNames({ ...defaultHostPolicy, ...policy }, of);
const keeping = (cpus: string): Partial<HostPolicy> => {
  return { reserved: { ...defaultHostPolicy.reserved, cpus } };
};

test("a policy that names only what is there, offline CPUs and patterns too", () => {
  expect(absent({})).toEqual([]);
  const partitions = [{ id: 0, accelerators: [gpu], active: false }];
  expect(absent({ exclude: [gpu], accelerators: [gpu, "1002:*"], nics: [], partitions })).toEqual(
    [],
  );
  expect(absent(keeping("0-7"))).toEqual([]);
});

test("each field's names that the machine lacks, once", () => {
  expect(absent({ exclude: [lost, gpu, gone, lost] })).toEqual([`exclude ${lost}, ${gone}`]);
  const partitions = [{ id: 0, accelerators: [gpu, lost], active: false }];
  const policy = { accelerators: ["10de:*", lost], nics: [gone], exclude: [lost], partitions };
  expect(absent({ ...policy, ...keeping("0-1,7-9") })).toEqual([
    "reserved.cpus 8-9",
    `accelerators ${lost}`,
    `nics ${gone}`,
    `exclude ${lost}`,
    `partitions ${lost}`,
  ]);
});

test("nobody says what a machine lacks of which nothing was read", () => {
  const unread = { ...machine, pci: [], accelerators: [], nics: [] };
  expect(absent({ exclude: [lost] }, unread)).toEqual([]);
  const nodes = machine.nodes.map((node) => ({ ...node, cpus: null }));
  expect(absent(keeping("90"), { ...machine, nodes, cores: [] })).toEqual([]);
});
