import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostPolicyOf } from "@evenkeel/contract/host-policy.ts";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../testing/evenkeel.ts";

const folder = scratchFolder();
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const policy = (reserved: string): string =>
  `apiVersion: evenkeel/v1\nkind: HostPolicy\nreserved: ${reserved}\n`;
const flavor = file(
  "flavor.yaml",
  "apiVersion: evenkeel/v1\nkind: Flavor\nmetadata: { name: small }\nspec: { vcpus: 2, memory: 1Gi }\n",
);
const all = file("all.yaml", policy("{ memoryPerNode: 8000Gi }"));
const state = { EVENKEEL_STATE: join(folder, "none") };

/** How many of the flavor fit on a host. */
async function fits(on: string, env: Readonly<Record<string, string>>, ...more: string[]) {
  const argv = ["capacity", "--on", on, "--flavor", flavor, ...more, "--output", "json"];
  const { stdout, stderr } = await evenkeel(argv, { env: { ...state, ...env } });
  const { fleet }: { readonly fleet: readonly { readonly fits: number }[] } = JSON.parse(stdout);
  return { fits: fleet[0]?.fits, isNoted: stderr.includes("note: this host's policy is") };
}

test("this host's own policy holds for this host alone, and is told of", async () => {
  const env = { EVENKEEL_POLICY: all };
  expect(await fits("live", env)).toEqual({ fits: 0, isNoted: true });
  const elsewhere = await fits("machine:l40s-pcie", env);
  expect(elsewhere.fits).toBeGreaterThan(10);
  // What the command line names holds for every host, and needs no note.
  const none = file("default.yaml", policy("{}"));
  expect((await fits("live", env, "--policy", none)).isNoted).toBe(false);
  expect(await fits("machine:l40s-pcie", {}, "--policy", all)).toEqual({
    fits: 0,
    isNoted: false,
  });
});

test("a policy that is named and cannot be read is an error; an empty name is none", async () => {
  const argv = ["capacity", "--on", "live", "--flavor", flavor];
  const missing = await evenkeel(argv, { env: { ...state, EVENKEEL_POLICY: "/none.yaml" } });
  expect([missing.status, missing.stdout]).toEqual([2, ""]);
  expect(missing.stderr).toContain("/none.yaml");
  expect((await fits("live", { EVENKEEL_POLICY: "" })).isNoted).toBe(false);
});

test("what a policy names and a host is not known to have is told of, hosts that lack it together", async () => {
  const gone = "0000:fe:00.0";
  const path = file("gone.yaml", `${policy("{ cpus: '0,900' }")}exclude: ["${gone}"]\n`);
  const note = (hosts: string): string =>
    `note: the policy of ${hosts} names what is not known to be there, which has no effect: ` +
    `reserved.cpus 900; exclude ${gone} (evenkeel topology --all shows what is)\n`;
  const on = "machine:l40s-pcie";
  const stderrOf = async (...argv: readonly string[]): Promise<string> =>
    (await evenkeel([...argv, "--policy", path], { env: state })).stderr;
  const capacity = ["capacity", "--flavor", flavor];
  expect(await stderrOf(...capacity, "--on", on)).toBe(note("l40s-pcie"));
  const many = ["a", "b", "c", "d", "e"].flatMap((name) => ["--on", `${name}=${on}`]);
  expect(await stderrOf(...capacity, ...many)).toBe(note("a, b, c and 2 more"));
  expect(await stderrOf("prepare", flavor, "--on", on)).toBe(note("l40s-pcie"));
  expect(await stderrOf("topology", "--from", on, "--fit", flavor)).toBe(note("l40s-pcie"));
  const there = file("there.yaml", `${policy("{ cpus: '0' }")}exclude: ["0000:16:00.0"]\n`);
  const known = "synthetic:package:1 core:4 memory:16Gi root[gpu:l40s]";
  const { stderr } = await evenkeel([...capacity, "--on", known, "--policy", there], {
    env: state,
  });
  expect(stderr).toBe("");
});

test("the policy that the Debian package brings is the default", () => {
  const path = join(import.meta.dirname, "../../../../packaging/debian/policy.yaml");
  const text = readFileSync(path, "utf8");
  expect(hostPolicyOf(readDocument(text, path, "HostPolicy"))).toEqual(defaultHostPolicy);
  // And each line that is commented out is one that can be used.
  const lines = text.split("\n").map((line) => line.replace(/^# (?=[a-z]+: |reserved:$| {2})/, ""));
  const used = hostPolicyOf(readDocument(lines.join("\n"), path, "HostPolicy"));
  expect(used).toMatchObject({ exclude: ["0000:27:00.0"], nics: ["0000:1c:00.0"] });
  expect(used.reserved).toMatchObject({ coresPerNode: 1, cpus: "0-3,56-59" });
});
