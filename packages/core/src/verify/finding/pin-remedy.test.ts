import { expect, test } from "vitest";
import { asPlanned } from "../../../testing/evidence/as-planned.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import type { Evidence, ShapePins, ThreadEvidence } from "../../evidence/evidence.ts";
import { type Remedy, sharedRemedies } from "../../remedy/remedy.ts";
import { verify } from "../verify.ts";

const plan = planOf({ cells: [{ cores: 1 }] });
const planned = asPlanned(plan);

/** The same evidence with other CPUs for some threads, by their number. */
function moved(allowed: Readonly<Record<number, string>>, evidence = planned): Evidence {
  const threads = (evidence.threads ?? []).map((thread): ThreadEvidence => {
    const allowedCpus = allowed[thread.tid] ?? thread.allowedCpus;
    return { ...thread, allowedCpus };
  });
  return { ...evidence, threads };
}

function pinnedBy(change: Partial<ShapePins>): Evidence {
  const shapes = planned.shapes.map((shape) => ({
    ...shape,
    pins: shape.pins === null ? null : { ...shape.pins, ...change },
  }));
  return { ...planned, shapes };
}

function remediesOf(evidence: Evidence): [codes: string[], remedies: Remedy[]] {
  const { findings } = verify(plan, evidence);
  const remedies = sharedRemedies(findings).map(({ remedy }) => remedy);
  return [findings.map(({ code }) => code), remedies];
}

const withoutLibvirt = {
  ...planned,
  shapes: planned.shapes.filter(({ source }) => source !== "libvirt"),
};

test("an affinity, a cpuset and a pin of one thread are one remedy, and its undo is as found", () => {
  const evidence = moved({ 5000: "2,7", 5001: "9" }, pinnedBy({ vcpus: [{ id: 1, cpus: "3" }] }));
  const [codes, remedies] = remediesOf(evidence);
  expect(codes).toEqual(["vcpu-affinity", "vcpu-affinity", "pins-differ"]);
  expect(remedies).toEqual([
    {
      text: "Pin the VM's threads to their planned CPUs, through libvirt.",
      argv: [
        ["virsh", "vcpupin", "llm-a", "0", "2", "--live"],
        ["virsh", "vcpupin", "llm-a", "1", "3", "--live"],
      ],
      when: "live",
      undo: [
        ["virsh", "vcpupin", "llm-a", "1", "9", "--live"],
        ["virsh", "vcpupin", "llm-a", "0", "2,7", "--live"],
      ],
    },
  ]);
  const cgroups = planned.cgroups.map((one) => ({ ...one, cpus: "0-1,3,900" }));
  const narrow = { ...moved({ 5000: "0-1,3,900" }, pinnedBy({ vcpus: [] })), cgroups };
  const [narrowCodes, shared] = remediesOf(narrow);
  expect(narrowCodes).toEqual(["cpuset-shrunk", "pins-differ"]);
  expect(shared).toHaveLength(1);
});

test("a pin alone has no undo, which would move threads that are as planned", () => {
  const [codes, remedies] = remediesOf(pinnedBy({ emulator: null, iothreads: [] }));
  expect(codes).toEqual(["pins-differ"]);
  expect(remedies).toMatchObject([
    {
      argv: [
        ["virsh", "emulatorpin", "llm-a", "0-1", "--live"],
        ["virsh", "iothreadpin", "llm-a", "1", "0-1", "--live"],
      ],
      undo: null,
    },
  ]);
});

test("where nobody knows the domain's name there is no command", () => {
  const process = planned.process === null ? null : { ...planned.process, name: null };
  const [codes, remedies] = remediesOf(moved({ 5000: "2,7" }, { ...planned, process }));
  expect(codes).toEqual(["vcpu-affinity"]);
  expect(remedies).toMatchObject([{ argv: null, undo: null, when: "live" }]);
});

test("a thread of unknown role is left where it is, since it may be a vCPU's", () => {
  const evidence = moved({ 4711: "0-2", 5000: "2,7" }, withoutLibvirt);
  const threads = (evidence.threads ?? []).map((thread) =>
    thread.tid === 4711 ? { ...thread, role: null } : thread,
  );
  const [, remedies] = remediesOf({ ...evidence, threads });
  expect(remedies).toMatchObject([{ argv: [["taskset", "-pc", "2", "5000"]] }]);
});

test("without libvirt each thread is kept to its CPUs", () => {
  const [codes, remedies] = remediesOf(moved({ 4711: "0-2", 5000: "2,7" }, withoutLibvirt));
  expect(codes.toSorted()).toEqual(["vcpu-affinity", "vcpu-cpu-shared"]);
  expect(remedies).toMatchObject([
    {
      argv: [
        ["taskset", "-pc", "0-1", "4711"],
        ["taskset", "-pc", "2", "5000"],
      ],
      undo: [
        ["taskset", "-pc", "2,7", "5000"],
        ["taskset", "-pc", "0-2", "4711"],
      ],
    },
  ]);
});
