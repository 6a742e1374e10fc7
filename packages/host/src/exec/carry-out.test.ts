import { constants } from "node:os";
import type { Binding } from "@evenkeel/core/binding/binding.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { expect, test } from "vitest";
import { carryOut, DEADLY, errorName } from "./carry-out.ts";

const binding: Binding = {
  apiVersion: "evenkeel/v1",
  kind: "Binding",
  mode: "node",
  accelerators: [],
  cpus: "0-3",
  memoryNodes: "0",
  memory: "strict",
  threads: 4,
  nics: null,
  reasons: [],
  unknowns: [],
};

/** The kernel's answers, by what is asked: error numbers. */
const allowed = { cpus: 0, bind: 0, preferred: 0, "preferred-many": 0 };

/** The calls that are made where the kernel answers so, and what is told. */
function carriedOut(change: Partial<Binding>, refusals: Partial<typeof allowed> = {}) {
  const answers = { ...allowed, ...refusals };
  const calls: string[] = [];
  const answer = (call: keyof typeof allowed, list: string): number => {
    calls.push(`${call} ${list}`);
    return answers[call];
  };
  const reached = carryOut(
    { ...binding, ...change },
    {
      setAffinity: (cpus) => answer("cpus", formatList(cpus)),
      setMemoryPolicy: (policy, nodes) => answer(policy, formatList(nodes)),
    },
  );
  return { calls, ...reached };
}

test("CPUs and memory are bound as asked; one node is preferred as old kernels can", () => {
  expect(carriedOut({})).toEqual({
    calls: ["cpus 0-3", "bind 0"],
    cpus: "0-3",
    memoryNodes: "0",
    memory: "strict",
    refused: [],
  });
  const preferred = { memory: "preferred" } as const;
  expect(carriedOut(preferred).calls).toEqual(["cpus 0-3", "preferred 0"]);
  const many = carriedOut({ ...preferred, memoryNodes: "0-1" });
  expect(many.calls).toEqual(["cpus 0-3", "preferred-many 0-1"]);
});

test("what is not to be bound is not touched", () => {
  expect(carriedOut({ cpus: null, memoryNodes: null }).calls).toEqual([]);
  const memory = carriedOut({ memory: "none" });
  expect([memory.calls, memory.memory, memory.memoryNodes]).toEqual([["cpus 0-3"], "none", null]);
});

test("each refusal is told by its name, and the next level is tried", () => {
  const { refused, ...reached } = carriedOut({}, { cpus: 22, bind: 1, preferred: DEADLY });
  expect(refused).toEqual([
    "sched_setaffinity was refused (EINVAL)",
    "set_mempolicy bind was refused (EPERM)",
    "set_mempolicy preferred was refused (a filter ends the process that calls it)",
  ]);
  expect(reached).toMatchObject({ cpus: null, memoryNodes: null, memory: "none" });
  expect(carriedOut({}, { bind: 95 }).refused).toEqual([
    "set_mempolicy bind was refused (errno 95)",
  ]);
});

test("errors have the names that the system gives them", () => {
  const all = Object.entries(constants.errno);
  const named = all.filter(([name, number]) => errorName(number) === name);
  const others = all.filter(([, number]) => errorName(number) === `errno ${number}`);
  expect(named).toHaveLength(9);
  expect(others).toHaveLength(all.length - named.length);
});
