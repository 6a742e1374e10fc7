import {
  hugepageDemands,
  isolations,
  linkDemands,
  localities,
} from "@evenkeel/core/request/virtual-machine.ts";
import { requestBounds } from "@evenkeel/core/request/resolve.ts";
import { apiVersion, exactly, flag, integer, name, object, oneOf, size, text } from "./fields.ts";

const deviceCount = integer(requestBounds.devices.min, requestBounds.devices.max);

/** The fields of a flavor, each of which a virtual machine may override. */
export const specFields = {
  accelerators: object({
    count: deviceCount.optional(),
    model: text(64).optional(),
    link: oneOf(linkDemands).optional(),
  }).optional(),
  nics: object({ count: deviceCount.optional(), rdma: flag.optional() }).optional(),
  vcpus: integer(requestBounds.vcpus.min, requestBounds.vcpus.max).optional(),
  memory: size.optional(),
  hugepages: oneOf(hugepageDemands).optional(),
  locality: oneOf(localities).optional(),
  isolation: oneOf(isolations).optional(),
  workload: name.optional(),
};

export const virtualMachineSchema = object({
  apiVersion,
  kind: exactly("VirtualMachine"),
  metadata: object({ name, tenant: name.optional() }),
  spec: object({ flavor: name.optional(), ...specFields }),
});
