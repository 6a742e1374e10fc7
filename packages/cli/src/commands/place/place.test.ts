import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel, type Outcome } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

/** Writes a file for a test and returns its path. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const two =
  "synthetic:package:2 core:8 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7]";

const flavor = `apiVersion: evenkeel/v1
kind: Flavor
metadata: { name: h100.1 }
spec: { accelerators: { count: 1, model: H100 }, vcpus: 4, memory: 8Gi, hugepages: 1Gi }
`;

const vm = (name: string, spec: string): string => `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: ${name} }
spec: ${spec}
`;

const small = file("small.yaml", `${flavor}---\n${vm("small", "{ flavor: h100.1 }")}`);

/** The plan that a placement printed, in a file. */
function planFile(name: string, { stdout, status }: Outcome): string {
  expect(status).toBe(0);
  return file(name, stdout);
}

test("a plan and a refusal have their exit status and their form for people and programs", async () => {
  const large = file("large.yaml", vm("large", "{ vcpus: 400, memory: 8Gi }"));
  for (const [path, status, kind] of [
    [small, 0, "Plan"],
    [large, 3, "Refusal"],
  ] as const) {
    const text = await evenkeel(["place", path, "--on", two]);
    const json = await evenkeel(["place", path, "--on", two, "--output", "json"]);
    const xml = await evenkeel(["place", path, "--on", two, "--output", "libvirt"]);
    expect([text.status, json.status, xml.status]).toEqual([status, status, status]);
    expect([text.stderr, json.stderr]).toEqual(["", ""]);
    expect(readDocument(json.stdout, "stdout", kind)).toMatchObject({ kind });
    expect(text.stdout).toContain(kind === "Plan" ? "small goes to synthetic" : "does not fit");
    // Whoever redirects a definition into a file gets no prose in it.
    expect(xml.stdout.slice(0, 7)).toBe(kind === "Plan" ? "<domain" : "");
    expect(xml.stderr === "").toBe(kind === "Plan");
  }
});

test("what is rendered from a stored plan is what placing renders at once", async () => {
  const stored = await evenkeel(["place", small, "--on", two, "--output", "json"]);
  const direct = await evenkeel(["place", small, "--on", two, "--output", "libvirt"]);
  const path = planFile("small.json", stored);
  expect(await evenkeel(["render", path, "--as", "libvirt"])).toEqual(direct);
  expect(await evenkeel(["render", "-", "--as", "libvirt"], { stdin: stored.stdout })).toEqual(
    direct,
  );
});

/** The small VM under another name. */
const smallNamed = (name: string): string =>
  file(`${name}.yaml`, `${flavor}---\n${vm(name, "{ flavor: h100.1 }")}`);

test("a plan of the VM itself is refused among those of the others", async () => {
  const json = await evenkeel(["place", small, "--on", two, "--output", "json"]);
  const taken = ["--taken", planFile("own.json", json)];
  const again = await evenkeel(["place", small, "--on", two, ...taken]);
  expect(again).toMatchObject({ status: 2, stdout: "" });
  expect(again.stderr).toContain("small has a plan on synthetic already");
  expect((await evenkeel(["place", smallNamed("other"), "--on", two, ...taken])).status).toBe(0);
});

test("what is taken is not given again, and the host fills up", async () => {
  const taken: string[] = [];
  const used: string[] = [];
  for (const turn of [1, 2, 3, 4]) {
    const given = taken.flatMap((path) => ["--taken", path]);
    const vmFile = smallNamed(`vm-${turn}`);
    const json = await evenkeel(["place", vmFile, "--on", two, "--output", "json", ...given]);
    const { devices } = readDocument(json.stdout, "stdout", "Plan");
    used.push(...devices.map(({ address }) => address));
    taken.push(planFile(`taken-${turn}.json`, json));
  }
  expect(new Set(used).size).toBe(4);
  const full = await evenkeel([
    "place",
    small,
    "--on",
    two,
    ...taken.flatMap((path) => ["--taken", path]),
  ]);
  expect(full.status).toBe(3);
  expect(full.stdout).toContain("accelerators-short");
});

test("of several hosts the first of the best is taken, and flavors may come from elsewhere", async () => {
  const bare = file("bare.yaml", vm("bare", "{ flavor: h100.1 }"));
  const flavors = file("flavors.yaml", flavor);
  const hosts = ["--on", "machine:l40s-pcie", "--on", "machine:hgx-h100"];
  const placed = await evenkeel(["place", bare, "--flavor", flavors, ...hosts, "--output", "json"]);
  expect(readDocument(placed.stdout, "stdout", "Plan").host).toBe("hgx-h100");
});

test("equal hosts are told apart by the names they are given", async () => {
  const hosts = ["--on", "machine:hgx-h100", "--on", "machine:hgx-h100"];
  const named = hosts.map((word, i) => (i % 2 === 0 ? word : `${i < 2 ? "a" : "b"}=${word}`));
  expect((await evenkeel(["place", small, ...hosts])).stderr).toContain("--on a=SRC");
  const whole = file("whole.yaml", vm("whole", "{ vcpus: 4, memory: 8Gi, isolation: host }"));
  const first = await evenkeel(["place", whole, ...named, "--output", "json"]);
  const taken = ["--taken", planFile("whole.json", first)];
  const second = await evenkeel(["place", small, ...named, ...taken, "--output", "json"]);
  const hostsOf = [first, second].map(({ stdout }) => readDocument(stdout, "stdout", "Plan").host);
  expect(hostsOf).toEqual(["a", "b"]);
});

test("a policy keeps more for the host", async () => {
  const policy = file(
    "policy.yaml",
    "apiVersion: evenkeel/v1\nkind: HostPolicy\nreserved: { coresPerNode: 7 }\n",
  );
  const refused = await evenkeel(["place", small, "--on", two, "--policy", policy]);
  expect(refused.status).toBe(3);
  expect(refused.stdout).toContain("cores-short");
});

test("plans of strangers, of a changed host and of each other's devices are not counted", async () => {
  const plan = await evenkeel(["place", small, "--on", two, "--output", "json"]);
  const [mine, copy] = [planFile("mine.json", plan), planFile("copy.json", plan)];
  const changed = two.replace("memory:64Gi", "memory:65Gi");
  const outcomes = [
    await evenkeel(["place", small, "--on", "machine:hgx-h100", "--taken", mine]),
    await evenkeel(["place", small, "--on", changed, "--taken", mine]),
    await evenkeel(["place", small, "--on", two, "--taken", mine, "--taken", copy]),
    await evenkeel(["place", small, "--on", two, "--on", changed]),
    await evenkeel(["place", file("a.yaml", vm("a", "{ flavor: h100.2 }")), "--on", two]),
    await evenkeel(["place", file("b.yaml", vm("b", "{ vcpus: 4 }")), "--on", two]),
    await evenkeel(["place", file("c.yaml", `${flavor}---\n${flavor}`), "--on", two]),
  ];
  expect(outcomes.map(({ status, stdout }) => [status, stdout])).toEqual(
    outcomes.map(() => [2, ""]),
  );
  const told = outcomes.map(({ stderr }) => stderr.replaceAll(folder, "."));
  expect(`\n${told.join("\n")}`).toMatchInlineSnapshot(`
    "
    evenkeel: ./mine.json: the plan is for the host "synthetic"
      expected  one of the hosts tried: hgx-h100
      try       name that host with --on, or leave the plan out
      code      usage

    evenkeel: ./mine.json: synthetic has changed since it was made
      expected  a plan for the machine that synthetic is now
      try       place its VM again
      code      plan-inconsistent

    evenkeel: ./copy.json: CPU 1 of synthetic is held by small (./mine.json) already
      expected  plans that hold different things
      try       leave out the plan that is not in force
      code      plan-inconsistent

    evenkeel: --on synthetic:package:2 core:8 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7] and --on synthetic:package:2 core:8 thread:2 memory:65Gi hugepages:48x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7]: two hosts have the name "synthetic"
      expected  hosts of different names
      try       name them yourself: --on a=SRC --on b=SRC
      code      usage

    evenkeel: VirtualMachine a: spec.flavor: no flavor is named "h100.2"
      expected  a flavor that is also given
      try       give the Flavor "h100.2" along with it
      code      flavor-unknown

    evenkeel: VirtualMachine b: spec.memory: the size of the memory is missing
      expected  a size such as 480Gi, from 64Mi to 1Pi
      try       add spec.memory to the VM or to its flavor: memory: 64Gi, for example
      code      request-invalid

    evenkeel: ./c.yaml: it contains 2 documents: Flavor
      expected  one VirtualMachine, and Flavors if any
      try       Flavors are given with --flavor ./c.yaml; a VM names one in
                spec.flavor
      code      document-invalid
    "
  `);
});
