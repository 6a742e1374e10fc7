import type { MemoryPaths } from "../cost/memory-path.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Plan } from "../plan/plan.ts";
import {
  type Check,
  type CheckInput,
  together,
  essentialUnverified,
  whyNot,
} from "./verdict/check.ts";
import { contract } from "./finding/contract.ts";
import { cpusetShrunk } from "./finding/cpuset-shrunk.ts";
import { deviceNode } from "./finding/device-node.ts";
import { devices } from "./finding/devices.ts";
import { guest } from "./finding/guest.ts";
import { interrupts } from "./finding/interrupts.ts";
import { kernelSettings } from "./finding/kernel-settings.ts";
import { links } from "./finding/links.ts";
import { memoryPlacement } from "./finding/memory-placement.ts";
import { memoryPolicy } from "./finding/memory-policy.ts";
import { otherThreads } from "./finding/other-threads.ts";
import { pageSize } from "./finding/page-size.ts";
import { pins } from "./finding/pins.ts";
import { vcpuAffinity } from "./finding/vcpu-affinity.ts";
import { vnuma } from "./finding/vnuma.ts";
import { judged } from "./verdict/judged.ts";
import type { Scope, Verdict } from "./verdict/verdict.ts";

/** What a verdict takes into account beside the plan and the evidence. */
export interface VerifyOptions {
  /**
   * What the verdict covers; the host's part alone by default. It never depends on the evidence.
   */
  readonly scope?: Scope;
  /** What memory costs between nodes of this host, to price misplaced memory. */
  readonly paths?: MemoryPaths | null;
}

const hostChecks: readonly Check[] = [
  memoryPlacement,
  memoryPolicy,
  pageSize,
  vcpuAffinity,
  otherThreads,
  cpusetShrunk,
  devices,
  vnuma,
  deviceNode,
  contract,
  pins,
  links,
  interrupts,
  kernelSettings,
];

/**
 * Compares a plan with the evidence of a running VM. Each check covers one kind of promise and
 * calls it kept, broken or unverified; the plan holds when no error was found and nothing essential
 * is unverified. Less evidence never makes a plan hold
 * (docs/decisions/0010-what-a-verdict-needs.md).
 *
 * The cost is proportional to threads, mappings and devices: milliseconds for the largest VM.
 */
export function verify(plan: Plan, evidence: Evidence, options: VerifyOptions = {}): Verdict {
  const scope = options.scope ?? "host";
  const input: CheckInput = { plan, evidence, paths: options.paths ?? null };
  const process =
    evidence.process === null
      ? [essentialUnverified("the VM's process", whyNot(evidence, "process"))]
      : [];
  const checks = scope === "guest" ? [...hostChecks, guest] : hostChecks;
  const outcome = together([...process, ...checks.map((check) => check(input))]);
  const { vm, host } = plan;
  return judged({ vm, host, takenAt: evidence.takenAt, scope }, outcome);
}
