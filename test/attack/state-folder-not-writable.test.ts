import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whyNoQemu } from "@evenkeel/host/testing/qemu.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";

/**
 * The file system of the state folder fills up (a guest's console can do that) or becomes read-only
 * (after an I/O error) while a VM runs. Each test has its own namespaces of mounts and processes,
 * which end with it.
 */
const whyNot = process.getuid?.() === 0 ? whyNoQemu : "it needs root, to mount a file system";

const binary = join(import.meta.dirname, "../../packages/cli/bin/evenkeel.mjs");
const head = "apiVersion: evenkeel/v1\n";
const vm = `${head}kind: VirtualMachine
metadata: { name: kept }
spec: { vcpus: 1, memory: 128Mi, hugepages: none, isolation: shared }
`;
const policy = `${head}kind: HostPolicy\nreserved: { coresPerNode: 0, memoryPerNode: 0 }\n`;

/** Starts a VM on a small file system, and runs the rest of a shell script. */
function withRunningVm(script: string): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, "vm.yaml"), vm);
  writeFileSync(join(folder, "policy.yaml"), policy);
  mkdirSync(join(folder, "state"));
  const start = `
    set -e
    cd "$1"; node=$2; binary=$3; export EVENKEEL_STATE=$1/state
    export LIBVIRT_DEFAULT_URI='qemu+unix:///system?socket=/none'
    ek() { set +e; "$node" "$binary" "$@" 2>&1; echo "status $?"; set -e; }
    runs() { if cat /proc/[0-9]*/cmdline 2>/dev/null | grep -qa "guest=[k]ept"; then echo runs; else echo gone; fi; }
    mount -t tmpfs -o size=1m,mode=700 none state
    ek run vm.yaml --policy policy.yaml --emulated --firmware bios --via qemu > started
    grep -q 'status 0' started || cat started
    runs
  `;
  const isolated = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const args = [...isolated, "sh", "-c", start + script, "sh", folder, process.execPath, binary];
  const { stdout, stderr } = spawnSync("unshare", args, {
    encoding: "utf8",
    timeout: 50_000,
    killSignal: "SIGKILL",
  });
  return stdout + stderr;
}

const force = "ek stop kept --timeout 0 --force";

test.skipIf(whyNot !== null)("a VM is ended on a state folder without any room", () => {
  const said = withRunningVm(`
    dd if=/dev/zero of=state/filling bs=4k 2> dd || true
    grep -o 'No space left' dd
    ${force}
    runs
    ls -A state/vms state/run
  `);
  expect(said).toBe(`runs
No space left
kept did not shut down in time and was ended
status 0
gone
state/run:

state/vms:
`);
});

test.skipIf(whyNot !== null)(
  "a VM is listed and ended on a read-only state folder, and its record is said to stay",
  () => {
    const said = withRunningVm(`
      mount --bind state state
      mount -o remount,bind,ro state
      ek list | cut -c 1-14
      ${force}
      runs
      ls state/vms
      umount state
      ek stop kept --timeout 1
      ls -A state/vms
    `);
    expect(said.replaceAll(/\/\S*\/state/g, "state")).toMatchInlineSnapshot(`
      "runs
      VM    state   
      kept  running 
      status 0
      evenkeel: state/vms/kept.json: the VM is gone, and its record is not: the state of VMs cannot be kept here (EROFS)
        expected  a folder that may be written to
        try       make it writable, then evenkeel stop kept
        code      record-kept
      status 2
      gone
      kept.json
      kept.lock
      kept is stopped
      status 0
      "
    `);
  },
);

test.skipIf(whyNot !== null).each([
  ["read-only", "-o ro"],
  ["without any room", "-o nr_inodes=1"],
])("a VM is ended where /run is %s, and none is started", (_what, how) => {
  const said = withRunningVm(`
    mount -t tmpfs ${how} none /run
    ${force}
    runs
    ls -A state/vms state/run
    ek run vm.yaml --policy policy.yaml --emulated --firmware bios --via qemu | grep -E 'code|status'
  `);
  expect(said).toBe(`runs
kept did not shut down in time and was ended
status 0
gone
state/run:

state/vms:
  code      state-unusable
status 2
`);
});

test.skipIf(whyNot !== null)("a start that was cut off is undone where /run is read-only", () => {
  const said = withRunningVm(`
    sed -i 's/"phase": "running"/"phase": "starting"/' state/vms/kept.json
    mount -t tmpfs -o ro none /run
    ek stop kept
    runs
    ls -A state/vms state/run
  `);
  expect(said).toBe(`runs
note: a start of kept was cut off and is now undone
kept is stopped
status 0
gone
state/run:

state/vms:
`);
});

test.runIf(whyNot !== null)(`no file system can be mounted: ${whyNot}`, () => {});
