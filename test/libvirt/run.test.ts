import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Libvirtd, START_TIMEOUT_MS, startLibvirtd } from "./libvirtd.ts";
import { whyNot } from "./programs.ts";

/**
 * VMs that really run on this machine, without devices and in software: started, listed and stopped
 * through a libvirt of the test's own and through QEMU alone, and with something failing in
 * between.
 */
if (whyNot !== null) console.warn(`skipping VMs that run: ${whyNot}`);
let libvirtd: Libvirtd | null = null;
beforeAll(async () => {
  if (whyNot === null) libvirtd = await startLibvirtd();
}, START_TIMEOUT_MS);
afterAll(() => libvirtd?.stop());

const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
const head = "apiVersion: evenkeel/v1\n";
const vm = `${head}kind: VirtualMachine
metadata: { name: tried }
spec: { vcpus: 1, memory: 128Mi, hugepages: none, isolation: shared }
`;
const policy = `${head}kind: HostPolicy\nreserved: { coresPerNode: 0, memoryPerNode: 0 }\n`;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A place for one test: its state folder, its files, and programs that stand before the real ones.
 */
function place() {
  const folder = scratchFolder();
  const state = join(folder, "state");
  const programs = join(folder, "programs");
  mkdirSync(programs);
  writeFileSync(join(folder, "vm.yaml"), vm);
  writeFileSync(join(folder, "policy.yaml"), policy);
  const env = {
    ...process.env,
    PATH: `${programs}${delimiter}${process.env["PATH"] ?? ""}`,
    EVENKEEL_STATE: state,
    LIBVIRT_DEFAULT_URI: libvirtd?.uri ?? "",
  };
  const begin = (...args: readonly string[]) =>
    spawn(process.execPath, [binary, ...args], { cwd: folder, env });
  const evenkeel = async (...args: readonly string[]): Promise<Ended> => {
    const child = begin(...args);
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
    await once(child, "close");
    return { status: child.exitCode, ...said };
  };
  const run = (...more: readonly string[]): readonly string[] => [
    "run",
    "vm.yaml",
    "--policy",
    "policy.yaml",
    "--emulated",
    "--firmware",
    "bios",
    ...more,
  ];
  // Whatever a test comes to, nothing of it goes on.
  onTestFinished(async () => void (await evenkeel("stop", "tried", "--timeout", "0", "--force")));
  const before = (program: string, script: string): void => {
    writeFileSync(join(programs, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, program), 0o755);
  };
  return { folder, state, begin, evenkeel, run, before };
}

const nothingLeft = async (state: string): Promise<void> => {
  expect(readdirSync(join(state, "vms"))).toEqual([]);
  expect(readdirSync(join(state, "run"))).toEqual([]);
  expect(await libvirtd?.virsh("list", "--all", "--name")).toBe("");
  expect(emulators()).toEqual([]);
};

/** Emulators that run a VM of these tests. */
function emulators(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("guest=tried");
    } catch {
      return false;
    }
  });
}

test.skipIf(whyNot !== null)(
  "a VM is started through libvirt, listed, and stopped",
  async () => {
    const { state, evenkeel, run } = place();
    const dry = await evenkeel(...run("--dry-run"));
    expect(dry).toMatchObject({ status: 0, stderr: "" });
    expect(dry.stdout).toContain("tried can be started on");
    await nothingStarted(state);
    const started = await evenkeel(...run("--output", "json"));
    expect(started.stderr).not.toContain("code");
    const instance = JSON.parse(started.stdout);
    const codes = instance.verdict.findings.map(({ code }: { code: string }) => code);
    expect(codes.filter((code: string) => /^(vcpu|emulator|iothread)-/.test(code))).toEqual([]);
    expect(instance).toMatchObject({
      phase: "running",
      via: "libvirt",
      verdict: {
        verified: expect.arrayContaining([expect.objectContaining({ what: "libvirt's pins" })]),
      },
    });
    expect(await libvirtd?.virsh("list", "--name")).toBe("tried\n");
    const listed = JSON.parse((await evenkeel("list", "--output", "json")).stdout);
    expect(listed).toMatchObject({ vms: [{ name: "tried", state: "running" }] });
    expect(listed.vms[0].pid).toBeGreaterThan(1);
    const again = await evenkeel(...run());
    expect(again).toMatchObject({ status: 2, stdout: "" });
    expect(again.stderr).toContain("vm-exists");
    // A guest without a disk hangs in its firmware and hears no power button.
    const patient = await evenkeel("stop", "tried", "--timeout", "1");
    expect(patient).toMatchObject({ status: 3 });
    expect(await evenkeel("stop", "tried", "--timeout", "0", "--force")).toMatchObject({
      status: 0,
    });
    await nothingLeft(state);
  },
  120_000,
);

test.skipIf(whyNot !== null)(
  "a VM that is off keeps its definition and plan where its successor is refused, and is replaced where it starts",
  async () => {
    const { folder, state, evenkeel, run } = place();
    // Whether its verdict holds depends on this machine.
    await evenkeel(...run());
    expect(await libvirtd?.virsh("list", "--name")).toBe("tried\n");
    await libvirtd?.virsh("destroy", "tried");
    const record = (): string => readFileSync(join(state, "vms", "tried.json"), "utf8");
    const before = record();
    const request = readFileSync(join(folder, "vm.yaml"), "utf8");
    writeFileSync(
      join(folder, "vm.yaml"),
      request.replace(/memory: .*?(?=[,\n}])/, "memory: 900Ti"),
    );
    const refused = await evenkeel(...run());
    expect(refused).toMatchObject({ status: 3 });
    expect(refused.stdout).toContain("tried does not fit on");
    expect(record()).toBe(before);
    expect(await libvirtd?.virsh("list", "--all", "--name")).toBe("tried\n");
    expect((await evenkeel("list")).stdout).toMatch(/tried +off/);
    expect(await evenkeel("verify", "tried")).toMatchObject({
      status: 3,
      stdout: "tried is off, so there is nothing to check. Its plan is kept.\n",
    });
    writeFileSync(join(folder, "vm.yaml"), request);
    await evenkeel(...run());
    expect(await libvirtd?.virsh("list", "--name")).toBe("tried\n");
    expect(record()).not.toBe(before);
    await evenkeel("stop", "tried", "--timeout", "0", "--force");
    await nothingLeft(state);
  },
  120_000,
);

test.skipIf(whyNot !== null)(
  "a user whom libvirt refuses is told that, and nothing else about libvirt",
  async () => {
    const { folder, state } = place();
    mkdirSync(state);
    for (const path of [folder, state, join(folder, "vm.yaml"), join(folder, "policy.yaml")]) {
      chownSync(path, 65_534, 65_534);
    }
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    const command = [binary, "run", "vm.yaml", "--policy", "policy.yaml", "--dry-run"];
    const { status, stdout } = spawnSync(
      "setpriv",
      [...nobody, process.execPath, ...command, "--emulated", "--firmware", "bios"],
      {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, EVENKEEL_STATE: state, LIBVIRT_DEFAULT_URI: libvirtd?.uri ?? "" },
      },
    );
    expect(status).toBe(3);
    expect(stdout).toContain("it refuses this user: ");
    expect(stdout).not.toContain("Install QEMU");
    expect(stdout).not.toContain("Start libvirt");
  },
  120_000,
);

const nothingStarted = async (state: string): Promise<void> => {
  expect(readdirSync(join(state, "vms"))).toEqual([]);
  expect(emulators()).toEqual([]);
};

test.skipIf(whyNot !== null)(
  "and through QEMU alone, where its plan is seen to hold",
  async () => {
    const { state, evenkeel, run } = place();
    const started = await evenkeel(...run("--via", "qemu", "--output", "json"));
    const { verdict } = JSON.parse(started.stdout);
    expect(
      verdict.findings.filter((one: { severity: string }) => one.severity === "error"),
    ).toEqual([]);
    expect(started.status).toBe(0);
    expect(emulators()).toHaveLength(1);
    expect((await evenkeel("list")).stdout).toMatch(/tried +running +qemu/);
    const held = await evenkeel("verify", "tried");
    expect(held.stdout).toMatch(/^The plan of tried holds/);
    expect(held.status).toBe(0);
    const evidence = JSON.parse((await evenkeel("evidence", "tried")).stdout);
    expect(evidence.shapes).toContainEqual(expect.objectContaining({ source: "monitor" }));
    expect(await evenkeel("stop", "tried", "--timeout", "0", "--force")).toMatchObject({
      status: 0,
    });
    await nothingLeft(state);
  },
  120_000,
);

test.skipIf(whyNot !== null)(
  "a VM that somebody else has started is adopted, and keeps what is theirs",
  async () => {
    const { folder, state, evenkeel, run } = place();
    const virsh = async (...words: readonly string[]): Promise<string> =>
      (await libvirtd?.virsh(...words)) ?? "";
    const theirs = { name: "tried-elsewhere", uuid: "6695eb01-f6a4-4304-b9aa-97f2502e193f" };
    const placing = ["place", "vm.yaml", "--on", "live", "--policy", "policy.yaml"];
    const planned = await evenkeel(...placing, "--output", "json");
    writeFileSync(join(folder, "plan.json"), planned.stdout);
    const rendering = ["render", "plan.json", "--as", "libvirt"];
    const rendered = await evenkeel(...rendering, "--emulated", "--firmware", "bios");
    const xml = rendered.stdout
      .replace("<name>tried<", `<name>${theirs.name}<`)
      .replace(/<uuid>[^<]+</, `<uuid>${theirs.uuid}<`);
    const adopt = (...more: readonly string[]) =>
      evenkeel("adopt", theirs.name, "--plan", "plan.json", "--policy", "policy.yaml", ...more);
    await virsh("define", (await libvirtd?.file("theirs.xml", xml)) ?? "");
    onTestFinished(async () => void (await virsh("undefine", theirs.uuid).catch(() => {})));
    expect((await adopt()).stderr).toContain("it does not run");
    await virsh("start", theirs.uuid);
    onTestFinished(async () => void (await virsh("destroy", theirs.uuid).catch(() => {})));
    expect((await evenkeel("list")).stdout).toMatch(/tried-elsewhere +running .*not by Evenkeel/);

    for (const [asked, said] of [
      ["accelerators: { count: 1 }, vcpus: 1", "it has no 0000:"],
      ["vcpus: 1", "was made for another machine"],
    ] as const) {
      writeFileSync(
        join(folder, "other.yaml"),
        `${head}kind: VirtualMachine\nmetadata: { name: tried }\nspec: { ${asked}, memory: 1Gi, hugepages: none }\n`,
      );
      const elsewhere = ["place", "other.yaml", "--on", "machine:hgx-h100", "--output", "json"];
      writeFileSync(join(folder, "other.json"), (await evenkeel(...elsewhere)).stdout);
      const refused = await evenkeel("adopt", theirs.uuid, "--plan", "other.json");
      expect(refused).toMatchObject({ status: 2, stdout: "" });
      expect(refused.stderr).toContain("vm-unlike");
      expect(refused.stderr).toContain(said);
    }
    await nothingKnown(state);

    const adopted = JSON.parse((await adopt("--output", "json")).stdout);
    expect(adopted).toMatchObject({ name: "tried", uuid: theirs.uuid, adopted: true, drivers: [] });
    expect(adopted.verdict.verified).toContainEqual(
      expect.objectContaining({ what: "libvirt's pins" }),
    );
    expect((await evenkeel("list")).stdout).toMatch(/^tried +running +libvirt, adopted/m);
    expect((await adopt()).stderr).toContain("Evenkeel started or adopted it already");
    expect((await evenkeel(...run())).stderr).toContain("vm-exists");
    const evidence = JSON.parse((await evenkeel("evidence", "tried")).stdout);
    expect(evidence.process.uuid).toBe(theirs.uuid);

    expect(await evenkeel("adopt", "tried", "--undo")).toMatchObject({
      status: 0,
      stdout: "tried is no longer Evenkeel's, and runs on\n",
    });
    await nothingKnown(state);
    expect((await evenkeel("adopt", "tried", "--undo")).stderr).toContain("vm-unknown");
    await adopt();
    const stopped = await evenkeel("stop", "tried", "--timeout", "0", "--force");
    expect(stopped).toMatchObject({ status: 0 });
    await nothingKnown(state);
    expect(await virsh("domstate", theirs.uuid)).toBe("shut off\n");
    expect(emulators()).toEqual([]);
  },
  120_000,
);

const nothingKnown = async (state: string): Promise<void> =>
  expect(readdirSync(join(state, "vms"))).toEqual([]);

test.skipIf(whyNot !== null)(
  "what libvirt does not start is undone, and told in its words",
  async () => {
    const { state, evenkeel, run, before } = place();
    const real = 'PATH=$(echo "$PATH" | cut -d: -f2-)';
    const sabotage: readonly (readonly [script: string, said: string])[] = [
      [`case "$*" in *" start "*) echo "error: it is raining" >&2; exit 1;; esac`, "it is raining"],
      [`case "$*" in *" define "*) echo "error: disk full" >&2; exit 1;; esac`, "disk full"],
      // It did what it was told, and was lost on the way back.
      [`case "$*" in *" start "*) ${real} virsh "$@"; kill -9 $$;; esac`, "virsh start"],
    ];
    for (const [script, said] of sabotage) {
      before("virsh", `${script}\n${real} exec virsh "$@"`);
      const failed = await evenkeel(...run());
      expect(failed).toMatchObject({ status: 2, stdout: "" });
      expect(failed.stderr).toContain(said);
      expect(failed.stderr).toContain("hypervisor-failed");
      await nothingLeft(state);
    }
  },
  120_000,
);

test.skipIf(whyNot !== null)(
  "a start that is cut off is undone, by itself or by the next command",
  async () => {
    const { state, begin, evenkeel, run, before } = place();
    const real = 'PATH=$(echo "$PATH" | cut -d: -f2-)';
    // The start has been done, and is not yet told.
    before("virsh", `${real} virsh "$@"; s=$?; case "$*" in *" start "*) sleep 3;; esac; exit $s`);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const victim = begin(...run());
      while (emulators().length === 0) await sleep(50);
      victim.kill(signal);
      await once(victim, "close");
      if (signal === "SIGTERM") expect(victim.exitCode).toBe(2);
      else {
        expect(readdirSync(join(state, "vms"))).toContain("tried.json");
        const listed = await evenkeel("list");
        expect(listed.stderr).toContain("note: a start of tried was cut off; the next run");
        const stop = await evenkeel("stop", "tried");
        expect(stop.stderr).toContain("note: a start of tried was cut off and is now undone");
        expect((await evenkeel("list")).stdout).toBe("no VMs\n");
      }
      await nothingLeft(state);
    }
  },
  120_000,
);
