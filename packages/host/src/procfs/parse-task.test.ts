import { expect, test } from "vitest";
import { parseLastCpu, parseSchedstat, parseStatus, roleByName } from "./parse-task.ts";

test("status gives the process's threads, and the allowed CPUs and nodes of a thread", () => {
  const text =
    "Name:\tCPU 0/KVM\nThreads:\t12\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\nMems_allowed_list:\t0,2\n";
  expect(parseStatus(text)).toEqual({ threads: 12, allowedCpus: "0-7", allowedNodes: "0,2" });
  expect(parseStatus("Threads:\tmany\nCpus_allowed_list:\t7-0\n")).toEqual({
    threads: null,
    allowedCpus: null,
    allowedNodes: null,
  });
  expect(parseStatus("Name:\tx\nCpus_allo")).toMatchObject({ allowedCpus: null });
});

test("a line of blanks costs time in proportion to its length", () => {
  const before = process.cpuUsage();
  const line = `Threads:\t${" ".repeat(65_536)}${"2".repeat(131_072)}\n`;
  expect(parseStatus(line).threads).toBeNull();
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});

test("the last CPU is field 39 of stat, whatever the thread is called", () => {
  const fields = Array.from({ length: 50 }, (_, i) => `${i + 3}`);
  for (const name of ["qemu", "CPU 3/KVM", "a) b (c", ")"]) {
    expect(parseLastCpu(`4711 (${name}) ${fields.join(" ")}`)).toBe(39);
  }
  expect(parseLastCpu("4711 (qemu) S 1")).toBeNull();
  expect(parseLastCpu("")).toBeNull();
});

test("a thread's role is read from its name", () => {
  expect(roleByName("CPU 12/KVM")).toEqual({ kind: "vcpu", id: 12 });
  expect(roleByName("CPU 0/TCG")).toEqual({ kind: "vcpu", id: 0 });
  for (const name of ["fc_vcpu 7", "vcpu7", "crosvm_vcpu7"]) {
    expect(roleByName(name)).toEqual({ kind: "vcpu", id: 7 });
  }
  expect(roleByName("IO iothread3")).toEqual({ kind: "iothread", id: 3 });
  for (const name of [
    "qemu-system-x86",
    "IO mon_iothread",
    "CPU 1",
    "vhost-4711",
    "SPICE Worker",
  ]) {
    expect(roleByName(name)).toBeNull();
  }
});

test("schedstat gives how long a thread ran and waited, and nothing where nobody counts", () => {
  expect(parseSchedstat("36865 795284 2\n")).toEqual({ ranNs: 36_865, waitedNs: 795_284 });
  // 200 days are more than an exact number holds.
  expect(parseSchedstat("17280000000000001 5 9\n").ranNs).toBeCloseTo(1.728e16, -3);
  for (const text of ["0 0 0\n", "", "1 2", "-1 0 3\n", "1 2 3 4\n"]) {
    expect(parseSchedstat(text)).toEqual({ ranNs: null, waitedNs: null });
  }
});
