import { expect, test } from "vitest";
import { inheritedFiles, type OpenFile } from "./inherited-files.ts";

/** The open files of a process of Node 24 that was given files 0 to 2, as /proc tells them. */
const closing = 0o2000000;
const started = 1_000_000;
type Few = Partial<OpenFile> & Pick<OpenFile, "number" | "target">;
const file = (few: Few): OpenFile => ({
  flags: closing,
  identity: few.target.startsWith("pipe:") ? few.target : null,
  touchedMs: few.target.startsWith("pipe:") ? started + 5 : null,
  ...few,
});
const epoll = "anon_inode:[eventpoll]";
const eventfd = "anon_inode:[eventfd]";
const ring = "anon_inode:[io_uring]";
/** What Node opens, in its order, at the lowest numbers that are free. */
const loop = (pipe: string): string[] => [epoll, ring, pipe, pipe, eventfd];
const nodes = ["pipe:[1]", "pipe:[2]", "pipe:[3]"].flatMap(loop);

function opened(given: readonly OpenFile[], later: readonly string[] = []): readonly OpenFile[] {
  const standard = [0, 1, 2].map((number) => file({ number, target: "/dev/pts/0" }));
  const all = [...standard, ...given];
  for (const target of [...nodes, ...later]) {
    const taken = new Set(all.map(({ number }) => number));
    let number = 3;
    while (taken.has(number)) number++;
    all.push(file({ number, target }));
  }
  return all;
}

const kept = (given: readonly OpenFile[], parents: readonly OpenFile[] = []) =>
  inheritedFiles(opened(given, ["/dev/null"]), parents, started);

test("nothing of Node's is given on", () => {
  expect(kept([])).toEqual([0, 1, 2]);
});

test.each([
  ["a file", { target: "/etc/passwd" }],
  ["a socket", { target: "socket:[9]" }],
  ["one end of a pipe", { target: "pipe:[9]" }],
  ["/dev/null", { target: "/dev/null" }],
  ["memory", { target: "/memfd:x (deleted)" }],
  ["a timer", { target: "anon_inode:[timerfd]" }],
  ["an eventfd that Node has not marked", { target: eventfd, flags: 0 }],
])("%s is given on, at a number with gaps below", (_, what) => {
  for (const number of [3, 4, 9, 12]) {
    expect(kept([file({ number, ...what })])).toEqual([0, 1, 2, number]);
  }
});

test("a jobserver's pipe with both ends here is known by the parent, or by its age", () => {
  const ends = [10, 11].map((number) => file({ number, target: "pipe:[9]" }));
  expect(kept(ends, [file({ number: 4, target: "pipe:[9]" })])).toEqual([0, 1, 2, 10, 11]);
  const older = ends.map((end) => ({ ...end, touchedMs: started - 1000 }));
  expect(kept(older)).toEqual([0, 1, 2, 10, 11]);
  // Below Node's first file nothing has to tell.
  const first = [3, 4].map((number) => file({ number, target: "pipe:[9]" }));
  expect(kept(first)).toEqual([0, 1, 2, 3, 4]);
});

test("an eventfd of the parent's is given on", () => {
  const own = file({ number: 10, target: eventfd, identity: "eventfd 7" });
  expect(kept([own], [own])).toEqual([0, 1, 2, 10]);
});

test("without /proc the standard files are given on", () => {
  expect(inheritedFiles([], [], started)).toEqual([0, 1, 2]);
});
