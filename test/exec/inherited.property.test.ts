import { spawnSync } from "node:child_process";
import { assert, constantFrom, integer, property, record, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { execWords } from "./stand-in.ts";

/**
 * A process that becomes a command by `exec` is what it would be by a plain execve(2): open files
 * of random kinds at random numbers, and what else a process hands on. Files of epoll(7) are the
 * exception: nothing tells those that were given from Node's.
 */

const kinds = ["null", "file", "socket", "pipe", "both ends", "eventfd", "ring", "memfd"] as const;

/** Opens files, sets what is asked, and becomes a command in a child, as a launcher does. */
const launcher = `
import ctypes, json, os, socket, sys
asked = json.loads(sys.argv[1])
os.umask(asked["umask"]); os.nice(asked["nice"]); os.chdir("/usr")
keep = []
def opened(kind):
    if kind == "null": return [os.open("/dev/null", os.O_RDONLY)]
    if kind == "file": return [os.open("/etc/passwd", os.O_RDONLY)]
    if kind == "socket":
        pair = socket.socketpair(); keep.append(pair); return [pair[0].fileno()]
    if kind == "pipe": return [os.pipe()[0]]
    if kind == "both ends": return list(os.pipe())
    if kind == "eventfd": return [os.eventfd(0)]
    if kind == "ring":
        # io_uring_setup(2), which containers may refuse.
        ring = ctypes.CDLL(None).syscall(425, 4, ctypes.create_string_buffer(120))
        return [ring if ring >= 0 else os.eventfd(0)]
    return [os.memfd_create("x")]
high = 200
for place in asked["files"]:
    numbers = iter(range(place["number"], place["number"] + 2))
    for file in opened(place["kind"]):
        os.dup2(file, next(numbers) + high)
os.closerange(3, high)
for place in range(3, 60):
    try: os.dup2(place + high, place)
    except OSError: pass
os.closerange(high, high + 100)
if os.fork() == 0: os.execvp(sys.argv[2], sys.argv[2:])
os.wait()
`;

const listing = `
import json, os, re, resource
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
files = {}
for name in sorted(os.listdir("/proc/self/fd"), key=int):
    try: kind = re.sub(r"\\d+", "N", os.readlink(f"/proc/self/fd/{name}"))
    except OSError: continue
    info = open(f"/proc/self/fdinfo/{name}").read()
    files[name] = [kind, re.search(r"flags:\\s*(\\d+)", info)[1]]
umask = os.umask(0)
signals = [status[name].strip() for name in ("SigBlk", "SigIgn", "Umask")]
limits = [resource.getrlimit(each) for each in range(16)]
group = os.getpgid(0) == os.getppid() or os.getpgid(0)
print(json.dumps([files, umask, os.nice(0), os.getcwd(), signals, limits, os.getsid(0), group]))
`;

const surroundings = record({
  umask: integer({ min: 0, max: 0o777 }).map((mode) => mode & 0o077),
  nice: integer({ min: 0, max: 5 }),
  files: uniqueArray(
    record({
      kind: constantFrom(...kinds),
      number: integer({ min: 3, max: 30 }).map((n) => n * 2 - 3),
    }),
    { selector: ({ number }) => number, maxLength: 6 },
  ),
});

/** Of the kinds that Node opens for itself, above the number of Node's first. */
const asNodes = (["ring", "eventfd", "both ends"] as const).map((kind, i) => {
  return { kind, number: 11 + 2 * i };
});

test("what a process hands on is the same as by plain execve", () => {
  const shown = ["python3", "-I", "-c", listing];
  assert(
    property(surroundings, (asked) => {
      const seen = [[], [...execWords, "--"]].map((before) => {
        const words = ["-c", launcher, JSON.stringify(asked), ...before, ...shown];
        const { stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
        expect(stdout, stderr).toMatch(/^\[/);
        const told: unknown = JSON.parse(stdout);
        return told;
      });
      expect(seen[1]).toEqual(seen[0]);
    }),
    { numRuns: 4, endOnFailure: true, examples: [[{ umask: 0o022, nice: 0, files: asNodes }]] },
  );
});
