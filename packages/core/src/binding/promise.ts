import { formatList, parseList } from "../set/list-format.ts";
import { isPciAddress } from "../topology/pci-address.ts";
import {
  type Binding,
  type BindingMode,
  bindingModes,
  type MemoryBinding,
  memoryBindings,
} from "./binding.ts";

/**
 * What a command was bound to in the end, in short: a Binding as far as the kernel let it be
 * carried out. The command is told it in `EVENKEEL_BINDING`, and what runs is held against it.
 */
export interface BindingPromise extends Pick<Binding, "cpus" | "memory" | "memoryNodes" | "mode"> {
  /** The addresses of the accelerators that it was bound beside. */
  readonly accelerators: readonly string[];
}

/** The variable that tells a command what it was bound to. */
export const bindingVariable = "EVENKEEL_BINDING";

/** More accelerators than a machine has. */
export const boundAcceleratorsMax = 256;

/** A longer text is none of ours. */
const textMax = 65_536;

/**
 * The variable's value.
 *
 * @param command what tells this command from every other, where somebody will look for all that it
 *   has started: a process that has lost its parent has the variable still.
 */
export function promiseText(promise: BindingPromise, command: string | null = null): string {
  return JSON.stringify(command === null ? promise : { ...promise, command });
}

/** Whether the variable's value is the one that this command was given. */
export function isOfCommand(text: string, command: string): boolean {
  const value = text.length > textMax ? null : parsed(text);
  return typeof value === "object" && value !== null && "command" in value
    ? value.command === command
    : false;
}

/**
 * Reads the variable's value; null where it is malformed. Any process may have any text there, so
 * nothing of it counts unless all of it is as `exec` writes it.
 */
export function readPromise(text: string): BindingPromise | null {
  const value = text.length > textMax ? null : parsed(text);
  if (typeof value !== "object" || value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [cpus, memoryNodes] = [fields.get("cpus"), fields.get("memoryNodes")];
  const [memory, mode] = [fields.get("memory"), fields.get("mode")];
  const accelerators = fields.get("accelerators");
  if (!isListOrNull(cpus) || !isListOrNull(memoryNodes)) return null;
  if (!isMemoryBinding(memory) || !isBindingMode(mode)) return null;
  if ((memory === "none") !== (memoryNodes === null)) return null;
  if (!Array.isArray(accelerators) || accelerators.length > boundAcceleratorsMax) return null;
  const addresses = accelerators.filter((one) => typeof one === "string" && isPciAddress(one));
  if (addresses.length < accelerators.length) return null;
  return { cpus, memory, memoryNodes, mode, accelerators: addresses };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A list of one or more, as `formatList` writes it. */
function isListOrNull(value: unknown): value is string | null {
  if (value === null) return true;
  if (typeof value !== "string" || value === "") return false;
  const set = parseList(value);
  return set !== null && formatList(set) === value;
}

const isMemoryBinding = (value: unknown): value is MemoryBinding =>
  memoryBindings.some((one) => one === value);

const isBindingMode = (value: unknown): value is BindingMode =>
  bindingModes.some((one) => one === value);
