import { expect, test } from "vitest";
import { advice, type Command, type Remedy } from "../remedy/remedy.ts";
import { cleanVm } from "../../testing/explain/clean.ts";
import { examine } from "../explain/examine.ts";
import { at } from "../unit/list.ts";
import { fixOf } from "./fix-of.ts";
import { liveStep, liveSteps } from "./live-step.ts";

const irq = "/proc/irq/33/smp_affinity_list";

test.each<[command: Command, step: object]>([
  [["taskset", "-pc", "0-3,8", "4711"], { kind: "thread", tid: 4711 }],
  [["virsh", "vcpupin", "llm", "0", "2-3", "--live"], { kind: "pin" }],
  [["virsh", "emulatorpin", "llm", "0", "--live"], { kind: "pin" }],
  [["virsh", "iothreadpin", "llm", "1", "0", "--live"], { kind: "pin" }],
  [["shuf", "-e", "0-7", "-o", irq], { kind: "interrupt", number: 33 }],
  [["migratepages", "4711", "1", "0"], { kind: "pages", pid: 4711, from: [1], to: 0 }],
  [["migratepages", "4711", "1-3,5", "0"], { kind: "pages", from: [1, 2, 3, 5] }],
])("%j is a step", (run, step) => {
  expect(liveStep(run)).toMatchObject({ ...step, run });
});

test.each<[command: Command]>([
  [[]],
  [["sh", "-pc", "0", "4711"]],
  [["taskset", "-c", "0", "sh"]],
  [["taskset", "-pc", "0", "sh"]],
  [["taskset", "-pc", "0; reboot", "4711"]],
  [["taskset", "-pc", "0", "4711", "more"]],
  [["virsh", "vcpupin", "llm", "0", "2-3", "--config"]],
  [["virsh", "destroy", "llm", "0", "--live"]],
  [["virsh", "vcpupin", "llm", "0", "all", "--live"]],
  [["virsh-other", "vcpupin", "llm", "0", "2-3", "--live"]],
  [["shuf", "-e", "0-7", "-o", "/etc/passwd"]],
  [["shuf", "-e", "0-7", "-o", `${irq}/../../../etc/passwd`]],
  [["shuf", "-i", "0-7", "-o", irq]],
  [["shuf", "-e", "x", "-o", irq]],
  [["sysctl", "-w", "kernel.numa_balancing=0"]],
  [["migratepages", "all", "1", "0"]],
  [["migratepages", "4711", "1", "0-1"]],
  [["migratepages", "4711", "", "0"]],
  [["migratepages", "4711", "1,x", "0"]],
  [["migratepages", "4711", "1-0", "0"]],
  [["migratepages", "4711", "1"]],
])("%j is none", (command) => {
  expect(liveStep(command)).toBeNull();
});

const pin: Command = ["taskset", "-pc", "0", "4711"];
const live = (argv: Remedy["argv"], when: Remedy["when"] = "live"): Remedy => ({
  text: "Do it.",
  argv,
  when,
  undo: argv === null ? null : [["taskset", "-pc", "0-3", "4711"]],
});

test("a remedy is steps where it works at once and all of its commands are", () => {
  expect(liveSteps(live([pin, pin]))).toHaveLength(2);
  expect(liveSteps(live([pin, ["reboot"]]))).toBeNull();
  expect(liveSteps(live([]))).toBeNull();
  expect(liveSteps(live([pin], "restart"))).toBeNull();
  expect(liveSteps(advice("live", "Think."))).toBeNull();
});

test("what several faults want is done once and undone once, and the rest is left", () => {
  const unbound = { ...cleanVm(0), kernel: { ...cleanVm(0).kernel, ksmRun: 1 } };
  const fault = at(at(examine("host", [unbound]).subjects, 0).faults, 0);
  const faults = [live([pin]), live([pin]), advice("live", "Think."), live([["reboot"]])].map(
    (remedy, i) => ({ ...fault, code: `fault-${i}`, remedy }),
  );
  const { steps, undo, left } = fixOf(faults);
  expect(steps.map(({ run }) => run)).toEqual([pin]);
  expect(undo).toEqual([["taskset", "-pc", "0-3", "4711"]]);
  expect(left.map(({ argv }) => argv)).toEqual([null, [["reboot"]]]);
});
