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
const cases = [
  ["EPERM", "mbind,get_mempolicy,move_pages", "0-1", "strict", null],
  ["EPERM", "sched_setaffinity", null, "strict", "EPERM"],
  ["EPERM", "strict", "0-1", "preferred", "EPERM"],
  ["EPERM", "set_mempolicy", "0-1", "none", "EPERM"],
  ["ENOSYS", all, null, "none", "ENOSYS"],
  ["KILL", "mbind,get_mempolicy,move_pages", "0-1", "strict", null],
  ["KILL", "sched_setaffinity", null, "strict", deadly],
  ["TRAP", "set_mempolicy", "0-1", "none", deadly],
] as const;

test.skipIf(!isRoot).each(cases)("%s for %s leaves CPUs %s and memory %s", (...row) => {
  const [action, calls, cpus, memory, why] = row;
  const { told, stderr } = under(action, calls);
  expect(told).toMatchObject({ cpus, memory });
  if (why === null) expect(stderr).not.toContain("not as asked");
  else expect(stderr).toContain(`was refused (${why})`);
});

test.skipIf(!isRoot)("without koffi, numactl and taskset step down as well", () => {
  const without = `mount --bind $F/empty ${koffiFolder}`;
  const preferred = under("EPERM", "strict", without);
  expect(preferred.told).toMatchObject({ cpus: "0-1", memory: "preferred" });
  const cpusAlone = under("EPERM", "set_mempolicy", without);
  expect(cpusAlone.told).toMatchObject({ cpus: "0-1", memory: "none" });
  expect(cpusAlone.stderr).toContain("does not work here");
  expect(under("KILL", all, without).told).toMatchObject({ cpus: null, memory: "none" });
});
