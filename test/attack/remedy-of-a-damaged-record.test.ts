import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { guestUuid } from "@evenkeel/core/guest/name.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { startQemu, whyNoQemu } from "@evenkeel/host/testing/qemu.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { deadLibvirt, qemuInstance } from "@evenkeel/host/testing/vm-host.ts";
import { expect, test } from "vitest";

/** A file is damaged, and its VM may run: what it holds is freed when the file is moved away. */

const record = qemuInstance(planOf({ vm: "llm-a", tenant: "acme", cells: [{ cores: 1 }] }));
const { name, uuid } = record;

/** Lists with a damaged record, and gives the lines of the remedy as one. */
async function remedyFor(text: string, file = `${name}.json`): Promise<[string, string]> {
  const folder = scratchFolder();
  mkdirSync(join(folder, "vms"), { mode: 0o700 });
  const path = join(folder, "vms", file);
  writeFileSync(path, text);
  const { stderr, status } = await evenkeel(["list", "--state", folder], {
    env: { LIBVIRT_DEFAULT_URI: deadLibvirt },
    terminal: 10_000,
  });
  expect(status).toBe(2);
  expect(stderr).toContain("state-damaged");
  expect(stderr).not.toContain("see with virsh list whether");
  expect(stderr).toContain("do not move the file away while it runs");
  expect(stderr).toContain(`when it has ended: mv ${path} ${path}.damaged`);
  renameSync(path, `${path}.damaged`);
  expect(readFileSync(`${path}.damaged`, "utf8")).toBe(text);
  return [stderr, path];
}

const whole = JSON.stringify(record);
/** The plan comes after the UUID and before the hypervisor. */
const cut = (...parts: readonly string[]): string => `{"torn": ${parts.join(", ")}`;

test("the hypervisor and the UUID are read from what is left of the text", async () => {
  const [qemu] = await remedyFor(cut(`"via": "qemu"`, `"uuid": "${uuid}"`));
  expect(qemu).toContain(`no process of the VM ${name} of QEMU alone was found`);
  expect(qemu).toContain(`see pgrep -af -- ${uuid};`);
  expect(qemu).not.toContain("virsh");
  const other = "0f0e0d0c-0b0a-4908-8706-050403020100";
  const [libvirt] = await remedyFor(cut(`"via":"libvirt"`, `"uuid":"${other}"`));
  expect(libvirt).toContain(`see virsh domstate --domain ${other};`);
  expect(libvirt).toContain(`virsh destroy --domain ${other}`);
  expect(libvirt).not.toContain("kill");
  const [hostile] = await remedyFor(cut(`"via": "x; rm -rf /"`, `"uuid": "$(reboot)"`));
  expect(hostile).not.toMatch(/rm -rf|reboot/);
});

test("the UUID follows from the file's name where the text tells nothing", async () => {
  const [of] = await remedyFor("");
  expect(of).toContain(`see virsh domstate --domain ${uuid} and pgrep -af -- ${uuid}`);
  const [without] = await remedyFor("{", "llm-b.json");
  expect(without).toContain(`pgrep -af -- ${guestUuid("llm-b", null)}`);
});

test.skipIf(whyNoQemu !== null)("a VM that runs is named with its process", async () => {
  const { pid } = await startQemu(["-uuid", uuid, "-m", "16"]);
  for (const text of [whole.slice(0, -20), cut(`"via": "qemu"`)]) {
    const [remedy] = await remedyFor(text);
    expect(remedy).toContain(`the VM ${name} of QEMU alone runs as process ${pid};`);
    expect(remedy).toContain(`end it with kill ${pid};`);
  }
  const [unknown] = await remedyFor("");
  expect(unknown).toContain(`the VM ${name} runs as process ${pid};`);
});
