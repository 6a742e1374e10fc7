import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { cleanVm } from "@evenkeel/core/testing/explain/clean.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { subjectsHere } from "@evenkeel/host/vm/subjects.ts";
import { expect, test, vi } from "vitest";
import type { Surroundings } from "../command/surroundings.ts";
import { readMachineSubjects } from "./read-subject.ts";

vi.mock("@evenkeel/host/vm/subjects.ts");

const stream = { write: () => {}, isTTY: false, columns: null };
const surroundings: Surroundings = {
  stdout: stream,
  stderr: stream,
  readStdin: async () => null,
  env: {},
  version: "0",
  clock: systemClock,
  sayNow: () => {},
  isOwnProcess: false,
  interrupted: () => AbortSignal.abort(),
};

/** A machine with two VMs, of which reading the second fails so. */
async function namesWhere(failure: Error): Promise<readonly string[]> {
  const first = cleanVm(0);
  vi.mocked(subjectsHere).mockResolvedValue({
    machine: () => ({ ...first, of: "machine", name: "host" }),
    vms: [4711, 4712],
    read: async (word) => {
      if (word === "4711") return first;
      throw failure;
    },
  });
  return (await readMachineSubjects({}, surroundings)).map(({ name }) => name);
}

test("a VM that ends while a machine is read is left out, and whatever else fails is told", async () => {
  const ended = new EvenkeelError("process-unknown", "no process of this number runs here");
  expect(await namesWhere(ended)).toEqual(["host", cleanVm(0).name]);
  const other = new EvenkeelError("state-unusable", "the state folder cannot be read");
  await expect(namesWhere(other)).rejects.toThrow(other);
  const bug = new TypeError("not a function");
  await expect(namesWhere(bug)).rejects.toThrow(bug);
});
