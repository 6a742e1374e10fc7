import { expect, test } from "vitest";
import { MiB } from "../../unit/bytes.ts";
import { syntheticTopology } from "../synthetic/build.ts";
import type { AcceleratorInstance, Topology } from "../topology.ts";
import { mergeTopologies } from "./merge-topologies.ts";

const machine = syntheticTopology("core:4 root[gpu:h100-pcie]");

function source(name: string, instances: readonly AcceleratorInstance[]): Topology {
  const accelerators = machine.accelerators.map((one) => ({ ...one, instances }));
  return { ...machine, source: name, accelerators };
}

const part = (profile: string | null, uuid: string | null, mib: number | null) => ({
  profile,
  uuid,
  memoryBytes: mib === null ? null : mib * MiB,
});

function merged(
  ...lists: readonly (readonly AcceleratorInstance[])[]
): readonly [readonly AcceleratorInstance[] | undefined, readonly string[]] {
  const sources = lists.map((list, i) => source(`source${i}`, list));
  const { topology, findings } = mergeTopologies(sources);
  return [topology.accelerators[0]?.instances, findings.map(({ message }) => message)];
}

test("instances are matched by position, or by UUID if both have all UUIDs", () => {
  const sized = [part(null, null, 40448), part(null, null, 9856)];
  const named = [part("3g.40gb", "a", null), part("1g.10gb", "b", null)];
  const both = [part("3g.40gb", "a", 40448), part("1g.10gb", "b", 9856)];
  expect(merged(sized, named)).toEqual([both, []]);
  expect(merged(named, sized)).toEqual([both, []]);
  const reversed = [part(null, "b", 9856), part(null, "a", 40448)];
  expect(merged(named, reversed)).toEqual([both, []]);
});

test("a source without instances changes nothing", () => {
  const named = [part("1g.10gb", null, null)];
  expect(merged([], named)).toEqual([named, []]);
  expect(merged(named, [])).toEqual([named, []]);
});

test("another number, profile or UUID is a contradiction, and the first source wins", () => {
  const one = [part("3g.40gb", "a", null)];
  const gpu = machine.accelerators[0]?.address ?? "";
  for (const [other, said] of [
    [[...one, part("1g.10gb", null, null)], "3g.40gb, 1g.10gb"],
    [[part("4g.40gb", null, null)], "4g.40gb"],
    [[part(null, "b", null)], "1 of unknown profile"],
  ] as const) {
    const message = `${gpu}: source0 says instances 3g.40gb, source1 says ${said}`;
    expect(merged(one, other)).toEqual([one, [message]]);
  }
});

test("the vGPU type and the MIG mode are merged like other facts", () => {
  const cut = syntheticTopology('core:4 root[gpu:l40s(functions:"NVIDIA L40S-24C" mig:on)]');
  const other = syntheticTopology('core:4 root[gpu:l40s(functions:"NVIDIA L40S-12C" mig:off)]');
  const silent = syntheticTopology("core:4 root[gpu:l40s(functions:1)]");
  expect(mergeTopologies([silent, { ...cut, source: "b" }])).toMatchObject({
    topology: { accelerators: cut.accelerators },
    findings: [],
  });
  const { findings } = mergeTopologies([cut, { ...other, source: "other" }]);
  expect(findings.map(({ path }) => path.replace(/^.*\]\./, ""))).toEqual([
    "migEnabled",
    "profile",
  ]);
});
