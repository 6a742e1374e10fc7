import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { YAML_FLEET_LENGTH_MAX } from "@evenkeel/contract/limits.ts";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { startSshd, whyNoSshd } from "@evenkeel/host/testing/ssh/sshd.ts";
import { expect, onTestFinished, test, vi } from "vitest";
import { evenkeel, type Outcome } from "../../testing/evenkeel.ts";

const folder = scratchFolder();

/** Writes a file for a test and returns its path. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const two =
  "synthetic:package:2 core:8 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root*2[gpu:h100-sxm nic:cx7]";

const vm = (name: string): string =>
  file(
    `${name}.yaml`,
    `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: ${name} }
spec: { accelerators: { count: 1, model: H100 }, vcpus: 4, memory: 8Gi, hugepages: 1Gi }
`,
  );
const flavors = file(
  "flavors.yaml",
  `apiVersion: evenkeel/v1
kind: Flavor
metadata: { name: h100.1 }
spec: { accelerators: { count: 1, model: H100 }, vcpus: 4, memory: 8Gi, hugepages: 1Gi }
`,
);

/** A fleet with these lines, in a file of its own folder. */
let count = 0;
function fleet(...lines: readonly string[]): string {
  return file(
    `fleet/${++count}.yaml`,
    ["apiVersion: evenkeel/v1\nkind: Fleet", ...lines].join("\n"),
  );
}

const host = (name: string, more = ""): string =>
  `  - { name: ${name}, sources: [${JSON.stringify(two)}]${more} }`;

/** The plan of a VM on a host, in a file in the fleet's folder. */
async function plan(name: string, on: string, path = `${name}.json`): Promise<string> {
  const argv = ["place", vm(name), "--on", `${on}=${two}`, "--output", "json"];
  const { stdout, status } = await evenkeel(argv);
  expect(status).toBe(0);
  return file(`fleet/${path}`, stdout);
}

const capacity = async (path: string, ...flags: readonly string[]): Promise<Outcome> =>
  evenkeel(["capacity", "--fleet", path, "--flavor", flavors, "--output", "json", ...flags]);

/** How many more VMs fit, by host. */
async function fits(
  path: string,
  ...flags: readonly string[]
): Promise<Record<string, number | null>> {
  const { stdout, stderr, status } = await capacity(path, ...flags);
  expect([status, stderr.replaceAll(/^note: .*\n/gm, "")]).toEqual([0, ""]);
  const { hosts } = readDocument(stdout, "stdout", "Capacity");
  return Object.fromEntries(hosts.map((one) => [one.host, one.flavors[0]?.fits ?? null]));
}

/** The error of a fleet, without the path of its folder. */
async function wrong(path: string, ...flags: readonly string[]): Promise<string> {
  const argv = ["capacity", "--fleet", path, "--flavor", flavors, ...flags];
  const { stdout, stderr, status } = await evenkeel(argv);
  expect([status, stdout]).toEqual([2, ""]);
  return (
    stderr
      .replaceAll(`${folder}/fleet/`, "")
      .replaceAll(/(^|\D)\d+\.yaml/g, "$1N.yaml")
      // The folder's name is another each time, and lines break where it ends.
      .replaceAll(/\bls \S+\/fleet;\s+or leave out what cannot be read:\s+/g, "ls .; or ")
  );
}

test("a fleet is what the same hosts with --on, their policies and plans are", async () => {
  await plan("a", "one", "plans/a.json");
  await plan("b", "two", "plans/b.yaml");
  await plan("c", "three", "own/c-1.json");
  file("fleet/own/readme.txt", "no plan");
  file("fleet/plans/.hidden.json", "no plan");
  file(
    "fleet/keeps.yaml",
    "apiVersion: evenkeel/v1\nkind: HostPolicy\nreserved: { coresPerNode: 6 }\n",
  );
  const path = fleet(
    "defaults: { policy: keeps.yaml, taken: [plans] }",
    "hosts:",
    host("one"),
    host("two", ", policy: { exclude: [] }"),
    host("three", ", taken: ['own/c-?.*']"),
  );
  // Four GPUs each. The policy leaves room for one VM on each node, beside the one that is there.
  expect(await fits(path)).toEqual({ one: 2, two: 3, three: 2 });
  const onOne = await evenkeel(
    ["capacity", "--on", `one=${two}`, "--taken", join(folder, "fleet/plans/a.json")].concat([
      "--policy",
      join(folder, "fleet/keeps.yaml"),
      "--flavor",
      flavors,
      "--output",
      "json",
    ]),
  );
  const single = readDocument(onOne.stdout, "stdout", "Capacity").hosts[0];
  const all = readDocument((await capacity(path)).stdout, "stdout", "Capacity").hosts[0];
  expect(all).toEqual(single);
  const placed = await evenkeel(["place", vm("d"), "--fleet", path, "--output", "json"]);
  expect(readDocument(placed.stdout, "stdout", "Plan").host).toBe("one");
  // A plan that was just made counts beside the file's.
  const next = file("d.json", placed.stdout);
  expect(await fits(path, "--taken", next)).toEqual({ one: 1, two: 3, three: 2 });
});

test("paths start at the file's folder, those of standard input at the current one", async () => {
  const recorded = await evenkeel(["topology", "--from", two, "--output", "json"]);
  file("fleet/machines/a.json", recorded.stdout);
  const path = fleet("hosts:", "  - { name: a, sources: [machines/a.json] }");
  expect(await fits(path)).toEqual({ a: 4 });
  const text = `apiVersion: evenkeel/v1\nkind: Fleet\nhosts: [{ name: a, sources: ["${two}"] }]`;
  const { status } = await evenkeel(["capacity", "--fleet", "-", "--flavor", flavors], {
    stdin: text,
  });
  expect(status).toBe(0);
});

test("several sources are one machine, and what they disagree on is a note with its host", async () => {
  const recorded = await evenkeel(["topology", "--from", two, "--output", "json"]);
  const other = recorded.stdout.replace('"cpuModel": null', '"cpuModel": "Other"');
  file("fleet/machines/b.json", recorded.stdout);
  file("fleet/machines/b2.json", other);
  const path = fleet("hosts:", "  - { name: b, sources: [machines/b.json, machines/b2.json] }");
  const { stdout } = await evenkeel(["topology", "--fleet", path, "--output", "json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    hosts: [{ name: "b", machine: { cpuModel: "Other" } }],
  });
});

test("hosts that cannot be read are all named; with the flag each is left out with its plans", async () => {
  await plan("gone", "lost", "lost.json");
  const path = fleet(
    "hosts:",
    host("one"),
    "  - { name: lost, sources: [nowhere.tar], taken: [lost.json] }",
    "  - { name: broken, sources: ['lscpu:../a.yaml'] }",
  );
  vm("a");
  expect(await wrong(path)).toMatchInlineSnapshot(`
    "evenkeel: N.yaml:5:19 (lost): lost cannot be read: nowhere.tar: there is no such file; nor can broken
      expected  a Topology document, a tar of /sys and /proc, an export of hwloc, or a tool's output
      try       see what is there: ls .; or --skip-unreadable
      code      host-unread
    "
  `);
  const { stdout, stderr, status } = await capacity(path, "--skip-unreadable");
  expect(status).toBe(0);
  expect(readDocument(stdout, "stdout", "Capacity").hosts.map((one) => one.host)).toEqual(["one"]);
  expect(stderr).toMatch(/^note: lost is left out: .*nowhere.tar: there is no such file$/m);
  expect(stderr).toMatch(/^note: broken is left out: /m);
  const none = fleet("hosts:", "  - { name: lost, sources: [nowhere.tar] }");
  expect(await wrong(none, "--skip-unreadable")).toContain("lost cannot be read");
  // What is written wrong is wrong whatever is left out, and what was meant is said.
  const wrongs: readonly (readonly [string, string, string])[] = [
    ["machine:hgx-h10", "machine-unknown", "did you mean machine:hgx-h100?"],
    ["hwlc:x.xml", "source-unknown", "did you mean hwloc:x.xml?"],
    ["-odd", "source-unknown", "evenkeel topology --help has an example of each"],
  ];
  for (const [source, code, remedy] of wrongs) {
    const mistaken = fleet("hosts:", host("one"), `  - { name: two, sources: ['${source}'] }`);
    const outcome = await capacity(mistaken, "--skip-unreadable");
    const { error } = JSON.parse(outcome.stderr);
    expect([source, error.code, `${error.remedy}`]).toEqual([source, code, remedy]);
    expect(error.where).toContain(`(two)`);
  }
  // One host of it is read alone.
  const drawn = await evenkeel(["topology", "--fleet", path, "--host", "one"]);
  expect([drawn.status, drawn.stdout.split("\n")[0]]).toEqual([0, expect.stringContaining("one")]);
});

test("notes name the host that they are about, in the order of the hosts, where there are several", async () => {
  const sources = ["synthetic:package:2 core:8 memory:64Gi", "synthetic:core:8 memory:32Gi"];
  const odd = (name: string): string =>
    `  - { name: ${name}, sources: ${JSON.stringify(sources)} }`;
  const notesOf = async (...hosts: readonly string[]): Promise<readonly string[]> => {
    const { stderr } = await evenkeel(["topology", "--fleet", fleet("hosts:", ...hosts)]);
    return [...stderr.matchAll(/^note: (.*): synthetic #1 says/gm)].map(([, about = ""]) => about);
  };
  const about = await notesOf(odd("b"));
  expect(about).toContain("the machine");
  const ofEach = ["b", "a"].flatMap((name) => about.map((one) => `${name}: ${one}`));
  expect(await notesOf(odd("b"), host("c"), odd("a"))).toEqual(ofEach);
});

test("what is wrong with the file is said with its place and the host, whatever may be left out", async () => {
  await plan("p", "one", "p.json");
  await plan("q", "elsewhere", "q.json");
  const again = await plan("p", "two", "p-again.json");
  const recorded = await evenkeel(["topology", "--from", two, "--output", "json"]);
  file("fleet/m.json", recorded.stdout);
  symlinkSync("m.json", join(folder, "fleet/link.json"));
  const uuid = recorded.stdout.replace('"uuid": null', '"uuid": "GPU-1"');
  file("fleet/u1.json", uuid);
  file("fleet/u2.json", uuid);
  const faults: readonly (readonly string[])[] = [
    ["hosts: []"],
    ["hosts:", "  - { name: one, sources: [] }"],
    ["hosts:", "  - { name: one }"],
    ["hosts:", "  - { name: One, sources: [live] }"],
    ["hosts:", "  - { name: one, source: [live] }"],
    ["hosts:", "  - { name: one, sources: live }"],
    ["hosts:", host("one"), host("two"), host("one")],
    ["hosts:", "  - { name: one, sources: ['-'] }"],
    ["hosts:", "  - { name: one, sources: ['sysfs'] }"],
    ["hosts:", "  - { name: one, sources: ['machine:hgx-h10'] }"],
    ["hosts:", "  - { name: one, sources: ['ssh:-oProxyCommand=x'] }"],
    ["hosts:", "  - { name: a, sources: [m.json] }", "  - { name: b, sources: [./link.json] }"],
    ["hosts:", "  - { name: a, sources: ['ssh:x'] }", "  - { name: b, sources: ['ssh:x'] }"],
    ["hosts:", "  - { name: a, sources: [u1.json] }", "  - { name: b, sources: [u2.json] }"],
    ["hosts:", host("one", ", policy: { reserved: { coresPerNode: many } }")],
    ["hosts:", host("one", ", policy: { reserved: { coresPerNode: -1, cpus: 5 }, nics: [] }")],
    ["hosts:", host("one", ", policy: { excluded: [] }")],
    ["hosts:", host("one", ", policy: 5")],
    ["hosts:", host("one", ", policy: no-policy.yaml")],
    ["hosts:", host("one", ", policy: p.json")],
    ["hosts:", host("two", ", taken: [p.json]"), host("one")],
    ["hosts:", host("one", ", taken: [q.json]")],
    ["defaults: { taken: [q.json] }", "hosts:", host("one")],
    ["defaults: { taken: [q.json] }", "hosts:", host("elsewhere1")],
    ["hosts:", host("one", ", taken: [p.json]"), host("two", ", taken: [p-again.json]")],
    ["hosts:", host("one", ", taken: [p.json]"), host("two", ", taken: [./p.json]")],
    ["hosts:", host("one", ", taken: [none-*.json]")],
    ["hosts:", host("one", ", taken: ['*/p.json']")],
    ["hosts:", host("one", ", taken: [flavors.yaml]")],
    ["hosts:", host("one", ", taken: [m.json]")],
  ];
  expect(again).toContain("p-again");
  const said: string[] = [];
  for (const lines of faults) {
    const error = await wrong(fleet(...lines), "--skip-unreadable");
    said.push(error.split("\n  expected")[0]?.replace("evenkeel: ", "") ?? "");
    expect(error).toMatch(/\n {2}expected {2}\S/);
  }
  expect(`\n${said.map((line) => line.split("\n")[0]).join("\n")}\n`).toMatchInlineSnapshot(`
    "
    N.yaml:3:1: hosts is an empty list
    N.yaml:4:18 (one): hosts[0].sources is an empty list
    N.yaml:4:5 (one): hosts[0].sources is missing
    N.yaml:4:7 (One): hosts[0].name is "One"
    N.yaml:4:18 (one): hosts[0] has no field "source" (also wrong: hosts[0].sources)
    N.yaml:4:18 (one): hosts[0].sources is "live"
    N.yaml:6:7: two hosts have the name "one"
    N.yaml:4:28 (one): standard input is no source of a fleet
    N.yaml:4:18 (one): sysfs: is neither a file nor a kind of topology source
    N.yaml:4:18 (one): machine:hgx-h10: the catalog has no machine of this name
    N.yaml:4:18 (one): ssh:-oProxyCommand=x: this is no machine that ssh is asked for
    N.yaml:5:26 (b): a and b are the same machine: both are ./link.json
    N.yaml:5:26 (b): a and b are the same machine: both are ssh:x
    N.yaml:5:16 (b): a and b are the same machine: both have the GPU GPU-1
    N.yaml:4:164 (one): hosts[0].policy.reserved.coresPerNode is "many"
    N.yaml:4:164 (one): hosts[0].policy.reserved.coresPerNode is -1 (also wrong: hosts[0].policy.reserved.cpus)
    N.yaml:4:152 (one): hosts[0].policy has no field "excluded"
    N.yaml:4:142 (one): hosts[0].policy is 5
    no-policy.yaml, which N.yaml:4:142 (one) names: there is no such file
    p.json, which N.yaml:4:142 (one) names: it contains a Plan
    N.yaml:4:150 (two): p.json is a plan of the host "one"
    N.yaml:4:150 (one): q.json is a plan of the host "elsewhere"
    N.yaml:3:21: q.json is a plan of the host "elsewhere", which the fleet does not have
    N.yaml:3:21: q.json is a plan of the host "elsewhere", which the fleet does not have
    p-again.json: the VM p has plans on one and two: p.json too
    N.yaml:5:150 (two): p.json is a plan of one and of two
    N.yaml:4:150 (one): "none-*.json": no file has such a name
    N.yaml:4:150 (one): "*/p.json": only the last part of a path may have * and ?
    flavors.yaml, which N.yaml:4:150 (one) names: there is no such file
    m.json, which N.yaml:4:150 (one) names: it contains a Topology
    "
  `);
});

test("the same plan by two ways counts once; machines of a type are many", async () => {
  await plan("once", "one", "once/once.json");
  const path = fleet(
    "defaults: { taken: [once] }",
    "hosts:",
    host("one", ", taken: [once/once.json, 'once/*.json', ./once]"),
    host("two"),
  );
  expect(await fits(path)).toEqual({ one: 3, two: 4 });
});

test("bounds: of hosts, sources, plans and the file", async () => {
  const many = (n: number, item: (i: number) => string): string[] =>
    Array.from({ length: n }, (_, i) => item(i));
  const hosts = { apiVersion: "evenkeel/v1", kind: "Fleet", hosts: many(4097, (i) => `${i}`) };
  const json = file("fleet/many.json", JSON.stringify(hosts));
  expect((await evenkeel(["capacity", "--fleet", json, "--flavor", flavors])).stderr).toContain(
    "hosts is a list of 4097 items",
  );
  const sources = many(17, () => "live").join(", ");
  expect(await wrong(fleet("hosts:", `  - { name: a, sources: [${sources}] }`))).toContain(
    "hosts[0].sources is a list of 17 items",
  );
  expect(await wrong(fleet("hosts:", "#".repeat(YAML_FLEET_LENGTH_MAX)))).toContain(
    "characters long",
  );
  const stars = fleet("hosts:", host("a", `, taken: ['${"*a".repeat(2000)}']`));
  expect(await wrong(stars)).toContain("no file has such a name");
});

test("flags that a fleet takes the place of are refused beside it", async () => {
  const path = fleet("hosts:", host("one"));
  const said = async (...argv: readonly string[]): Promise<string> => {
    const { stderr, status } = await evenkeel(argv);
    expect(status).toBe(2);
    return stderr.split("\n")[0] ?? "";
  };
  expect([
    await said("place", vm("a"), "--fleet", path, "--on", two),
    await said("place", vm("a"), "--fleet", path, "--policy", path),
    await said("place", vm("a")),
    await said("place", vm("a"), "--on", two, "--skip-unreadable"),
    await said("topology", "--fleet", path, "--from", two),
    await said("topology", "--host", "one"),
    await said("topology", "--fleet", path, "--output", "svg"),
    (await said("topology", "--fleet", path, "--host", "on")).replace(/\S*\d+\.yaml/, "N.yaml"),
    await said("place", "-", "--fleet", "-"),
  ]).toMatchInlineSnapshot(`
    [
      "evenkeel: --on and --fleet are given",
      "evenkeel: --policy and --fleet are given",
      "evenkeel: --on is missing",
      "evenkeel: --skip-unreadable has no effect without --fleet",
      "evenkeel: --from and --fleet name two machines",
      "evenkeel: --host has no effect without --fleet",
      "evenkeel: this is an answer about one machine, and the fleet has several",
      "evenkeel: N.yaml: the fleet has no host "on"",
      "evenkeel: standard input is named twice",
    ]
  `);
});

const absent = whyNoSshd();

test.skipIf(absent !== null)(
  "hosts over ssh, a machine twice, and one that is not there",
  async () => {
    const server = await startSshd(scratchFolder());
    onTestFinished(() => server.stop());
    vi.stubEnv("PATH", server.path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const path = fleet(
      "hosts:",
      "  - { name: a, sources: ['ssh:far'] }",
      "  - { name: b, sources: ['ssh:locked'] }",
      host("c"),
    );
    const listed = await evenkeel(["topology", "--fleet", path, "--skip-unreadable"], {
      terminal: 120,
    });
    expect(listed.status).toBe(0);
    expect(listed.stdout.split("\n").map((line) => line.split(" ")[0])).toEqual(
      expect.arrayContaining(["a", "c"]),
    );
    expect(listed.stderr).toContain("read 3 of 3 hosts");
    expect(listed.stderr).toMatch(/note: b is left out: ssh:locked: it does not let this user in/);
    const error = await wrong(path);
    expect(error).toMatch(
      /^evenkeel: N.yaml:5:16 \(b\): b cannot be read: ssh:locked: it does not/,
    );
    const twice = fleet(
      "hosts:",
      "  - { name: a, sources: ['ssh:far'] }",
      "  - { name: b, sources: ['ssh:far2'] }",
    );
    expect(await wrong(twice)).toMatch(/a and b are the same machine: both answer as one machine/);
  },
);

test("the table of a fleet fits the terminal, and shows what nobody told as unknown", async () => {
  const nccl = file(
    "fleet/gpus.xml",
    `<system version="1"><cpu numaid="0" affinity="00ff" arch="x86_64"><pci busid="0000:16:00.0"
      class="0x030200" link_speed="32.0 GT/s PCIe" link_width="16"><gpu dev="0" sm="90" rank="0"/>
      </pci></cpu></system>`,
  );
  const long = "gpu-01.rack-17.dc2.example.com";
  const path = fleet("hosts:", host(long), `  - { name: cut, sources: ["nccl:${nccl}"] }`);
  const env = { NO_COLOR: "1" };
  const table = async (terminal: number): Promise<readonly string[]> => {
    const { stdout, status } = await evenkeel(["topology", "--fleet", path], { terminal, env });
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(terminal);
    return lines.map((line) => line.replaceAll(/ {2,}/g, "  "));
  };
  expect(await table(120)).toEqual([
    "host  machine  nodes  cores  CPUs  memory  GPUs  NICs  VMs",
    `${long}  ?  2  16  32  128 GiB  4  H100 SXM5 80GB  4  0`,
    "cut  ?  1  ?  8  ?  1  ?  0  0",
  ]);
  for (const flags of [["--taken", nccl], ["--state", folder], ["--all"]]) {
    const { stderr } = await evenkeel(["topology", "--fleet", path, ...flags]);
    expect(stderr).toContain("this is an answer about one machine");
  }
  const [head = ""] = await table(80);
  expect(head).toBe("host  nodes  cores  memory  GPUs  VMs");
});

test("a terminal's notes follow its width, in a pipe each is one line", async () => {
  const path = fleet("hosts:", host("one"), "  - { name: two, sources: [none.tar] }");
  const argv = ["topology", "--fleet", path, "--skip-unreadable"];
  const { stderr } = await evenkeel(argv, { terminal: 60 });
  const lines = stderr.slice(stderr.lastIndexOf("note: two is left out")).split("\n");
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines.slice(1, -1)) expect(line).toMatch(/^ {2}\S/);
  expect((await evenkeel(argv)).stderr).toMatch(/^note: two is left out: [^\n]*\n$/);
});
