import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { mlcTexts } from "@evenkeel/host/testing/calibration/samples.ts";
import { expect, test } from "vitest";
import { shownCommands } from "./commands/commands.ts";
import { COLUMNS } from "./text/width.ts";
import { helpOf } from "./help.ts";
import { binary } from "../testing/binary.ts";
import { evenkeel } from "../testing/evenkeel.ts";

const folder = scratchFolder();
const program = join(folder, "bin");
const path = `${program}${delimiter}${process.env["PATH"] ?? ""}`;
const env = { ...process.env, PATH: path };

/** The files that the examples speak of. */
const head = (kind: string): string => `apiVersion: evenkeel/v1\nkind: ${kind}\n`;
const files: Readonly<Record<string, string>> = {
  "vm.yaml": `${head("VirtualMachine")}metadata: { name: llm-a }
spec: { accelerators: { count: 2 }, vcpus: 16, memory: 64Gi, hugepages: 1Gi }
`,
  "next.yaml": `${head("VirtualMachine")}metadata: { name: llm-b }
spec: { accelerators: { count: 2 }, vcpus: 16, memory: 64Gi, hugepages: 1Gi }
`,
  "flavors.yaml": `${head("Flavor")}metadata: { name: h100.2 }
spec: { accelerators: { count: 2 }, vcpus: 16, memory: 64Gi, hugepages: 1Gi }
`,
  "topo.txt":
    "\tGPU0\tGPU1\tCPU Affinity\tNUMA Affinity\nGPU0\t X \tPHB\t\tN/A\nGPU1\tPHB\t X \t\tN/A\n",
  "traces/openb_node_list_gpu_node.csv":
    "sn,cpu_milli,memory_mib,gpu,model\nnode-0,96000,393216,8,G2\nnode-1,96000,393216,8,G2\n",
  "traces/openb_pod_list_default.csv":
    "cpu_milli,memory_mib,num_gpu,gpu_milli\n8000,32768,1,1000\n4000,8192,1,400\n32000,131072,4,1000\n",
  "devices.xml": "<devices><serial type='pty'/></devices>",
  vmlinuz: "kernel",
  "initrd.img": "files",
  "policy.yaml": `${head("HostPolicy")}reserved: { coresPerNode: 2 }\n`,
  "hosts.yaml": `${head("Fleet")}hosts:
  - { name: gpu-01, sources: ["machine:hgx-h100"] }
  - { name: gpu-02, sources: ["machine:hgx-h100"] }
`,
};
mkdirSync(program);
mkdirSync(join(folder, "traces"));
writeFileSync(
  join(program, "evenkeel"),
  `#!/bin/sh\nexec '${process.execPath}' '${binary}' "$@"\n`,
);
chmodSync(join(program, "evenkeel"), 0o755);
// The far machine is this one.
writeFileSync(join(program, "ssh"), "#!/bin/sh\nexec sh -s\n");
chmodSync(join(program, "ssh"), 0o755);
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
const plan = execFileSync(
  "evenkeel",
  ["place", "vm.yaml", "--on", "machine:hgx-h100", "--output", "json"],
  { cwd: folder, env },
);
writeFileSync(join(folder, "plan.json"), plan);
execFileSync("evenkeel", ["snapshot", "host7.tar"], { cwd: folder, env });
writeFileSync(join(folder, "mlc.txt"), mlcTexts.all);
writeFileSync(
  join(folder, "guest.txt"),
  execFileSync("sh", ["-c", "evenkeel guest script | sh"], { env }),
);
writeFileSync(
  join(folder, "contract.json"),
  JSON.stringify(contractOf(guestFromPlan(readDocument(plan.toString(), "plan.json", "Plan")))),
);

/** No process has this number; one of the machine that runs this may have that of the examples. */
const noProcess = `${2 ** 22 + 4711}`;

const examples = shownCommands.flatMap(({ name, examples: all }) =>
  all.map(({ does, lines }) => {
    return [name, does, lines.join("\n").replaceAll(/\b4711\b/g, noProcess)] as const;
  }),
);

test.each(examples)("%s, %s: the example works as it stands", (_name, _does, written) => {
  // A measurement takes a minute, and as little as it is given.
  const measures = /evenkeel measure(?! --read)(?: --time \w+)?/;
  const lines = written.replace(measures, "evenkeel measure --time 300ms");
  // With a socket for standard input bash believes that it runs remotely, and would read bashrc.
  const options = ["--norc", "-euo", "pipefail", "-c", lines];
  // No example knows, starts or stops a VM of the machine that runs this: their state is in no
  // folder.
  const onHost = /evenkeel (?:(?:run|stop|adopt|list|console)\b|verify \S+$)/.test(lines);
  const { stderr, status } = spawnSync("bash", options, {
    cwd: folder,
    env: { ...env, EVENKEEL_STATE: join(folder, "plan.json", "state") },
    encoding: "utf8",
  });
  if (onHost) {
    // Its words and files were understood; it was refused where it would have begun.
    expect(stderr).toContain("state-unusable");
    expect(status).toBe(2);
    return;
  }
  if (/evenkeel exec (?!.*--dry-run)/.test(lines)) {
    // Where there is no GPU, no launcher or no such script, the words alone were understood.
    expect([2, 125, 127]).toContain(status);
    return;
  }
  if (/evenkeel (?:evidence|why|doctor) ./.test(lines)) {
    expect(stderr).toMatch(/code +(?:vm|process)-unknown/);
    expect(status).toBe(2);
    return;
  }
  if (/evenkeel doctor/.test(lines)) {
    expect([0, 3]).toContain(status);
    return;
  }
  if (measures.test(lines)) {
    // Nothing may be measured on a busy machine with VMs; that nothing can be kept is a note.
    expect(stderr).not.toContain("code ");
    expect([0, 4]).toContain(status);
    return;
  }
  // An answer of no is an answer: a machine may have changed within a moment, and no VM runs here.
  expect(stderr).toBe("");
  if (lines.includes("evenkeel prepare")) expect([0, 3, 4]).toContain(status);
  else expect(/--diff|evenkeel verify|guest check/.test(lines) ? [0, 3] : [0]).toContain(status);
});

test("every command teaches by two to eight examples, and its help fits a page", async () => {
  for (const { name, examples: all } of shownCommands) {
    expect(all.length).toBeGreaterThanOrEqual(2);
    expect(all.length).toBeLessThanOrEqual(8);
    const help = await evenkeel([name, "--help"]);
    expect(help).toEqual({ stdout: helpOf([name], COLUMNS), stderr: "", status: 0 });
    expect(help).toEqual(await evenkeel([name, "-h"]));
    expect(Math.max(...help.stdout.split("\n").map((line) => line.length))).toBeLessThan(100);
  }
});

test("help follows the width of the terminal: no line runs over, and no word is broken", async () => {
  const words = (text: string): readonly string[] =>
    text.split(/\s+/).filter((word) => word !== "\\" && word !== "");
  for (const argv of [["--help"], ...shownCommands.map(({ name }) => [name, "--help"])]) {
    const [narrow, wide] = [await evenkeel(argv, { terminal: 80 }), await evenkeel(argv)];
    expect(narrow.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    const isWide = wide.stdout.split("\n").some((line) => line.length > 80);
    if (isWide) expect(narrow.stdout).not.toBe(wide.stdout);
    expect(words(narrow.stdout)).toEqual(words(wide.stdout));
  }
});
