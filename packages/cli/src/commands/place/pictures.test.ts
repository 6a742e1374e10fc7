import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();
const host = "machine:hgx-h100";

/** Writes the request for a VM of two GPUs and returns its path. */
function request(name: string, spec: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(
    path,
    `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: ${name}, tenant: acme }
spec: { ${spec} }
`,
  );
  return path;
}

const twoGpus =
  "accelerators: { count: 2 }, nics: { count: 2 }, vcpus: 48, memory: 480Gi, hugepages: 1Gi";

/** A plan in a file, of a VM that is on the host already. */
async function planOf(name: string): Promise<string> {
  const placing = ["place", request(name, twoGpus), "--on", host];
  const json = await evenkeel([...placing, "--output", "json"]);
  expect(json.status).toBe(0);
  const path = join(folder, `${name}.json`);
  writeFileSync(path, json.stdout);
  return path;
}

// oxlint-disable-next-line no-control-regex -- the escapes are what is taken off
const withoutColor = (text: string): string => text.replaceAll(/\u001b\[[\d;]*m/g, "");

const widest = (text: string): number =>
  Math.max(...text.split("\n").map((one) => Array.from(one).length));

test("topology --taken draws which VM has what, as text and as a picture", async () => {
  const taken = ["--taken", await planOf("llm-a")];
  const from = ["topology", "--from", host];
  for (const terminal of [80, 120, 200]) {
    const { stdout, status } = await evenkeel([...from, ...taken], { terminal });
    const text = withoutColor(stdout);
    expect(status).toBe(0);
    expect(text.replaceAll("\n   ", " · ")).toContain(
      "A  llm-a of acme · node 0: 24 cores, 480 GiB in 1 GiB pages",
    );
    expect(text).toMatch(/GPU0 {2}A {2}H100/);
    expect(text).toContain("free  31 of 56 cores · 288 of 768 × 1 GiB pages · GPU2-3 · 2 NICs");
    expect(widest(text)).toBeLessThanOrEqual(terminal);
    // Black on green, which every terminal knows.
    expect(stdout).toContain("\u{1b}[30;42mA\u{1b}[0m");
  }
  const svg = await evenkeel([...from, ...taken, "--output", "svg"]);
  expect(svg.stdout).toContain("<title>GPU0: llm-a of acme</title>");
  expect(svg.stdout).toContain("memory on its own node");
  const plain = await evenkeel([...from, "--output", "svg"]);
  expect(plain.stdout).not.toMatch(/class='vm\d/);
});

test("a policy says what the host keeps in the picture too", async () => {
  const policy = join(folder, "policy.yaml");
  writeFileSync(
    policy,
    "apiVersion: evenkeel/v1\nkind: HostPolicy\nreserved: { coresPerNode: 4 }\n",
  );
  const taken = ["--taken", await planOf("llm-p"), "--policy", policy];
  const { stdout, stderr } = await evenkeel(["topology", "--from", host, ...taken]);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/cores {3}hhhh/);
});

test("flags that pictures alone have are refused for other outputs", async () => {
  const taken = await planOf("llm-m");
  for (const [flags, text] of [
    [["--taken", taken, "--output", "json"], "--taken has no effect as json"],
    [["--state", folder, "--output", "json"], "--state has no effect as json"],
    [["--state", folder], "--state has no effect on another machine"],
    [["--all", "--output", "nccl"], "--all has no effect as nccl"],
    [["--all", "--diff", host], "--all has no effect with --diff"],
    [["--policy", taken], "--policy has no effect without --fit, --taken or --state"],
  ] as const) {
    const { status, stderr, stdout } = await evenkeel(["topology", "--from", host, ...flags]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(text);
  }
});

test("a plan of another machine is refused", async () => {
  const taken = await planOf("llm-x");
  const from = ["topology", "--from", "machine:mi300x"];
  const { status, stderr } = await evenkeel([...from, "--taken", taken]);
  expect(status).toBe(2);
  expect(stderr).toContain('the plan is for the host "hgx-h100"');
});

test("--all shows drives, every function, and the sizes of caches as far as they are told", async () => {
  const { stdout } = await evenkeel(["topology", "--from", host, "--all"]);
  expect(stdout.match(/NVMe {2,}144d:a80a/g)).toHaveLength(8);
  expect(stdout.match(/NVSwitch {2}10de:22a3/g)).toHaveLength(4);
  expect(stdout).toContain("caches  L3 0-1: size unknown");
  expect(stdout).not.toContain("not shown");
  expect(widest(stdout)).toBeLessThanOrEqual(100);
});

test("place --output svg tells the new VM from those that are there", async () => {
  const taken = ["--taken", await planOf("llm-a")];
  const path = request("llm-b", twoGpus);
  const placing = ["place", path, "--on", host, ...taken];
  const svg = await evenkeel([...placing, "--output", "svg"]);
  expect([svg.status, svg.stderr]).toEqual([0, ""]);
  expect(svg.stdout.startsWith("<svg")).toBe(true);
  expect(svg.stdout).toContain("placed here now");
  expect(svg.stdout).toContain("class='vmNew'");
  expect(svg.stdout).toContain("<title>GPU4: llm-b of acme</title>");
  expect(svg.stdout).toContain("<title>GPU0: llm-a of acme</title>");
});

test("a refusal is no picture: a file that one is redirected into stays empty", async () => {
  const path = request("large", "vcpus: 400, memory: 8Gi");
  const svg = await evenkeel(["place", path, "--on", host, "--output", "svg"]);
  expect([svg.status, svg.stdout]).toEqual([3, ""]);
  expect(svg.stderr).toContain("does not fit");
});

test("on a terminal the plan is drawn below its text, in its width; a pipe gets the text alone", async () => {
  const path = request("llm-c", twoGpus);
  const piped = await evenkeel(["place", path, "--on", host]);
  expect(piped.stdout).not.toContain("╭");
  for (const terminal of [80, 120, 200]) {
    const { stdout } = await evenkeel(["place", path, "--on", host], { terminal });
    const drawn = withoutColor(stdout);
    expect(drawn).toMatch(/cores {3}h\+{24}/);
    expect(drawn).toContain("+ GPU0");
    expect(drawn).toContain("+  llm-c of acme placed here now");
    expect(widest(drawn.slice(drawn.indexOf("╭")))).toBeLessThanOrEqual(terminal);
  }
  const snc = await evenkeel(
    ["place", request("tiny", "vcpus: 2, memory: 2Gi"), "--on", "machine:xeon-snc"],
    {
      terminal: 80,
    },
  );
  // Of many nodes, those that the VM is on: the terminal has no room for more.
  expect(withoutColor(snc.stdout)).toContain("7 other nodes not drawn");
});
