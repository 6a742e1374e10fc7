import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const head = "apiVersion: evenkeel/v1\n";
const vm = (name: string, more = ""): string =>
  `${head}kind: VirtualMachine\nmetadata: { name: ${name} }\nspec: { vcpus: 1, memory: 64Mi${more} }\n`;

/** Files in a folder of their own, and the command in it with a state folder of its own. */
function place() {
  const folder = scratchFolder();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const env = { EVENKEEL_STATE: join(folder, "state"), LIBVIRT_DEFAULT_URI: "test:///none" };
  const run = (...argv: readonly string[]) => evenkeel(["run", ...argv], { env });
  return { folder, file, run };
}

test("what cannot be meant is refused before anything is looked at", async () => {
  const { folder, file, run } = place();
  const asked = file("vm.yaml", vm("llm-a"));
  const cases: readonly (readonly [argv: readonly string[], code: string])[] = [
    [[asked, "--append", "quiet"], "usage"],
    [[asked, "--kernel", join(folder, "none")], "file-missing"],
    [[asked, "--via", "qemu", "--with", asked], "usage"],
    [[asked, "--with", file("bad.xml", "<devices><hostdev/></devices>")], "devices-unsafe"],
    [[asked, "--plan", asked], "document-invalid"],
    [[asked, "--plan", "-", "--policy", "-"], "usage"],
    [
      [file("none.yaml", `${head}kind: Flavor\nmetadata: { name: a }\nspec: {}\n`)],
      "document-invalid",
    ],
  ];
  for (const [argv, code] of cases) {
    const { stdout, stderr, status } = await run(...argv, "--output", "json");
    expect(JSON.parse(stderr).error.code, argv.join(" ")).toBe(code);
    expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
  }
  expect(readdirSync(folder)).not.toContain("state");
});

test("what fits nowhere on this machine is refused, and nothing is written down", async () => {
  const { folder, file, run } = place();
  const asked = file("vm.yaml", vm("llm-a", ", accelerators: { count: 200 }, hugepages: none"));
  const { stdout, status } = await run(asked, "--output", "json");
  expect(JSON.parse(stdout)).toMatchObject({ kind: "Refusal", vm: "llm-a" });
  expect(status).toBe(3);
  expect(readdirSync(join(folder, "state", "vms"))).toEqual([]);
});
