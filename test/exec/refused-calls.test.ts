import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { execWords, isRoot, koffiFolder, StandIn } from "./stand-in.ts";

/**
 * Containers refuse the calls that bind a process, singly or together, with an error or by ending
 * who calls them. The command runs all the same, on the level that is left, and is told which.
 */

const machine = new StandIn(1);
afterAll(() => rmSync(machine.folder, { recursive: true, force: true }));

/** Becomes a command under a seccomp filter: python3 FILTER ACTION CALL,… COMMAND… */
const filter = `
import ctypes, os, struct, sys
numbers = {"sched_setaffinity": (203, 122), "set_mempolicy": (238, 237), "strict": (238, 237),
           "mbind": (237, 235), "get_mempolicy": (239, 236), "move_pages": (279, 239)}
actions = {"EPERM": 0x50001, "ENOSYS": 0x50026, "KILL": 0x80000000, "THREAD": 0, "TRAP": 0x30000}
program = []
for name in sys.argv[2].split(","):
    number = numbers[name][os.uname().machine == "aarch64"]
    # Load the call's number; unless it is this one, on to the next; "strict" is MPOL_BIND alone.
    only = [(0x20, 0, 0, 16), (0x15, 0, 1, 2)] if name == "strict" else []
    program += [(0x20, 0, 0, 0), (0x15, 0, len(only) + 1, number), *only]
    program += [(6, 0, 0, actions[sys.argv[1]])]
program += [(6, 0, 0, 0x7fff0000)]
code = b"".join(struct.pack("HBBI", *each) for each in program)
kept = ctypes.create_string_buffer(code, len(code))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
calls = ctypes.CDLL(None)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 38, 22
assert calls.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
program = Program(len(program), ctypes.addressof(kept))
assert calls.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0) == 0
os.execvp(sys.argv[3], sys.argv[3:])
`;

const show = ["--", "sh", "-c", 'echo "$EVENKEEL_BINDING"'];

function under(action: string, calls: string, setUp?: string) {
  const words = ["python3", "-c", filter, action, calls, ...execWords, ...show];
  const { status, stdout, stderr } = machine.run(words, setUp);
  expect(stderr + String(status)).toMatch(/0$/);
  return { told: JSON.parse(stdout) as unknown, stderr };
}

const all = "sched_setaffinity,set_mempolicy,mbind,get_mempolicy,move_pages";
const deadly = "a filter ends the process that calls it";
const beside = "beside GPU 0000:00:10.0";
const whole = `CPUs 0-1, memory of node 0 (strict), ${beside}`;
const memoryAlone = `CPUs as before, memory of node 0 (strict), ${beside}`;
const cpusAlone = `CPUs 0-1, memory as before, ${beside}`;
const cases = [
  ["EPERM", "mbind,get_mempolicy,move_pages", "0-1", "strict", whole, null],
  ["EPERM", "sched_setaffinity", null, "strict", memoryAlone, "EPERM"],
  ["EPERM", "strict", "0-1", "preferred", whole.replace("strict", "preferred"), "EPERM"],
  ["EPERM", "set_mempolicy", "0-1", "none", cpusAlone, "EPERM"],
  ["ENOSYS", all, null, "none", "not bound", "ENOSYS"],
  ["KILL", "mbind,get_mempolicy,move_pages", "0-1", "strict", whole, null],
  ["KILL", "sched_setaffinity", null, "strict", memoryAlone, deadly],
  ["TRAP", "set_mempolicy", "0-1", "none", cpusAlone, deadly],
] as const;

test.skipIf(!isRoot).each(cases)("%s for %s leaves CPUs %s and memory %s", (...row) => {
  const [action, calls, cpus, memory, said, why] = row;
  const { told, stderr } = under(action, calls);
  expect(told).toMatchObject({ cpus, memory });
  expect(stderr).toMatch(`evenkeel: ${said}\n`);
  if (why === null) expect(stderr).not.toContain("not as asked");
  else expect(stderr).toContain(`was refused (${why})`);
});

const without = `mount --bind $F/empty ${koffiFolder}`;

test.skipIf(!isRoot)("without koffi, numactl and taskset step down as well", () => {
  const preferred = under("EPERM", "strict", without);
  expect(preferred.told).toMatchObject({ cpus: "0-1", memory: "preferred" });
  const none = under("EPERM", "set_mempolicy", without);
  expect(none.told).toMatchObject({ cpus: "0-1", memory: "none" });
  expect(none.stderr).toContain("does not work here");
  expect(under("KILL", all, without).told).toMatchObject({ cpus: null, memory: "none" });
});

test.skipIf(!isRoot)("without koffi those programs bind that are there", () => {
  const policy = ["--", "grep", "-m", "1", "-o", "bind:0", "/proc/self/numa_maps"];
  expect(machine.run([...execWords, ...policy], without).stdout).toBe("bind:0\n");
  const withOnly = (programs: readonly string[], ...flags: readonly string[]) => {
    const links = ["true", "sh", ...programs].map((one) => `ln -s $(which ${one}) $F/bin/`);
    // They are found outside PATH too, unless something else stands there.
    const hidden = ["numactl", "taskset"].filter((one) => !programs.includes(one));
    const hide = hidden.map((one) => `mount --bind /dev/null "$(which ${one})"`);
    const path = ["rm -rf $F/bin; mkdir $F/bin", ...links, ...hide, "PATH=$F/bin"];
    return machine.run([...execWords, ...flags, ...show], [without, ...path].join("\n"));
  };
  const told = (...programs: readonly string[]): unknown => JSON.parse(withOnly(programs).stdout);
  expect(told("numactl")).toMatchObject({ cpus: "0-1", memory: "strict" });
  expect(told("taskset")).toMatchObject({ cpus: "0-1", memory: "none" });
  expect(told()).toMatchObject({ cpus: null, memory: "none" });
  const { status, stdout } = withOnly(["taskset"], "--require");
  expect([status, stdout]).toEqual([125, ""]);
});
