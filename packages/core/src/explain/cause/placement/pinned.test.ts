import { expect, test } from "vitest";
import { cleanVm } from "../../../../testing/explain/clean.ts";
import { thread } from "../../../../testing/explain/program.ts";
import type { ThreadEvidence } from "../../../evidence/evidence.ts";
import { setOf } from "../../../set/list-format.ts";
import { subjectOf } from "../../subject/subject.ts";
import { pinnedTo } from "./pinned.ts";

/** Threads of a VM that libvirt runs, kept to CPUs 4-5. */
function pinned(threads: readonly ThreadEvidence[]) {
  const { argv, undo } = pinnedTo(threads, () => setOf("4-5"), subjectOf(cleanVm(0)), "threads");
  return { argv, undo };
}

const name = cleanVm(0).process?.name ?? "";
const emulator = (tid: number, allowedCpus: string | null): ThreadEvidence =>
  thread(tid, { role: { kind: "emulator" }, allowedCpus });
const iothread = (tid: number, allowedCpus: string | null): ThreadEvidence =>
  thread(tid, { role: { kind: "iothread", id: 1 }, allowedCpus });
const emulatorPin = (cpus: string) => ["virsh", "emulatorpin", name, cpus, "--live"];
const iothreadPin = (cpus: string) => ["virsh", "iothreadpin", name, "1", cpus, "--live"];

test("libvirt pins all of the emulator's threads by one command, and takes it back by one", () => {
  expect(pinned([emulator(1, "0-1"), emulator(2, "0-1"), iothread(3, "2")])).toEqual({
    argv: [emulatorPin("4-5"), iothreadPin("4-5")],
    undo: [emulatorPin("0-1"), iothreadPin("2")],
  });
});

test("without an undo where the threads of one command had different CPUs", () => {
  expect(pinned([emulator(1, "0-1"), emulator(2, "7")]).undo).toBeNull();
  expect(pinned([emulator(1, "0-1"), emulator(2, "7"), iothread(3, null)]).undo).toBeNull();
});
