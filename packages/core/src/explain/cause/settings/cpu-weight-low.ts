import { advice } from "../../../remedy/remedy.ts";
import { sumOf } from "../../../unit/sum.ts";
import { percent, unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * A tenth of the default. Kubernetes gives a pod without requests 1 (`cpu.shares` 2, BestEffort),
 * and libvirt and systemd leave 100.
 */
const low = 10;

/** From this share of its time on, waiting for a CPU is felt. */
const waiting = 0.01;

/**
 * A cgroup with a low weight gets what the others leave: nearly nothing while they are busy, all of
 * an idle machine. The pod of k8s-device-plugin issue 56 trained half as fast as the same image
 * started by docker, and so did docker in the pod's cgroup.
 *
 * Whether the others left it too little shows in how long its threads waited.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, cpu.weight
 */
export const cpuWeightLow: Cause = {
  code: "cpu-weight-low",
  layer: "host",
  looksFor: "its cgroup has a low weight, and gets only the CPU time that others leave",
  observable: "cgroups[].limits.cpuWeight",
  readFrom: "/sys/fs/cgroup/**/cpu.weight (version 1: cpu.shares)",
  acquittedBy: "a weight near the default of 100",
  followsFrom: [],
  judge: (subject) => {
    const { of, cgroups } = subject.evidence;
    if (of === "machine") return irrelevant;
    const known = cgroups.flatMap(({ where, limits }) => {
      const weight = limits?.cpuWeight ?? null;
      return weight === null ? [] : [{ where, weight }];
    });
    if (known.length === 0) return untold("cpu.weight of its cgroups was not read");
    const found = known.filter(({ weight }) => weight <= low);
    if (found.length === 0) return acquitted("the weight of its cgroups is no lower than usual");
    const share = waitedShare(subject);
    const waited = share === null ? "" : `; its threads waited ${percent(share, 1)} of their time`;
    const weight = Math.min(...found.map((one) => one.weight));
    return accused({
      about: "CPU weight",
      expected: "a weight of 100, as others have",
      found: `a weight of ${weight} against the 100 of others${waited}`,
      evidence: found.slice(0, 4).map((one) => `${one.where}: cpu.weight ${one.weight}`),
      seen: share !== null && share >= waiting ? "directly" : "inferred",
      cost: unknownCost,
      remedy: advice(
        "live",
        "Give its cgroup the weight of others: systemctl set-property UNIT CPUWeight=100; in " +
          "Kubernetes request the CPUs that the pod needs.",
      ),
    });
  },
};

/** The part of its threads' time in which they were ready to run and waited for a CPU. */
function waitedShare({ workers }: Subject): number | null {
  const known = (workers ?? []).flatMap(({ ranNs, waitedNs }) =>
    ranNs === null || waitedNs === null ? [] : [{ ranNs, waitedNs }],
  );
  const waited = sumOf(known, ({ waitedNs }) => waitedNs);
  const all = waited + sumOf(known, ({ ranNs }) => ranNs);
  return all === 0 ? null : waited / all;
}
