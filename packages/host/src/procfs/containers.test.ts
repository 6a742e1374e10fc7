import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { containerIds, containersLike } from "./containers.ts";

const id = "4f5a90c1".padEnd(64, "0");
const other = "4f5b".padEnd(64, "1");

test.each([
  ["Docker, version 1", `5:memory:/docker/${id}\n4:cpuset:/docker/${id}\n`],
  ["Docker below systemd", `0::/system.slice/docker-${id}.scope\n`],
  ["containerd below a kubelet", `3:cpuset:/kubepods/burstable/pod1f-2/${id}\n`],
  [
    "containerd below a kubelet and systemd",
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f.slice/cri-containerd-${id}.scope\n`,
  ],
  [
    "containerd by systemd's own form",
    `0::/system.slice/kubepods-pod1f.slice:cri-containerd:${id}\n`,
  ],
  ["CRI-O", `0::/kubepods.slice/kubepods-pod1f.slice/crio-${id}.scope\n`],
  ["Podman", `0::/machine.slice/libpod-${id}.scope/container\n`],
  ["rootless Podman", `0::/user.slice/user-7.slice/user@7.service/user.slice/libpod-${id}.scope\n`],
  ["a namespace of cgroups beside it", `0::/../${id}\n`],
])("the container of a process is known under %s", (_runtime, cgroup) => {
  expect([...containerIds(cgroup)]).toEqual([id]);
});

test.each([
  ["a monitor", `0::/machine.slice/libpod-conmon-${id}.scope\n`],
  ["CRI-O's monitor", `0::/kubepods.slice/crio-conmon-${id}.scope\n`],
  ["a longer number", `0::/docker/${id}0\n`],
  ["no container", "0::/user.slice/session-1.scope\n"],
])("%s is in none", (_what, cgroup) => {
  expect([...containerIds(cgroup)]).toEqual([]);
});

/** Processes with the cgroup and the start of each. */
const host = (processes: Readonly<Record<number, readonly [cgroup: string, start: number]>>) =>
  treeOf(
    Object.fromEntries(
      Object.entries(processes).flatMap(([pid, [cgroup, start]]) => [
        [`/proc/${pid}/cgroup`, `0::${cgroup}\n`],
        [`/proc/${pid}/stat`, `${pid} (x) S 1 1 1 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 ${start} 1 1\n`],
      ]),
    ),
  );

test("a container has its processes as they were started, whatever their numbers", () => {
  const tree = host({
    900: [`/docker/${id}`, 10],
    30: [`/docker/${id}`, 20],
    31: [`/docker/${id}/docker/${other}`, 30],
    1: ["/init.scope", 1],
  });
  expect(containersLike(tree, "4f5a9")).toEqual([{ id, pids: [900, 30, 31] }]);
  expect(containersLike(tree, other)).toEqual([{ id: other, pids: [31] }]);
  expect(containersLike(tree, "4f5").map((one) => one.id)).toEqual([id, other]);
  expect(containersLike(tree, "5a90")).toEqual([]);
});
