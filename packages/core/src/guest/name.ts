import { EvenkeelError } from "../error/evenkeel-error.ts";
import { canonicalJson } from "../hash/canonical-json.ts";
import { sha256 } from "../hash/sha256.ts";

/**
 * The hypervisor's name for a VM: its own name, after its tenant's where it has one. Names of VMs
 * and tenants have no underscore, so no two VMs of a host can share a name.
 *
 * libvirt makes file names of it, in which it forbids `/` and newlines; the other refused names
 * would be read as an option by `virsh`, hide a file, or deceive a reader of `virsh list`.
 *
 * Errors: `request-invalid`.
 */
export function guestName(vm: string, tenant: string | null): string {
  const name = tenant === null ? checkedPart(vm, "vm") : joined(tenant, vm);
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > NAME_BYTES_MAX) {
    throw invalid("vm", `the name of the VM is ${bytes} bytes long`, `${NAME_BYTES_MAX} at most`);
  }
  return name;
}

/** Log, monitor and configuration files add prefixes and suffixes to it, within 255 bytes. */
const NAME_BYTES_MAX = 200;

function joined(tenant: string, vm: string): string {
  return `${checkedPart(tenant, "tenant")}_${checkedPart(vm, "vm")}`;
}

const deceptive = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const expected = "a name of letters, digits, hyphens and dots that begins with a letter or a digit";

function checkedPart(text: string, field: string): string {
  const reason =
    text === ""
      ? "is empty"
      : deceptive.test(text)
        ? "contains a control or formatting character"
        : /[/_]/.test(text)
          ? 'contains "/" or "_"'
          : /^[-.\s]|\s$/.test(text)
            ? "begins with a hyphen, a dot or a space, or ends in a space"
            : null;
  if (reason === null) return text;
  throw invalid(field, `the name ${JSON.stringify(text.slice(0, 80))} ${reason}`, expected);
}

function invalid(where: string, message: string, what: string): EvenkeelError {
  return new EvenkeelError("request-invalid", message, {
    where: `plan: ${where}`,
    expected: what,
    remedy: "rename the VM or its tenant, and place it again",
  });
}

/**
 * A UUID made from the names of the VM and its tenant alone: the same VM keeps it when it is placed
 * anew or on another host, as guests that tie licenses or network leases to it expect.
 * Version 8 of RFC 9562, over SHA-256.
 */
export function guestUuid(vm: string, tenant: string | null): string {
  const digest = sha256(canonicalJson(["evenkeel/v1", "VirtualMachine", tenant, vm]));
  const variant = ((parseInt(digest.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ];
  return parts.join("-");
}

/**
 * Whether the VM of a plan has this name: its own, its own after its tenant's, or the UUID that
 * they make, in capitals or not. The own name may be that of another tenant's VM too.
 */
export function isVmCalled(
  name: string,
  { vm, tenant }: { readonly vm: string; readonly tenant: string | null },
): boolean {
  const names = [vm, guestName(vm, tenant)];
  return names.includes(name) || name.toLowerCase() === guestUuid(vm, tenant);
}
