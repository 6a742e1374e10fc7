import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();
const on = ["--on", "machine:hgx-h100"];

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const vm = (name: string, more = ""): string =>
  file(
    `${name}.yaml`,
    `apiVersion: evenkeel/v1
kind: VirtualMachine
metadata: { name: ${name}, tenant: acme }
spec: { accelerators: { count: 1 }, vcpus: 16, memory: 96Gi, hugepages: 1Gi, workload: staging${more} }
`,
  );

/** The flags that name the plans of so many VMs on the host. */
async function takenBy(count: number): Promise<readonly string[]> {
  const flags: string[] = [];
  for (let i = 0; i < count; i++) {
    const placing = ["place", vm(`busy-${i}`), ...on, ...flags, "--output", "json"];
    const { stdout } = await evenkeel(placing);
    flags.push("--taken", file(`busy-${i}.json`, stdout));
  }
  return flags;
}

const withoutColor = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- the escapes are what is taken off
  text.replaceAll(/\u001b\[[\d;]*m/g, "");

test("place --forecast says what the VM does to each running one, within 80 columns", async () => {
  const taken = await takenBy(2);
  const placing = ["place", vm("new"), ...on, ...taken, "--forecast"];
  const { stdout, stderr, status } = await evenkeel(placing, { terminal: 80 });
  expect([stderr, status]).toEqual(["", 0]);
  const text = withoutColor(stdout);
  const told = text.slice(text.indexOf("\nforecast\n"), text.indexOf("╭"));
  expect(Math.max(...told.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const words = told.replaceAll(/\s+/g, " ");
  expect(words).toMatch(/- acme_new \(new\): \d\.\d\d by the cost model; /);
  expect(words).toMatch(/- acme_busy-0: 1\.\d\d → 1\.\d\d by the cost model; /);
  expect(words).toMatch(/memory of node 0: \d+\.\d of \d+\.\d GB\/s asked for, 3 VMs, so /);
});

test("as json the Plan stays as it is, with the Forecast and the localities beside it", async () => {
  const taken = await takenBy(1);
  const placing = [
    "place",
    vm("new", ", locality: interleave"),
    ...on,
    ...taken,
    "--output",
    "json",
  ];
  const plain = await evenkeel(placing);
  const told = JSON.parse((await evenkeel([...placing, "--forecast"])).stdout);
  expect(told.plan).toEqual(JSON.parse(plain.stdout));
  const forecast = readDocument(JSON.stringify(told.forecast), "stdout", "Forecast");
  expect(forecast.vms.map((one) => [one.vm, one.running])).toEqual([
    ["new", false],
    ["busy-0", true],
  ]);
  expect(told.localities).toMatchObject([{ locality: "strict" }, { locality: "interleave" }]);
});

test("for a locality other than strict, place says what it gives and what it costs", async () => {
  const { stdout } = await evenkeel(["place", vm("spread", ", locality: interleave"), ...on]);
  const words = stdout.replaceAll(/\s+/g, " ");
  expect(words).toMatch(/- strict holds 8 VMs, each \d\.\d\d, spread 0, by the cost model/);
  expect(words).toMatch(/- interleave holds 8 VMs, each \d\.\d\d, spread 0, by the cost model/);
  const strict = await evenkeel(["place", vm("plain"), ...on]);
  expect(strict.stdout).not.toContain("localities");
});

test("a host whose VMs would be slowed beyond its policy's limit is refused with the figures", async () => {
  const taken = await takenBy(8);
  const policy = file(
    "limit.yaml",
    "apiVersion: evenkeel/v1\nkind: HostPolicy\nmaxSlowdown: 1.01\n",
  );
  const three = [...taken.slice(0, 6), "--policy", policy];
  const asked = ["place", vm("over"), ...on];
  const elsewhere = await evenkeel([...asked, ...three, "--output", "json"]);
  // Node 0 has three VMs, and node 1 none.
  expect(readDocument(elsewhere.stdout, "stdout", "Plan").cells[0]?.hostNode).toBe(1);
  const seven = [...taken.slice(0, 14), "--policy", policy];
  const refused = await evenkeel([...asked, ...seven]);
  expect(refused.status).toBe(3);
  expect(refused.stdout).toContain("slowdown-exceeded");
  expect(refused.stdout.replaceAll(/\s+/g, " ")).toMatch(
    /would take \d\.\d+ times as long as at its best.*, and at most 1\.01 is allowed: .* GB\/s asked for, \d VMs/,
  );
  expect(refused.stdout.replaceAll(/\s+/g, " ")).toMatch(
    /It fits with maxSlowdown: \d\.\d+ in the host's policy/,
  );
});

test("a profile of one's own is placed by what it moves, and stays in the plan", async () => {
  const profile = file(
    "profile.yaml",
    `apiVersion: evenkeel/v1
kind: WorkloadProfile
metadata: { name: video-search }
spec: { perAccelerator: { hostToDevice: 1Gi }, perVcpu: { memory: 8Mi, writeShare: 0, randomShare: 1 } }
`,
  );
  const own = file(
    "own.yaml",
    "apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: own }\n" +
      "spec: { accelerators: { count: 1 }, vcpus: 4, memory: 8Gi, workload: video-search }\n",
  );
  const placed = await evenkeel(["place", own, ...on, "--profile", profile, "--output", "json"]);
  expect(readDocument(placed.stdout, "stdout", "Plan")).toMatchObject({
    workload: "video-search",
    profile: { hostToDeviceBytes: 2 ** 30, randomShare: 1, networkBytes: 0 },
  });
  const unknown = await evenkeel(["place", own, ...on]);
  expect([unknown.status, unknown.stdout]).toEqual([2, ""]);
  expect(unknown.stderr).toContain('no workload is named "video-search"');
  const wrong = file("wrong.yaml", "apiVersion: evenkeel/v1\nkind: HostPolicy\n");
  const other = await evenkeel(["place", own, ...on, "--profile", wrong]);
  expect([other.status, other.stderr.includes("WorkloadProfiles and nothing else")]).toEqual([
    2,
    true,
  ]);
  const twice = await evenkeel(["place", own, ...on, "--profile", profile, "--profile", profile]);
  expect(twice.stderr).toContain('the profile "video-search" is given twice');
  const picture = await evenkeel(["place", own, ...on, "--forecast", "--output", "svg"]);
  expect([picture.status, picture.stderr]).toEqual([
    2,
    expect.stringContaining("--forecast has no effect as svg"),
  ]);
});
