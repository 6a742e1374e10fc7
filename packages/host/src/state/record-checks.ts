import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import { ownUris } from "../hypervisor/libvirt/virsh.ts";

/** Refuses a record that is not of the VM that its file is named after. */
export function requireOwnFile({ name }: Instance, file: string, path: string): void {
  if (name === file.slice(0, -".json".length)) return;
  throw new EvenkeelError("document-invalid", `it is of the VM ${name}`, {
    where: path,
    expected: "the VM that the file is named after",
  });
}

/**
 * Refuses a record that names a libvirt elsewhere: `qemu+ext` in a URI runs a program, and others
 * connect to another machine (https://libvirt.org/uri.html). Only the caller may choose one.
 */
export function requireKnownLibvirt({ uri }: Instance, chosen: string | null, path: string): void {
  if (uri === null || uri === chosen || ownUris.has(uri)) return;
  throw new EvenkeelError("document-invalid", `it names the libvirt ${shorten(uri, 100)}`, {
    where: path,
    expected: `${[...ownUris].join(" or ")}, or the same URI in LIBVIRT_DEFAULT_URI`,
  });
}

/**
 * Why an adopted VM cannot have its UUID: another VM has it, and whatever ends one would end the
 * other. A VM that was started here has the UUID that follows from its name, so it may. Null
 * without a fault.
 */
export function sharedUuid(instance: Instance, all: readonly Instance[]): string | null {
  if (!instance.adopted) return null;
  const other = all.find((one) => one !== instance && one.uuid === instance.uuid);
  return other === undefined ? null : `it has the UUID of ${other.name}`;
}
