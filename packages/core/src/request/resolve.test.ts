import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { GiB, MiB } from "../unit/bytes.ts";
import { requestBounds, requestOfFlavor, resolveRequest } from "./resolve.ts";
import {
  type Flavor,
  isolations,
  linkDemands,
  localities,
  type VirtualMachine,
  type VirtualMachineSpec,
  workloads,
} from "./virtual-machine.ts";

const vm = (spec: VirtualMachine["spec"], tenant?: string): VirtualMachine => ({
  apiVersion: "evenkeel/v1",
  kind: "VirtualMachine",
  metadata: { name: "llm-a", tenant },
  spec,
});

const flavor = (name: string, spec: VirtualMachineSpec): Flavor => ({
  apiVersion: "evenkeel/v1",
  kind: "Flavor",
  metadata: { name },
  spec,
});

const h100 = flavor("h100.2", {
  accelerators: { count: 2, model: "H100", link: "nvlink" },
  nics: { count: 2, rdma: true },
  vcpus: 48,
  memory: "480Gi",
  hugepages: "1Gi",
  isolation: "node",
});

/** The error of a request, as one line. */
function refusalOf(spec: VirtualMachine["spec"], flavors: readonly Flavor[] = []): string {
  try {
    resolveRequest(vm(spec), flavors);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    const { code, message, where, expected, remedy } = error;
    return [code, where, message, expected, remedy].join(" | ");
  }
  return "resolved";
}

test("a field that neither the virtual machine nor its flavor has gets a default", () => {
  expect(resolveRequest(vm({ vcpus: 4, memory: "8Gi" }), [])).toEqual({
    name: "llm-a",
    tenant: null,
    signature: null,
    flavor: null,
    accelerators: { count: 0, model: null, link: "any" },
    nics: { count: 0, rdma: false },
    vcpus: 4,
    memoryBytes: 8 * GiB,
    hugepageBytes: null,
    locality: "strict",
    isolation: "core",
    workload: "inference",
  });
});

test("a flavor fills in what the virtual machine leaves open, field by field", () => {
  const request = resolveRequest(
    vm({ flavor: "h100.2", accelerators: { count: 4 }, nics: { rdma: false }, vcpus: 96 }, "acme"),
    [flavor("other", { vcpus: 1 }), h100],
  );
  expect(request).toEqual({
    name: "llm-a",
    tenant: "acme",
    signature: null,
    flavor: "h100.2",
    accelerators: { count: 4, model: "H100", link: "nvlink" },
    nics: { count: 2, rdma: false },
    vcpus: 96,
    memoryBytes: 480 * GiB,
    hugepageBytes: GiB,
    locality: "strict",
    isolation: "node",
    workload: "inference",
  });
});

test("a field that is present but undefined does not hide the flavor's", () => {
  const hidden = { flavor: "h100.2", memory: undefined, nics: { count: undefined } };
  expect(resolveRequest(vm(hidden), [h100])).toMatchObject({
    memoryBytes: 480 * GiB,
    nics: { count: 2, rdma: true },
  });
});

test("an impossible value is refused with the field, the expectation and what to do", () => {
  const sized = { vcpus: 4, memory: "8Gi" };
  const cases: VirtualMachine["spec"][] = [
    {},
    { vcpus: 4 },
    { ...sized, vcpus: 0 },
    { ...sized, vcpus: 1.5 },
    { ...sized, vcpus: 4097 },
    { ...sized, memory: "480" },
    { ...sized, memory: "-1" },
    { ...sized, memory: "2048Ti" },
    { ...sized, memory: "1000Mi", hugepages: "1Gi" },
    { ...sized, accelerators: { model: "H100" } },
    { ...sized, accelerators: { count: -1 } },
    { ...sized, nics: { rdma: true } },
    { ...sized, nics: { count: 257 } },
    { ...sized, flavor: "h100.2" },
  ];
  expect(cases.map((spec) => refusalOf(spec)).join("\n")).toMatchInlineSnapshot(`
    "request-invalid | VirtualMachine llm-a: spec.vcpus | the number of vCPUs is missing | an integer from 1 to 4096 | add spec.vcpus to the VM or to its flavor: vcpus: 16, for example
    request-invalid | VirtualMachine llm-a: spec.memory | the size of the memory is missing | a size such as 480Gi, from 64Mi to 1Pi | add spec.memory to the VM or to its flavor: memory: 64Gi, for example
    request-invalid | VirtualMachine llm-a: spec.vcpus | 0 vCPUs are asked for | an integer from 1 to 4096 | 
    request-invalid | VirtualMachine llm-a: spec.vcpus | 1.5 vCPUs are asked for | an integer from 1 to 4096 | 
    request-invalid | VirtualMachine llm-a: spec.vcpus | 4097 vCPUs are asked for | an integer from 1 to 4096 | 
    request-invalid | VirtualMachine llm-a: spec.memory | "480" of memory is asked for | a size such as 480Gi, from 64Mi to 1Pi | a number alone is bytes: write 480Gi
    request-invalid | VirtualMachine llm-a: spec.memory | "-1" of memory is asked for | a size such as 480Gi, from 64Mi to 1Pi | 
    request-invalid | VirtualMachine llm-a: spec.memory | "2048Ti" of memory is asked for | a size such as 480Gi, from 64Mi to 1Pi | 
    request-invalid | VirtualMachine llm-a: spec.memory | 1000Mi is no whole number of 1 GiB pages | a multiple of 1 GiB, the size in spec.hugepages | write 1Gi
    request-invalid | VirtualMachine llm-a: spec.accelerators.count | accelerators are described but their number is not given | how many | add count: 1, or 0 for none
    request-invalid | VirtualMachine llm-a: spec.accelerators.count | -1 devices are asked for | an integer from 0 to 256 | 
    request-invalid | VirtualMachine llm-a: spec.nics.count | NICs are described but their number is not given | how many | add count: 1, or 0 for none
    request-invalid | VirtualMachine llm-a: spec.nics.count | 257 devices are asked for | an integer from 0 to 256 | 
    flavor-unknown | VirtualMachine llm-a: spec.flavor | no flavor is named "h100.2" | a flavor that is also given | give the Flavor "h100.2" along with it"
  `);
  expect(refusalOf({ flavor: "h100-2" }, [h100])).toMatchInlineSnapshot(
    `"flavor-unknown | VirtualMachine llm-a: spec.flavor | no flavor is named "h100-2" | one of h100.2 | did you mean "h100.2"?"`,
  );
  expect(refusalOf({ flavor: "h100.2" }, [h100, h100])).toMatchInlineSnapshot(
    `"request-invalid | VirtualMachine llm-a: spec.flavor | the flavor "h100.2" is given more than once | one flavor for each name | leave out all but one of the flavors named "h100.2""`,
  );
});

test("flavor and virtual machine are symmetric: a spec means the same in either place", () => {
  const spec: fc.Arbitrary<VirtualMachineSpec> = fc.record({
    accelerators: fc.record({
      count: fc.integer({ min: 0, max: requestBounds.devices.max }),
      model: fc.constantFrom("H100", "MI300X"),
      link: fc.constantFrom(...linkDemands),
    }),
    nics: fc.record({
      count: fc.integer({ min: 0, max: requestBounds.devices.max }),
      rdma: fc.boolean(),
    }),
    vcpus: fc.integer(requestBounds.vcpus),
    memory: fc.integer({ min: 64, max: 1 << 20 }).map((mebibytes) => `${mebibytes}Mi`),
    locality: fc.constantFrom(...localities),
    isolation: fc.constantFrom(...isolations),
    workload: fc.constantFrom(...workloads),
  });
  fc.assert(
    fc.property(spec, spec, (own, other) => {
      const sold = flavor("sold", own);
      const { flavor: _name, ...throughFlavor } = resolveRequest(vm({ flavor: "sold" }), [sold]);
      const { flavor: _none, ...direct } = resolveRequest(vm(own), []);
      expect(throughFlavor).toEqual(direct);
      const overridden = resolveRequest(vm({ ...own, flavor: "sold" }), [flavor("sold", other)]);
      expect(overridden).toEqual({ ...direct, flavor: "sold" });
      expect(direct.memoryBytes % MiB).toBe(0);
    }),
  );
});

test("a flavor's signature applies only to VMs without fields of their own", () => {
  const sold: Flavor = { ...flavor("sold", { vcpus: 4, memory: "8Gi" }), signature: "b3f1" };
  expect(resolveRequest(vm({ flavor: "sold" }), [sold]).signature).toBe("b3f1");
  expect(resolveRequest(vm({ flavor: "sold", vcpus: 8 }), [sold]).signature).toBeNull();
});

test("a flavor that lacks a field is named as the flavor it is", () => {
  const metadata = { name: "g" };
  const lacking = {
    apiVersion: "evenkeel/v1",
    kind: "Flavor",
    metadata,
    spec: { vcpus: 8 },
  } as const;
  expect(() => requestOfFlavor(lacking)).toThrow(
    expect.objectContaining({ where: "Flavor g: spec.memory" }),
  );
});
