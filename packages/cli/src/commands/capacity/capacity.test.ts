import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel, outcomeText } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const machine =
  "synthetic:package:2 core:10 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root[gpu:h100-sxm*4]";
const hosts = ["--on", `a=${machine}`, "--on", `b=${machine}`];

const flavor = (count: number): string => `apiVersion: evenkeel/v1
kind: Flavor
metadata: { name: h100.${count} }
spec: { accelerators: { count: ${count} }, vcpus: ${4 * count}, memory: ${10 * count}Gi, hugepages: 1Gi }
`;
const flavors = file("flavors.yaml", [1, 4, 8].map(flavor).join("---\n"));

/** A plan of one accelerator on a host, in a file. */
async function planOn(host: string, name: string): Promise<string> {
  const vm = `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: ${name} }
spec: { flavor: h100.1 }
`;
  const asked = [file("vm.yaml", vm), "--flavor", flavors, "--on", `${host}=${machine}`];
  const placed = await evenkeel(["place", ...asked, "--output", "json"]);
  expect(placed.status).toBe(0);
  return file(`${name}.json`, placed.stdout);
}

test("counts by signature, who is in the way, and which moves help", async () => {
  const taken = ["--taken", await planOn("a", "llm-a"), "--taken", await planOn("b", "llm-b")];
  const asked = ["capacity", ...hosts, ...taken, "--flavor", flavors];
  const text = await evenkeel([...asked, "--restore", "h100.8=1"]);
  expect(`\n${outcomeText(text)}`).toMatchInlineSnapshot(`
    "
    2 hosts together
      flavor  fits  of at most
      h100.1    14          16
      h100.4     2           4
      h100.8     0           2

    a and b, each
      flavor  fits  of at most  one more fits if this leaves
      h100.1     7           8  llm-a on a; llm-b on b
      h100.4     1           2  llm-a on a; llm-b on b
      h100.8     0           1  llm-a on a; llm-b on b

    to restore 1 more slot of h100.8: 1 move, 0 → 1
      1. llm-a from a to b, node 0 with 0000:17:00.0: then 1 slot of h100.8

    --signatures shows how each is placed, and how else it could be
    --- exit 0
    "
  `);
  const json = await evenkeel([...asked, "--restore", "h100.8=1", "--output", "json"]);
  expect(readDocument(json.stdout, "stdout", "Capacity").restore).toMatchObject([
    { flavor: "h100.8", before: 0, after: 1, moves: [{ vm: "llm-a", from: "a", to: "b" }] },
  ]);
  const none = await evenkeel([...asked, "--restore", "h100.8=2"]);
  expect(none.status).toBe(3);
  expect(none.stdout).toContain(
    "No 1 to 4 moves make room for 2 more h100.8 (0 fit now); more moves were not tried.",
  );
});

test("what cannot be counted is refused by name", async () => {
  const asked = ["capacity", "--on", machine, "--flavor", flavors];
  const outcomes = [
    await evenkeel([...asked, "--restore", "h100.4"]),
    await evenkeel([...asked, "--restore", "h100.5=1"]),
    await evenkeel([...asked, "--flavor", flavors]),
    await evenkeel(["capacity", "--on", machine]),
  ];
  expect(outcomes.map(({ status, stdout }) => [status, stdout])).toEqual(
    outcomes.map(() => [2, ""]),
  );
  const told = outcomes.map(({ stderr }) => stderr.replaceAll(folder, "."));
  expect(`\n${told.join("\n")}`).toMatchInlineSnapshot(`
    "
    evenkeel: --restore: "h100.4" is not a flavor and a number
      expected  FLAVOR=K, with K from 1 to 999999
      try       write, for example, h100.1=1
      code      usage

    evenkeel: --restore: no flavor is named "h100.5"
      expected  one of h100.1, h100.4, h100.8
      try       did you mean h100.1?
      code      flavor-unknown

    evenkeel: ./flavors.yaml:1:1: the flavor "h100.1" is given twice
      expected  every flavor once
      try       name its file once
      code      usage

    evenkeel: --flavor is missing
      expected  a file with Flavors to count; repeat it for more
      try       evenkeel capacity --on 'synthetic:package:2 core:10 thread:2 memory:64Gi
                hugepages:48x1Gi distances:10/21 root[gpu:h100-sxm*4]' --flavor flavors.yaml
      code      usage
    "
  `);
});

test("a fleet's placement says why this host, and keeps away from whom it is told", async () => {
  const vm = file(
    "other.yaml",
    "apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: other }\nspec: { flavor: h100.1 }\n",
  );
  const asked = ["place", vm, "--flavor", flavors, ...hosts, "--taken", await planOn("a", "llm-a")];
  const hostOf = async (more: readonly string[]): Promise<string> => {
    const { stdout } = await evenkeel([...asked, ...more, "--output", "json"]);
    const { host, reasons } = readDocument(stdout, "stdout", "Plan");
    return `${host}: ${reasons.at(-1)}`;
  };
  expect([await hostOf([]), await hostOf(["--spread"]), await hostOf(["--away-from", "llm-a"])])
    .toMatchInlineSnapshot(`
      [
        "a: Tried 2 hosts; a is the best. Host b would lose more of what the fleet can sell.",
        "b: Tried 2 hosts; b has the most room. Host a has less room.",
        "b: Tried 2 hosts; only b fits. Host a: other must be kept away from llm-a, which is on this host.",
      ]
    `);
  const misspelled = await evenkeel([...asked, "--away-from", "llm-s"]);
  expect([misspelled.status, misspelled.stderr]).toEqual([
    2,
    expect.stringContaining("did you mean llm-a?"),
  ]);
});
