import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { isMounted, isSamePlace } from "./whose-folder.ts";

const folder = "/run/evenkeel/leases";

/** As Podman makes them: a root of layers, and a /run of its own. */
const container = [
  "700 699 0:60 / / rw,relatime - overlay overlay rw",
  "701 700 0:61 / /proc rw - proc proc rw",
  "702 700 0:62 / /run rw,nosuid - tmpfs tmpfs rw",
];

test.each([
  ["no mount but that of its root", container.slice(0, 2), false],
  ["a /run of its own", container, false],
  [
    "the folder of the machine",
    [...container, `703 702 0:25 /evenkeel/leases ${folder} rw - tmpfs tmpfs rw`],
    true,
  ],
  [
    "the folder above it",
    [...container, "703 702 0:25 /evenkeel /run/evenkeel rw - tmpfs tmpfs rw"],
    true,
  ],
  [
    "a folder of another name",
    [...container, "703 702 0:25 /evenkeel /run/even rw - tmpfs tmpfs rw"],
    false,
  ],
  [
    "a later mount that hides it",
    [
      ...container,
      `703 702 0:25 /evenkeel/leases ${folder} rw - tmpfs tmpfs rw`,
      `704 703 0:70 / ${folder} rw - tmpfs tmpfs rw`,
    ],
    false,
  ],
])("with %s", (_, lines, expected) => {
  expect(isMounted(`${lines.join("\n")}\n`, folder)).toBe(expected);
});

/** Links of a /proc that is made up: numbers of namespaces, and the root of process 1. */
const [first, other, users] = ["pid:[4026531836]", "pid:[4026532299]", "user:[4026531837]"];
const inside = "user:[4026532298]";
const [here, empty, another] = [scratchFolder(), scratchFolder(), scratchFolder()];
mkdirSync(join(another, here), { recursive: true });
const mounted = `703 702 0:25 /evenkeel/leases ${here} rw - tmpfs tmpfs rw\n`;
const notOne = "is not the one that the machine uses";
const perhaps = "may be of this container alone";
/** A link to itself, which may not be followed. */
const barred = "root";

const surroundings = [
  ["it is process 1's too", first, users, "/", "", null],
  ["process 1 has another", first, users, another, "", notOne],
  ["process 1 has none", first, users, empty, "", notOne],
  ["process 1 has another, and it is mounted", first, users, another, mounted, notOne],
  ["process 1 may not be asked", first, users, barred, "", null],
  ["process 1 may not be asked by a container's root", first, inside, barred, "", perhaps],
  ["it is process 1's, for a container's root", first, inside, "/", "", null],
  ["process 1 is a container's", other, users, "/", "", perhaps],
  ["process 1 is a container's, and it is mounted", other, users, "/", mounted, null],
] as const;

test.skipIf(process.getuid?.() !== 0)("process 1 tells, or else mounts do", () => {
  const proc = scratchFolder();
  for (const path of ["1", "self/ns"]) mkdirSync(join(proc, path), { recursive: true });
  // All in one process, below whose /proc the links are made anew for each.
  const script = `
    import { rmSync, symlinkSync, writeFileSync } from "node:fs";
    const { whoseFolder } = await import(${JSON.stringify(new URL("whose-folder.ts", import.meta.url))});
    const link = (path, to) => (rmSync(path, { force: true }), symlinkSync(to, path));
    const told = ${JSON.stringify(surroundings)}.map(([, pids, users, root, mountinfo]) => {
      link("/proc/self/ns/pid", pids);
      link("/proc/self/ns/user", users);
      link("/proc/1/root", root);
      writeFileSync("/proc/self/mountinfo", mountinfo);
      return whoseFolder(${JSON.stringify(here)});
    });
    console.log(JSON.stringify(told));`;
  const setUp = ["sh", "-ec", `mount --bind ${proc} /proc; exec "$@"`, "sh"];
  const words = ["--mount", ...setUp, process.execPath, "--input-type=module", "-e", script];
  const { stdout, stderr } = spawnSync("unshare", words, { encoding: "utf8" });
  expect(stderr).toBe("");
  const told: unknown = JSON.parse(stdout);
  const expected = surroundings.map(([, , , , , why]) =>
    why === null ? null : expect.stringContaining(why),
  );
  expect(told).toEqual(expected);
});

/** As the first process of a machine has them. */
const machine = ["27 1 254:0 / / rw - ext4 /dev/vda rw", "30 27 0:25 / /run rw - tmpfs tmpfs rw"];

test.each([
  ["its own mounts", machine, machine, true],
  ["a /run of its own", container, machine, false],
  [
    "all of the other's /run",
    [...container, "703 702 0:25 / /run rw - tmpfs run rw"],
    machine,
    true,
  ],
  [
    "the other's folder alone",
    [...container, `703 702 0:25 /evenkeel/leases ${folder} rw - tmpfs tmpfs rw`],
    machine,
    true,
  ],
  ["no mount above it, below another root", container.slice(1, 2), machine, false],
  ["mounts that nobody may see of the other", container, [], null],
])("a path is the same place as another's, with %s", (_, own, others, expected) => {
  const [mine, theirs] = [own, others].map((lines) => `${lines.join("\n")}\n`);
  expect(isSamePlace(mine ?? "", theirs ?? "", folder)).toBe(expected);
});
