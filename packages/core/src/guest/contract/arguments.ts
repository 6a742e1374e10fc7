import type { Guest } from "../guest.ts";
import { optionValue } from "../option-value.ts";
import { contractName } from "./contract.ts";
import { contractOf } from "./from-guest.ts";

/**
 * QEMU's arguments that give the contract to the guest: a file's content, or the text itself. An
 * argument may be 128 KiB long (MAX_ARG_STRLEN), more than the contract of a guest whose buses are
 * all taken.
 */
export function contractArguments(guest: Guest, file: string | undefined): string[] {
  const content =
    file === undefined
      ? `string=${optionValue(JSON.stringify(contractOf(guest)))}`
      : `file=${optionValue(file)}`;
  return ["-fw_cfg", `name=${contractName},${content}`];
}
