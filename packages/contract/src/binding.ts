import { bindingModes, memoryBindings } from "@evenkeel/core/binding/binding.ts";
import { boundAcceleratorsMax } from "@evenkeel/core/binding/promise.ts";
import {
  apiVersion,
  exactly,
  id,
  index,
  indexList,
  list,
  object,
  oneOf,
  orUnknown,
  pciAddress,
  text,
} from "./fields.ts";

/** What a Binding, and what a process is told of one, say alike. */
const boundTo = {
  mode: oneOf(bindingModes),
  cpus: orUnknown(indexList),
  memoryNodes: orUnknown(indexList),
  memory: oneOf(memoryBindings),
} as const;

/** The value of EVENKEEL_BINDING, as Evidence has it. */
export const bindingPromiseSchema = object({
  ...boundTo,
  accelerators: list(pciAddress, boundAcceleratorsMax),
});

const accelerator = object({
  address: pciAddress,
  model: orUnknown(text(128)),
  node: orUnknown(index),
});

const nic = object({
  address: pciAddress,
  name: orUnknown(text(64)),
  port: orUnknown(id),
});

const sentence = text(65_536);

export const bindingSchema = object({
  apiVersion,
  kind: exactly("Binding"),
  ...boundTo,
  accelerators: list(accelerator, boundAcceleratorsMax),
  threads: orUnknown(id),
  nics: orUnknown(list(nic, 4096)),
  reasons: list(sentence, 4096),
  unknowns: list(object({ what: sentence, tells: sentence }), 4096),
});
