import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { describe, expect, test } from "vitest";
import { golden } from "../testing/golden.ts";
import { binary, spawnEvenkeel } from "../testing/binary.ts";

const folder = scratchFolder();

const vm = (spec: string): string =>
  `apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: llm-a }\nspec: ${spec}\n`;

const bomb = Array.from({ length: 12 }, (_, i) =>
  i === 0
    ? "a0: &a0 [x]"
    : `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(",")}]`,
).join("\n");

const files: Readonly<Record<string, string>> = {
  "vm.yaml": vm("{ vcpus: 4, memory: 8Gi }"),
  "cut.yaml": vm("{ vcpus: 4, memory: "),
  "cut.json": '{ "apiVersion": "evenkeel/v1", "kind": "Plan", "vm": "ll',
  "negative.yaml": vm("{ vcpus: 4, memory: -8Gi }"),
  "overflow.yaml": vm("{ vcpus: 4, memory: 99999999999Pi }"),
  "many.yaml": vm("{ vcpus: 1e300, memory: 8Gi }"),
  "bomb.yaml": bomb,
  "plan.yaml": vm("{ vcpus: 4, memory: 8Gi }").replace("VirtualMachine", "Plan"),
  "unknown.yaml": vm("{ vcpus: 4, memroy: 8Gi }"),
  "binary.yaml": "\u0000\u0001\u0002",
  "cut.xml": "<topology><object type='Machine'>",
  "bomb.xml": `<!DOCTYPE topology [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<topology><object type="&b;"/></topology>`,
  "noise.tar": "this is no tar at all".repeat(100),
  "empty.yaml": "",
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
writeFileSync(join(folder, "latin1.yaml"), Buffer.from([0x61, 0x3a, 0xff, 0xfe, 0x0a]));
writeFileSync(join(folder, "huge.json"), "{");
truncateSync(join(folder, "huge.json"), 2 ** 30);
writeFileSync(join(folder, "huge.tar"), "");
truncateSync(join(folder, "huge.tar"), 2 ** 30);
mkdirSync(join(folder, "folder.yaml"));

/** Makes a tar of one entry that has another name, or leads elsewhere, than an honest one would. */
function tar(name: string, from: string, to: string): void {
  execFileSync("tar", ["-cPf", name, `--transform=${from}`, to], { cwd: folder });
}
tar("dots.tar", "s,^,../../,", "vm.yaml");
symlinkSync("/etc", join(folder, "sys"));
tar("link.tar", "s,^,,", "sys");
rmSync(join(folder, "sys"));

const before = readdirSync(folder).toSorted();

const place = (file: string): readonly string[] => ["place", file, "--on", "machine:hgx-h100"];

const cases: readonly (readonly string[])[] = [
  place("missing.yaml"),
  place("cut.yaml"),
  place("cut.json"),
  place("negative.yaml"),
  place("overflow.yaml"),
  place("many.yaml"),
  place("bomb.yaml"),
  place("plan.yaml"),
  place("unknown.yaml"),
  place("binary.yaml"),
  place("latin1.yaml"),
  place("empty.yaml"),
  place("huge.json"),
  place("folder.yaml"),
  place("/dev/zero"),
  ["place", "vm.yaml", "--on", "machine:hgx-h101"],
  ["place", "vm.yaml", "--on", "vm.yaml"],
  ["place", "vm.yaml", "--on", "machine:hgx-h100", "--taken", "vm.yaml"],
  ["place", "vm.yaml", "--on", "machine:hgx-h100", "--policy", "vm.yaml"],
  ["place", "vm.yaml", "--on", "machine:hgx-h100", "--flavor", "vm.yaml"],
  ["topology", "--from", "huge.json"],
  ["topology", "--from", "hwloc:cut.xml"],
  ["topology", "--from", "hwloc:bomb.xml"],
  ["topology", "--from", "sysfs:huge.tar"],
  ["topology", "--from", "sysfs:noise.tar"],
  ["topology", "--from", "sysfs:dots.tar"],
  ["topology", "--from", "sysfs:link.tar"],
  ["topology", "--from", "sysfs:."],
  ["topology", "--from", "synthetic:package:two"],
  ["topology", "--from", "florp:x"],
  ["topology", "--outptu", "json"],
  ["render", "plan.yaml", "--as", "libvirt"],
  ["render", "cut.json", "--as", "libvrt"],
  ["snapshot", "missing/host.tar"],
];

/** What the cases were told, one after the other. */
const told: string[] = [];

test.each(cases.map((argv) => [argv.join(" "), argv] as const))(
  "evenkeel %s ends in one message within 2 seconds and writes nothing",
  async (_line, argv) => {
    const { stdout, stderr, status, elapsedMs } = await spawnEvenkeel(argv, { cwd: folder });
    told.push(`$ evenkeel ${argv.join(" ")}\n${stderr}`);
    expect(stderr.match(/^evenkeel: /gm)).toHaveLength(1);
    expect([status, stdout]).toEqual([2, ""]);
    expect(elapsedMs).toBeLessThan(2000);
    expect(readdirSync(folder).toSorted()).toEqual(before);
  },
);

test("what is told of bad input is worth reading", async () => {
  await expect(told.join("\n")).toMatchFileSnapshot(golden("bad-input.txt"));
});

test("a reader who stops reading hears no complaint", () => {
  const line = '"$0" "$1" topology --from machine:hgx-h100 --output json | head -n 1';
  const { stdout, stderr } = spawnSync("bash", ["-c", line, process.execPath, binary], {
    encoding: "utf8",
  });
  expect([stdout, stderr]).toEqual(["{\n", ""]);
});

test("standard input is a file like any other", async () => {
  const { status, stdout } = await spawnEvenkeel(place("-"), {
    cwd: folder,
    stdin: files["vm.yaml"] ?? "",
  });
  expect([status, stdout.split("\n")[0]]).toEqual([
    0,
    "llm-a goes to hgx-h100 (locality strict, isolation core)",
  ]);
});

test("a pipe is a file like any other: <(command), a FIFO, /dev/stdin, each for any input", () => {
  const lines = [
    '"$@" place <(cat vm.yaml) --on live=<("$@" topology machine:hgx-h100 -o json)',
    'cat vm.yaml | "$@" place /dev/stdin --on machine:hgx-h100',
    'mkfifo pipe; (sleep 0.2; cat vm.yaml > pipe) & "$@" place pipe --on machine:hgx-h100; rm pipe',
    '"$@" place vm.yaml --on machine:hgx-h100 --policy <(printf "apiVersion: evenkeel/v1\\nkind: HostPolicy\\n")',
    'tar -cf - -C / proc/cpuinfo sys/devices/system/cpu/online sys/devices/system/cpu/cpu0/topology 2>/dev/null | "$@" topology sysfs:- -o json',
    '"$@" topology numactl:<(printf "available: 1 nodes (0)\\nnode 0 cpus: 0\\nnode 0 size: 9 MB\\n") -o json',
  ];
  for (const line of lines) {
    const words = ["--norc", "-c", line, "bash", process.execPath, binary];
    const { stdout, stderr, status } = spawnSync("bash", words, { cwd: folder, encoding: "utf8" });
    expect([line, status, stderr]).toEqual([line, 0, ""]);
    expect(stdout).toMatch(/^llm-a goes to|"kind": "Topology"/);
  }
});

test("a pipe that does not end is refused at its bound, and one that is not there says so", () => {
  const errorOf = (line: string): string => {
    const words = ["--norc", "-c", line, "bash", process.execPath, binary];
    return spawnSync("bash", words, { cwd: folder, encoding: "utf8" }).stderr;
  };
  expect(errorOf('"$@" place <(yes) --on live')).toContain(
    "more than 8 MiB came through this pipe",
  );
  expect(errorOf('"$@" place <(true) --on live')).toContain("it contains no document");
  expect(errorOf('"$@" place /dev/fd/77 --on live')).toContain("sudo and npx pass no <(…) on");
});

test("an answer that cannot be written is an error, and one that nobody reads is none", () => {
  const run = (line: string): { readonly status: number | null; readonly stderr: string } => {
    const words = ["--norc", "-c", line, "bash", process.execPath, binary];
    return spawnSync("bash", words, { cwd: folder, encoding: "utf8" });
  };
  const full = run('"$@" topology machine:hgx-h100 > /dev/full');
  expect(full.stderr).toMatch(
    /^evenkeel: standard output: cannot be written[^]*file-unwritable\n$/,
  );
  expect(full.status).toBe(2);
  const unread = run('"$@" topology machine:hgx-h100 | true; exit "${PIPESTATUS[0]}"');
  expect([unread.status, unread.stderr]).toEqual([0, ""]);
});

test("a machine from a pipe is not called by the pipe's number", () => {
  const line =
    '"$@" topology numactl:<(printf "available: 1 nodes (0)\\nnode 0 cpus: 0\\n") -o json';
  const words = ["--norc", "-c", line, "bash", process.execPath, binary];
  const { stdout } = spawnSync("bash", words, { cwd: folder, encoding: "utf8" });
  expect(stdout).toContain('"name": "pipe"');
});

const old = "/usr/bin/node";
const oldVersion = existsSync(old) ? execFileSync(old, ["--version"], { encoding: "utf8" }) : "";
const isOld = /^v(1[4-9]|20|21)\./.test(oldVersion);

describe.skipIf(!isOld)(`on a Node that is too old (${old})`, () => {
  test("a checkout runs on the Node that npm installed into it", () => {
    const argv = [binary, "topology", "--from", "machine:hgx-h100"];
    const run = spawnSync(old, argv, { encoding: "utf8" });
    expect([run.status, run.stderr]).toEqual([0, ""]);
    expect(run.stdout).toContain("8 × H100");
    expect(spawnSync(old, [binary, "topology", "--nonsense"]).status).toBe(2);
  });

  test("a package says in one sentence what it needs", () => {
    const alone = scratchFolder();
    cpSync(join(binary, ".."), join(alone, "bin"), { recursive: true });
    cpSync(join(binary, "../../package.json"), join(alone, "package.json"));
    const argv = [join(alone, "bin/evenkeel.mjs"), "topology"];
    const run = spawnSync(old, argv, { encoding: "utf8" });
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toMatch(
      /^evenkeel: Node [\d.]+ is too old: Node 22\.19 or newer is needed; .*\n$/,
    );
  });
});
