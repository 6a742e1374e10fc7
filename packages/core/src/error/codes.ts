/**
 * Every error that Evenkeel reports to a person or a program, by its stable code. A code never
 * changes its meaning; `docs/errors.md` lists the same codes and a test holds the two together.
 *
 * These are edge failures: something given to Evenkeel cannot be used. Reasons why a VM cannot be
 * placed are not errors but answers, and have codes of their own (`placement/refusal.ts`).
 */
export const errorCodes = {
  usage: "the command line cannot be understood",
  "file-missing": "a named file or directory does not exist",
  "file-unreadable": "a named file exists but cannot be read (permissions, not a regular file)",
  "file-unwritable": "an output file cannot be written",
  "file-too-large": "an input is larger than anything of its kind can honestly be",
  "text-malformed": "a file that should be text is not UTF-8",
  "archive-malformed": "a recorded tree is not a tar, or it is damaged or cut short",
  "archive-unsafe": "a recorded tree has an entry or a link that points outside it",
  "archive-ambiguous": "an archive holds several recorded machines and none was chosen",
  "tree-empty": "a recorded tree has no /sys/devices/system/cpu to read",
  "tree-malformed": "a file in a recorded tree does not say what the kernel writes there",
  "xml-malformed": "an XML document is not well formed, or it is cut short",
  "xml-unsafe": "an XML document declares entities or is nested beyond reason",
  "xml-unexpected": "a well-formed XML document is not of the expected kind",
  "text-unexpected": "a text is not the output of the tool that it is read as",
  "json-malformed": "a JSON document cannot be parsed",
  "yaml-malformed": "a YAML document cannot be parsed",
  "document-invalid": "a document does not have the fields that its kind has",
  "trace-malformed": "a list of a published trace does not have the form that it was published in",
  "synthetic-malformed": "a one-line machine description cannot be parsed",
  "source-unknown": "a topology source is none of those that Evenkeel reads",
  "machine-unknown": "the catalog has no machine of that name",
  "flavor-unknown": "a virtual machine names a flavor that was not given",
  "host-unknown": "a host is named that the fleet does not have",
  "host-duplicate": "two hosts of a fleet have the same name",
  "request-invalid": "a virtual machine asks for something that no machine could mean",
  "topology-inconsistent": "a topology contradicts itself",
  "sources-unrelated": "sources that should be of one machine have nothing in common",
  "plan-inconsistent": "a plan contradicts itself or the topology that it was made for",
  "render-unsupported": "a plan cannot be expressed in the rendering that was asked for",
  "devices-unsafe": "a file of further devices has what only a plan may give",
  "vm-unknown": "a VM is named that Evenkeel does not know here",
  "vm-exists": "a VM of that name is on this host already",
  "vm-unlike": "a VM that runs here is not the one that a plan describes",
  "vm-busy": "another command is at work on the VM",
  "state-busy": "another command keeps the state of VMs for too long",
  "state-damaged": "a file of the state folder cannot be used",
  "state-unusable": "the state of VMs cannot be kept where it should be",
  "hypervisor-failed": "libvirt or QEMU did not do what it was told",
  "device-unbindable": "a device cannot be bound to the driver that it needs",
  interrupted: "the command was ended from outside; what it had begun is undone",
  internal: "Evenkeel itself failed; this is a bug",
} as const;

/** The code of an error. */
export type ErrorCode = keyof typeof errorCodes;
