import {
  apiVersion,
  exactly,
  flag,
  id,
  index,
  list,
  name,
  object,
  pciAddress,
  text,
} from "./fields.ts";

import { untoldFact } from "./refusal.ts";

const HOSTS_MAX = 65_536;
const FLAVORS_MAX = 4096;

const classes = list(
  object({
    signature: text(128),
    signatureText: text(4096),
    own: flag,
    fits: id,
    most: id,
    exact: flag,
  }),
  1024,
);

const counted = { flavor: name, fits: id, most: id, classes };

const blockers = object({ sets: list(list(name, 4096), 64), triedUpTo: id, more: flag });

const move = object({
  vm: name,
  from: text(253),
  to: text(253),
  nodes: list(index, 1024),
  accelerators: list(pciAddress, 1024),
  slots: id,
});

export const capacitySchema = object({
  apiVersion,
  kind: exactly("Capacity"),
  fleet: list(object(counted), FLAVORS_MAX),
  hosts: list(
    object({
      host: text(253),
      flavors: list(
        object({
          ...counted,
          blockers: blockers.nullable(),
          untold: list(untoldFact, 64).default([]),
        }),
        FLAVORS_MAX,
      ),
    }),
    HOSTS_MAX,
  ),
  restore: list(
    object({
      flavor: name,
      wanted: id,
      before: id,
      after: id,
      moves: list(move, 64).nullable(),
      excludedBelow: id,
      exact: flag,
    }),
    FLAVORS_MAX,
  ),
});
