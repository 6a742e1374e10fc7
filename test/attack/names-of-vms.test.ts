import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { guestUuid } from "@evenkeel/core/guest/name.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { qemuInstance } from "@evenkeel/host/testing/vm-host.ts";
import { expect, test, vi } from "vitest";

/** One VM has several names: with and without its tenant, its UUID, and an own name in libvirt. */

const uri = "qemu:///system";
const uuid = "0f0e0d0c-0b0a-4908-8706-050403020100";
const cells = [{ cores: 1 }];
const own = qemuInstance(planOf({ vm: "llm-a", cells }));
const tenant = qemuInstance(planOf({ vm: "llm-b", tenant: "acme", cells }));
const adopted = qemuInstance(planOf({ vm: "llm-c", tenant: "acme", cells }), {
  via: "libvirt",
  uri,
  adopted: true,
  uuid,
});
const namesOf: readonly (readonly [Instance, readonly string[]])[] = [
  [own, ["llm-a", own.uuid]],
  [tenant, ["acme_llm-b", "llm-b", tenant.uuid, tenant.uuid.toUpperCase()]],
  [adopted, ["acme_llm-c", "llm-c", uuid, "instance-00000042"]],
];

/** A state folder with the VMs, all off, and a libvirt that has the adopted one and another. */
function place() {
  const folder = scratchFolder();
  mkdirSync(join(folder, "vms"), { mode: 0o700 });
  for (const instance of [own, tenant, adopted]) {
    writeFileSync(join(folder, "vms", `${instance.name}.json`), JSON.stringify(instance));
  }
  const other = "0f0e0d0c-0b0a-4908-8706-050403020101";
  const virsh = `#!/bin/sh
    case "$*" in
      *"list --all --uuid --name") echo "${uuid} instance-00000042"; echo "${other} elsewhere";;
      *"domuuid --domain instance-00000042") echo ${uuid};;
      *"domuuid --domain elsewhere") echo ${other};;
      *domuuid*) echo "error: failed to get domain" >&2; exit 1;;
      *dumpxml*) echo "<domain/>";;
      *domstate*) echo "shut off";;
    esac
  `;
  writeFileSync(join(folder, "virsh"), virsh);
  chmodSync(join(folder, "virsh"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"] ?? ""}`);
  const run = (...argv: readonly string[]) =>
    evenkeel([...argv, "--state", folder], { env: { LIBVIRT_DEFAULT_URI: uri } });
  return { folder, run };
}

test("what list prints is among the names that are tried here", async () => {
  const { stdout } = await place().run("list", "--output", "json");
  const { vms }: { vms: { name: string }[] } = JSON.parse(stdout);
  const tried = new Set(namesOf.flatMap(([, names]) => names));
  const printed = vms.map(({ name }) => name);
  expect(printed).toEqual(["acme_llm-b", "acme_llm-c", "llm-a", "elsewhere"]);
  expect(printed.filter((name) => !tried.has(name))).toEqual(["elsewhere"]);
});

const each = namesOf.flatMap(([instance, names]) => names.map((name) => [name, instance] as const));

test.each(each)("verify and stop take %s", async (name, instance) => {
  const { run } = place();
  const verified = await run("verify", name);
  expect(verified).toMatchObject({ stderr: "", status: 3 });
  expect(verified.stdout).toContain("is off, so there is nothing to check");
  expect(await run("stop", name)).toEqual({
    stdout: `${instance.name} is stopped\n`,
    stderr: "",
    status: 0,
  });
});

test.each(each)("console takes %s", async (name, instance) => {
  const { stderr } = await place().run("console", name);
  expect(stderr).not.toContain("vm-unknown");
  // Without an emulator there is no console, and libvirt has the one of its VM.
  expect(stderr).toContain(instance.via === "qemu" ? "hypervisor-failed" : uuid);
});

test.each(["llm-b", "acme_llm-b", tenant.uuid, tenant.uuid.toUpperCase()])(
  "a VM is kept away from the host of %s",
  async (name) => {
    const { folder } = place();
    const machine = "machine:hgx-h100";
    const request = (metadata: string): string => {
      const path = join(folder, "vm.yaml");
      const spec = "spec: { vcpus: 2, memory: 4Gi, hugepages: none }";
      const head = "apiVersion: evenkeel/v1\nkind: VirtualMachine";
      writeFileSync(path, `${head}\nmetadata: ${metadata}\n${spec}\n`);
      return path;
    };
    const first = ["place", request("{ name: llm-b, tenant: acme }"), "--on", machine];
    const placed = await evenkeel([...first, "--output", "json"]);
    const taken = join(folder, "taken.json");
    writeFileSync(taken, placed.stdout);
    const beside = ["place", request("{ name: next }"), "--on", machine, "--taken", taken];
    const { stdout, status } = await evenkeel([...beside, "--away-from", name]);
    expect(status).toBe(3);
    expect(stdout).toContain("kept-away");
  },
);

test.each(namesOf.at(-1)?.[1] ?? [])("adopt --undo takes %s", async (name) => {
  expect(await place().run("adopt", name, "--undo")).toMatchObject({
    stdout: "acme_llm-c is no longer Evenkeel's, and runs on\n",
    status: 0,
  });
});

test("a plan is held against its VM by each of the VM's names", async () => {
  const { folder } = place();
  const path = join(folder, "plan.json");
  writeFileSync(path, JSON.stringify(tenant.plan));
  for (const name of ["acme_llm-b", "llm-b", guestUuid("llm-b", "acme")]) {
    const { stderr } = await evenkeel(["verify", name, "--plan", path], {
      env: { LIBVIRT_DEFAULT_URI: uri },
    });
    expect(stderr).toBe("");
  }
  const { stderr } = await evenkeel(["verify", "zenith_llm-b", "--plan", path]);
  expect(stderr).toContain('the plan is for the VM "acme_llm-b"');
});

test("adopting what list prints as Evenkeel's says that it is known", async () => {
  const { folder, run } = place();
  const path = join(folder, "plan.json");
  writeFileSync(path, JSON.stringify(planOf({ vm: "llm-d", cells })));
  for (const name of ["acme_llm-c", "instance-00000042", uuid]) {
    const { stderr } = await run("adopt", name, "--plan", path);
    expect(stderr, name).toContain("vm-exists");
  }
});

test("a VM that Evenkeel neither started nor adopted is not stopped", async () => {
  const { stderr } = await place().run("stop", "elsewhere");
  expect(stderr).toContain("vm-unknown");
  expect(stderr).toContain("shows as Evenkeel's");
});
