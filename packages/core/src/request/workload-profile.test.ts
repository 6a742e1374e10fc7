import { expect, test } from "vitest";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { demandOf } from "../placement/host-class/demand.ts";
import { resolveRequest } from "./resolve.ts";
import type { VirtualMachine } from "./virtual-machine.ts";
import type { WorkloadProfile } from "./workload-profile.ts";

const vm = (workload: string): VirtualMachine => ({
  apiVersion: "evenkeel/v1",
  kind: "VirtualMachine",
  metadata: { name: "vm" },
  spec: { vcpus: 4, memory: "8Gi", workload },
});

const own = (memory: string): WorkloadProfile => ({
  apiVersion: "evenkeel/v1",
  kind: "WorkloadProfile",
  metadata: { name: "video-search" },
  spec: {
    computeNs: 5000,
    perAccelerator: { hostToDevice: "1Gi" },
    perVcpu: { memory, writeShare: 0.5, randomShare: 0 },
  },
});

test("a VM names a built-in workload or a profile that is given, and what is left out is not moved", () => {
  expect(resolveRequest(vm("training"), []).workload).toBe("training");
  expect(resolveRequest(vm("video-search"), [], [own("24Mi")]).workload).toEqual({
    name: "video-search",
    computeNs: 5000,
    hostToDeviceBytes: 2 ** 30,
    deviceToHostBytes: 0,
    peerBytes: 0,
    memoryBytes: 24 * 2 ** 20,
    writeShare: 0.5,
    randomShare: 0,
    networkBytes: 0,
  });
});

test("what a profile moves is a part of the demand, so that two of one name are two demands", () => {
  const keys = ["24Mi", "24Mi", "48Mi"].map(
    (memory) => demandOf(resolveRequest(vm("video-search"), [], [own(memory)])).key,
  );
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("an unknown workload is refused with the names that there are, and what was meant", () => {
  const told = ["serving", "tranining", "vidoe-search", "my-work"].map((workload) => {
    try {
      resolveRequest(vm(workload), [], [own("24Mi")]);
      return "taken";
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      return `${error.code} ${error.where} | ${error.expected} | ${error.remedy}`;
    }
  });
  expect(told).toMatchInlineSnapshot(`
    [
      "workload-unknown VirtualMachine vm: spec.workload | one of inference, training, staging, compute, video-search | write inference",
      "workload-unknown VirtualMachine vm: spec.workload | one of inference, training, staging, compute, video-search | did you mean "training"?",
      "workload-unknown VirtualMachine vm: spec.workload | one of inference, training, staging, compute, video-search | did you mean "video-search"?",
      "workload-unknown VirtualMachine vm: spec.workload | one of inference, training, staging, compute, video-search | give the WorkloadProfile "my-work" along with it: --profile FILE",
    ]
  `);
});
