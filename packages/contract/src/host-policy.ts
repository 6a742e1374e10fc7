import { defaultHostPolicy, type HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { MiB, parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import { z } from "zod";
import {
  apiVersion,
  deviceName,
  exactly,
  indexList,
  integer,
  list,
  object,
  pciAddress,
  size,
} from "./fields.ts";
import { partitionsSchema } from "./topology.ts";

const slowdownError = "a number from 1 to 1000, such as 1.2";

/** What a policy says, in a document of its own or in a Fleet. A missing field has its default. */
export const policyFields = {
  reserved: object({
    coresPerNode: integer(0, 1024).nullable().optional(),
    cpus: indexList.nullable().optional(),
    memoryPerNode: size.optional(),
  }).optional(),
  accelerators: list(deviceName, 256).nullable().optional(),
  nics: list(deviceName, 256).nullable().optional(),
  exclude: list(pciAddress, 4096).optional(),
  maxSlowdown: z
    .number({ error: slowdownError })
    .min(1, { error: slowdownError })
    .max(1000, { error: slowdownError })
    .nullable()
    .optional(),
  partitions: partitionsSchema.nullable().optional(),
};

/** The document that an operator writes. */
export const hostPolicySchema = object({
  apiVersion,
  kind: exactly("HostPolicy"),
  ...policyFields,
});

/** A HostPolicy as written; `hostPolicyOf` makes it the one that placement takes. */
export type HostPolicyDocument = z.output<typeof hostPolicySchema>;

/** What a policy says, wherever it is written. */
export type PolicyFields = Omit<HostPolicyDocument, "apiVersion" | "kind">;

/**
 * Whether the memory that a policy keeps is a number of gigabytes without its unit: some bytes are
 * kept by nobody.
 */
export function lacksUnit({ reserved }: PolicyFields): boolean {
  const bytes = parseQuantity(reserved?.memoryPerNode ?? "0");
  return bytes !== null && bytes > 0 && bytes < MiB;
}

/** The policy of a document, with defaults filled in and sizes in bytes. */
export function hostPolicyOf(document: PolicyFields): HostPolicy {
  const { reserved } = defaultHostPolicy;
  const { coresPerNode, cpus, memoryPerNode } = document.reserved ?? {};
  const memoryBytes = memoryPerNode === undefined ? null : parseQuantity(memoryPerNode);
  return {
    reserved: {
      coresPerNode: coresPerNode ?? reserved.coresPerNode,
      cpus: cpus ?? reserved.cpus,
      memoryPerNodeBytes: memoryBytes ?? reserved.memoryPerNodeBytes,
    },
    accelerators: document.accelerators ?? defaultHostPolicy.accelerators,
    nics: document.nics ?? defaultHostPolicy.nics,
    exclude: document.exclude ?? defaultHostPolicy.exclude,
    maxSlowdown: document.maxSlowdown ?? defaultHostPolicy.maxSlowdown,
    partitions: document.partitions ?? defaultHostPolicy.partitions,
  };
}
