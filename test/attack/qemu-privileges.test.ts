import { emulatorUsers } from "@evenkeel/host/procfs/process-record.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { whyNot } from "../libvirt/programs.ts";
import { emulator, place, startedVm } from "./qemu-alone.ts";

/** The user ids of a process: real, effective, saved and of the file system. */
const uidsIn = (status: string): string => /^Uid:\t(.*)$/m.exec(status)?.[1] ?? "";

const fourTimes = (uid: number | undefined): string => `${uid}\t${uid}\t${uid}\t${uid}`;

const isRoot = process.getuid?.() === 0;
const userId = emulatorUsers(liveTree())[0]?.uid;

/** Runs a command that finds another file in place of /etc/passwd. */
function withPasswd(text: string): readonly string[] {
  const file = join(scratchFolder(), "passwd");
  writeFileSync(file, text);
  chmodSync(file, 0o644);
  const mounting = 'mount --bind "$0" /etc/passwd && exec "$@"';
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounting, file];
}

test.skipIf(whyNot !== null)(
  "QEMU alone runs under a filter of system calls, without the caller's secrets or its terminal",
  async () => {
    const { pid, status } = await startedVm();
    // 2 is SECCOMP_MODE_FILTER: proc_pid_status(5).
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    const given = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const sandbox = given[given.indexOf("-sandbox") + 1];
    const elevating = isRoot && userId !== undefined ? "allow" : "deny";
    expect(sandbox).toBe(
      `on,obsolete=deny,elevateprivileges=${elevating},spawn=deny,resourcecontrol=deny`,
    );
    const names = readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .flatMap((line) => (line === "" ? [] : line.split("=").slice(0, 1)));
    const allowed = ["HOME", "LANG", "LC_ALL", "LIBVIRT_DEFAULT_URI", "PATH", "TERM"];
    expect(names.filter((name) => ![...allowed, "XDG_RUNTIME_DIR"].includes(name))).toEqual([]);
    // Nobody reads what it says after the start: SIGPIPE (13) must not end it.
    const ignored = BigInt(`0x${/^SigIgn:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? ""}`);
    expect((ignored >> 12n) & 1n).toBe(1n);
    for (const fd of [0, 1]) expect(readlinkSync(`/proc/${pid}/fd/${fd}`)).toBe("/dev/null");
  },
);

/** Executes the real emulator from the script that stands before it. */
const real = `PATH="\${PATH#*:}" exec ${emulator}`;

test.skipIf(whyNot !== null)(
  "a QEMU that was built without a filter runs, too, and a note says so",
  async () => {
    const refuses = `case "$*" in *-sandbox*) echo "seccomp support is disabled" >&2; exit 1;; esac`;
    const { status, stderr } = await startedVm({ script: `${refuses}\n${real} "$@"` });
    expect(status).toMatch(/^Seccomp:\t0$/m);
    expect(stderr).toContain(`note: ${emulator} runs without a filter of system calls`);
  },
);

test.skipIf(whyNot !== null || !isRoot || userId === undefined)(
  "QEMU alone of root's runs as an unprivileged user, is recorded as that, listed, verified and stopped",
  async () => {
    const { evenkeel, end, instance, runs, stderr, pid, status } = await startedVm();
    expect(userId).toBeGreaterThan(0);
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const its = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
      expect(uidsIn(its)).toBe(fourTimes(userId));
      for (const set of ["Prm", "Eff", "Amb"]) expect(its).toMatch(RegExp(`^Cap${set}:\t0+$`, "m"));
    }
    expect(status).not.toMatch(/^Groups:.*\b0\b/m);
    expect(instance.process).toMatchObject({ pid: Number(pid), uid: userId });
    expect(stderr).not.toMatch(/QEMU runs as|without a filter/);
    const { vms } = JSON.parse((await evenkeel("list", "--output", "json")).stdout);
    expect(vms).toMatchObject([{ name: "tried-alone", state: "running", pid: Number(pid) }]);
    const verdict = JSON.parse(
      (await evenkeel("verify", "tried-alone", "--output", "json")).stdout,
    );
    expect(verdict.verified).toEqual(instance.verdict.verified);
    await end();
    // A process that has ended has no command line, also while nobody has asked how it ended.
    const left = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
    expect(left).toBe("");
    expect(existsSync(runs)).toBe(false);
  },
);

test.skipIf(whyNot !== null || !isRoot || userId === undefined)(
  "a QEMU of a later release becomes the user by its own option",
  async () => {
    const later = `case "$1" in --version) echo "QEMU emulator version 10.2.0"; exit;; esac
for word; do shift
  case "$word" in
    -runas) exit 1;;
    -run-with) set -- "$@" -runas;;
    user=*) set -- "$@" "\${word#user=}";;
    *) set -- "$@" "$word";;
  esac
done`;
    const { status } = await startedVm({ script: `${later}\n${real} "$@"` });
    expect(uidsIn(status)).toBe(fourTimes(userId));
  },
);

test.skipIf(whyNot !== null || !isRoot || userId === undefined)(
  "a QEMU that stays root although it should become a user is ended",
  async () => {
    const staying = `case "$1" in --version) ${real} "$@";; esac
for word; do shift
  case "$word" in
    -runas|*-qemu|qemu) ;;
    *) set -- "$@" "$word";;
  esac
done`;
    const { folder, evenkeel } = place({ script: `${staying}\n${real} "$@"` });
    onTestFinished(
      async () => void (await evenkeel("stop", "tried-alone", "--timeout", "0", "--force")),
    );
    const how = ["--policy", "policy.yaml", "--emulated", "--firmware", "bios", "--via", "qemu"];
    const { stdout, stderr } = await evenkeel("run", "vm.yaml", ...how);
    expect(stdout).toBe("");
    expect(stderr).toContain("it runs as user 0, not");
    expect(readdirSync(join(folder, "state/run"))).toEqual([]);
  },
);

const rootAlone = "root:x:0:0:root:/root:/bin/sh\n";

test.skipIf(whyNot !== null || !isRoot).each([
  ["no user for emulators", rootAlone],
  ["an emulator's user that is root", `${rootAlone}evenkeel-qemu:x:0:0::/:/bin/false\n`],
])("on a machine with %s, QEMU alone runs as root, and a note says so", async (_, passwd) => {
  const { status, stderr } = await startedVm({ through: withPasswd(passwd) });
  expect(uidsIn(status)).toBe(fourTimes(0));
  expect(stderr).toContain("note: QEMU runs as root, because");
});

test.skipIf(whyNot !== null || !isRoot)("a user of its own comes before libvirt's", async () => {
  const passwd =
    `${rootAlone}libvirt-qemu:x:64055:64055::/:/bin/false\n` +
    "evenkeel-qemu:x:64999:64999::/:/bin/false\n";
  const { status, instance } = await startedVm({ through: withPasswd(passwd) });
  expect(uidsIn(status)).toBe(fourTimes(64_999));
  expect(instance.process?.uid).toBe(64_999);
});

test.skipIf(whyNot !== null || !isRoot)(
  "QEMU alone of another caller runs as the caller, and a note says so",
  async () => {
    const nobody = 65_534;
    const through = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
    const { status, stderr } = await startedVm({ through, owner: nobody });
    expect(uidsIn(status)).toBe(fourTimes(nobody));
    expect(stderr).toContain("note: QEMU runs as the user nobody, because only root");
  },
);
