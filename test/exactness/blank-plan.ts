import type { Plan } from "@evenkeel/core/plan/plan.ts";

/** The fields of a plan that do not say where its VM lies, left blank. */
export const blankPlan: Omit<
  Plan,
  "host" | "vm" | "topologyDigest" | "isolation" | "cells" | "devices"
> = {
  apiVersion: "evenkeel/v1",
  kind: "Plan",
  tenant: null,
  flavor: null,
  locality: "preferred",
  workload: null,
  profile: null,
  architecture: null,
  cpuModel: null,
  threadsPerCore: 1,
  distances: null,
  emulatorCpus: "0",
  iothreads: [],
  links: null,
  partition: null,
  signature: "",
  signatureText: "",
  cost: {
    basis: "unknown",
    parts: { hostToDevice: 1, memory: 1, peer: 1, network: 1 },
    slowdown: 1,
  },
  reasons: [],
};
