import { z } from "zod";
import { apiVersion, exactly, list, name, object, text } from "./fields.ts";
import { policyFields } from "./host-policy.ts";

/** The most hosts of a fleet, sources of one host, and paths of plans of one. */
const fleetBounds = { hosts: 4096, sources: 16, taken: 256 } as const;

/** A path, or a source as `--on` and `--from` take it. */
const path = text(4096);

const policyError =
  "the path of a HostPolicy, or its fields: reserved, accelerators, nics, exclude, partitions";
const policy = z.union([object(policyFields), path], { error: policyError });

/** What a host of a fleet and all of them may have. */
const hostFields = {
  policy: policy.optional(),
  taken: list(path, fleetBounds.taken).optional(),
};

/**
 * A fleet of hosts in a file. Its paths are relative to the file. What no schema says is checked
 * where it is read: names and machines that are there once, plans of the right hosts.
 */
export const fleetSchema = object({
  apiVersion,
  kind: exactly("Fleet"),
  defaults: object(hostFields).optional(),
  hosts: list(
    object({ name, sources: list(path, fleetBounds.sources), ...hostFields }),
    fleetBounds.hosts,
  ),
});

/** A Fleet as written. */
export type FleetDocument = z.output<typeof fleetSchema>;
